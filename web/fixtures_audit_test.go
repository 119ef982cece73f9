package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"plumbline/audit"
	"plumbline/packs"
	"plumbline/procedure"
	"plumbline/report"
)

// auditFixture is the report of two years of made-up fines in seven units, of which one sends later than the others.
func auditFixture(lang string, f Frame) *AuditPage {
	pack, err := procedure.Load(packs.FS, "it-road-fines")
	if err != nil {
		panic(err)
	}
	proc, err := pack.Procedure("narrative")
	if err != nil {
		panic(err)
	}
	var log strings.Builder
	log.WriteString(`<log xmlns="http://www.xes-standard.org/">`)
	event := func(act string, month, day, unit int, data string) {
		fmt.Fprintf(&log, `<event><string key="concept:name" value="%s"/><date key="time:timestamp" value="20%02d-%02d-%02dT00:00:00+01:00"/><string key="org:group" value="%d"/>%s</event>`, act, 9+month/12, month%12+1, day, unit, data)
	}
	for month := range 24 {
		for k := range 42 {
			unit, late := k%7, 1
			if unit == 3 && k > 14 || month > 15 && k%5 == 0 {
				late = 5
			}
			fmt.Fprintf(&log, `<trace><string key="concept:name" value="F%d"/>`, month*100+k)
			event("Create Fine", month, 1+k%28, unit, `<float key="amount" value="35"/>`)
			if k%3 == 0 && late == 1 {
				event("Payment", month+1, 2, unit, `<float key="paymentAmount" value="35"/><float key="totalPaymentAmount" value="35"/>`)
			} else {
				event("Send Fine", month+late, 3, unit, `<float key="expense" value="11"/>`)
				event("Insert Fine Notification", month+late, 19, unit, "")
			}
			log.WriteString(`</trace>`)
		}
	}
	log.WriteString(`</log>`)
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader([]byte(log.String()))), nil }
	r, err := audit.Run(context.Background(), "fines.xes", open, proc, audit.Options{Figures: true})
	if err != nil {
		panic(err)
	}
	name := func(id string) string {
		if lang == "zh" {
			return id + "号派出所"
		}
		return "Station " + id
	}
	p := &AuditPage{Frame: f, Action: "/audit", Title: proc.Title.In(lang), Procedures: []Option{{proc.ID, proc.Title.In(lang), "", true}}, Units: []string{name("1"), name("2")}, Revision: 48212, At: m("2026-11-23 10:42"), Cases: int(r.Cases), Sealed: 3, More: true}
	if p.Report, err = report.Part(&report.Input{Report: r, Proc: proc, House: true, Link: func(id string) string { return "/cases/" + id }, Group: name}, lang); err != nil {
		panic(err)
	}
	return p
}
