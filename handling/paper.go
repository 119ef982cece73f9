package handling

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// Paper is one copy of a document as it was issued: its texts with every placeholder filled from the record.
type Paper struct {
	Document *procedure.Document
	Title    Text
	Number   string
	Unit     Text
	Organ    Text // the topmost unit above
	Issued   calendar.Instant
	Act      int64
	Subject  casefile.Subject // of the person this copy is for; empty: none
	Blocks   []procedure.Block
	Draft    bool // the act that issued it was corrected or withdrawn
}

// Paper makes the copies of a document that act number issued, filled with what the record said at that moment.
func (h *House) Paper(ctx context.Context, who Who, id casefile.CaseID, number int64, kind string) ([]Paper, *File, error) {
	now := h.now()
	c, err := h.open(ctx, who, authority.SeeDocument, id, now)
	if err != nil {
		return nil, nil, err
	}
	if h.pack.Document(kind) == nil {
		return nil, nil, casefile.ErrNotFound
	}
	if err := h.look(ctx, who, &c.head, fmt.Sprintf("document %d/%s", number, kind), now); err != nil {
		return nil, nil, err
	}
	f, err := h.file(ctx, who, c, now)
	if err != nil {
		return nil, nil, err
	}
	papers, err := h.papers(f, number, kind)
	return papers, f, err
}

func (h *House) papers(f *File, number int64, kind string) ([]Paper, error) {
	i := slices.IndexFunc(f.Acts, func(a FileAct) bool { return a.Number == number })
	d := h.pack.Document(kind)
	if i < 0 || d == nil {
		return nil, casefile.ErrNotFound
	}
	a := f.Acts[i]
	k := slices.IndexFunc(a.Issued, func(x casefile.Issued) bool { return x.Kind == kind })
	if k < 0 || a.Info == nil {
		return nil, casefile.ErrNotFound
	}
	whom := []casefile.Subject{""}
	if len(a.Subjects) > 0 {
		whom = nil
		for _, s := range a.Subjects {
			whom = append(whom, s.ID)
		}
	} else if d.Each != "" {
		var each []casefile.Subject
		for _, p := range f.People {
			if p.Role == d.Each {
				each = append(each, p.ID)
			}
		}
		if len(each) > 0 {
			whom = each
		}
	}
	var out []Paper
	for _, s := range whom {
		fill, raw := h.filler(f, i, a.Issued[k].Number, s)
		p := Paper{Document: d, Title: d.Title, Number: a.Issued[k].Number, Unit: f.Unit, Organ: h.organ(f.Head.Unit), Issued: a.Recorded, Act: number, Subject: s, Draft: a.Corrected > 0 || a.Withdrawn > 0}
		for _, b := range d.Blocks {
			if b.Printed(raw) {
				p.Blocks = append(p.Blocks, fillBlock(b, fill))
			}
		}
		out = append(out, p)
	}
	return out, nil
}

func fillBlock(b procedure.Block, fill func(string) string) procedure.Block {
	text := func(t Text) Text { return Text{ZH: fill(t.ZH), EN: fill(t.EN)} }
	var out procedure.Block
	if b.Text != nil {
		t := text(*b.Text)
		out.Text = &t
	}
	for _, f := range b.Fields {
		out.Fields = append(out.Fields, procedure.LabelValue{Label: text(f.Label), Value: fill(f.Value)})
	}
	for _, s := range b.Sign {
		out.Sign = append(out.Sign, text(s))
	}
	if b.Seal != nil {
		t := text(*b.Seal)
		out.Seal = &t
	}
	return out
}

// filler reads placeholders from the record as it was when act i was done: filled into a template, and as the datum itself.
func (h *House) filler(f *File, i int, number string, subject casefile.Subject) (fill func(string) string, raw func(string) (casefile.Value, bool)) {
	a := &f.Acts[i]
	latest := func(scope string, about casefile.Subject, name string) (*procedure.FieldInfo, casefile.Value) {
		proposal := false
		for k := i; k >= 0; k-- {
			x := &f.Acts[k]
			if x.Info == nil || x.Info.Scope != scope || len(x.Refused) > 0 || x.Corrected > 0 && x.Corrected <= a.Number || x.Withdrawn > 0 && x.Withdrawn <= a.Number {
				continue
			}
			if scope != "case" && !slices.ContainsFunc(x.Subjects, func(s casefile.Ref) bool { return s.ID == about }) {
				continue
			}
			if x.Info.Part == "proposal" { // a new proposal takes the place of those before, with what it leaves out
				if proposal {
					continue
				}
				proposal = true
			}
			if fi, v := x.said(name); fi != nil && fi.As != "secret" {
				return fi, v
			}
		}
		return nil, casefile.Value{}
	}
	datum := func(name string) (*procedure.FieldInfo, casefile.Value) {
		switch head, tail, _ := strings.Cut(name, "."); head {
		case "act":
			return a.said(tail)
		case "subject":
			if p := slices.IndexFunc(f.People, func(p Party) bool { return p.ID == subject }); p >= 0 {
				return latest(f.People[p].Kind, subject, tail)
			}
		case "case":
			return latest("case", "", tail)
		}
		return nil, casefile.Value{}
	}
	value := func(name string) (string, bool) {
		head, tail, _ := strings.Cut(name, ".")
		switch head {
		case "subject":
			p := slices.IndexFunc(f.People, func(p Party) bool { return p.ID == subject })
			if p < 0 {
				return "", false
			}
			if tail == "label" {
				return f.People[p].Label(), true
			}
		case "case":
			switch tail {
			case "number":
				return f.Head.Number, f.Head.Number != ""
			case "title":
				return f.Head.Title, true
			}
		case "unit":
			u, ok := h.People().Unit(authority.UnitID(f.Head.Unit))
			if tail == "mark" {
				return u.Mark, ok && u.Mark != ""
			}
			return f.Unit.ZH, ok
		case "organ":
			return h.organ(f.Head.Unit).ZH, true
		case "actor":
			if a.Actor == nil {
				return "", false
			}
			return h.Name(a.Actor.Person), true
		case "occurred":
			return h.local(a.Occurred), true
		case "recorded":
			return h.local(a.Recorded), true
		case "year":
			return strconv.Itoa(h.year(a.Recorded)), true
		case "no":
			return number, number != ""
		case "due":
			for _, d := range f.Duties {
				if d.Duty == tail && d.Cause == a.Number && d.Due != 0 && (d.Subject == "" || d.Subject == subject) {
					return h.local(d.Due), true
				}
			}
		}
		if fi, v := datum(name); fi != nil {
			return h.Show(fi, v, "zh"), true
		}
		return "", false
	}
	fill = func(template string) string { return procedure.Fill(template, value) }
	raw = func(name string) (casefile.Value, bool) {
		fi, v := datum(name)
		return v, fi != nil
	}
	return fill, raw
}

// said finds a datum that the procedure knows, as the act gives it; nil where it does not.
func (a *FileAct) said(name string) (*procedure.FieldInfo, casefile.Value) {
	i := slices.IndexFunc(a.Info.Fields, func(f procedure.FieldInfo) bool { return f.Name == name })
	v := a.Datum(name)
	if i < 0 || !v.Known() {
		return nil, casefile.Value{}
	}
	return &a.Info.Fields[i], v
}

// Label is how a party is called where its name is not known.
func (p *Party) Label() string {
	if p.Name != "" {
		return p.Name
	}
	return string(p.ID)
}

// organ is the topmost unit above a unit: the organ that acts.
func (h *House) organ(unit string) Text {
	up := h.People().Above(authority.UnitID(unit))
	if len(up) == 0 {
		return h.unitName(unit)
	}
	return h.unitName(string(up[len(up)-1]))
}

// documentNumber writes a number under the document's template.
func (h *House) documentNumber(d *procedure.Document, unit string, year int, no int64) string {
	u, _ := h.People().Unit(authority.UnitID(unit))
	return procedure.Fill(d.Number, func(name string) (string, bool) {
		switch name {
		case "unit.mark":
			return u.Mark, u.Mark != ""
		case "unit.name":
			return u.Name.ZH, true
		case "year":
			return strconv.Itoa(year), true
		case "no":
			return strconv.FormatInt(no, 10), true
		}
		return "", false
	})
}
