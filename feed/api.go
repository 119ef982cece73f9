package feed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"plumbline/eventlog"
	"plumbline/handling"
)

const (
	longestAnswer = 64 << 20
	mostPages     = 10_000   // in one reading
	mostAtOnce    = 200      // pages that are held before they are kept
	mostCells     = 16 << 20 // of a page: rows times names of fields
	deepest       = 16       // objects within a row
)

// readAPI reads page after page. Where the last page names no next one, the list is read from its beginning every time;
// where it names one that is still empty, the next reading begins there.
func (f *following) readAPI(ctx context.Context, r *round) error {
	table := f.Map.Tables[0]
	cursor := f.state.Cursor
	fromStart := cursor == ""
	join := eventlog.NewJoin(f.Map, maxJoined, true)
	held, fields := 0, map[string]bool{}
	r.every = false
	for page := 1; ; page++ {
		if page > mostPages {
			return fmt.Errorf("%s: more than %d pages in one reading", f.API.where(), mostPages)
		}
		rows, next, err := f.API.page(ctx, cursor)
		if err != nil {
			return fmt.Errorf("%s, page %d: %w", f.API.where(), page, err)
		}
		if len(rows) > 0 {
			if err := pourRows(join, table, fmt.Sprintf("%s page %d", f.API.where(), page), rows, fields); err != nil {
				return err
			}
			held++
		}
		if next != "" && next == cursor && len(rows) > 0 {
			return fmt.Errorf("%s, page %d: it names itself as the next page", f.API.where(), page)
		}
		end := next == "" || len(rows) == 0
		if next != "" {
			cursor = next
		}
		if !end && held < mostAtOnce {
			continue
		}
		r.every = end && fromStart && next == ""
		r.whole = r.every
		if err := r.joined(ctx, join); err != nil {
			return err
		}
		if end {
			if err := r.gone(ctx, join); err != nil {
				return err
			}
			if f.state.Cursor == "" && len(fields) > 0 {
				for _, c := range named(table) {
					if !fields[c] {
						r.aside(f.API.where(), handling.Text{ZH: "没有一行有映射所用的“" + c + "”", EN: fmt.Sprintf("no row has %q, which the mapping names", c)})
					}
				}
			}
		}
		r.setAside(join)
		f.mu.Lock()
		was := f.state.Cursor
		if f.state.Cursor = cursor; next == "" {
			f.state.Cursor = ""
		}
		r.looked = r.looked || was != f.state.Cursor
		f.mu.Unlock()
		if end {
			return nil
		}
		if err := r.finish(ctx); err != nil { // a crash later goes on from here
			return err
		}
		r.asides, r.asided, fromStart, held = nil, 0, false, 0
		join = eventlog.NewJoin(f.Map, maxJoined, true)
	}
}

// where is the address without what is asked there: a key may stand in it.
func (a *API) where() string {
	address, _, _ := strings.Cut(a.URL, "?")
	return address
}

// page asks for one page, and gives its rows and where the next is.
func (a *API) page(ctx context.Context, cursor string) (rows []map[string]any, next string, err error) {
	u, err := url.Parse(a.URL)
	if err != nil {
		return nil, "", err
	}
	if cursor != "" {
		q := u.Query()
		q.Set(a.Cursor, cursor)
		u.RawQuery = q.Encode()
	}
	ctx, cancel := context.WithTimeout(ctx, a.Timeout)
	defer cancel()
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, "", err
	}
	ask.Header.Set("Accept", "application/json")
	if a.Token != nil {
		token, err := a.Token()
		if err != nil {
			return nil, "", err
		}
		ask.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := client.Do(ask)
	var asked *url.Error
	if errors.As(err, &asked) { // it names the whole address
		err = asked.Err
	}
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = answer.Body.Close() }() // only read
	body, err := io.ReadAll(io.LimitReader(answer.Body, longestAnswer+1))
	switch {
	case err != nil:
		return nil, "", err
	case answer.StatusCode != http.StatusOK:
		return nil, "", fmt.Errorf("it answers %s", answer.Status)
	case len(body) > longestAnswer:
		return nil, "", fmt.Errorf("the page has more than %d MB", longestAnswer>>20)
	}
	return a.parse(body)
}

// client follows no redirection: the token is for the address that was configured.
var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
	return errors.New("it leads on to another address; configure that one")
}}

func (a *API) parse(body []byte) (rows []map[string]any, next string, err error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var all any
	if err := d.Decode(&all); err != nil {
		return nil, "", fmt.Errorf("the answer is not JSON: %w", err)
	}
	list, ok := at(all, a.Rows).([]any)
	if !ok {
		return nil, "", fmt.Errorf("the answer has no list of rows under rows: %q", strings.Join(a.Rows, "."))
	}
	for i, x := range list {
		row, ok := x.(map[string]any)
		if !ok {
			return nil, "", fmt.Errorf("row %d is not an object", i+1)
		}
		rows = append(rows, row)
	}
	if len(a.Next) > 0 {
		next = textOf(at(all, a.Next))
	}
	return rows, next, nil
}

func at(x any, path []string) any {
	for _, p := range path {
		m, ok := x.(map[string]any)
		if !ok {
			return nil
		}
		x = m[p]
	}
	return x
}

// textOf writes a value as a table would hold it: a list as its values with commas.
func textOf(x any) string {
	switch x := x.(type) {
	case string:
		return x
	case json.Number:
		return x.String()
	case bool:
		return strconv.FormatBool(x)
	case []any:
		var parts []string
		for _, v := range x {
			parts = append(parts, textOf(v))
		}
		return strings.Join(parts, ",")
	}
	return ""
}

// flat puts what lies in objects beside the rest, as a.b.
func flat(into map[string]string, prefix string, m map[string]any) {
	for k, v := range m {
		if inner, ok := v.(map[string]any); ok && strings.Count(prefix, ".") < deepest {
			flat(into, prefix+k+".", inner)
			continue
		}
		into[prefix+k] = textOf(v)
	}
}

// pourRows brings the rows of a page into the join, and notes which fields they have. One that a row does not have is empty
// in it.
func pourRows(join *eventlog.Join, t *eventlog.Table, name string, rows []map[string]any, fields map[string]bool) error {
	flats := make([]map[string]string, len(rows))
	columns := map[string]bool{}
	for i, row := range rows {
		flats[i] = map[string]string{}
		flat(flats[i], "", row)
		for k := range flats[i] {
			columns[k], fields[k] = true, true
		}
	}
	for _, c := range named(t) {
		columns[c] = true
	}
	if len(columns)*len(rows) > mostCells {
		return fmt.Errorf("%s: %d rows with %d different fields; is it a table?", name, len(rows), len(columns))
	}
	names := sortedNames(columns)
	into, err := join.File(t.Name, name, names)
	if err != nil {
		return err
	}
	values := make([]string, len(names))
	for n, row := range flats {
		for i, c := range names {
			values[i] = row[c]
		}
		if err := into.Row(int64(n)+1, values); err != nil {
			return err
		}
	}
	return nil
}

// named are the columns that a mapping names of a table.
func named(t *eventlog.Table) []string {
	list := []string{t.Key, t.Case}
	for _, e := range t.Events {
		list = append(list, e.Time, e.ActFrom, e.Person, e.Post, e.Unit, e.Lifecycle)
		for _, c := range e.Data {
			list = append(list, c)
		}
	}
	for _, c := range t.Data {
		list = append(list, c)
	}
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(c string) bool { return c == "" })
}
