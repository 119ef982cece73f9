package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"plumbline/authority"
	"plumbline/calendar"
	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/packs"
	"plumbline/procedure"
)

// bureau is a house with a station, in which p0 handles cases and p1 and further people read them.
type bureau struct {
	house *handling.House
	store handling.Store
	pack  *procedure.Pack
}

func openBureau(b *testing.B, store handling.Store, people int) *bureau {
	ctx := context.Background()
	pack, err := procedure.Load(packs.FS, "cn-police")
	if err != nil {
		b.Fatal(err)
	}
	clock := func() calendar.Instant { return calendar.InstantOf(time.Now()) }
	house, err := handling.Open(handling.Config{Store: store, Pack: pack, Now: clock, Random: rand.Reader})
	if err != nil {
		b.Fatal(err)
	}
	from := clock() - 400*24*3600*1_000_000
	changes := []authority.Change{
		authority.Found(authority.Unit{ID: "bureau", Kind: "county", Name: authority.Text{ZH: "某县公安局", EN: "A county bureau"}, Mark: "某公"}),
		authority.Found(authority.Unit{ID: "a", Kind: "station", Name: authority.Text{ZH: "甲派出所", EN: "Station A"}, Mark: "某公甲", Parent: "bureau"}),
	}
	for n := range people {
		p := authority.PersonID(fmt.Sprint("p", n))
		post, unit := "handler", "a"
		if n > 0 {
			post, unit = authority.Supervisor, "bureau"
		}
		changes = append(changes, authority.Enrol(authority.Person{ID: p, Name: string(p), Number: fmt.Sprint(n)}), authority.Appoint(authority.Appointment{Person: p, Post: post, Unit: authority.UnitID(unit), From: from}))
	}
	for i := range changes {
		changes[i].At = from
	}
	if err := house.Found(ctx, changes...); err != nil {
		b.Fatal(err)
	}
	return &bureau{house, store, pack}
}

// submit enters an act, again where another came between.
func (s *bureau) submit(q *handling.Request) (*handling.Answer, error) {
	ctx := context.Background()
	for {
		if q.Case != "" {
			head, err := s.store.Case(ctx, q.Case)
			if err != nil {
				return nil, err
			}
			q.Base = head.Acts
		}
		q.ID = casefile.ActID(rand.Text())
		a, err := s.house.Submit(ctx, handling.Who{Person: "p0"}, q)
		if _, moved := err.(*handling.Changed); !moved {
			return a, err
		}
	}
}

// open opens cases.
func (s *bureau) open(b *testing.B, n int) []casefile.CaseID {
	const at = 16 // at a time
	cases := make([]casefile.CaseID, n)
	var all sync.WaitGroup
	for g := range at {
		all.Go(func() {
			for i := g; i < n; i += at {
				a, err := s.submit(&handling.Request{Procedure: "cn-police/administrative", Unit: "a", Kind: "receive_report", Data: map[string]string{"source": "walk_in", "title": "某日某甲被殴打案", "summary": "某甲称被人殴打"}})
				if err != nil {
					b.Error(err)
					return
				}
				cases[i] = a.Case
			}
		})
	}
	all.Wait()
	if b.Failed() {
		b.FailNow()
	}
	return cases
}

// witness is an act that any case takes at any time.
func (s *bureau) witness(id casefile.CaseID) *handling.Request {
	return &handling.Request{Case: id, Kind: "register_person", Subjects: []handling.SubjectInput{{Role: "witness"}}, Data: map[string]string{"name": "某丙"}}
}
