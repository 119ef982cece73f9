package handling

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"plumbline/casefile"
	"plumbline/procedure"
)

// hidden are the particulars of a person that a redacted text leaves out; the name becomes what the person is in the case.
var hidden = []string{"id_number", "phone", "address", "birth"}

// Redacted is the text of the decisions of a case with the people of its file taken out: each by what they are in it, their
// numbers, addresses and birthdays by a cross. It is a first draft, from what the file knows of them in fields; what runs in
// free text may still tell who they are, and a person reads it. It is for a person who may see the case.
func (h *House) Redacted(ctx context.Context, who Who, id casefile.CaseID) (string, error) {
	f, err := h.File(ctx, who, id, "redaction")
	if err != nil {
		return "", err
	}
	type swap struct{ from, to string }
	var swaps []swap
	count := map[string]int{}
	for i := range f.People {
		p := &f.People[i]
		if p.Kind != "person" {
			continue
		}
		role := p.Role
		if t, ok := h.pack.Role(p.Role); ok {
			role = t.ZH
		}
		count[role]++
		for k := range f.Proc.Acts() {
			for _, fi := range f.Proc.Act(k).Fields {
				v := p.Data[fi.Name]
				switch {
				case utf8.RuneCountInString(v) < 2:
				case fi.As == "name":
					swaps = append(swaps, swap{v, fmt.Sprintf("%s%d", role, count[role])})
				case slices.Contains(hidden, fi.As):
					swaps = append(swaps, swap{v, "×"})
				}
			}
		}
	}
	slices.SortStableFunc(swaps, func(a, b swap) int { return len(b.from) - len(a.from) }) // the longest first: no part of a name stays
	var with []string
	for _, s := range swaps {
		with = append(with, s.from, s.to)
	}
	take := strings.NewReplacer(with...)
	var out []string
	for _, a := range f.Acts {
		if a.Info == nil || a.Info.Part != "decision" || !a.Stands() {
			continue
		}
		for _, d := range a.Issued {
			papers, err := h.papers(f, a.Number, d.Kind)
			if err != nil {
				return "", err
			}
			for _, p := range papers {
				out = append(out, take.Replace(plainPaper(&p)))
			}
		}
	}
	return strings.Join(out, "\n\n"), nil
}

// plainPaper is a paper as lines of text.
func plainPaper(p *Paper) string {
	lines := []string{p.Title.ZH}
	if p.Number != "" {
		lines = append(lines, p.Number)
	}
	for _, b := range p.Blocks {
		if b.Text != nil {
			lines = append(lines, b.Text.ZH)
		}
		for _, x := range b.Fields {
			if strings.TrimSpace(x.Value) != "" {
				lines = append(lines, x.Label.ZH+"："+x.Value)
			}
		}
	}
	return strings.Join(lines, "\n")
}

// closed is a text without the blanks and invisible characters that may stand inside a name.
func closed(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text)
}

// unredacted tells what in a text still names somebody of the cases that a matter names.
func (h *House) unredacted(ctx context.Context, c *standing, q *Request, info *procedure.ActInfo, text string) (string, error) {
	tight := closed(text)
	for _, id := range linked(append(strings.Fields(c.head.Words), h.wordsOf(q, info)...)) {
		head, err := h.store.Case(ctx, id)
		if err != nil {
			continue // the datum that names it says so
		}
		p, err := h.procedureOf(head.Procedure)
		if err != nil {
			continue
		}
		names, err := h.personal(ctx, p, id)
		if err != nil {
			return "", err
		}
		if i := slices.IndexFunc(names, func(name string) bool { return mentions(text, name) || mentions(tight, name) }); i >= 0 {
			return names[i], nil
		}
	}
	return "", nil
}
