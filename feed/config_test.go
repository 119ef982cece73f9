package feed_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"plumbline/casefile"
	"plumbline/feed"
)

func TestMistakesInAConfigurationAreToldWithTheirPlace(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("map.yaml", mapping)
	write("two.yaml", mapping+"  act: {key: id, parent: {table: call, by: no}, events: [{act: accept, time: at, data: {}}]}\n")
	write("bad.yaml", "tables: {call: {kay: no}}\n")
	write("people.csv", "name,person\na\n")
	if err := os.Mkdir(filepath.Join(dir, "in"), 0o755); err != nil {
		t.Fatal(err)
	}
	const begin = "sources:\n  x:\n    procedure: cn-police/administrative\n    unit: ju\n"
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "sources: {}\n", "s.yaml:1:1: no sources"},
		{"an unknown word", begin + "    map: map.yaml\n    foldr: in\n", `s.yaml:6:5: unknown key "foldr"`},
		{"no source", begin + "    map: map.yaml\n", `source "x" needs one of folder, table and api; it has 0`},
		{"two sources", begin + "    map: map.yaml\n    folder: in\n    api: {url: http://h/}\n", `it has 2`},
		{"a folder that is none", begin + "    map: map.yaml\n    folder: out\n", "s.yaml:6:13:"},
		{"a mapping with a mistake", begin + "    map: bad.yaml\n    folder: in\n", "unknown key \"kay\""},
		{"no mapping", begin + "    map: none.yaml\n    folder: in\n", "s.yaml:5:10: open"},
		{"people with a column missing", begin + "    map: map.yaml\n    folder: in\n    people_file: people.csv\n", "people.csv: record on line 2"},
		{"a time that is none", "every: soon\n" + begin + "    map: map.yaml\n    folder: in\n", `s.yaml:1:8: "soon" is not a time`},
		{"a name with a stop", strings.Replace(begin, "x:", "x.y:", 1) + "    map: map.yaml\n    folder: in\n", `"x.y" cannot name a source`},
		{"a table in two databases", begin + "    map: map.yaml\n    table: {sqlite: a.db, postgres: b, views: {call: v}}\n", "a table is in one database"},
		{"a table without view", begin + "    map: two.yaml\n    table: {sqlite: a.db, views: {call: v}}\n", `say which view is table "act"`},
		{"a view of no table", begin + "    map: map.yaml\n    table: {sqlite: a.db, views: {call: v, what: w}}\n", `the mapping has no table "what"`},
		{"a view that is more than a name", begin + "    map: map.yaml\n    table: {sqlite: a.db, views: {call: \"v; DROP TABLE v\"}}\n", "is not the name of a view"},
		{"a column for several views", begin + "    map: two.yaml\n    table: {sqlite: a.db, views: {call: v, act: w}, after: id}\n", "after: a row of one table needs those of the others"},
		{"a column and whole", begin + "    whole: true\n    map: map.yaml\n    table: {sqlite: a.db, views: {call: v}, after: id}\n", "whole: what is gone can be seen only"},
		{"an address with a password", begin + "    map: map.yaml\n    api: {url: \"https://a:b@h/\"}\n", "without name and password"},
		{"a next page without a cursor", begin + "    map: map.yaml\n    api: {url: \"https://h/\", next: n}\n", "next: needs cursor:"},
		{"two tokens", begin + "    map: map.yaml\n    api: {url: \"https://h/\", token_file: t, token_env: T}\n", "not in both"},
	} {
		write("s.yaml", c.text)
		if _, err := feed.ReadConfig(filepath.Join(dir, "s.yaml")); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// Whatever way the rows come in, with crashes in between, the record holds each once.
func TestRowsInAnyOrderWithCrashesInBetweenAreKeptOnce(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 6))
		b := newBureau(t)
		var rows []string
		for _, no := range strings.Split("ABCDEFGHIJKL", "") {
			rows = append(rows, "J"+no+",2026-03-02 09:00,事"+no+",甲所\n")
		}
		b.file("in/a.csv", head)
		b.system("    folder: in\n", mapping)
		told := map[string]bool{}
		for range 12 {
			some := slices.Clone(rows)
			r.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
			some = some[:r.IntN(len(some))]
			for range r.IntN(4) {
				if len(some) > 0 {
					some = append(some, some[r.IntN(len(some))])
				}
			}
			name := []string{"in/a.csv", "in/b.csv"}[r.IntN(2)]
			text := head + strings.Join(some, "")
			if was, err := os.ReadFile(filepath.Join(b.dir, name)); err == nil && r.IntN(2) == 0 { // it grows
				text = string(was) + strings.Join(some, "")
			}
			b.file(name, text)
			for _, x := range some {
				told[x] = true
			}
			switch r.IntN(4) {
			case 0:
				ctx, cancel := context.WithCancel(context.Background())
				cancel() // it stops before it is through
				_ = b.w.Poll(ctx)
				b.restart()
			case 1:
				if err := os.RemoveAll(filepath.Join(b.dir, "feeds")); err != nil {
					t.Fatal(err)
				}
				b.restart()
			}
			if f := b.poll(); f.FaultRows > 0 {
				t.Errorf("%+v", f.Faults)
			}
			heads, err := b.store.Cases(context.Background(), casefile.Selection{All: true, Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			acts := 0
			for i := range heads {
				if heads[i].Procedure == "cn-police/administrative" {
					acts += int(heads[i].Acts)
				}
			}
			if acts != len(told) {
				t.Errorf("seed %d: %d acts of %d rows", seed, acts, len(told))
			}
		}
	}
}

func TestWhatWasReadIsToldWithoutReading(t *testing.T) {
	b := newBureau(t)
	b.file("in/a.csv", head+"J1,2026-03-02 09:00,一,甲所\nJ2,,二,甲所\n")
	b.system("    folder: in\n", mapping)
	b.poll()
	c, err := feed.ReadConfig(filepath.Join(b.dir, "sources.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := feed.Stand(c, filepath.Join(b.dir, "feeds"), 0)
	if err != nil || len(got) != 1 || got[0].Cases != 1 || got[0].Acts != 1 || got[0].FaultRows != 1 || got[0].Polled == 0 {
		t.Errorf("%+v %v", got, err)
	}
	if got, err = feed.Stand(c, t.TempDir(), 0); err != nil || got[0].Polled != 0 {
		t.Errorf("%+v %v", got, err)
	}
	b.file("feeds/x.json", "{")
	if _, err := feed.New(context.Background(), c, b.house, police().Zone, filepath.Join(b.dir, "feeds"), slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "without it all is read again") {
		t.Error(err)
	}
}
