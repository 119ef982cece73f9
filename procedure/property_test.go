package procedure_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/packs"
	"plumbline/procedure"
)

// eachProcedure runs a property on every procedure that comes with the program.
func eachProcedure(t *testing.T, property func(t *rapid.T, p *procedure.Procedure)) {
	for _, name := range packs.Names {
		pack, err := procedure.Load(packs.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pack.Procedures {
			t.Run(name+"/"+p.ID, func(t *testing.T) { rapid.Check(t, func(t *rapid.T) { property(t, p) }) })
		}
	}
}

// history draws acts in the order they occurred, one hour or more apart, with data that is sometimes missing.
func history(t *rapid.T, p *procedure.Procedure) []procedure.Act {
	posts := []string{"handler", "unit_head", "county_head", "legal_reviewer"}
	at := p.Pack.Zone.Start(calendar.NewDate(2026, 3, 2))
	n := rapid.IntRange(1, 14).Draw(t, "acts")
	acts := make([]procedure.Act, n)
	for i := range acts {
		at += calendar.Instant(rapid.IntRange(1, 24*20).Draw(t, "hours")) * 3_600_000_000
		kind := rapid.IntRange(0, len(p.Acts())-1).Draw(t, "kind")
		a := procedure.Act{Ref: int64(i + 1), Kind: kind, Occurred: at, Recorded: at}
		for _, f := range p.Fields(kind) {
			a.Data = append(a.Data, value(t, f, at))
		}
		if rapid.Bool().Draw(t, "actor") {
			a.Actor = &casefile.Actor{Person: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "person"), Posts: []string{rapid.SampledFrom(posts).Draw(t, "post")}}
		}
		for _, kind := range []string{"person", "item", "document"} {
			a.Subjects = append(a.Subjects, casefile.Ref{ID: casefile.Subject(kind + rapid.SampledFrom([]string{"1", "2"}).Draw(t, "subject")), Kind: kind, Role: map[string]string{"person": "offender"}[kind]})
		}
		acts[i] = a
	}
	return acts
}

func value(t *rapid.T, f procedure.Field, at calendar.Instant) casefile.Value {
	if rapid.IntRange(0, 4).Draw(t, "missing") == 0 {
		return casefile.Value{}
	}
	n := int64(rapid.IntRange(0, 6000).Draw(t, "n"))
	switch f.Kind {
	case casefile.Bool:
		return casefile.BoolOf(n%2 == 0)
	case casefile.Int:
		return casefile.IntOf(n)
	case casefile.Number:
		return casefile.NumberOf(float64(n))
	case casefile.Money:
		return casefile.MoneyOf(casefile.Amount(n * 1_000_000))
	case casefile.Text:
		return casefile.TextOf([]string{"NIL", "#", "G", "pass", "fail"}[n%5])
	case casefile.Instant:
		return casefile.InstantOf(at - calendar.Instant(n)*60_000_000)
	default:
		return casefile.DateOf(calendar.NewDate(2026, 3, 2))
	}
}

func keys(found []procedure.Finding) []string {
	var out []string
	for _, f := range found {
		out = append(out, fmt.Sprintf("%d|%s|%s|%d|%v", f.Rule, f.Clause, f.Subject, f.Cause, f.Unjudged))
	}
	slices.Sort(out)
	return out
}

func TestAStandingReadBackJudgesOnAsIfItHadStayed(t *testing.T) {
	eachProcedure(t, func(t *rapid.T, p *procedure.Procedure) {
		acts := history(t, p)
		j := p.NewJudge()
		straight, stored := p.New(), p.New()
		var a, b procedure.Outcome
		for i := range acts {
			j.Act(straight, &acts[i], &a)
			j.Act(stored, &acts[i], &b)
			bytes1, err := stored.AppendBinary(nil)
			if err != nil {
				t.Fatal(err)
			}
			if stored, err = p.Decode(bytes1); err != nil {
				t.Fatal(err)
			}
			if bytes2, _ := stored.AppendBinary(nil); !bytes.Equal(bytes1, bytes2) {
				t.Fatal("a standing read back encodes differently")
			}
			if _, err := p.Decode(bytes1[:len(bytes1)-1]); err == nil {
				t.Fatal("a standing cut short was read")
			}
		}
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestRejudgeEqualsJudgingInOrderHoweverLateActsBecameKnown(t *testing.T) {
	eachProcedure(t, func(t *rapid.T, p *procedure.Procedure) {
		acts := history(t, p)
		now := acts[len(acts)-1].Occurred + 40*86_400_000_000
		late := rapid.Permutation(acts).Draw(t, "known")
		for i := range late {
			late[i].Recorded = now - calendar.Instant(len(late)-i)
		}
		var want procedure.Outcome
		j, s := p.NewJudge(), p.New()
		inOrder := slices.Clone(late)
		slices.SortFunc(inOrder, func(a, b procedure.Act) int { return int(a.Ref - b.Ref) })
		for i := range inOrder {
			j.Act(s, &inOrder[i], &want)
		}
		j.Advance(s, now, &want)
		got := p.Rejudge(late, now)
		// But what made a limit of liberty longer was known only after it had run out: that is said besides.
		stands := slices.DeleteFunc(got.Stands(), func(f procedure.Finding) bool {
			return strings.HasSuffix(f.Clause, ".entered_late") && !slices.ContainsFunc(want.Findings, func(w procedure.Finding) bool {
				return w.Clause == f.Clause && w.Subject == f.Subject && w.Cause == f.Cause
			}) && slices.ContainsFunc(got.Duties, func(e procedure.DutyEvent) bool {
				d := p.Duties()[e.Duty]
				return d.Liberty && p.ActID(d.Act)+"."+d.ID+".entered_late" == f.Clause && e.Subject == f.Subject
			})
		})
		if diff := cmp.Diff(keys(want.Findings), keys(stands)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestAWithdrawnActLeavesWhatThereWasWithoutIt(t *testing.T) {
	eachProcedure(t, func(t *rapid.T, p *procedure.Procedure) {
		acts := history(t, p)
		now := acts[len(acts)-1].Occurred + 1
		gone := rapid.IntRange(0, len(acts)-1).Draw(t, "gone")
		without := slices.Delete(slices.Clone(acts), gone, gone+1)
		with := append(slices.Clone(acts), procedure.Act{Ref: 99, Kind: -1, Occurred: now, Withdraws: acts[gone].Ref})
		got := p.Rejudge(with, now)
		// But that a limit of liberty which had run out is gone with it: that is said, once for each such limit, and nothing else.
		before := p.Rejudge(acts, now)
		left := slices.DeleteFunc(got.Stands(), func(f procedure.Finding) bool {
			duty, said := strings.CutSuffix(f.Clause, ".entered_late")
			return said && f.Cause == 99 && slices.ContainsFunc(before.Duties, func(e procedure.DutyEvent) bool {
				d := p.Duties()[e.Duty]
				return p.ActID(d.Act)+"."+d.ID == duty && e.Subject == f.Subject && e.Due < now && (e.State == procedure.Overdue || e.State == procedure.Late)
			})
		})
		if diff := cmp.Diff(keys(p.Rejudge(without, now).Stands()), keys(left)); diff != "" {
			t.Fatal(diff)
		}
		for _, f := range got.Findings {
			if f.Cause == acts[gone].Ref && f.WithdrawnBy != 99 {
				t.Fatalf("%s of the withdrawn act stands, or is withdrawn by %d", f.Clause, f.WithdrawnBy)
			}
		}
	})
}

func TestNoFindingAppearsTwice(t *testing.T) {
	eachProcedure(t, func(t *rapid.T, p *procedure.Procedure) {
		acts := history(t, p)
		j, s := p.NewJudge(), p.New()
		var o procedure.Outcome
		for i := range acts {
			j.Act(s, &acts[i], &o)
		}
		j.End(s, acts[len(acts)-1].Occurred+1, &o)
		all := keys(o.Findings)
		if unique := slices.Compact(slices.Clone(all)); len(unique) != len(all) {
			t.Fatalf("a finding appears twice among %q", all)
		}
	})
}

func TestClocksNeverFireEarly(t *testing.T) {
	eachProcedure(t, func(t *rapid.T, p *procedure.Procedure) {
		acts := history(t, p)
		j, s := p.NewJudge(), p.New()
		for i := range acts {
			var o procedure.Outcome
			j.Act(s, &acts[i], &o)
			for _, r := range s.Running() {
				if r.Due == 0 || r.Overdue || r.Waiting || r.Due < s.Now() {
					continue
				}
				var early, then procedure.Outcome
				c := s.Clone()
				j.Advance(c, r.Due, &early)
				if fired(early, r) {
					t.Fatalf("duty %d fired at its last lawful instant", r.Duty)
				}
				j.Advance(c, r.Due+1, &then)
				// An act done by law when another deadline passed may have discharged it.
				if !fired(then, r) && slices.ContainsFunc(c.Running(), func(q procedure.Running) bool {
					return q.Duty == r.Duty && q.Subject == r.Subject && q.Due == r.Due && !q.Overdue
				}) {
					t.Fatalf("duty %d did not fire after its deadline", r.Duty)
				}
			}
			for _, d := range o.Duties {
				if d.State == procedure.Overdue && d.At <= d.Due {
					t.Fatalf("duty %d overdue at %v, due %v", d.Duty, d.At, d.Due)
				}
			}
		}
	})
}

func fired(o procedure.Outcome, r procedure.Running) bool {
	return slices.ContainsFunc(o.Duties, func(d procedure.DutyEvent) bool {
		return d.State == procedure.Overdue && d.Duty == r.Duty && d.Subject == r.Subject && d.Due == r.Due
	})
}

func TestAnActThatFreesIsNeverRefused(t *testing.T) {
	eachProcedure(t, func(t *rapid.T, p *procedure.Procedure) {
		acts := history(t, p)
		j, s := p.NewJudge(), p.New()
		for i := range acts {
			var o procedure.Outcome
			j.Advance(s, acts[i].Occurred, &o)
			o.Reset()
			j.Act(s, &acts[i], &o)
			if p.Relieves(acts[i].Kind) && o.Refused {
				t.Fatalf("%s was refused", p.ActID(acts[i].Kind))
			}
		}
	})
}

func FuzzDecodeStanding(f *testing.F) {
	pack, err := procedure.Load(packs.FS, "it-road-fines")
	if err != nil {
		f.Fatal(err)
	}
	p, err := pack.Procedure("narrative")
	if err != nil {
		f.Fatal(err)
	}
	empty, _ := p.New().AppendBinary(nil)
	f.Add(empty)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := p.Decode(b)
		if err != nil {
			return
		}
		again, err := s.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Decode(again); err != nil {
			t.Fatalf("a standing that was read does not read back: %v", err)
		}
	})
}

func TestHowAFeedIsCutIntoDeliveriesAndOrderedMakesNoDifference(t *testing.T) {
	eachProcedure(t, func(t *rapid.T, p *procedure.Procedure) {
		acts := history(t, p)
		now := acts[len(acts)-1].Occurred + 40*86_400_000_000
		for i := range acts {
			acts[i].Observed, acts[i].Recorded = true, now-1000
		}
		want := p.RejudgeClosing(acts, now)
		if slices.ContainsFunc(want.Findings, func(f procedure.Judged) bool {
			return f.WithdrawnBy != 0 || f.Duty < 0 && f.MadeBy != f.Cause || f.Duty >= 0 && f.MadeBy != 0
		}) {
			t.Fatalf("in one delivery every act answers for its own finding: %+v", want.Findings)
		}
		cut := rapid.Permutation(acts).Draw(t, "known")
		at := now - 1000
		for i := range cut {
			if rapid.Bool().Draw(t, "next delivery") {
				at++
			}
			cut[i].Recorded = at
		}
		got := p.RejudgeClosing(cut, now)
		if diff := cmp.Diff(keys(want.Stands()), keys(got.Stands())); diff != "" {
			t.Fatal(diff)
		}
	})
}
