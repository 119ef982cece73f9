package procedure

import (
	"slices"

	yaml "plumbline/internal/strictyaml"
)

// Benchmark is how the agency that runs a pack uses its discretion inside the ranges of the law: its own rule, never a
// widening of them. Read-only.
type Benchmark struct {
	ID     string
	Title  Text
	Agency Text
	Source Text // the paper that it was taken from
}

// Grade is one step of a benchmark: within a tier of an offence, what is imposed in which circumstances.
type Grade struct {
	ID    string // OFFENCE.GRADE
	Tier  string // of TierNames
	When  Text
	AnyOf []Sanction
	Of    *Benchmark

	pos yaml.Pos
}

// Grades lists the steps of the benchmark for an offence, in its order; none where it has no benchmark.
func (p *Pack) Grades(offence string) []Grade { return p.grades[offence] }

// InBenchmark tells whether a penalty stands where the benchmark puts it. Where there is none for the tier of the offence,
// every penalty does.
func (p *Pack) InBenchmark(offence, tier, grade string, penalty Proposal) bool {
	held := false
	for _, g := range p.grades[offence] {
		if g.Tier != tier {
			continue
		}
		held = true
		if g.ID == grade && slices.ContainsFunc(g.AnyOf, func(s Sanction) bool { return len(s.misfit(penalty)) == 0 }) {
			return true
		}
	}
	return !held
}

// File is a file that does not stand in the pack's folder: who runs a pack gives it.
type File struct {
	Name string // to name its mistakes by
	Data []byte
}

type benchmarkFile struct {
	Pos       yaml.Pos
	Benchmark yaml.Str             `yaml:"benchmark,required"`
	Title     Text                 `yaml:"title,required"`
	Agency    Text                 `yaml:"agency,required"`
	Source    Text                 `yaml:"source,required"`
	Offences  yaml.Map[[]gradeDef] `yaml:"offences,required"`
}

type gradeDef struct {
	Pos     yaml.Pos
	Grade   yaml.Str      `yaml:"grade,required"`
	Tier    yaml.Str      `yaml:"tier,required"`
	When    Text          `yaml:"when,required"`
	Penalty []sanctionDef `yaml:"penalty,required"`
}

// benchmark reads a benchmark for the offences of the pack.
func (l *loader) benchmark(p *Pack, files []File) {
	c := &compiler{loader: l, p: &Procedure{Pack: p}}
	for _, file := range files {
		var f benchmarkFile
		if !l.decode(file.Name, file.Data, &f) {
			continue
		}
		of := &Benchmark{f.Benchmark.Text, f.Title, f.Agency, f.Source}
		for i := range f.Offences {
			e := &f.Offences[i]
			o := p.Offence(e.Key)
			if o == nil {
				c.problem(e.Pos, "benchmark", "the catalogue has no offence %s", e.Key)
				continue
			}
			if len(p.grades[o.ID]) > 0 {
				c.problem(e.Pos, "benchmark", "offence %s has a benchmark already, at %s", o.ID, p.grades[o.ID][0].pos)
				continue
			}
			for k := range e.Value {
				c.grade(o, of, &e.Value[k])
			}
		}
	}
}

// grade reads one step; a step that leaves the range of its tier is a mistake.
func (c *compiler) grade(o *Offence, of *Benchmark, d *gradeDef) {
	p := c.p.Pack
	g := Grade{ID: o.ID + "." + d.Grade.Text, Tier: d.Tier.Text, When: d.When, Of: of, pos: d.Pos}
	switch {
	case !validID(d.Grade.Text):
		c.problem(d.Grade.Pos, "benchmark", "grade %q: an id is lower case letters, digits and _, beginning with a letter", d.Grade.Text)
	case slices.ContainsFunc(p.grades[o.ID], func(x Grade) bool { return x.ID == g.ID }):
		c.problem(d.Grade.Pos, "benchmark", "offence %s has a grade %s already", o.ID, d.Grade.Text)
	}
	if o.Tier(g.Tier) == nil {
		var tiers []string
		for _, t := range o.Tiers {
			tiers = append(tiers, t.ID)
		}
		c.problem(d.Tier.Pos, "benchmark", "offence %s has no tier %q%s", o.ID, g.Tier, yaml.Suggest(g.Tier, tiers))
		return
	}
	for i := range d.Penalty {
		s := c.sanction(&d.Penalty[i])
		least, most := s.bounds()
		for _, b := range []Proposal{least, most} {
			if why := o.Allows(g.Tier, b); len(why) > 0 {
				c.problem(d.Penalty[i].Pos, "benchmark", "%s leaves the range of tier %s of %s: %s", s.String(), g.Tier, o.ID, why[0].EN)
				break
			}
		}
		g.AnyOf = append(g.AnyOf, s)
	}
	if len(g.AnyOf) == 0 {
		c.problem(d.Pos, "benchmark", "grade %s has no penalty", d.Grade.Text)
	}
	if p.grades == nil {
		p.grades = map[string][]Grade{}
	}
	p.grades[o.ID] = append(p.grades[o.ID], g)
}
