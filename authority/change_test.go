package authority_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"plumbline/authority"
	"plumbline/calendar"
)

// samples: one change of each kind, with every field it may have.
func samples() []authority.Change {
	post := authority.Appointment{Person: "li", Post: "unit_head", Unit: "s1", From: now, Until: now + day}
	lent := authority.Delegation{From: "li", To: "wang", Post: "unit_head", Unit: "s1", Since: now, Until: now + day, Reason: "休假"}
	held := authority.Qualification{Person: "li", ID: "legal_profession", From: now - day, Until: now + day}
	all := []authority.Change{
		authority.Found(authority.Unit{ID: "s1", Kind: "station", Name: authority.Text{ZH: "城关派出所", EN: "Chengguan station"}, Mark: "城公", Parent: "b1"}),
		authority.Enrol(authority.Person{ID: "li", Name: "李四", Number: "012345", Rank: "三级警督"}),
		authority.Appoint(post), authority.EndPost(post, now+1),
		authority.Delegate(lent), authority.EndDelegation(lent, now+1),
		authority.Qualify(held), authority.EndQualification(held, now+1),
		authority.Promote("li", "二级警督", now),
	}
	for i := range all {
		all[i] = all[i].Made("zhao", now-day+123456)
	}
	return all
}

func TestAChangeReadsBackFromTheDataOfItsAct(t *testing.T) {
	for _, c := range samples() {
		c.Reason = "干部任免〔2026〕3号"
		data := c.Data()
		for range 2 {
			again, err := authority.ChangeFrom(c.Kind, data)
			if err != nil || again != c {
				t.Errorf("%s: %v, %+v, want %+v", c.Kind, err, again, c)
			}
			slices.Reverse(data) // the order does not matter
		}
	}
	want := "by=zhao at=2024-10-03T00:00:00.123456Z unit=s1 person=li post=unit_head from=2024-10-04T00:00:00Z until=2024-10-05T00:00:00Z"
	if got := text(samples()[2].Data()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func text(data []authority.Field) string {
	var parts []string
	for _, f := range data {
		parts = append(parts, f.Name+"="+f.Value)
	}
	return strings.Join(parts, " ")
}

func TestDataThatIsNotExactlyAChangeIsRefusedWithEveryReason(t *testing.T) {
	good := "at=2024-10-04T00:00:00Z unit=s1 person=li post=handler"
	for _, c := range []struct{ name, kind, data, codes string }{
		{"good", "appoint", good, ""},
		{"a kind nobody knows", "crown", good, "unknown_kind"},
		{"a field nobody knows", "appoint", good + " crown=1", "unknown_field"},
		{"a field of another kind", "appoint", good + " mark=x", "field_out_of_place"},
		{"twice", "appoint", good + " unit=s2", "field_twice"},
		{"empty", "appoint", good + " from=", "field_empty"},
		{"missing", "appoint", "unit=s1 person=li", "field_missing field_missing"},
		{"an instant without offset", "appoint", good + " from=2024-10-04T00:00:00", "bad_instant"},
		{"an instant in another zone", "appoint", good + " from=2024-10-04T08:00:00+08:00", "bad_instant"},
		{"the instant that means open", "appoint", good + " from=1970-01-01T00:00:00Z", "bad_instant"},
		{"never", "appoint", good + " until=never", "bad_instant"},
		{"end before begin", "appoint", good + " from=2024-10-05T00:00:00Z until=2024-10-04T00:00:00Z", "ends_before_it_begins"},
		{"end at begin", "appoint", good + " from=2024-10-05T00:00:00Z until=2024-10-05T00:00:00Z", "ends_before_it_begins"},
		{"never came into force", "end_post", good + " from=2024-10-05T00:00:00Z until=2024-10-05T00:00:00Z", ""},
		{"a name without width", "appoint", good + " reason=a\u200bb", "bad_text"},
		{"a name that turns round", "appoint", good + " reason=a\u202eb", "bad_text"},
		{"two lines", "appoint", good + " reason=a\nb", "bad_text"},
		{"broken UTF-8", "appoint", good + " reason=a\xff", "bad_text"},
		{"too long", "appoint", good + " reason=" + strings.Repeat("x", 501), "bad_text"},
		{"a unit without a name", "found_unit", "at=2024-10-04T00:00:00Z unit=s1 unit_kind=station", "field_missing"},
		{"several at once", "appoint", good + " crown=1 sword=2 unit=s2", "unknown_field unknown_field field_twice"},
	} {
		var data []authority.Field
		for _, p := range strings.Split(c.data, " ") {
			name, value, _ := strings.Cut(p, "=")
			data = append(data, authority.Field{Name: name, Value: value})
		}
		_, err := authority.ChangeFrom(c.kind, data)
		if got := codes(err); got != c.codes {
			t.Errorf("%s: got %q, want %q", c.name, got, c.codes)
		}
	}
}

func codes(err error) string {
	var e *authority.Error
	if !errors.As(err, &e) {
		return ""
	}
	var all []string
	for _, r := range e.Reasons {
		all = append(all, r.Code)
	}
	return strings.Join(all, " ")
}

// What ChangeFrom accepts, Data writes again, field for field.
func FuzzChangeFrom(f *testing.F) {
	for _, c := range samples() {
		f.Add(c.Kind, strings.ReplaceAll(text(c.Data()), " ", "\n"))
	}
	f.Add("appoint", "at=9999-12-31T23:59:59.999999Z\nunit=x\nperson=y\npost=z\nfrom=1969-12-31T23:59:59.9Z")
	f.Fuzz(func(t *testing.T, kind, lines string) {
		var data []authority.Field
		for _, line := range strings.Split(lines, "\n") {
			name, value, _ := strings.Cut(line, "=")
			data = append(data, authority.Field{Name: name, Value: value})
		}
		c, err := authority.ChangeFrom(kind, data)
		if err != nil {
			return
		}
		again := c.Data()
		if len(again) != len(data) {
			t.Fatalf("%q came back as %q", data, again)
		}
		for _, d := range data {
			if !slices.Contains(again, d) {
				t.Fatalf("%q is not in %q", d, again)
			}
		}
		if back, err := authority.ChangeFrom(kind, again); err != nil || back != c {
			t.Fatalf("%+v reads back as %+v, %v", c, back, err)
		}
	})
}

// A change that a directory accepts can be stored and read back: a restart rebuilds the same directory.
func TestWhatWasAppliedCanBeAppliedAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, applied := randomDirectory(t)
		again := authority.NewDirectory()
		for _, c := range applied {
			stored, err := authority.ChangeFrom(c.Kind, c.Data())
			if err != nil || stored != c {
				t.Fatalf("%+v stored as %+v, %v", c, stored, err)
			}
			if err := again.Apply(stored); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range d.People() {
			for _, at := range moments {
				if a, b := d.PostsAt(p.ID, at), again.PostsAt(p.ID, at); !slices.Equal(a, b) {
					t.Fatalf("%s at %s: %v, then %v", p.ID, at, a, b)
				}
			}
		}
	})
}

var moments = []calendar.Instant{now - 3*day, now - 2*day, now - day, now, now + day, now + 2*day, now + 3*day, now + 4*day}
