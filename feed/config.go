package feed

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"plumbline/authority"
	"plumbline/eventlog"
	"plumbline/handling"
	"plumbline/internal/strictyaml"
)

// Config says which systems are followed. Its file is YAML, as docs/watch.md describes.
type Config struct {
	Every   time.Duration // between two readings
	Sources []Source
}

// Source is one system and how it is read. Exactly one of Folder, Table and API is set.
type Source struct {
	handling.Source
	Title  handling.Text
	Silent time.Duration     // without anything new it is called silent
	Map    *eventlog.Mapping // always with tables
	Folder string
	Table  *Table
	API    *API
	print  [8]byte // of what it was configured with: when it changes, all is looked at again
}

// Table is views of a database, by the tables of the mapping.
type Table struct {
	SQLite   string // path of a file, opened for reading alone
	Postgres string // address of a database
	Views    map[string]string
	After    string // an increasing column: only rows beyond the last are read; empty: all, every time
}

// API is a list of rows that is read page by page over HTTP.
type API struct {
	URL     string
	Rows    []string // where in an answer the rows are
	Next    []string // where in an answer the next cursor is; empty: one page
	Cursor  string   // the parameter that takes it
	Token   func() (string, error)
	Timeout time.Duration
}

type configFile struct {
	Every   strictyaml.Str             `yaml:"every"`
	Sources strictyaml.Map[sourceFile] `yaml:"sources,required"`
}

type sourceFile struct {
	strictyaml.Pos
	Title      textFile                               `yaml:"title"`
	Procedure  strictyaml.Str                         `yaml:"procedure,required"`
	Unit       strictyaml.Str                         `yaml:"unit,required"`
	Units      strictyaml.Map[string]                 `yaml:"units"`
	People     strictyaml.Map[string]                 `yaml:"people"`
	PeopleFile strictyaml.Str                         `yaml:"people_file"`
	Posts      strictyaml.Map[string]                 `yaml:"posts"`
	Values     strictyaml.Map[strictyaml.Map[string]] `yaml:"values"`
	Subject    string                                 `yaml:"subject"`
	Role       string                                 `yaml:"role"`
	Whole      bool                                   `yaml:"whole"`
	Silent     strictyaml.Str                         `yaml:"silent"`
	Map        strictyaml.Str                         `yaml:"map,required"`
	Folder     strictyaml.Str                         `yaml:"folder"`
	Table      *tableFile                             `yaml:"table"`
	API        *apiFile                               `yaml:"api"`
}

type textFile struct {
	ZH string `yaml:"zh"`
	EN string `yaml:"en"`
}

type tableFile struct {
	strictyaml.Pos
	SQLite   string                 `yaml:"sqlite"`
	Postgres string                 `yaml:"postgres"`
	Views    strictyaml.Map[string] `yaml:"views,required"`
	After    string                 `yaml:"after"`
}

type apiFile struct {
	strictyaml.Pos
	URL       strictyaml.Str `yaml:"url,required"`
	Rows      string         `yaml:"rows"`
	Next      string         `yaml:"next"`
	Cursor    string         `yaml:"cursor"`
	TokenFile string         `yaml:"token_file"`
	TokenEnv  string         `yaml:"token_env"`
	Timeout   strictyaml.Str `yaml:"timeout"`
}

const (
	usualEvery   = 30 * time.Second
	usualTimeout = 30 * time.Second
	usualSilent  = 24 * time.Hour
)

// ReadConfig reads a configuration and the mappings it names. Names of files in it are meant from its own folder. All its
// mistakes are told at once, each with its place.
func ReadConfig(path string) (*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var f configFile
	problems := strictyaml.Decode(path, text, &f)
	r := &configReader{dir: filepath.Dir(path), problems: problems}
	c := &Config{Every: r.duration(f.Every, usualEvery, 24*time.Hour)}
	if len(problems) == 0 {
		if len(f.Sources) == 0 {
			r.say(strictyaml.Pos{File: path, Line: 1, Column: 1}, "no sources: there is nothing to follow")
		}
		for _, e := range f.Sources {
			c.Sources = append(c.Sources, r.source(e.Key, &e.Value))
		}
	}
	if len(r.problems) > 0 {
		r.problems.Sort()
		return nil, r.problems
	}
	return c, nil
}

type configReader struct {
	dir      string
	problems strictyaml.Problems
}

func (r *configReader) say(at strictyaml.Pos, format string, args ...any) {
	r.problems = append(r.problems, strictyaml.Problem{Pos: at, Text: fmt.Sprintf(format, args...)})
}

func (r *configReader) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(r.dir, name)
}

func (r *configReader) duration(s strictyaml.Str, usual, most time.Duration) time.Duration {
	if s.Text == "" {
		return usual
	}
	d, err := time.ParseDuration(s.Text)
	if err != nil || d < time.Second || d > most {
		r.say(s.Pos, "%q is not a time such as 30s, 5m or 1h, from 1s to %s", s.Text, most)
	}
	return d
}

func (r *configReader) source(name string, f *sourceFile) Source {
	s := Source{Silent: r.duration(f.Silent, usualSilent, 366*24*time.Hour), Title: handling.Text{ZH: f.Title.ZH, EN: f.Title.EN}, Source: handling.Source{Name: name, Procedure: f.Procedure.Text, Unit: authority.UnitID(f.Unit.Text),
		Units: map[string]authority.UnitID{}, People: table(f.People), Posts: table(f.Posts), Values: map[string]map[string]string{}, Subject: f.Subject, Role: f.Role, Whole: f.Whole}}
	if s.Title.ZH == "" {
		s.Title.ZH = name
	}
	if s.Title.EN == "" {
		s.Title.EN = name
	}
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		r.say(f.Pos, "%q cannot name a source: lower case letters, digits, - and _", name)
	}
	for _, e := range f.Units {
		s.Units[e.Key] = authority.UnitID(e.Value)
	}
	for _, e := range f.Values {
		s.Values[e.Key] = table(e.Value)
	}
	if f.PeopleFile.Text != "" {
		if err := r.people(r.path(f.PeopleFile.Text), s.People); err != nil {
			r.say(f.PeopleFile.Pos, "%v", err)
		}
	}
	r.mapping(&s, f.Map)
	ways := 0
	if f.Folder.Text != "" {
		ways++
		s.Folder = r.path(f.Folder.Text)
		if info, err := os.Stat(s.Folder); err != nil || !info.IsDir() {
			r.say(f.Folder.Pos, "%s is not a folder", s.Folder)
		}
	}
	if f.Table != nil {
		ways++
		s.Table = r.table(f.Table, s.Map, f.Whole)
	}
	if f.API != nil {
		ways++
		s.API = r.api(f.API, s.Map)
	}
	if ways != 1 {
		r.say(f.Pos, "source %q needs one of folder, table and api; it has %d", name, ways)
	}
	s.print = fingerprint(fmt.Sprintf("%+v|%s", s.Source, mapText(s.Map)))
	return s
}

func mapText(m *eventlog.Mapping) string {
	if m == nil {
		return ""
	}
	return m.String()
}

func table(m strictyaml.Map[string]) map[string]string {
	out := make(map[string]string, len(m))
	for _, e := range m {
		out[e.Key] = e.Value
	}
	return out
}

// people reads who is who: a CSV of two columns, what they are called there and their id here, with a header.
func (r *configReader) people(path string, into map[string]string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	rows := csv.NewReader(f)
	rows.FieldsPerRecord = 2
	for n := 0; ; n++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if n > 0 {
			into[strings.TrimSpace(row[0])] = strings.TrimSpace(row[1])
		}
	}
}

// mapping reads the mapping that a source names. One table is a join of one, so that a row that cannot be read is set aside
// and stops no other.
func (r *configReader) mapping(s *Source, name strictyaml.Str) {
	path := r.path(name.Text)
	text, err := os.ReadFile(path)
	if err != nil {
		r.say(name.Pos, "%v", err)
		return
	}
	m, err := eventlog.ParseMapping(path, text)
	if err != nil {
		r.say(name.Pos, "%v", err)
		return
	}
	if m.CaseType != "" {
		r.say(name.Pos, "%s is a mapping of an OCEL log; what is followed is tables", path)
		return
	}
	if len(m.Tables) == 0 {
		m = &eventlog.Mapping{Zone: m.Zone, Acts: m.Acts, Tables: []*eventlog.Table{{Name: "log", Files: []string{"*"}, Case: m.Case, Sheet: m.Sheet, Encoding: m.Encoding, Data: m.Data,
			Events: []eventlog.TableEvent{{ActFrom: m.Act, Time: m.Time, Layout: m.Layout, Person: m.Person, Post: m.Post, Unit: m.Unit, Lifecycle: m.Lifecycle}}}}}
	}
	s.Map = m
}

func (r *configReader) table(f *tableFile, m *eventlog.Mapping, whole bool) *Table {
	t := &Table{Postgres: os.ExpandEnv(f.Postgres), Views: table(f.Views), After: f.After}
	if (f.SQLite == "") == (f.Postgres == "") {
		r.say(f.Pos, "a table is in one database: sqlite: FILE or postgres: ADDRESS")
	}
	if f.SQLite != "" {
		t.SQLite = r.path(f.SQLite)
	}
	r.tables(f.Pos, m, func(name string) bool { return t.Views[name] != "" }, "views: say which view is table %q of the mapping")
	for _, e := range f.Views {
		if m != nil && !slices.ContainsFunc(m.Tables, func(x *eventlog.Table) bool { return x.Name == e.Key }) {
			r.say(e.Pos, "the mapping has no table %q", e.Key)
		}
		if !plainName(e.Value) {
			r.say(e.Pos, "%q is not the name of a view", e.Value)
		}
	}
	if t.After != "" && !plainName(t.After) {
		r.say(f.Pos, "after: %q is not the name of a column", t.After)
	}
	if t.After != "" && whole {
		r.say(f.Pos, "whole: what is gone can be seen only where all is read every time; leave out whole or after")
	}
	if t.After != "" && m != nil && len(m.Tables) > 1 {
		r.say(f.Pos, "after: a row of one table needs those of the others; leave it out, or let the other system join them in one view")
	}
	return t
}

// plainName is a name of a view or column, with its schema: nothing in it can be read as anything else.
func plainName(s string) bool {
	return s != "" && strings.Trim(s, "_.") != "" && !strings.ContainsAny(s, "\"'`;()[] \t\r\n\x00\\") && len(s) < 200
}

func (r *configReader) tables(at strictyaml.Pos, m *eventlog.Mapping, has func(string) bool, what string) {
	if m == nil {
		return
	}
	for _, t := range m.Tables {
		if !has(t.Name) {
			r.say(at, what, t.Name)
		}
	}
}

func (r *configReader) api(f *apiFile, m *eventlog.Mapping) *API {
	a := &API{URL: f.URL.Text, Rows: steps(f.Rows), Next: steps(f.Next), Cursor: f.Cursor, Timeout: r.duration(f.Timeout, usualTimeout, time.Hour)}
	u, err := url.Parse(a.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		r.say(f.URL.Pos, "%q is not an address such as https://HOST/PATH, without name and password", a.URL)
	}
	if m != nil && len(m.Tables) > 1 {
		r.say(f.Pos, "an api gives rows of one table; the mapping joins %d", len(m.Tables))
	}
	if len(a.Next) > 0 && a.Cursor == "" {
		r.say(f.Pos, "next: needs cursor:, the parameter that takes it")
	}
	switch {
	case f.TokenFile != "" && f.TokenEnv != "":
		r.say(f.Pos, "a token is in a file or in the environment, not in both")
	case f.TokenFile != "":
		path := r.path(f.TokenFile)
		a.Token = func() (string, error) { // read each time: tokens are renewed
			b, err := os.ReadFile(path)
			return strings.TrimSpace(string(b)), err
		}
	case f.TokenEnv != "":
		a.Token = func() (string, error) {
			if v := os.Getenv(f.TokenEnv); v != "" {
				return v, nil
			}
			return "", fmt.Errorf("the environment has no %s", f.TokenEnv)
		}
	}
	return a
}

func steps(path string) []string {
	if path == "" {
		return nil
	}
	return strings.Split(path, ".")
}
