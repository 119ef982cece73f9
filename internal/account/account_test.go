package account_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plumbline/internal/account"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func passwords(t testing.TB) *account.Passwords {
	t.Helper()
	p, err := account.NewPasswords()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAPasswordVerifiesAgainstItsHashOnly(t *testing.T) {
	p, ctx := passwords(t), context.Background()
	hash, err := p.Hash(ctx, "准绳在前，不偏不倚 e\u0301") // e and an accent
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%s, %v", hash, err)
	}
	if again, _ := p.Hash(ctx, "准绳在前，不偏不倚 e\u0301"); again == hash {
		t.Error("two hashes with one salt")
	}
	empty, err := p.Hash(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, password, hash string
		want                 bool
		err                  error
	}{
		{"the password", "准绳在前，不偏不倚 e\u0301", hash, true, nil},
		{"the same letters composed otherwise", "准绳在前，不偏不倚 \u00e9", hash, true, nil},
		{"another", "准绳在前，不偏不倚 e", hash, false, nil},
		{"none", "", hash, false, nil},
		{"unknown login", "准绳在前，不偏不倚 e\u0301", "", false, nil},
		{"unknown login with the dummy's password", "nobody's password", "", false, nil},
		{"not UTF-8", "\xff", hash, false, nil},
		{"endless", strings.Repeat("x", 1<<20), hash, false, nil},
		{"endless, against the hash of nothing", strings.Repeat("x", 1<<20), empty, false, nil},
		{"a hash of 4 GiB", "x", "$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG", false, account.ErrHash},
		{"a hash without passes", "x", "$argon2id$v=19$m=19456,t=0,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG", false, account.ErrHash},
		{"a hash without lanes", "x", "$argon2id$v=19$m=19456,t=1,p=0$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG", false, account.ErrHash},
		{"an empty key", "x", "$argon2id$v=19$m=19456,t=1,p=1$c29tZXNhbHQ$", false, account.ErrHash},
		{"no hash", "x", "plain", false, account.ErrHash},
	} {
		got, err := p.Verify(ctx, c.password, c.hash)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
	if _, err := p.Hash(ctx, strings.Repeat("x", 257)); err == nil {
		t.Error("an endless password was hashed")
	}
}

func TestAnUnknownLoginTakesAsLong(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	p, ctx := passwords(t), context.Background()
	hash, err := p.Hash(ctx, "a password of somebody")
	if err != nil {
		t.Fatal(err)
	}
	fastest := func(hash string) time.Duration {
		best := time.Hour
		for range 7 {
			begin := time.Now()
			if _, err := p.Verify(ctx, "a guess", hash); err != nil {
				t.Fatal(err)
			}
			best = min(best, time.Since(begin))
		}
		return best
	}
	known, unknown := fastest(hash), fastest("")
	if unknown < known/2 || known < unknown/2 {
		t.Errorf("known login %s, unknown login %s", known, unknown)
	}
	t.Logf("known %s, unknown %s", known, unknown)
}

func TestWhoWaitsForATurnGivesUpWithTheRequest(t *testing.T) {
	p := passwords(t)
	var wg sync.WaitGroup
	stop, cancel := context.WithCancel(context.Background())
	for range 8 {
		wg.Go(func() {
			for stop.Err() == nil {
				_, _ = p.Verify(context.Background(), "x", "")
			}
		})
	}
	short, done := context.WithTimeout(context.Background(), time.Millisecond)
	defer done()
	<-short.Done()
	if _, err := p.Verify(short, "x", ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	cancel()
	wg.Wait()
}

func TestPasswordsThatAreNoGood(t *testing.T) {
	for _, c := range []struct{ password, want string }{
		{"correct horse battery", ""},
		{"以事实为根据以法律为准绳", ""},
		{"🐎🔋🖇️ staple 12", ""},
		{"以事实为根据以法律为准", "password_short"},
		{"Wang.Jianguo-1", "password_is_login"},
		{"ＷＡＮＧ.jianguo-1", "password_is_login"},
		{"", "password_short password_common"},
		{"000123456789", "password_is_number"},
		{"password1234", "password_common"},
		{"PassWord1234 ", "password_common"},
		{"aaaaaaaaaaaaaaaa", "password_common"},
		{"abababababab", "password_common"},
		{"123456789012", "password_common"},
		{"210987654321", "password_common"},
		{"abcdefghijklm", "password_common"},
		{"woaini1314520", "password_common"},
		{strings.Repeat("ab c", 65), "password_long"},
		{"correct horse \xff", "password_not_text"},
	} {
		got := strings.Join(account.PasswordFaults(c.password, "wang.jianguo-1", "000123456789"), " ")
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.password, got, c.want)
		}
	}
}

func TestFiveWrongWithinAQuarterOfAnHourLock(t *testing.T) {
	var l account.Lock
	for i := range 4 {
		l = l.Failed(start.Add(time.Duration(i) * time.Minute))
	}
	if l.Locked(start.Add(4 * time.Minute)) {
		t.Fatal("locked after four")
	}
	before := l
	if slow := l.Failed(start.Add(15 * time.Minute)); slow.Locked(start.Add(15*time.Minute)) || len(slow.Wrong) != 4 {
		t.Errorf("locked although the first was a quarter of an hour ago: %+v", slow)
	}
	at := start.Add(15*time.Minute - 1)
	l = l.Failed(at)
	if !l.Locked(at) || !l.Locked(at.Add(15*time.Minute-1)) || l.Locked(at.Add(15*time.Minute)) {
		t.Errorf("%+v", l)
	}
	tried := l
	for range 5 {
		tried = tried.Failed(at.Add(time.Minute))
	}
	if !tried.Until.Equal(l.Until) || tried.Times != l.Times || len(tried.Wrong) > 0 {
		t.Error("tries while it is locked changed the lock")
	}
	if len(before.Wrong) != 4 || !before.Wrong[0].Equal(start) {
		t.Errorf("the old lock changed: %+v", before)
	}
	if reset := (account.Lock{}); reset.Locked(at) {
		t.Error("a reset account is locked")
	}
}

func TestLocksDoubleToADay(t *testing.T) {
	var l account.Lock
	now := start
	want := []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 16 * time.Hour, 24 * time.Hour, 24 * time.Hour}
	for i, w := range want {
		for range 5 {
			l = l.Failed(now)
		}
		if got := l.Until.Sub(now); got != w {
			t.Errorf("lock %d: %s, want %s", i+1, got, w)
		}
		now = l.Until
	}
	l.Times = 1 << 40 // a damaged store does not hang the sign-in
	for range 5 {
		l = l.Failed(now)
	}
	if got := l.Until.Sub(now); got != 24*time.Hour {
		t.Errorf("%s", got)
	}
}

func TestASessionEndsIdleOrOld(t *testing.T) {
	s := account.Session{Began: start, Used: start}
	for _, c := range []struct {
		name      string
		used, now time.Duration
		want      bool
	}{
		{"new", 0, 0, true},
		{"just not idle", 0, 30*time.Minute - 1, true},
		{"idle", 0, 30 * time.Minute, false},
		{"used to the end", 12*time.Hour - time.Minute, 12*time.Hour - 1, true},
		{"old", 12*time.Hour - time.Minute, 12 * time.Hour, false},
		{"the clock stepped back a little", time.Minute, -time.Minute, true},
		{"the clock was set back", 0, -6 * time.Minute, false},
		{"the clock was set back since the last use", time.Hour, 50 * time.Minute, false},
	} {
		s.Used = start.Add(c.used)
		if got := s.Alive(start.Add(c.now)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestATokenIsKnownByItsDigest(t *testing.T) {
	token, stored, err := account.NewToken(rand.Reader)
	if err != nil || len(token) != 43 {
		t.Fatal(token, err)
	}
	if d, ok := account.TokenDigest(token); !ok || d != stored {
		t.Error("the token is not known again")
	}
	for _, bad := range []string{"", token[1:], token + "A", token + "=", token[:42] + "!", token[:20] + "\n" + token[20:], strings.Repeat("A", 42) + "B"} {
		if _, ok := account.TokenDigest(bad); ok {
			t.Errorf("%q is a token", bad)
		}
	}
	if _, _, err := account.NewToken(bytes.NewReader(make([]byte, 31))); err == nil {
		t.Error("a token of 31 bytes")
	}
}

func TestCodesAreReadAsPeopleTypeThem(t *testing.T) {
	r, err := account.NewReceipt(bytes.NewReader([]byte{0, 1, 16, 17, 18, 31, 5, 6, 7, 8, 9, 10}))
	if err != nil || r.String() != "01GH-JZ56-789A-"+string(r[12]) {
		t.Fatal(r, err)
	}
	c := string(r[12])
	for _, typed := range []string{
		r.String(), string(r), strings.ToLower(r.String()), " o1gh jz56 789a " + c, "OIGH-JZ56-789A-" + c, "olgh–jz56—789a－" + c,
		"０１ＧＨ　ＪＺ５６　７８９Ａ　" + c, "0-1-g-h-j-z-5-6-7-8-9-a-" + c,
	} {
		if got, err := account.ParseReceipt(typed); err != nil || got != r {
			t.Errorf("%q: %q, %v", typed, string(got), err)
		}
	}
	for typed, want := range map[string]error{
		"": account.ErrCodeLength, "01GH": account.ErrCodeLength, r.String() + "0": account.ErrCodeLength, strings.Repeat(" ", 201): account.ErrCodeLength,
		"U1GH-JZ56-789A-" + c: account.ErrCodeCharacter, "01GH-JZ56-789*-" + c: account.ErrCodeCharacter, "01GH-JZ56-789\xff-" + c: account.ErrCodeCharacter,
		"一1GH-JZ56-789A-" + c: account.ErrCodeCharacter, "01GH-JZ56-78A9-" + c: account.ErrCodeCheck,
	} {
		if _, err := account.ParseReceipt(typed); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", typed, err, want)
		}
	}
	s, err := account.NewSecond(rand.Reader)
	if err != nil || len(s) != 8 {
		t.Fatal(s, err)
	}
	if got, err := account.ParseSecond(strings.ToLower(s.String())); err != nil || got != s {
		t.Error(got, err)
	}
	if _, err := account.NewSecond(bytes.NewReader(nil)); err == nil {
		t.Error("a secret without random")
	}
	if got := account.Receipt("x").String() + account.Second("").String(); got != "not a receipt codenot a second secret" {
		t.Error(got)
	}
}

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// Every single mistake and every two characters that changed places are caught, whatever the code.
func TestTheCheckCharacterCatchesSlips(t *testing.T) {
	for range 20 {
		r, err := account.NewReceipt(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		for i := range len(r) {
			for _, c := range []byte(alphabet) {
				b := []byte(r)
				b[i] = c
				if _, err := account.ParseReceipt(string(b)); (err == nil) != (c == r[i]) {
					t.Fatalf("%s as %s: %v", r, b, err)
				}
			}
			for j := range i {
				b := []byte(r)
				b[i], b[j] = b[j], b[i]
				if _, err := account.ParseReceipt(string(b)); (err == nil) != (b[i] == b[j]) {
					t.Fatalf("%s as %s: %v", r, b, err)
				}
			}
		}
	}
}

func TestDigestsDependOnSaltAndKind(t *testing.T) {
	salt, err := account.NewSalt(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other := salt
	other[0] ^= 1
	r, s := account.Receipt("01GHJZ567890A"), account.Second("01GHJZ56")
	all := []account.Digest{r.Digest(salt), r.Digest(other), s.Digest(salt), s.Digest(other), account.Receipt(s).Digest(salt)}
	for i, a := range all {
		if !account.Same(a, a) || slices.Contains(all[:i], a) || i > 0 && account.Same(a, all[0]) {
			t.Errorf("digest %d", i)
		}
	}
}

// What is read once is read the same when it is printed and typed again.
func FuzzParseReceipt(f *testing.F) {
	f.Add("01GH-JZ56-789A-0")
	f.Add("oil0-OIL0-oil0-0")
	f.Fuzz(func(t *testing.T, typed string) {
		r, err := account.ParseReceipt(typed)
		if err != nil {
			return
		}
		if again, err := account.ParseReceipt(r.String()); err != nil || again != r || len(r) != 13 {
			t.Fatalf("%q: %q, then %q, %v", typed, string(r), string(again), err)
		}
	})
}
