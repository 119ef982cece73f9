package audit_test

import (
	"context"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/audit"
	"plumbline/eventlog"
	"plumbline/packs"
	"plumbline/procedure"
)

// The counts of the right are those of a count over the raw XML of the logs, by other code in another language: occurrences
// and cases of each rule.
func TestEveryCountOfThePermitLogsIsThatOfACountByOtherCode(t *testing.T) {
	for _, x := range []struct {
		pack, procedure, log, mapping string
		cases, acts                   int64
		want                          map[string][2]int64
	}{
		{"nl-permit-receipt", "receipt", "receipt.xes.gz", "", 1434, 8577, map[string][2]int64{
			"ended-late": {309, 309}, "open-late": {37, 37}, "ended-after-plan": {322, 322}, "after-end": {44, 31}, "before-start": {12, 2},
			"determined-unchecked": {0, 0}, "sent-undetermined": {1, 1}, "adjusted-unchecked": {4, 4}, "determined-unsent": {4, 4},
		}},
		{"nl-permits", "permit", "BPIC15_1.xes.gz", "nl-permits/mapping.yaml", 1199, 52217, map[string][2]int64{
			"done-late": {142, 118}, "finished-late": {619, 247}, "done-after-plan": {5210, 1100}, "dated-ahead": {2368, 808}, "own-monitor": {27353, 1119},
			"case-ended-late": {20, 20}, "case-open-late": {8, 8}, "after-end": {2191, 559}, "before-start": {36, 17},
		}},
	} {
		t.Run(x.pack, func(t *testing.T) {
			name := "../../shared/data/permits/" + x.log
			open := file(t, name)
			pack, err := procedure.Load(packs.FS, x.pack)
			if err != nil {
				t.Fatal(err)
			}
			p, err := pack.Procedure(x.procedure)
			if err != nil {
				t.Fatal(err)
			}
			opt := audit.Options{}
			if x.mapping != "" {
				text, err := os.ReadFile("../packs/" + x.mapping)
				if err != nil {
					t.Fatal(err)
				}
				if opt.Map, err = eventlog.ParseMapping(x.mapping, text); err != nil {
					t.Fatal(err)
				}
			}
			r, err := audit.Run(context.Background(), name, open, p, opt)
			if err != nil {
				t.Fatal(err)
			}
			if r.Cases != x.cases || r.Acts != x.acts || len(r.Unmapped) > 0 || len(r.Unreadable) > 0 {
				t.Errorf("%d cases, %d acts, unmapped %v, unreadable %v", r.Cases, r.Acts, r.Unmapped, r.Unreadable)
			}
			got := map[string][2]int64{}
			for _, f := range r.Findings {
				got[f.Rule] = [2]int64{f.Count, f.Cases}
				if f.Unjudged > 0 || f.Basis.Kind != "data" {
					t.Errorf("%s: %d unjudged, basis %s: what the log states is no law", f.Rule, f.Unjudged, f.Basis.Kind)
				}
			}
			if diff := cmp.Diff(x.want, got); diff != "" {
				t.Errorf("(-counted +audited)\n%s", diff)
			}
			opt.Workers = 1
			alone, err := audit.Run(context.Background(), name, open, p, opt)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(alone, r); diff != "" {
				t.Errorf("one worker and several differ: %s", diff)
			}
		})
	}
}
