package web

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/procedure"
)

// opening is an act that opens a case.
type opening struct {
	proc  *procedure.Procedure
	act   *procedure.ActInfo
	units []authority.Unit // in which the person may open one
	main  bool             // of the pack's main procedure
}

// openings lists the act of each procedure that opens a case and that the person may do somewhere, the main procedure's first.
func (c *call) openings() []opening {
	var out []opening
	main := true
	for _, p := range c.House.Pack().Procedures {
		i := slices.IndexFunc(p.Acts(), func(id string) bool { return p.Act(p.ActOf(id)).Opens })
		if i < 0 {
			continue
		}
		if units := c.House.OpensIn(c.who, p); len(units) > 0 {
			out = append(out, opening{p, p.Act(i), units, main})
		}
		main = false
	}
	return out
}

// opening is the one that the address names; the first where it names none. Not found where the person may open none such.
func (c *call) opening() (opening, error) {
	name := c.r.URL.Query().Get("procedure")
	for _, o := range c.openings() {
		if name == o.proc.ID || name == "" {
			return o, nil
		}
	}
	return opening{}, casefile.ErrNotFound
}

// area is the item of the navigation under which it stands.
func (o opening) area() Area {
	if o.main {
		return AreaIntake
	}
	return AreaMatters
}

// draft is the name under which a person's draft of it is kept.
func (o opening) draft() string {
	if o.main {
		return ""
	}
	return o.proc.ID
}

// at is an address under /intake for this opening.
func (o opening) at(path string, query url.Values) string {
	if !o.main {
		query.Set("procedure", o.proc.ID)
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// way is the datum that says how a report came in: of a case of the main procedure the first that must be chosen from a list.
func (o opening) way() *procedure.FieldInfo {
	for i := range o.act.Fields {
		if f := &o.act.Fields[i]; o.main && f.Required && len(f.Enum) > 0 {
			return f
		}
	}
	return nil
}

func intake(c *call) error {
	o, err := c.opening()
	if err != nil {
		return err
	}
	e := newEntered(0)
	draft, err := c.House.Draft(c.r.Context(), c.who, "", o.draft(), "")
	if err != nil {
		return err
	}
	if len(draft.Body) > 0 {
		c.restore(e, draft.Body)
	}
	for _, f := range o.act.Fields { // opened from the page of what it is about
		if about := c.r.URL.Query().Get(f.As); about != "" && f.Names() {
			e.data[f.Name] = about
		}
	}
	if about := casefile.CaseID(c.r.URL.Query().Get("case")); about != "" {
		for _, f := range o.act.Fields {
			if f.As != "redacted" || e.data[f.Name] != "" {
				continue
			}
			if e.data[f.Name], err = c.House.Redacted(c.r.Context(), c.who, about); err != nil {
				return err
			}
		}
	}
	if w := o.way(); w != nil {
		if chosen := c.r.URL.Query().Get("way"); chosen != "" {
			e.data[w.Name] = chosen
		}
	}
	return c.showIntake(http.StatusOK, o, e, func(f *Form) { f.Draft.Saved = draft.Saved })
}

func (c *call) showIntake(status int, o opening, e *entered, mark func(*Form)) error {
	units := o.units
	p := &Intake{Frame: c.frame(o.area())}
	a, w := o.act, o.way()
	if w != nil {
		for _, x := range w.Enum {
			p.Ways = append(p.Ways, Way{Title: x.Title.In(c.lang), Href: o.at("/intake", url.Values{"way": {x.ID}}), Chosen: e.data[w.Name] == x.ID})
		}
	}
	if all := c.openings(); len(all) > 1 {
		for _, x := range all {
			p.Others = append(p.Others, Way{Title: x.act.Title.In(c.lang), Note: x.proc.Title.In(c.lang), Href: x.at("/intake", url.Values{}), Chosen: x.proc == o.proc})
		}
	}
	if w == nil || e.data[w.Name] != "" {
		form := c.form(nil, a, e, "")
		form.Action, form.Cancel = o.at("/intake", url.Values{}), "/"
		form.Draft = &Draft{SaveURL: o.at("/intake/draft", url.Values{}), DropURL: o.at("/intake/drop", url.Values{})}
		form.Duties = c.ahead(o.proc, o.proc.ActOf(a.ID))
		form.Ask = aside(c.ask(&casefile.Head{Procedure: c.House.Pack().ID + "/" + o.proc.ID}, handling.OnAct, a.ID, "", form.Title))
		if len(units) > 1 {
			f := Field{Name: "unit", Label: c.both("受理单位", "Unit"), Type: FieldEnum, Required: true, Value: c.r.PostFormValue("unit")}
			for _, u := range units {
				f.Options = append(f.Options, Option{Value: string(u.ID), Text: c.House.Unit(string(u.ID)).In(c.lang), Chosen: f.Value == string(u.ID)})
			}
			form.Fields = append([]Field{f}, form.Fields...)
		}
		if mark != nil {
			mark(&form)
		}
		p.Form = &form
	}
	return c.page(status, p)
}

func doIntake(c *call) error {
	o, err := c.opening()
	if err != nil {
		return err
	}
	units := o.units
	e, err := c.read(o.act)
	if err != nil {
		return err
	}
	if wrong, err := c.uploads(e, ""); err != nil {
		return err
	} else if wrong != "" {
		return c.showIntake(http.StatusUnprocessableEntity, o, e, func(f *Form) {
			c.problems(f, []handling.Problem{{Field: "attached", Text: procedure.Text{ZH: wrong, EN: wrong}}})
		})
	}
	if e.intent == "draft" || e.intent == "preview" {
		d, err := c.House.SaveDraft(c.r.Context(), c.who, "", o.draft(), "", c.body(e))
		if err != nil {
			return err
		}
		return c.showIntake(http.StatusOK, o, e, func(f *Form) { f.Draft.Saved = d.Saved })
	}
	unit := units[0].ID
	if typed := authority.UnitID(c.r.PostFormValue("unit")); typed != "" {
		unit = typed // whether a case may be opened there, handling asks
	}
	answer, err := c.House.Submit(c.r.Context(), c.who, &handling.Request{ID: e.id, Procedure: c.House.Pack().ID + "/" + o.proc.ID, Unit: unit, Kind: o.act.ID, Occurred: e.occurred, Data: e.data, Attached: e.kept, Draft: handling.DraftKey(c.who, "", o.draft(), "")})
	var invalid *handling.Invalid
	switch {
	case errors.As(err, &invalid):
		return c.showIntake(http.StatusUnprocessableEntity, o, e, func(f *Form) { c.problems(f, invalid.Problems) })
	case err != nil:
		return err
	case len(answer.Refused) > 0:
		return c.showIntake(http.StatusForbidden, o, e, func(f *Form) {
			f.Refusal = &Refusal{Number: "-", Reasons: c.reasons(o.proc, nil, answer.Refused, nil)}
		})
	}
	if answer.Receipt == nil || o.proc.Matter() && !slices.Contains(o.act.By, authority.PartyPost) { // sent twice: the receipt was shown the first time; or nobody reported it
		return c.redirect(caseURL(answer.Case) + "?done=" + strconv.FormatInt(answer.Kept.Number, 10))
	}
	return c.page(http.StatusOK, c.receipt(answer))
}

// receipt shows code and secret once, to be handed to the reporter.
func (c *call) receipt(a *handling.Answer) *ReceiptPage {
	return &ReceiptPage{Frame: c.frame(AreaIntake), Code: a.Receipt.Code, Secret: a.Receipt.Secret, At: a.Record.Recorded, Index: strconv.FormatInt(a.Kept.Index, 10), Leaf: a.Kept.Leaf.String(), Query: c.address("/query"), Case: Link{c.both("打开案件，登记人员", "open the case and register people"), caseURL(a.Case) + "?done=" + strconv.FormatInt(a.Kept.Number, 10)}}
}

// address is where a page is for who is not here: on paper.
func (c *call) address(path string) string {
	scheme := "http"
	if c.Secure {
		scheme = "https"
	}
	return scheme + "://" + c.r.Host + path
}

// dataPNG reads a drawn signature: a PNG in a data URI, at most 512 KiB and 2000 points a side.
func dataPNG(s string) (io.Reader, error) {
	raw, ok := strings.CutPrefix(s, "data:image/png;base64,")
	if !ok || len(raw) > 700<<10 {
		return nil, errors.New("not a drawn signature")
	}
	b, err := base64.StdEncoding.DecodeString(raw)
	if err != nil {
		return nil, err
	}
	conf, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if conf.Width > 2000 || conf.Height > 2000 {
		return nil, errors.New("the signature is too large")
	}
	return bytes.NewReader(b), nil
}
