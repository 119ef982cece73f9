package storetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"plumbline/casefile"
	"plumbline/handling"
)

// Environment of a child process that works until it is killed. TestMain of a store's tests calls Work where it is set.
const (
	crashStore = "PLUMBLINE_CRASH_STORE" // address of the store
	crashAcks  = "PLUMBLINE_CRASH_ACKS"  // file for what was acknowledged
	crashRound = "PLUMBLINE_CRASH_ROUND" // makes ids differ
)

// Working says whether this process is a child that Crash started.
func Working() bool { return os.Getenv(crashStore) != "" }

// prompt is how soon everybody has an answer once the store has failed.
const prompt = time.Second

// Work commits by 16 goroutines to the store that open opens, until the process is killed or the store stops. Each
// acknowledged act is a line of a file, synced before the next lines are taken. It returns the exit code: 3 when the store
// stopped as it must, 4 when it did not.
func Work(open func(address string) (handling.Store, error)) int {
	acks, err := os.OpenFile(os.Getenv(crashAcks), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	s, err := open(os.Getenv(crashStore))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("ready")
	lines := make(chan string, 256)
	go func() {
		for line := range lines {
			text := line
			for more := true; more; {
				select {
				case line := <-lines:
					text += line
				default:
					more = false
				}
			}
			if _, err := acks.WriteString(text); err != nil {
				panic(err)
			}
			if err := acks.Sync(); err != nil {
				panic(err)
			}
		}
	}()
	go func() { // somebody reads all the while
		for {
			_, _ = s.Case(context.Background(), "case")
			time.Sleep(time.Millisecond)
		}
	}()
	var first sync.Once
	stopped := make(chan time.Time, 1)
	var all sync.WaitGroup
	for g := range 16 {
		all.Go(func() {
			for i := 0; ; i++ {
				id := casefile.CaseID(fmt.Sprintf("case-%s-%d-%d", os.Getenv(crashRound), g, i/7))
				act := casefile.ActID(fmt.Sprintf("act-%s-%d-%d", os.Getenv(crashRound), g, i))
				k, err := s.Commit(context.Background(), laden(id, int64(i%7), act))
				if errors.Is(err, casefile.ErrStopped) {
					first.Do(func() { stopped <- time.Now() })
					return
				}
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				lines <- fmt.Sprintf("%s %s %d %d\n", act, id, k.Number, k.Index)
			}
		})
	}
	ended := make(chan error, 1)
	at := <-stopped
	go func() {
		all.Wait()
		ended <- stays(s)
	}()
	select {
	case err = <-ended:
	case <-time.After(10 * prompt):
		err = errors.New("somebody got no answer")
	}
	if took := time.Since(at); err == nil && took > prompt {
		err = fmt.Errorf("the last answer came %s after the first", took)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "after the store stopped:", err)
		if err := pprof.Lookup("goroutine").WriteTo(os.Stderr, 1); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		return 4
	}
	time.Sleep(50 * time.Millisecond) // let the last lines be written
	return 3
}

// stays holds a store that has failed against what it must be: red, answering at once that it is stopped, readable, and able
// to be closed.
func stays(s handling.Store) error {
	ctx := context.Background()
	if err := s.Health(); !errors.Is(err, casefile.ErrStopped) {
		return fmt.Errorf("health: %w", err)
	}
	for what, write := range map[string]func() error{
		"a change": func() error { _, err := s.Commit(ctx, Change("late", 0, "late")); return err },
		"a view":   func() error { return s.Look(ctx, casefile.Looked{}) },
		"a draft":  func() error { return s.PutDraft(ctx, casefile.Draft{Key: "late"}) },
	} {
		if err := write(); !errors.Is(err, casefile.ErrStopped) {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	_ = s.Close() // it may have more to say about what failed
	if err := s.Health(); !errors.Is(err, casefile.ErrStopped) {
		return fmt.Errorf("health after closing: %w", err)
	}
	return nil
}

// laden is a change that moves something in every table.
func laden(id casefile.CaseID, revision int64, act casefile.ActID) *casefile.Change {
	c := Change(id, revision, act)
	c.Act.Registers = []casefile.Register{{Unit: "unit-1", Year: 2026, Kind: "note"}}
	c.Findings = []casefile.Finding{{Case: id, Rule: "r", Clause: "1", Cause: revision + 1, At: c.Head.Updated, MadeBy: revision + 1}}
	c.Head.Findings = int(revision) + 1
	c.Head.Handlers, c.Head.Words = []string{"person-2"}, "王五 盗窃"
	return c
}

// Crashing is a store to be crashed.
type Crashing struct {
	Rounds  int
	Fresh   int                       // rounds after which an empty store is taken
	Address func(t *testing.T) string // of an empty store
	Open    func(t *testing.T, address string) handling.Store
	Kill    func(t *testing.T, child *exec.Cmd) // nil: kill -9
	Recover func(t *testing.T)                  // what must run again before the store is opened; nil: nothing
	Start   func(round int, child *exec.Cmd)    // alters the command of the child; nil: nothing
	Refuses bool                                // the child may fail before it is ready: then nothing was acknowledged
}

// Crash starts a child that works, ends it at a random moment, opens the store again and holds it against what the child was
// told: every acknowledged act is there once, with all that belongs to it, and nothing is there by half.
func Crash(t *testing.T, c Crashing) {
	var address string
	var total, more int
	for round := range c.Rounds {
		if round%c.Fresh == 0 {
			address = c.Address(t)
		}
		s := c.Open(t, address)
		before, _, err := s.Head(context.Background())
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		acks := filepath.Join(t.TempDir(), "acks")
		child := exec.Command(os.Args[0], "-test.run=^$")
		child.Env = append(os.Environ(), crashStore+"="+address, crashAcks+"="+acks, crashRound+"="+fmt.Sprint(round))
		child.Stderr = os.Stderr
		child.SysProcAttr = &syscall.SysProcAttr{}
		if c.Start != nil {
			c.Start(round, child)
		}
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		ready := err == nil && line == "ready\n"
		if !ready && !c.Refuses {
			t.Fatalf("round %d: the child said %q: %v", round, line, err)
		}
		if ready {
			time.Sleep(50*time.Millisecond + rand.N(850*time.Millisecond))
		}
		if c.Kill != nil {
			c.Kill(t, child)
		} else if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // it was killed, and says so
		if c.Recover != nil {
			c.Recover(t)
		}
		s = c.Open(t, address)
		acked, kept := compare(t, s, acks, before)
		if err := s.Check(context.Background()); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		total, more = total+acked, more+kept-acked
		if t.Failed() {
			t.Fatalf("round %d of %d failed", round, c.Rounds)
		}
	}
	t.Logf("%d rounds, %d acts acknowledged and all there, %d more written whose callers had no answer", c.Rounds, total, more)
	if total < 10*c.Rounds {
		t.Errorf("only %d acts in %d rounds: too few to say anything", total, c.Rounds)
	}
}

// compare compares what was acknowledged with what is kept from an index on.
func compare(t *testing.T, s handling.Store, acks string, from int64) (acked, kept int) {
	t.Helper()
	ctx := context.Background()
	size, _, err := s.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := s.Entries(ctx, from, int(size-from)+1)
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]int{}
	cases := map[casefile.CaseID]int64{}
	notes := map[string]int{}
	for _, e := range entries {
		there[fmt.Sprintf("%s %s %d %d", e.Act, e.Case, e.Number, e.Index)]++
		cases[e.Case] = max(cases[e.Case], e.Number)
	}
	notices, err := s.Notices(ctx, from, int(size-from)+1) // one notice for each act
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range notices {
		notes[n.Text]++
	}
	text, err := os.ReadFile(acks)
	if err != nil {
		t.Fatal(err)
	}
	whole := string(text[:strings.LastIndexByte(string(text), '\n')+1]) // the last line may be cut
	for line := range strings.Lines(whole) {
		acked++
		if there[strings.TrimSpace(line)] != 1 {
			t.Errorf("acknowledged %q: there %d times", strings.TrimSpace(line), there[strings.TrimSpace(line)])
		}
	}
	for _, e := range entries {
		if notes[string(e.Act)] != 1 {
			t.Errorf("act %s has %d notices", e.Act, notes[string(e.Act)])
		}
	}
	if len(notices) != len(entries) {
		t.Errorf("%d notices for %d acts", len(notices), len(entries))
	}
	for id, n := range cases {
		h, err0 := s.Case(ctx, id)
		duties, err1 := s.Duties(ctx, id)
		findings, err2 := s.Findings(ctx, id)
		if err := errors.Join(err0, err1, err2); err != nil {
			t.Fatal(err)
		}
		if h.Acts != n || h.Revision != n || int64(len(duties)) != n || int64(len(findings)) != n || string(h.Standing) != fmt.Sprintf("standing of %s after %d", id, n) {
			t.Errorf("case %s with %d acts: revision %d, %d duties, %d findings, %q", id, n, h.Revision, len(duties), len(findings), h.Standing)
		}
	}
	return acked, len(entries)
}
