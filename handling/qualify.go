package handling

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/procedure"
)

// A matter may give the officers whom it concerns a qualification, or take one: what a pack says of such an act (gives,
// takes) counts from then on in every case. It stands among the words of the matter; the house keeps it at hand.
const (
	changesRight = "right:" // marks every case with such a word
	gaveRight    = "given:" // given:QUALIFICATION:PERSON:MICROSECONDS
	tookRight    = "taken:"
)

// right is one qualification given or taken.
type right struct {
	person, id string
	at         calendar.Instant
	given      bool
	in         casefile.CaseID
	about      []casefile.CaseID // the matters that the taking one names
}

// rightsOf are the words of what a lawful act gives or takes: of the officers it names, or where it names none, of those whom
// the case is about. Nobody gives or takes their own.
func rightsOf(info *procedure.ActInfo, r *casefile.Record, words string) []string {
	if info.Gives == "" && info.Takes == "" {
		return nil
	}
	concerned := keyed(words, concerns)
	if len(concerned) == 0 { // the only one to whom the case gave it
		for _, x := range rightsIn(&casefile.Head{Words: words}) {
			if x.given && x.id == info.Takes && !slices.Contains(concerned, x.person) {
				concerned = append(concerned, x.person)
			}
		}
		if len(concerned) > 1 {
			concerned = nil
		}
	}
	for _, f := range info.Fields {
		if v := r.Datum(f.Name); (f.As == "concerned" || f.As == "affected") && v.Known() {
			concerned = strings.Split(v.Text(), ",")
		}
	}
	out := []string{changesRight}
	for _, p := range concerned {
		if r.Actor == nil || r.Actor.Person == p {
			continue
		}
		tail := ":" + p + ":" + strconv.FormatInt(int64(r.Occurred), 10)
		if info.Gives != "" {
			out = append(out, gaveRight+info.Gives+tail)
		}
		if info.Takes != "" {
			out = append(out, tookRight+info.Takes+tail)
		}
	}
	return out
}

// rightsIn reads what the words of a case give and take.
func rightsIn(head *casefile.Head) []right {
	var out []right
	about := linked(strings.Fields(head.Words))
	for w := range strings.FieldsSeq(head.Words) {
		rest, given := strings.CutPrefix(w, gaveRight)
		if !given {
			var taken bool
			if rest, taken = strings.CutPrefix(w, tookRight); !taken {
				continue
			}
		}
		part := strings.Split(rest, ":")
		if len(part) != 3 {
			continue
		}
		if at, err := strconv.ParseInt(part[2], 10, 64); err == nil {
			out = append(out, right{part[1], part[0], calendar.Instant(at), given, head.ID, about})
		}
	}
	return out
}

// lifts tells whether a taking ends what was given: in the same matter, or in one that it names.
func (r *right) lifts(g *right) bool {
	return !r.given && r.person == g.person && r.id == g.id && r.at >= g.at && (r.in == g.in || slices.Contains(r.about, g.in))
}

// readRights brings to hand what all cases give and take.
func (h *House) readRights(ctx context.Context) error {
	all := map[casefile.CaseID][]right{}
	s := casefile.Selection{All: true, Words: []string{changesRight}, Limit: 500}
	for {
		heads, err := h.store.Cases(ctx, s)
		if err != nil {
			return err
		}
		for i := range heads {
			all[heads[i].ID] = rightsIn(&heads[i])
		}
		if len(heads) < s.Limit {
			break
		}
		last := heads[len(heads)-1]
		s.Before, s.AfterID = last.Updated, last.ID
	}
	h.rightsMu.Lock()
	h.rights = all
	h.rightsMu.Unlock()
	return nil
}

// moveRights takes up what a case gives and takes after a change.
func (h *House) moveRights(head *casefile.Head) {
	now := rightsIn(head)
	h.rightsMu.Lock()
	defer h.rightsMu.Unlock()
	if len(now) > 0 || h.rights[head.ID] != nil {
		h.rights[head.ID] = now
	}
}

// rereadRights does so from the record, where it is not known what was kept.
func (h *House) rereadRights(ctx context.Context, id casefile.CaseID) {
	if head, err := h.store.Case(ctx, id); err == nil {
		h.moveRights(&head)
		h.moveLone(&head)
	}
}

// qualified adds to a person's qualifications what cases gave until a moment and none took since, and leaves out what was taken
// without having been given.
func (h *House) qualified(person string, held []string, at calendar.Instant) []string {
	h.rightsMu.Lock()
	defer h.rightsMu.Unlock()
	var all []right
	for _, of := range h.rights {
		for _, r := range of {
			if r.person == person && r.at <= at {
				all = append(all, r)
			}
		}
	}
	held = slices.Clone(held)
	for i := range all {
		g := &all[i]
		stands := g.given && !slices.ContainsFunc(all, func(r right) bool { return r.lifts(g) })
		ends := !g.given && !slices.ContainsFunc(all, func(r right) bool { return r.given && r.id == g.id })
		switch {
		case stands && !slices.Contains(held, g.id):
			held = append(held, g.id)
		case ends:
			held = slices.DeleteFunc(held, func(x string) bool { return x == g.id })
		}
	}
	slices.Sort(held)
	return held
}
