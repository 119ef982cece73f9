package web

import (
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/procedure"
)

// entered is a form as it was sent.
type entered struct {
	id       casefile.ActID
	base     int64
	subjects []handling.SubjectInput
	adding   bool
	role     string
	occurred string
	data     map[string]string
	kept     []casefile.Attached // uploaded with this form, now or before
	intent   string
	corrects *handling.FileAct // the act that this one stands in place of; nil: none
}

// newEntered is an empty form.
func newEntered(base int64) *entered {
	return &entered{id: casefile.ActID(newID()), base: base, data: map[string]string{}}
}

// read reads a form. What it cannot read is left out and found missing later.
func (c *call) read(a *procedure.ActInfo) (*entered, error) {
	if err := c.parse(); err != nil {
		return nil, err
	}
	f := c.r.PostForm
	e := &entered{id: casefile.ActID(f.Get("act_id")), adding: f.Get("subject_new") != "", role: f.Get("subject_role"), occurred: strings.TrimSpace(f.Get("occurred")), data: map[string]string{}, intent: f.Get("intent")}
	e.base, _ = strconv.ParseInt(f.Get("base"), 10, 64)
	for _, s := range f["subject"] {
		if s != "" {
			e.subjects = append(e.subjects, handling.SubjectInput{ID: casefile.Subject(s), Role: e.role})
		}
	}
	if e.adding {
		e.subjects = append(e.subjects, handling.SubjectInput{Role: e.role})
	}
	for _, fi := range a.Fields {
		if v := f["d_"+fi.Name]; len(v) > 0 {
			e.data[fi.Name] = strings.Join(v, ",")
		}
	}
	c.keep(e, f["keep_file"])
	return e, nil
}

// keep takes the files that were uploaded when this form was sent before, by their tickets.
func (c *call) keep(e *entered, tickets []string) {
	for _, t := range tickets {
		if x, ok := c.House.Redeem(c.r.Context(), c.session, c.caseID(), e.id, t); ok {
			e.kept = append(e.kept, x)
		}
	}
}

func (c *call) ticket(e *entered, a casefile.Attached) string {
	t, err := c.House.Ticket(c.r.Context(), c.session, c.caseID(), e.id, a)
	if err != nil {
		c.Log.Error("ticket", "error", err)
		return "" // the file is uploaded again
	}
	return t
}

// errForm says that what was sent is no form.
var errForm = errors.New("the form cannot be read")

// parse reads the body of a form. What net/http says of a body that is not multipart hides what is wrong with it.
func (c *call) parse() error {
	err := c.r.ParseForm()
	if kind, _, bad := mime.ParseMediaType(c.r.Header.Get("Content-Type")); bad == nil && kind == "multipart/form-data" && err == nil {
		err = c.r.ParseMultipartForm(1 << 20)
	}
	var tooBig *http.MaxBytesError
	if err == nil || errors.As(err, &tooBig) {
		return err
	}
	return fmt.Errorf("%w: %w", errForm, err)
}

// takes are the types of files a case takes: what a person's own eyes can check.
var takes = map[string]string{".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".pdf": "application/pdf", ".tif": "image/tiff", ".tiff": "image/tiff"}

// uploads keeps the files sent with a form.
func (c *call) uploads(e *entered, id casefile.CaseID) (string, error) {
	if c.r.MultipartForm == nil {
		return "", nil
	}
	if n := len(c.r.MultipartForm.File["file"]) + len(e.kept); n > handling.MostAttached {
		return c.both(fmt.Sprintf("附件有%d个，最多%d个", n, handling.MostAttached), fmt.Sprintf("%d files; %d is the most", n, handling.MostAttached)), nil
	}
	for _, h := range c.r.MultipartForm.File["file"] {
		if h.Size == 0 {
			continue
		}
		kind := takes[strings.ToLower(path.Ext(h.Filename))]
		if kind == "" {
			return c.both("只收图片（PNG、JPEG、TIFF）和PDF："+h.Filename, "only pictures (PNG, JPEG, TIFF) and PDF are taken: "+h.Filename), nil
		}
		a, err := c.attach(id, h, kind)
		if err != nil {
			return "", err
		}
		e.kept = append(e.kept, a)
	}
	if s := c.r.PostForm.Get("signature"); s != "" {
		a, err := c.signature(id, s)
		if err != nil {
			return "", err
		}
		e.kept = append(e.kept, a)
	}
	return "", nil
}

func (c *call) attach(id casefile.CaseID, h *multipart.FileHeader, kind string) (casefile.Attached, error) {
	file, err := h.Open()
	if err != nil {
		return casefile.Attached{}, err
	}
	defer func() { _ = file.Close() }() // only read
	name := path.Base(strings.ReplaceAll(h.Filename, "\\", "/"))
	if casefile.CheckText(name) != nil || strings.ContainsAny(name, "\n\t|") {
		name = "file" + path.Ext(h.Filename)
	}
	return c.House.Attach(c.r.Context(), c.who, id, short(name, 120), kind, file)
}

// signature keeps what was drawn on the pad.
func (c *call) signature(id casefile.CaseID, data string) (casefile.Attached, error) {
	r, err := dataPNG(data)
	if err != nil {
		return casefile.Attached{}, nil // not a picture: nothing was signed
	}
	return c.House.Attach(c.r.Context(), c.who, id, c.both("签名.png", "signature.png"), "image/png", r)
}

// form makes the form of an act from its description.
func (c *call) form(f *handling.File, a *procedure.ActInfo, e *entered, subject casefile.Subject) Form {
	form := Form{ActID: string(e.id), Base: strconv.FormatInt(e.base, 10), Title: a.Title.In(c.lang), Gist: a.Help.In(c.lang), Why: a.Why.In(c.lang), Articles: c.articles(a.Basis), Decision: a.Decision, Relieves: a.Relieves}
	if !a.Decision {
		form.Occurred = &Field{Name: "occurred", Label: c.both("发生时间", "When it happened"), Help: c.both("不填即为现在。", "Left empty: now."), Type: FieldInstant, Value: e.occurred}
	}
	if f != nil && a.Scope != "case" {
		form.Subjects = c.subjects(f, a, e, subject)
	}
	if f != nil {
		form.Ask = aside(c.ask(&f.Head, handling.OnAct, a.ID, "", form.Title))
	}
	for i := range a.Fields {
		if handling.Filled(&a.Fields[i]) {
			continue // the house fills them in
		}
		if x := c.field(f, &a.Fields[i], e.data[a.Fields[i].Name]); c.weighed(&x, &a.Fields[i], a, e) {
			form.Fields = append(form.Fields, x)
		}
	}
	if a.Measures != nil && f != nil {
		var err error
		if form.Measured, err = c.measuredNow(f); err != nil {
			c.Log.Error("measuring", "case", f.Head.ID, "error", err)
		}
	}
	form.Attach = &Attach{Label: c.both("附件（扫描件、签名）", "Files (scans, signature)"), Accept: "image/png,image/jpeg,image/tiff,application/pdf", MaxMB: handling.MaxAttachment >> 20}
	if a.Scope == "person" && !a.Decision && len(a.Documents) > 0 {
		form.Attach.Signature = c.both("当事人在此签名", "The party signs here")
	}
	for _, k := range e.kept {
		form.Attach.Kept = append(form.Attach.Kept, Attachment{Name: k.Name, Size: size(k.Size), Digest: c.ticket(e, k)})
	}
	for _, d := range a.Documents {
		if doc := c.House.Pack().Document(d); doc != nil {
			note := ""
			if doc.Number != "" {
				note = c.both("自动编号", "numbered on recording")
			}
			form.Documents = append(form.Documents, DocumentAhead{Title: doc.Title.In(c.lang), Note: note})
		}
	}
	return form
}

// ahead tells the duties that an act leaves.
func (c *call) ahead(p *procedure.Procedure, act int) []DutyAhead {
	var out []DutyAhead
	for i := range p.Duties() {
		d := &p.Duties()[i]
		if d.Act != act {
			continue
		}
		x := DutyAhead{What: d.Title.In(c.lang), Liberty: d.Liberty, Articles: c.articles(d.Basis), Why: d.Why.In(c.lang)}
		for _, t := range d.Terms {
			x.Term = strings.TrimPrefix(x.Term+" / "+t.In(c.lang), " / ")
		}
		if d.Promptly {
			x.Term = c.both("及时（提醒："+x.Term+"）", "promptly (warned after "+x.Term+")")
		}
		if len(d.Do) > 0 {
			var posts []string
			for _, b := range p.Act(d.Do[0]).By {
				posts = append(posts, c.post(b))
			}
			x.By = strings.Join(posts, c.both("、", ", "))
		}
		out = append(out, x)
	}
	return out
}

func (c *call) subjects(f *handling.File, a *procedure.ActInfo, e *entered, preset casefile.Subject) *Subjects {
	s := &Subjects{Label: c.both("针对何人", "About whom"), Adding: e.adding}
	switch a.Scope {
	case "item":
		s.Label = c.both("针对何物", "About which item")
	case "document":
		s.Label = c.both("针对哪份文书", "About which document")
	}
	for i := range f.People {
		p := &f.People[i]
		if p.Kind != a.Scope || a.Role != "" && p.Role != a.Role && !a.Relieves {
			continue
		}
		chosen := p.ID == preset || slices.ContainsFunc(e.subjects, func(x handling.SubjectInput) bool { return x.ID == p.ID })
		s.Options = append(s.Options, Option{Value: string(p.ID), Text: p.Label(), Hint: c.role(p.Role), Chosen: chosen})
	}
	if len(s.Options) == 1 && !e.adding && !a.Brings() {
		s.Options[0].Chosen = true
	}
	if a.Brings() {
		s.CanAdd = true
		if len(s.Options) == 0 {
			s.Adding = true
		}
		if a.Scope == "person" && a.Role == "" {
			f := Field{Name: "subject_role", Label: c.both("身份", "Role"), Type: FieldEnum, Required: true, Value: e.role}
			for _, r := range c.House.Pack().Roles() {
				f.Options = append(f.Options, Option{Value: r, Text: capital(c.role(r)), Chosen: r == e.role})
			}
			s.NewFields = append(s.NewFields, f)
		}
	}
	return s
}

// field shows one datum of an act. Names of data carry a prefix so that none is taken for another input.
func (c *call) field(f *handling.File, fi *procedure.FieldInfo, value string) Field {
	out := Field{Name: "d_" + fi.Name, Label: capital(fi.Title.In(c.lang)), Help: fi.Help.In(c.lang), Articles: c.articles(fi.Basis), Required: fi.Required, Max: fi.Max, Value: value, Rare: fi.Rare && value == ""}
	switch {
	case fi.As == "offence":
		out.Type, out.Refresh, out.Groups = FieldEnum, true, c.offences(value)
	case len(fi.Enum) > 0:
		out.Type, out.Refresh = FieldEnum, fi.As == "tier" || fi.As == "grade"
		chosen := []string{value}
		if fi.Several {
			out.Type, chosen = FieldSeveral, strings.Split(value, ",")
		}
		for _, o := range fi.Enum {
			out.Options = append(out.Options, Option{Value: o.ID, Text: capital(o.Title.In(c.lang)), Chosen: slices.Contains(chosen, o.ID)})
		}
	case fi.As == "handlers" || fi.As == "officers":
		out.Type = FieldOfficers
		unit := authority.UnitID("")
		if f != nil {
			unit = authority.UnitID(f.Head.Unit)
		}
		chosen := strings.Split(value, ",")
		offer := func(unit authority.UnitID, hint string) {
			for _, id := range c.House.People().InPost(authority.Handler, unit, c.now) {
				p, _ := c.House.People().Person(id)
				out.Options = append(out.Options, Option{Value: string(id), Text: p.Name, Hint: strings.TrimSpace(p.Number + " " + hint), Chosen: slices.Contains(chosen, string(id))})
			}
		}
		offer(unit, "")
		if len(out.Options) == 0 && fi.As == "handlers" { // a unit without handlers of its own sends those of others
			for _, u := range c.House.People().Units() {
				offer(u.ID, c.House.Unit(string(u.ID)).In(c.lang))
			}
		}
		if len(out.Options) == 0 {
			c.everybody(&out, chosen)
		}
	case fi.As == "finding" && f != nil:
		c.findingsOf(f, &out, value)
	case fi.As == "unit" || fi.As == "to_unit":
		out.Type = FieldEnum
		for _, u := range c.House.People().Units() {
			out.Options = append(out.Options, Option{Value: string(u.ID), Text: c.House.Unit(string(u.ID)).In(c.lang), Chosen: value == string(u.ID)})
		}
	case fi.As == "concerned" || fi.As == "affected" || fi.As == "complained_of":
		c.officersOf(f, &out, value)
	case fi.As == "secret":
		out.Type = FieldSecret
	default:
		out.Type = map[casefile.Kind]FieldType{casefile.Bool: FieldBool, casefile.Int: FieldInt, casefile.Money: FieldMoney, casefile.Instant: FieldInstant, casefile.Date: FieldDate}[fi.Kind]
		if out.Type == "" {
			out.Type = FieldText
			if fi.Long {
				out.Type = FieldLong
			}
		}
		if fi.Kind == casefile.Int {
			out.Max = 0
		}
	}
	return out
}

// findingsOf offers the findings in the cases that the matter names; where there are none, an id is typed.
func (c *call) findingsOf(f *handling.File, out *Field, value string) {
	found, err := c.House.FindingsOf(c.r.Context(), c.who, f)
	if err != nil {
		c.Log.Error("findings of a matter", "case", f.Head.ID, "error", err)
	}
	for i := range found {
		x := &found[i]
		title := x.Rule
		if k := x.Proc.RuleOf(x.Rule); k >= 0 {
			title = x.Proc.Rules()[k].Title.In(c.lang)
		}
		out.Options = append(out.Options, Option{Value: x.ID(), Text: title + c.both("，", ", ") + c.local(x.At), Hint: x.Rule, Chosen: value == x.ID()})
	}
	if out.Type = FieldEnum; len(out.Options) == 0 {
		out.Type = FieldText
	}
}

// everybody offers all who hold a post.
func (c *call) everybody(out *Field, chosen []string) {
	for _, p := range c.House.People().People() {
		held, ok := c.House.PostOf(p.ID, c.now)
		offered := slices.ContainsFunc(out.Options, func(o Option) bool { return o.Value == string(p.ID) })
		if ok && held.Post != authority.Administrator && !offered {
			out.Options = append(out.Options, Option{Value: string(p.ID), Text: p.Name, Hint: p.Number + " " + c.House.Unit(string(held.Unit)).In(c.lang), Chosen: slices.Contains(chosen, string(p.ID))})
		}
	}
}

// officersOf offers the officers who took part in what the matter names; where it names no case, everybody.
func (c *call) officersOf(f *handling.File, out *Field, value string) {
	chosen := strings.FieldsFunc(value, func(r rune) bool { return r == ',' })
	var ids []string
	if f != nil {
		ids = c.House.Participants(c.r.Context(), c.who, f.Head.ID)
	}
	if id := c.r.FormValue("d_case") + c.r.URL.Query().Get("case"); id != "" {
		ids = append(ids, c.House.Participants(c.r.Context(), c.who, casefile.CaseID(id))...)
	}
	for _, id := range append(ids, chosen...) {
		p, ok := c.House.People().Person(authority.PersonID(id))
		if ok && !slices.ContainsFunc(out.Options, func(o Option) bool { return o.Value == id }) {
			out.Options = append(out.Options, Option{Value: id, Text: p.Name, Hint: p.Number, Chosen: slices.Contains(chosen, id)})
		}
	}
	if out.Type = FieldOfficers; len(ids) == 0 {
		c.everybody(out, chosen)
	}
}

// problems puts what is wrong at its field and above the form.
func (c *call) problems(form *Form, problems []handling.Problem) {
	for _, p := range problems {
		text := p.Text.In(c.lang)
		name := "d_" + p.Field
		at := slices.IndexFunc(form.Fields, func(f Field) bool { return f.Name == name })
		switch {
		case at >= 0:
			form.Fields[at].Error = text
			text = form.Fields[at].Label + c.both("：", ": ") + text
		case p.Field == "occurred" && form.Occurred != nil:
			name, form.Occurred.Error = "occurred", text
		case p.Field == "subject" && form.Subjects != nil:
			name, form.Subjects.Error = "subject", text
		case p.Field == "attached" && form.Attach != nil:
			name, form.Attach.Error = "upload", text
		default:
			name = p.Field
		}
		form.Errors = append(form.Errors, FieldError{name, text})
	}
}

// capital begins a label as a sentence begins.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// restore fills a form from a draft.
func (c *call) restore(e *entered, body []byte) {
	v, err := url.ParseQuery(string(body))
	if err != nil {
		return
	}
	if id := v.Get("act_id"); id != "" {
		e.id = casefile.ActID(id)
	}
	e.occurred, e.role, e.adding = v.Get("occurred"), v.Get("subject_role"), v.Get("subject_new") != ""
	for _, s := range v["subject"] {
		e.subjects = append(e.subjects, handling.SubjectInput{ID: casefile.Subject(s)})
	}
	for name, values := range v {
		if field, ok := strings.CutPrefix(name, "d_"); ok {
			e.data[field] = strings.Join(values, ",")
		}
	}
	c.keep(e, v["keep_file"])
}

// body is a form as a draft keeps it.
func (c *call) body(e *entered) []byte {
	v := url.Values{"act_id": {string(e.id)}, "occurred": {e.occurred}, "subject_role": {e.role}}
	if e.adding {
		v.Set("subject_new", "1")
	}
	for _, s := range e.subjects {
		if s.ID != "" {
			v.Add("subject", string(s.ID))
		}
	}
	for name, value := range e.data {
		v.Set("d_"+name, value)
	}
	for _, k := range e.kept {
		v.Add("keep_file", c.ticket(e, k))
	}
	return []byte(v.Encode())
}

// toAct opens the case of a form and finds the act in it, for who may put it before the judge.
func (c *call) toAct() (*handling.File, *procedure.ActInfo, casefile.Subject, error) {
	name := c.r.PathValue("act")
	if !casefile.ValidName(name) { // nothing else gets into the log of views
		return nil, nil, "", casefile.ErrNotFound
	}
	f, err := c.House.File(c.r.Context(), c.who, c.caseID(), "form "+name)
	if err != nil {
		return nil, nil, "", err
	}
	i := f.Proc.ActOf(name)
	if i < 0 {
		return nil, nil, "", casefile.ErrNotFound
	}
	a := f.Proc.Act(i)
	return f, a, casefile.Subject(c.r.URL.Query().Get("subject")), c.House.MayAct(c.who, f, a)
}

func actForm(c *call) error {
	f, a, subject, err := c.toAct()
	if err != nil {
		return err
	}
	e := newEntered(f.Head.Acts)
	if e.corrects, err = c.corrects(f, a); err != nil {
		return err
	}
	if e.corrects != nil {
		if !correctable(e.corrects) {
			return casefile.ErrNotFound
		}
		c.again(a, e)
		return c.showForm(http.StatusOK, f, a, e, subject, nil)
	}
	draft, err := c.House.Draft(c.r.Context(), c.who, f.Head.ID, a.ID, subject)
	if err != nil {
		return err
	}
	if len(draft.Body) > 0 {
		c.restore(e, draft.Body)
		e.base = f.Head.Acts
	} else {
		c.prefill(f, a, e, subject)
		c.named(f, a, e)
	}
	return c.showForm(http.StatusOK, f, a, e, subject, func(form *Form) { form.Draft.Saved = draft.Saved })
}

// corrects finds the act that a form corrects: a fact of this kind; nil where the form corrects none. Whether it stands is for
// who shows the form to look at, and for handling when it is sent: the same correction sent twice is one.
func (c *call) corrects(f *handling.File, a *procedure.ActInfo) (*handling.FileAct, error) {
	text := c.r.URL.Query().Get("corrects")
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || int(n) > len(f.Acts) || f.Acts[n-1].Kind != a.ID || a.Decision {
		return nil, casefile.ErrNotFound
	}
	return &f.Acts[n-1], nil
}

// correctable: a fact that stands. What a decision got wrong is mended by another decision.
func correctable(a *handling.FileAct) bool {
	return a.Info != nil && !a.Info.Decision && !a.ByLaw && a.Stands()
}

// again fills a form with what the act to be corrected says.
func (c *call) again(a *procedure.ActInfo, e *entered) {
	x := e.corrects
	z := c.House.Pack().Zone
	e.occurred = typed(casefile.InstantOf(x.Occurred), z)
	for _, s := range x.Subjects {
		e.subjects = append(e.subjects, handling.SubjectInput{ID: s.ID})
	}
	for _, fi := range a.Fields {
		if v := x.Datum(fi.Name); v.Known() && fi.As != "secret" {
			e.data[fi.Name] = typed(v, z)
		}
	}
}

// prefill puts in what was said before, where the pack says so: what was entered once is not typed again, only checked.
func (c *call) prefill(f *handling.File, a *procedure.ActInfo, e *entered, subject casefile.Subject) {
	for _, fi := range a.Fields {
		for _, from := range fi.Taken {
			if v := saidBefore(f, from, subject); v.Known() {
				e.data[fi.Name] = typed(v, c.House.Pack().Zone)
				break
			}
		}
	}
}

// named fills in what the matter is about, and what the address of the form says.
func (c *call) named(f *handling.File, a *procedure.ActInfo, e *entered) {
	for _, fi := range a.Fields {
		if v := c.r.URL.Query().Get("d_" + fi.Name); v != "" {
			e.data[fi.Name] = v
		}
		if fi.As == "finding" && e.data[fi.Name] == "" {
			if about := handling.FindingsNamed(&f.Head); len(about) == 1 {
				e.data[fi.Name] = about[0]
			}
		}
	}
}

// saidBefore finds a datum in the last act of its kind that stands, about the case or the subject; where no subject is chosen
// yet, only if nobody else is spoken of.
func saidBefore(f *handling.File, from procedure.Said, subject casefile.Subject) casefile.Value {
	var found casefile.Value
	about := subject
	for i := range f.Acts {
		x := &f.Acts[i]
		if !x.Stands() || f.Proc.ActOf(x.Kind) != from.Act {
			continue
		}
		if x.Info.Scope != "case" {
			switch {
			case len(x.Subjects) != 1:
				continue
			case about == "":
				about = x.Subjects[0].ID
			case x.Subjects[0].ID != about && subject == "":
				return casefile.Value{} // said of several people
			case x.Subjects[0].ID != about:
				continue
			}
		}
		if v := x.Datum(from.Datum); v.Known() {
			found = v
		}
	}
	return found
}

// typed writes a value as an input holds it.
func typed(v casefile.Value, z *calendar.Zone) string {
	if v.Kind() == casefile.Instant {
		return v.Instant().Time().In(z.Location()).Format("2006-01-02T15:04")
	}
	return v.String()
}

// showForm shows a form, with what went wrong put in by mark. A decision is shown with the file and its conditions.
func (c *call) showForm(status int, f *handling.File, a *procedure.ActInfo, e *entered, subject casefile.Subject, mark func(*Form)) error {
	form := c.form(f, a, e, subject)
	at := doURL(f.Head.ID, a.ID, "")
	query := ""
	if subject != "" {
		query = "?subject=" + url.QueryEscape(string(subject))
	}
	form.Action, form.Cancel = at+query, caseURL(f.Head.ID)
	form.Draft = &Draft{SaveURL: at + "/draft" + query, DropURL: at + "/drop" + query}
	if x := e.corrects; x != nil { // a correction is not left lying as the draft of a new act
		form.Action, form.Draft = at+"?corrects="+strconv.FormatInt(x.Number, 10), nil
		form.Title = c.both("更正第"+strconv.FormatInt(x.Number, 10)+"号行为：", "Correct act "+strconv.FormatInt(x.Number, 10)+": ") + form.Title
		form.Gist = c.both("原记录保留不变，更正后的内容代替它。", "The old record stays as it is; what is entered here stands in its place.")
		form.Cancel = actURL(f.Head.ID, x.Number)
	}
	form.Duties = c.ahead(f.Proc, f.Proc.ActOf(a.ID))
	if a.Decision {
		form.Submit = c.both("提交：", "Submit: ") + form.Title
	}
	if mark != nil {
		mark(&form)
	}
	if f.Head.Closed { // nothing is drafted in a closed case; what frees is entered at once
		form.Draft = nil
	}
	limits := c.limits(f)
	weighing, err := c.weighing(f, a, e, subject)
	if err != nil {
		return err
	}
	if a.Decision && !a.Relieves {
		p := c.approval(f, a, form, subject, limits)
		p.Weighing = weighing
		if subject == "" && len(e.subjects) == 1 {
			subject = e.subjects[0].ID
		}
		p.Follows = c.follows(f, subject)
		return c.page(status, p)
	}
	return c.page(status, &ActFormPage{Frame: c.liveFrame(areaOf(f), &f.Head, true), Head: c.caseHead(f), Form: form, Limits: limits, Weighing: weighing})
}

func doAct(c *call) error {
	f, a, subject, err := c.toAct()
	if err != nil {
		return err
	}
	e, err := c.read(a)
	if err != nil {
		return err
	}
	if e.corrects, err = c.corrects(f, a); err != nil {
		return err
	}
	if wrong, err := c.uploads(e, f.Head.ID); err != nil {
		return err
	} else if wrong != "" {
		return c.showForm(http.StatusUnprocessableEntity, f, a, e, subject, func(form *Form) {
			c.problems(form, []handling.Problem{{Field: "attached", Text: procedure.Text{ZH: wrong, EN: wrong}}})
		})
	}
	if e.intent == "draft" || e.intent == "preview" {
		return c.preview(f, a, e, subject)
	}
	request := &handling.Request{ID: e.id, Case: f.Head.ID, Base: e.base, Kind: a.ID, Occurred: e.occurred, Subjects: e.subjects, Data: e.data, Attached: e.kept, Draft: handling.DraftKey(c.who, f.Head.ID, a.ID, subject)}
	if e.corrects != nil {
		request.Corrects, request.Draft = e.corrects.ID, ""
		if e.occurred == typed(casefile.InstantOf(e.corrects.Occurred), c.House.Pack().Zone) {
			request.Occurred = "" // left as it was: the input holds minutes, the record its seconds
		}
	}
	answer, err := c.House.Submit(c.r.Context(), c.who, request)
	var invalid *handling.Invalid
	var changed *handling.Changed
	switch {
	case errors.As(err, &invalid):
		return c.showForm(http.StatusUnprocessableEntity, f, a, e, subject, func(form *Form) { c.problems(form, invalid.Problems) })
	case errors.As(err, &changed):
		if f, err = c.House.File(c.r.Context(), c.who, c.caseID(), "form "+a.ID); err != nil {
			return err
		}
		e.base = changed.Base
		return c.showForm(http.StatusConflict, f, a, e, subject, func(form *Form) { form.Conflict = c.conflict(f, a, changed) })
	case err != nil:
		return err
	case len(answer.Refused) > 0:
		if f, err = c.House.File(c.r.Context(), c.who, c.caseID(), "form "+a.ID); err != nil {
			return err
		}
		n := answer.Kept.Number
		again := *e
		again.id, again.base = casefile.ActID(newID()), f.Head.Acts
		if d, err := c.House.Draft(c.r.Context(), c.who, f.Head.ID, a.ID, subject); err == nil && len(d.Body) > 0 { // the old id is spent
			if _, err := c.House.SaveDraft(c.r.Context(), c.who, f.Head.ID, a.ID, subject, c.body(&again)); err != nil {
				c.Log.Warn("draft", "error", err) // the refusal is what counts
			}
		}
		return c.showForm(http.StatusForbidden, f, a, &again, subject, func(form *Form) {
			form.Refusal = &Refusal{Number: strconv.FormatInt(n, 10), Href: actURL(f.Head.ID, n), Reasons: c.reasons(f.Proc, &f.Head, answer.Refused, f.People)}
			for i := range form.Refusal.Reasons {
				aside(form.Refusal.Reasons[i].Ask)
			}
		})
	}
	if len(answer.Slips) > 0 {
		return c.slips(answer)
	}
	return c.redirect(caseURL(answer.Case) + "?done=" + strconv.FormatInt(answer.Kept.Number, 10))
}

// preview shows a form again as it was sent, and keeps it as a draft where there is one.
func (c *call) preview(f *handling.File, a *procedure.ActInfo, e *entered, subject casefile.Subject) error {
	if e.corrects != nil || f.Head.Closed {
		return c.showForm(http.StatusOK, f, a, e, subject, nil)
	}
	d, err := c.House.SaveDraft(c.r.Context(), c.who, f.Head.ID, a.ID, subject, c.body(e))
	if err != nil {
		return err
	}
	return c.showForm(http.StatusOK, f, a, e, subject, func(form *Form) { form.Draft.Saved = d.Saved })
}

func (c *call) conflict(f *handling.File, a *procedure.ActInfo, changed *handling.Changed) *Conflict {
	out := &Conflict{}
	for _, r := range changed.Acts {
		if int(r.Number) > len(f.Acts) {
			continue
		}
		x := c.act(f, &f.Acts[r.Number-1])
		out.Changes = append(out.Changes, Change{What: x.Title, Who: x.Who, Gist: x.Gist, At: r.Recorded, Href: x.Href})
	}
	i := f.Proc.ActOf(a.ID)
	for _, n := range f.Next {
		out.Still = out.Still || n.Act == i && len(n.Against) == 0
	}
	return out
}

// draftAct names the act of a draft: that of the form, or what opens a case.
func (c *call) draftAct() (string, error) {
	if c.caseID() != "" {
		return c.r.PathValue("act"), nil
	}
	name := c.r.URL.Query().Get("procedure")
	if name == "" || name == c.House.Pack().Procedures[0].ID {
		return "", nil
	}
	if _, err := c.House.Pack().Procedure(name); err != nil {
		return "", casefile.ErrNotFound
	}
	return name, nil // a draft is dropped also by who may no longer open such a case
}

// saveDraft keeps a form while it is being typed.
func saveDraft(c *call) error {
	act, err := c.draftAct()
	if err != nil {
		return err
	}
	if err := c.parse(); err != nil {
		return err
	}
	v := url.Values{}
	for name, values := range c.r.PostForm {
		if name != "signature" && name != "intent" {
			v[name] = values
		}
	}
	if _, err := c.House.SaveDraft(c.r.Context(), c.who, c.caseID(), act, casefile.Subject(c.r.URL.Query().Get("subject")), []byte(v.Encode())); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func dropDraft(c *call) error {
	discard(c.r)
	act, err := c.draftAct()
	if err != nil {
		return err
	}
	if err := c.House.DropDraft(c.r.Context(), c.who, c.caseID(), act, casefile.Subject(c.r.URL.Query().Get("subject"))); err != nil {
		return err
	}
	if c.caseID() == "" {
		return c.redirect("/")
	}
	return c.redirect(caseURL(c.caseID()))
}
