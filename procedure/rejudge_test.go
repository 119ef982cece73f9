package procedure_test

import (
	"testing"
	"time"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// small is the sound pack's procedure, with a way to write acts shortly.
type small struct {
	t *testing.T
	p *procedure.Procedure
}

func newSmall(t *testing.T) small {
	pack, err := load(sound)
	if err != nil {
		t.Fatal(err)
	}
	return small{t, pack.Procedures[0]}
}

func (s small) act(ref int64, kind, at string) procedure.Act {
	i, precision, err := casefile.ParseWhen(at, s.p.Pack.Zone)
	if err != nil {
		s.t.Fatal(err)
	}
	k := s.p.ActOf(kind)
	a := procedure.Act{Ref: ref, Kind: k, Occurred: i, Recorded: i, Precision: precision, Data: make([]casefile.Value, len(s.p.Fields(k)))}
	person := map[string]string{"file": "a", "decide": "b"}[kind]
	a.Actor = &casefile.Actor{Person: person, Posts: []string{map[string]string{"file": "handler", "decide": "chief"}[kind]}}
	if kind == "decide" {
		a.Data[0] = casefile.MoneyOf(100_000_000)
	}
	return a
}

func (s small) rules(found []procedure.Finding) []string {
	var out []string
	for _, f := range found {
		out = append(out, s.p.Rules()[f.Rule].ID)
	}
	return out
}

func (s small) want(found []procedure.Finding, want ...string) {
	s.t.Helper()
	got := s.rules(found)
	if len(got) != len(want) {
		s.t.Fatalf("findings %q, want %q", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			s.t.Fatalf("findings %q, want %q", got, want)
		}
	}
}

func TestWhereDaysLeaveTheOrderOpenALawfulOrderIsNoFinding(t *testing.T) {
	s := newSmall(t)
	acts := []procedure.Act{s.act(1, "file", "2026-03-02"), s.act(2, "decide", "2026-03-04"), s.act(3, "tell", "2026-03-04")}
	s.want(s.p.Rejudge(acts, acts[2].Occurred).Stands())

	// An audit follows the order of the log.
	var o procedure.Outcome
	j, standing := s.p.NewJudge(), s.p.New()
	for i := range acts {
		j.Act(standing, &acts[i], &o)
	}
	s.want(o.Findings, "unheard")
}

func TestMinutesThatDecideTheOrderAreNotBent(t *testing.T) {
	s := newSmall(t)
	acts := []procedure.Act{s.act(1, "file", "2026-03-02"), s.act(2, "decide", "2026-03-04T09:00"), s.act(3, "tell", "2026-03-04T09:30")}
	s.want(s.p.Rejudge(acts, acts[2].Occurred).Stands(), "unheard")
}

func TestAnActThatBecomesKnownLateWithdrawsTheFindingByName(t *testing.T) {
	s := newSmall(t)
	tell := s.act(3, "tell", "2026-03-03T10:00")
	tell.Recorded = s.act(0, "tell", "2026-03-09T10:00").Occurred
	acts := []procedure.Act{s.act(1, "file", "2026-03-02T09:00"), s.act(2, "decide", "2026-03-04T09:00"), tell}
	h := s.p.Rejudge(acts, tell.Recorded)
	s.want(h.Stands())
	if len(h.Findings) != 1 || h.Findings[0].MadeBy != 2 || h.Findings[0].WithdrawnBy != 3 {
		t.Fatalf("%+v", h.Findings)
	}
}

func TestACorrectionStandsInThePlaceOfTheActItNames(t *testing.T) {
	s := newSmall(t)
	right := s.act(3, "decide", "2026-03-04T09:00")
	right.Data[0] = casefile.MoneyOf(5_000_000) // below the figure at which telling is needed
	right.Corrects = 2
	right.Recorded = s.act(0, "decide", "2026-03-05T09:00").Occurred
	acts := []procedure.Act{s.act(1, "file", "2026-03-02T09:00"), s.act(2, "decide", "2026-03-04T09:00"), right}
	h := s.p.Rejudge(acts, right.Recorded)
	s.want(h.Stands())
	if len(h.Findings) != 1 || h.Findings[0].WithdrawnBy != 3 {
		t.Fatalf("%+v", h.Findings)
	}
}

func TestAMissingFactRefusesADecisionAndNamesTheFact(t *testing.T) {
	s := newSmall(t)
	file, decide := s.act(1, "file", "2026-03-02T09:00"), s.act(2, "decide", "2026-03-04T09:00")
	decide.Data[0] = casefile.Value{}
	var o procedure.Outcome
	j, standing := s.p.NewJudge(), s.p.New()
	j.Act(standing, &file, &o)
	j.Act(standing, &decide, &o)
	if !o.Refused || len(o.Findings) != 1 || !o.Findings[0].Unjudged || o.Findings[0].Missing != "act.fine" {
		t.Fatalf("%+v", o)
	}
}

func TestADeadlineOnASundayRollsAndTheFindingComesTheDayAfter(t *testing.T) {
	s := newSmall(t)
	file := s.act(1, "file", "2026-03-06T09:00") // a Friday; the thirtieth day is Sunday, 5 April
	var o procedure.Outcome
	j, standing := s.p.NewJudge(), s.p.New()
	j.Act(standing, &file, &o)
	monday := calendar.NewDate(2026, time.April, 6)
	if due := standing.Running()[0].Due; s.p.Pack.Zone.Date(due) != monday {
		t.Fatalf("due %v", s.p.Pack.Zone.Date(due))
	}
	j.Advance(standing, s.p.Pack.Zone.End(monday), &o)
	s.want(o.Findings)
	j.Advance(standing, s.p.Pack.Zone.Start(monday+1), &o)
	s.want(o.Findings, "late")
}
