package bench

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"testing/fstest"

	"plumbline/calendar"
	"plumbline/eventlog"
	"plumbline/procedure"
)

// A made-up procedure of ten phases, in each of which one of four acts is done, with 100 rules, and histories of it: most
// cases go from phase to phase in time, some are late, a few leave out a phase, end early or have an amount that is too high.

const (
	phases = 10
	ways   = 4
)

// term is a limit to the next phase, or to the one after: in hours, or in days of Shanghai.
type term struct{ hours, days int }

func (t term) String() string {
	if t.hours > 0 {
		return fmt.Sprintf("%dh", t.hours)
	}
	return fmt.Sprintf("%dd", t.days)
}

func next(phase, way int) term {
	if way < 2 {
		return term{hours: 190 + 7*phase + 11*way}
	}
	return term{days: 8 + phase%3 + way}
}

func afterNext(phase, way int) term {
	if way == 0 {
		return term{hours: 300 + 5*phase}
	}
	return term{days: 14 + phase%2 + way}
}

// Which rules an act has: 36 limits to the next phase, 28 to the one after, 26 that want the phase before, 10 amounts.
func hasNext(phase int) bool          { return phase < 9 }
func hasAfterNext(phase int) bool     { return phase < 7 }
func wantsBefore(phase, way int) bool { return phase >= 1 && phase*ways+way < 7*ways+2 }
func hasAmount(phase, way int) bool   { return phase*ways+way >= 7*ways+2 }

func actName(phase, way int) string { return fmt.Sprintf("a%d%c", phase, 'a'+way) }

func phaseActs(phase int) string {
	var names []string
	for way := range ways {
		names = append(names, actName(phase, way))
	}
	return "[" + strings.Join(names, ", ") + "]"
}

const mostAmount = 2000

func hundredRules() (*procedure.Procedure, error) {
	var rules, acts strings.Builder
	n := 0
	rule := func(format string, args ...any) string {
		n++
		id := fmt.Sprintf(format, args...)
		fmt.Fprintf(&rules, "  %s: {title: {zh: %s, en: %s}, severity: 3, basis: [m/1]}\n", id, id, id)
		return id
	}
	for phase := range phases {
		for way := range ways {
			a := actName(phase, way)
			fmt.Fprintf(&acts, "  %s:\n    title: {zh: %s, en: %s}\n    kind: fact\n    data: {amount: money}\n", a, a, a)
			if wantsBefore(phase, way) {
				fmt.Fprintf(&acts, "    after: [{act: %s, rule: %s}]\n", phaseActs(phase-1), rule("early-%s", a))
			}
			if hasAmount(phase, way) {
				fmt.Fprintf(&acts, "    expect: [{rule: %s, that: \"act.amount <= money('%d')\"}]\n", rule("amount-%s", a), mostAmount)
			}
			if hasNext(phase) {
				fmt.Fprintf(&acts, "    duties:\n      - {id: %s_next, do: %s, within: %v, late: %s}\n", a, phaseActs(phase+1), next(phase, way), rule("next-%s", a))
			}
			if hasAfterNext(phase) {
				fmt.Fprintf(&acts, "      - {id: %s_later, do: %s, within: %v, late: %s}\n", a, phaseActs(phase+2), afterNext(phase, way), rule("later-%s", a))
			}
		}
	}
	if n != 100 {
		return nil, fmt.Errorf("%d rules", n)
	}
	pack := fstest.MapFS{}
	for name, text := range map[string]string{
		"pack.yaml":         "pack: p\ntitle: {zh: 样例, en: Sample}\nstanding: model\nzone: Asia/Shanghai\nroll: none\n",
		"sources.yaml":      "sources:\n  m: {kind: model, title: {zh: 模型, en: Model}, versions: [{id: v, from: 2000-01-01}], articles: [{no: \"1\", gist: {zh: 一, en: one}}]}\n",
		"procedures/q.yaml": "procedure: q\ntitle: {zh: 程序, en: Procedure}\nversions: [{id: v, from: 2000-01-01}]\nrules:\n" + rules.String() + "acts:\n" + acts.String(),
	} {
		pack["p/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	p, err := procedure.Load(pack, "p")
	if err != nil {
		return nil, err
	}
	return p.Procedure("q")
}

// madeUp gives cases with about so many acts in all, ten to a case.
func madeUp(acts int) iter.Seq[eventlog.Case] {
	return func(yield func(eventlog.Case) bool) {
		rnd := rand.New(rand.NewPCG(6, 6))
		var names [phases][ways]string
		for phase := range phases {
			for way := range ways {
				names[phase][way] = actName(phase, way)
			}
		}
		people := make([]string, 400)
		for i := range people {
			people[i] = fmt.Sprintf("officer %d", i)
		}
		amounts := make([]string, 300)
		for i := range amounts {
			amounts[i] = fmt.Sprintf("%d.50", 10+i*6)
		}
		tooMuch := fmt.Sprintf("%d.50", mostAmount+400)
		const hour = calendar.Instant(3_600_000_000)
		from := calendar.NewDate(2016, 1, 1)
		events, data := make([]eventlog.Event, phases), make([]eventlog.Field, phases)
		record := int64(0)
		for n := range (acts + phases - 1) / phases {
			at := calendar.Instant(int64(from)+int64(n)%3000)*24*hour + calendar.Instant(rnd.IntN(86400))*1_000_000
			k := 0
			for phase := range phases {
				if rnd.IntN(2000) == 0 {
					continue // left out
				}
				if phase > 5 && rnd.IntN(300) == 0 {
					break // not yet
				}
				record++
				data[k] = eventlog.Field{Key: "amount", Value: amounts[rnd.IntN(len(amounts))], Kind: eventlog.Float}
				if rnd.IntN(1000) == 0 {
					data[k].Value = tooMuch
				}
				events[k] = eventlog.Event{Act: names[phase][rnd.IntN(ways)], Time: at, Person: people[rnd.IntN(len(people))], Data: data[k : k+1 : k+1], Record: record}
				k++
				at += calendar.Instant(rnd.IntN(150*3600)) * 1_000_000
				if rnd.IntN(40) == 0 {
					at += calendar.Instant(rnd.IntN(20*86400)) * 1_000_000 // it lay
				}
			}
			if k == 0 {
				continue
			}
			if !yield(eventlog.Case{ID: fmt.Sprintf("%d-%07d", 2016+n%9, n), Events: events[:k], Record: int64(n + 1)}) {
				return
			}
		}
	}
}
