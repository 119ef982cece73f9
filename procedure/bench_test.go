package procedure_test

import (
	"testing"

	"plumbline/casefile"
	"plumbline/packs"
	"plumbline/procedure"
)

// BenchmarkJudge is the cost of one act: without any expression, and with the guards of a real procedure.
func BenchmarkJudge(b *testing.B) {
	pack, err := procedure.Load(packs.FS, "it-road-fines")
	if err != nil {
		b.Fatal(err)
	}
	p, err := pack.Procedure("narrative")
	if err != nil {
		b.Fatal(err)
	}
	act := func(kind string, day int64, data ...string) procedure.Act {
		k := p.ActOf(kind)
		a := procedure.Act{Ref: day, Kind: k, Occurred: 1_262_300_400_000_000, Data: make([]casefile.Value, len(p.Fields(k)))}
		for i, d := range data {
			amount, err := casefile.ParseAmount(d)
			if err != nil {
				b.Fatal(err)
			}
			a.Data[i] = casefile.MoneyOf(amount)
		}
		return a
	}
	run := func(name string, acts ...procedure.Act) {
		b.Run(name, func(b *testing.B) {
			j, s := p.NewJudge(), p.New()
			var o procedure.Outcome
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%len(acts) == 0 {
					s.Reset()
					o.Reset()
				}
				j.Act(s, &acts[i%len(acts)], &o)
			}
		})
	}
	run("without expressions", act("create", 1, "50", "0"), act("notify", 2))
	run("with one guard", act("payment", 1, "50", "50"))
	run("with two guards", act("add_penalty", 1, "50"))
}
