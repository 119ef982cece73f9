package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"plumbline/authority"
	"plumbline/casefile"
	"plumbline/handling"
)

func showQuery(c *call) error {
	return c.page(http.StatusOK, &Query{Frame: c.frame(""), Action: "/query", State: QueryAsk, Code: c.r.URL.Query().Get("code")})
}

// doQuery answers who has both the code and the second secret. It tells neither which of them was wrong, nor anything
// about people.
func doQuery(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	code, secret := strings.TrimSpace(c.r.PostFormValue("code")), strings.TrimSpace(c.r.PostFormValue("secret"))
	p := &Query{Frame: c.frame(""), Action: "/query", Code: code}
	if c.slow(authority.QueryAsReporter) {
		p.State, p.Until = QueryLimited, c.now.Add(time.Minute)
		return c.page(http.StatusTooManyRequests, p)
	}
	if code == "" {
		p.Errors = append(p.Errors, FieldError{"code", c.both("请填写回执编码", "enter the receipt code")})
	}
	if secret == "" {
		p.Errors = append(p.Errors, FieldError{"secret", c.both("请填写查询密码", "enter the second code")})
	}
	if len(p.Errors) > 0 {
		p.State = QueryAsk
		return c.page(http.StatusUnprocessableEntity, p)
	}
	got, err := c.House.Progress(c.r.Context(), code, secret)
	if errors.Is(err, casefile.ErrNotFound) {
		p.State = QueryMissing
		return c.page(http.StatusNotFound, p)
	}
	if err != nil {
		return err
	}
	p.State = QueryFound
	r := &Progress{Number: code, What: got.Number, Received: got.Opened, Unit: got.Unit.In(c.lang)}
	if r.What == "" {
		r.What = c.both("尚未受案编号", "not yet numbered")
	}
	r.Stages = c.stages(got.Stages)
	for _, s := range got.Stages {
		if s.State == "now" {
			r.Now = c.both("目前处于：", "It is now at: ") + s.Title.In(c.lang)
		}
	}
	if got.Closed {
		r.Now = c.both("本案已经办结。", "The case is closed.")
	}
	if got.Due != 0 {
		z := c.House.Pack().Zone
		r.Next = &Limit{Title: got.Limit.In(c.lang), Due: got.Due, State: LimitRunning, Civil: z.End(z.Date(got.Due)) == got.Due}
	}
	for _, x := range got.Remedies {
		m := Remedy{Title: x.Title.In(c.lang), Where: x.Where.In(c.lang), Articles: c.articles(x.Basis), Open: x.Last == 0}
		if x.Last != 0 {
			m.Last = c.House.Pack().Zone.Date(x.Last)
			m.Passed = x.Last < c.now
		}
		r.Remedies = append(r.Remedies, m)
	}
	r.Proof = fmt.Sprintf(c.both("%d（全部记录共%d条）", "%d (of %d records)"), got.Index, got.Size)
	for _, l := range got.Looks {
		r.Looks = append(r.Looks, Pair{l.Day.String(), c.post(l.Post) + c.both("，", ", ") + l.Unit.In(c.lang) + fmt.Sprintf(c.both("，%d次", ", %d times"), l.Times)})
	}
	p.Result = r
	if got.Complain {
		p.Complaint = c.complaintForm(code, secret, newID(), nil)
	}
	return c.page(http.StatusOK, p)
}

// complaintForm is the form of a complaint about how a case is handled; nil where none can be made here.
func (c *call) complaintForm(code, secret, id string, given map[string]string) *ComplaintForm {
	info := c.House.ComplaintForm()
	if info == nil {
		return nil
	}
	f := &ComplaintForm{Action: "/query/complain", Code: code, Secret: secret, ActID: id, Title: info.Title.In(c.lang)}
	for i := range info.Fields {
		f.Fields = append(f.Fields, c.field(nil, &info.Fields[i], given[info.Fields[i].Name]))
	}
	return f
}

// doComplain takes a complaint from who holds the receipt of a case. It never lands with the unit or its line.
func doComplain(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	code, secret := strings.TrimSpace(c.r.PostFormValue("code")), strings.TrimSpace(c.r.PostFormValue("secret"))
	p := &Query{Frame: c.frame(""), Action: "/query", Code: code, State: QueryComplain}
	if c.slow(authority.QueryAsReporter) {
		p.State, p.Until = QueryLimited, c.now.Add(time.Minute)
		return c.page(http.StatusTooManyRequests, p)
	}
	info := c.House.ComplaintForm()
	if info == nil {
		return casefile.ErrNotFound
	}
	data := map[string]string{}
	for _, f := range info.Fields {
		if v := c.r.PostForm["d_"+f.Name]; len(v) > 0 {
			data[f.Name] = strings.Join(v, ",")
		}
	}
	id := c.r.PostFormValue("act_id")
	answer, err := c.House.Complain(c.r.Context(), code, secret, casefile.ActID(id), data)
	var invalid *handling.Invalid
	switch {
	case errors.Is(err, casefile.ErrNotFound):
		p.State = QueryMissing
		return c.page(http.StatusNotFound, p)
	case errors.As(err, &invalid):
		p.Complaint = c.complaintForm(code, secret, usable(casefile.ActID(id), invalid.Problems), data)
		form := Form{Fields: p.Complaint.Fields}
		c.problems(&form, invalid.Problems)
		p.Complaint.Fields, p.Errors = form.Fields, form.Errors
		return c.page(http.StatusUnprocessableEntity, p)
	case err != nil:
		return err
	}
	p.State = QueryComplained
	p.Receipt = &ReceiptPage{Code: answer.Receipt.Code, Secret: answer.Receipt.Secret, At: answer.Record.Recorded, Index: strconv.FormatInt(answer.Kept.Index, 10), Leaf: answer.Kept.Leaf.String()}
	return c.page(http.StatusOK, p)
}
