package handling

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// Round is a round of assessment: the draw with what is needed to repeat it, and what became of each case.
type Round struct {
	File *File
	Plan Plan

	// The draw. Seed empty: nothing was drawn yet.
	Seed       string
	Population int
	Again      int  // cases of the plan that the record has now; they grow where a case is entered late
	Same       bool // drawn from the record now, the sample would be the same

	Drawn     []RoundCase // in the order of the draw
	Named     []RoundCase // named besides the draw
	Agreement Agreement   // of first and second scorers, where both scored and the reader may see both
}

// RoundCase is a case of a round.
type RoundCase struct {
	ID     casefile.CaseID
	Head   *casefile.Head // nil: the reader may not see it
	Twice  bool           // to be scored by a second person
	Sheets []ScoreSheet   // that the reader may see, the oldest first
	Alone  bool           // the reader has a sheet of it open: those of others are not there until they have scored
}

// ScoreSheet is a matter that names the round and the case, and what it gave.
type ScoreSheet struct {
	Head       casefile.Head
	Scorer     string
	Blind      bool
	Scored     bool
	Score      int
	Deductions []Deduction
}

// Deduction is one item of a sheet for which points were deducted.
type Deduction struct {
	Name    string
	Finding string // that it names; mostly empty
	Points  int
	Now     int // as it stands, after what was decided about it
}

// Draws tells whether the cases of a procedure draw samples.
func Draws(p *procedure.Procedure) bool {
	return slices.ContainsFunc(p.Acts(), func(id string) bool { return draws(p.Act(p.ActOf(id))) })
}

// Round reads a round for a person who may see it; of the cases and sheets what they may see. Not found where the case draws
// no sample. Each sheet that is shown is a view of it.
func (h *House) Round(ctx context.Context, who Who, id casefile.CaseID) (*Round, error) {
	now := h.now()
	c, err := h.open(ctx, who, authority.SeeCase, id, now)
	if err != nil {
		return nil, err
	}
	if !Draws(c.proc) {
		return nil, casefile.ErrNotFound
	}
	if err := h.look(ctx, who, &c.head, "round", now); err != nil {
		return nil, err
	}
	out := &Round{}
	if out.File, err = h.file(ctx, who, c, now); err != nil {
		return nil, err
	}
	records, err := h.records(ctx, id, 0)
	if err != nil {
		return nil, err
	}
	out.Plan = planOf(c.proc, effective(records))
	twice := out.readDraw(c.proc, records)
	if err := h.repeat(ctx, out); err != nil {
		return nil, err
	}
	var listed []casefile.CaseID
	add := func(id casefile.CaseID) RoundCase {
		x := RoundCase{ID: id, Twice: slices.Contains(twice, string(id))}
		if head, ok := h.Visible(ctx, who, id); ok {
			x.Head = &head
			listed = append(listed, id)
		}
		return x
	}
	for i := range out.Drawn {
		out.Drawn[i] = add(out.Drawn[i].ID)
	}
	for _, id := range keyed(c.head.Words, aboutCase) {
		if id := casefile.CaseID(id); !slices.ContainsFunc(out.Drawn, func(x RoundCase) bool { return x.ID == id }) {
			out.Named = append(out.Named, add(id))
		}
	}
	if err := h.Listed(ctx, who, "round", listed); err != nil {
		return nil, err
	}
	heads, err := h.matters(ctx, who, aboutCase+string(id), false, now)
	if err != nil {
		return nil, err
	}
	var pairs [][2]int
	for _, list := range [][]RoundCase{out.Drawn, out.Named} {
		for i := range list {
			if err := h.sheets(ctx, who, &list[i], heads, now); err != nil {
				return nil, err
			}
			if p, ok := pairOf(list[i].Sheets); ok {
				pairs = append(pairs, p)
			}
		}
	}
	out.Agreement = Agree(pairs, out.Plan.Grades)
	return out, nil
}

// readDraw reads seed, population and drawn cases; it returns which of them a second person scores.
func (x *Round) readDraw(p *procedure.Procedure, records []*casefile.Record) []string {
	var twice []string
	for _, id := range drawnIn(p, records) {
		x.Drawn = append(x.Drawn, RoundCase{ID: id})
	}
	for _, r := range effective(records) {
		i := p.ActOf(r.Kind)
		if i < 0 || !draws(p.Act(i)) {
			continue
		}
		for _, f := range p.Act(i).Fields {
			v := r.Datum(f.Name)
			switch {
			case !v.Known():
			case f.As == "seed":
				x.Seed = v.Text()
			case f.As == "population":
				x.Population = int(v.Int())
			case f.As == "drawn_twice":
				twice = append(twice, strings.Split(v.Text(), ",")...)
			}
		}
	}
	return twice
}

// repeat draws again from the record as it is now.
func (h *House) repeat(ctx context.Context, x *Round) error {
	if x.Seed == "" || !x.Plan.whole() {
		return nil
	}
	ids, err := h.opened(ctx, x.Plan.Unit, h.pack.Zone.Start(x.Plan.From), h.pack.Zone.End(x.Plan.Until))
	if err != nil {
		return err
	}
	byLot(x.Seed, ids)
	x.Again = len(ids)
	x.Same = slices.EqualFunc(ids[:min(len(ids), x.Plan.Size)], x.Drawn, func(id casefile.CaseID, d RoundCase) bool { return id == d.ID })
	return nil
}

// sheets reads the sheets of a case of a round from the matters that name the round.
func (h *House) sheets(ctx context.Context, who Who, x *RoundCase, heads []casefile.Head, now calendar.Instant) error {
	for i := range heads {
		head := &heads[i]
		p, err := h.procedureOf(head.Procedure)
		if err != nil || !slices.Contains(keyed(head.Words, aboutCase), string(x.ID)) {
			continue
		}
		records, err := h.records(ctx, head.ID, 0)
		if err != nil {
			return err
		}
		s := sheetOf(p, *head, records)
		x.Alone = x.Alone || head.Opener == string(who.Person) && view(head).Alone
		x.Sheets = append(x.Sheets, s)
	}
	for i := range x.Sheets {
		if err := h.look(ctx, who, &x.Sheets[i].Head, "round", now); err != nil {
			return err
		}
	}
	return nil
}

// sheetOf reads a sheet from its acts that stand: who gave the score is the scorer, or who opened it while there is none.
func sheetOf(p *procedure.Procedure, head casefile.Head, records []*casefile.Record) ScoreSheet {
	out := ScoreSheet{Head: head, Scorer: head.Opener}
	at := map[casefile.Subject]int{}
	for _, r := range effective(records) {
		i := p.ActOf(r.Kind)
		if i < 0 {
			continue
		}
		var name, finding string
		for _, f := range p.Act(i).Fields {
			v := r.Datum(f.Name)
			switch {
			case !v.Known():
			case f.As == "blind":
				out.Blind = v.Bool()
			case f.As == "name":
				name = v.Text()
			case f.As == "finding":
				finding = v.Text()
			case f.As == "score":
				if out.Scored, out.Score = true, int(v.Int()); r.Actor != nil {
					out.Scorer = r.Actor.Person
				}
			case f.As == "points" && len(r.Subjects) == 1:
				if k, ok := at[r.Subjects[0].ID]; ok {
					out.Deductions[k].Now = int(v.Int())
					continue
				}
				at[r.Subjects[0].ID] = len(out.Deductions)
				out.Deductions = append(out.Deductions, Deduction{Points: int(v.Int()), Now: int(v.Int())})
			}
		}
		if name != "" && len(r.Subjects) == 1 {
			if k, ok := at[r.Subjects[0].ID]; ok {
				out.Deductions[k].Name = name
				out.Deductions[k].Finding = cmp.Or(out.Deductions[k].Finding, finding)
			}
		}
	}
	return out
}

// pairOf finds the first score of a case and that of its blind second scorer, who is somebody else.
func pairOf(sheets []ScoreSheet) ([2]int, bool) {
	find := func(blind bool) *ScoreSheet {
		for i := range sheets {
			if sheets[i].Scored && sheets[i].Blind == blind {
				return &sheets[i]
			}
		}
		return nil
	}
	first, second := find(false), find(true)
	if first == nil || second == nil || first.Scorer == second.Scorer {
		return [2]int{}, false
	}
	return [2]int{first.Score, second.Score}, true
}

// Agreement is how far two scorers came to the same. The scores are those given, before what objections changed.
//
// Difference is the mean absolute difference of the two scores, in points. Kappa is Cohen's kappa on the grades: the share of
// pairs with the same grade beyond what scorers with the same habits reach by chance, over what was left to reach; 1 is full
// agreement, 0 no more than chance. It takes grades as equal or not, however far apart they are.
//
// Source: J. Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20 (1960), 37-46:
// kappa = (po - pe) / (1 - pe).
type Agreement struct {
	Pairs      int
	Difference float64
	Graded     bool // grades were laid down; what follows counts
	Equal      Share
	Kappa      float64
	Constant   bool // all scores of both are of one grade: there is no kappa
}

// FewPairs is how many pairs there must be before a measure of them is told. It is our setting.
const FewPairs = 10

// Few tells whether there are too few pairs to tell anything.
func (a *Agreement) Few() bool { return a.Pairs < FewPairs }

// Agree measures pairs of scores. Grades are the scores at which the next grade begins; none: grades are not compared.
func Agree(pairs [][2]int, grades []int) Agreement {
	out := Agreement{Pairs: len(pairs), Graded: len(grades) > 0, Equal: Share{Of: len(pairs)}}
	if len(pairs) == 0 {
		return out
	}
	n := float64(len(pairs))
	first, second := make([]float64, len(grades)+1), make([]float64, len(grades)+1)
	grade := func(score int) int {
		k := 0
		for k < len(grades) && score >= grades[k] {
			k++
		}
		return k
	}
	for _, p := range pairs {
		out.Difference += math.Abs(float64(p[0]-p[1])) / n
		a, b := grade(p[0]), grade(p[1])
		out.Equal.Count += one(a == b)
		first[a]++
		second[b]++
	}
	chance := 0.0
	for k := range first {
		chance += first[k] / n * second[k] / n
	}
	if out.Constant = chance == 1; !out.Constant {
		out.Kappa = (float64(out.Equal.Count)/n - chance) / (1 - chance)
	}
	return out
}
