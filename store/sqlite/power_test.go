package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"plumbline/casefile"
	"plumbline/handling"
	"plumbline/store/storetest"
)

// disk is a file system of its own in a file, so that it can lose its power or fill up.
type disk struct{ image, dir string }

// newDisk makes one; shows is what is not proved where it cannot be made.
func newDisk(t *testing.T, size, shows string) *disk {
	t.Helper()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skipf("SKIPPED: %s is not proved here: mounting a file system of its own needs Linux and root", shows)
	}
	for _, program := range []string{"mkfs.ext4", "mount", "umount"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("SKIPPED: %s is not proved here: a file system of its own needs %s: %v", shows, program, err)
		}
	}
	dir := t.TempDir()
	d := &disk{filepath.Join(dir, "image"), filepath.Join(dir, "disk")}
	run := func(name string, args ...string) error {
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", name, err, out)
		}
		return nil
	}
	if err := errors.Join(os.Mkdir(d.dir, 0o700), run("truncate", "-s", size, d.image), run("mkfs.ext4", "-q", d.image)); err != nil {
		t.Fatal(err)
	}
	if err := run("mount", "-o", "loop", d.image, d.dir); err != nil {
		t.Skipf("SKIPPED: %s is not proved here: this machine mounts no file system: %v", shows, err)
	}
	t.Cleanup(func() {
		if err := run("umount", d.dir); err != nil {
			t.Error(err)
		}
	})
	return d
}

// cut takes the power away: what was not synced never reaches the image.
func (d *disk) cut() error {
	f, err := os.Open(d.dir)
	if err != nil {
		return err
	}
	defer f.Close()
	const shutdown, withoutLog = 0x8004587d, 2 // FS_IOC_SHUTDOWN, FS_SHUTDOWN_FLAGS_NOLOGFLUSH
	flags := uint32(withoutLog)
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), shutdown, uintptr(unsafe.Pointer(&flags))); e != 0 {
		return e
	}
	return nil
}

// restart mounts the image again; its journal is replayed.
func (d *disk) restart() error {
	var err error
	for range 50 { // the kernel lets go of a killed process' files a little later
		if err = exec.Command("umount", d.dir).Run(); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		return fmt.Errorf("umount: %w", err)
	}
	return exec.Command("mount", "-o", "loop", d.image, d.dir).Run()
}

func TestPowerCut(t *testing.T) {
	d := newDisk(t, "400M", "that a power cut takes nothing that was acknowledged")
	rounds := 20
	if testing.Short() {
		rounds = 2
	}
	lost, n := 0, 0
	loose := filepath.Join(d.dir, "not-synced")
	storetest.Crash(t, storetest.Crashing{
		Rounds: rounds, Fresh: 4,
		Address: func(*testing.T) string { n++; return filepath.Join(d.dir, fmt.Sprint("store-", n, ".db")) },
		Open:    func(t *testing.T, address string) handling.Store { return open(t, address) },
		Kill: func(t *testing.T, child *exec.Cmd) {
			if err := os.WriteFile(loose, bytes.Repeat([]byte("not synced\n"), 5000), 0o600); err != nil {
				t.Fatal(err)
			}
			// A process does not outlive the power: what a sync that the cut caught in the middle returns, nobody may hear. ext4 can
			// call it good.
			if err := errors.Join(child.Process.Signal(syscall.SIGSTOP), d.cut(), child.Process.Kill()); err != nil {
				t.Fatal(err)
			}
			_ = child.Wait() // its files must be closed
		},
		Recover: func(t *testing.T) {
			if err := d.restart(); err != nil {
				t.Fatal(err)
			}
			if b, err := os.ReadFile(loose); err != nil || len(b) < 5000*11 || b[len(b)-2] != 'd' {
				lost++
			}
			if err := os.RemoveAll(loose); err != nil {
				t.Fatal(err)
			}
		},
	})
	if lost < rounds { // otherwise the power was not cut at all
		t.Errorf("a file that nobody synced was lost in %d of %d rounds", lost, rounds)
	}
	t.Logf("a file that nobody synced was lost in %d of %d rounds", lost, rounds)
}

// A sync that fails, at any moment, ends the store: everybody is told within a second, it can be closed, and no sync is tried
// again, not by closing either. Nothing it acknowledged is missing.
//
// strace counts the calls of each thread by itself, and the writer moves between threads: some children never come as far.
func TestFailedSync(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skipf("SKIPPED: that a sync that fails ends the store, and is never tried again, is not proved here: failing one needs strace: %v", err)
	}
	rounds := 20
	if testing.Short() {
		rounds = 3
	}
	var address, log string
	hit, dir := 0, t.TempDir()
	storetest.Crash(t, storetest.Crashing{
		Rounds: rounds, Fresh: 4, Refuses: true,
		Address: func(t *testing.T) string { address = filepath.Join(t.TempDir(), "store.db"); return address },
		Open:    func(t *testing.T, address string) handling.Store { return open(t, address) },
		Recover: func(t *testing.T) { // the traced process ends a little after its tracer
			for range 200 {
				if f, err := lock(address + ".lock"); err == nil {
					if err := f.Close(); err != nil {
						t.Fatal(err)
					}
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		},
		Start: func(round int, child *exec.Cmd) {
			path, err := exec.LookPath("strace")
			if err != nil {
				t.Fatal(err)
			}
			log = filepath.Join(dir, fmt.Sprint("strace-", round))
			child.Args = append([]string{"strace", "-f", "-qq", "-o", log, "-P", address, "-P", address + "-wal", "-e", "trace=fsync,fdatasync",
				"-e", fmt.Sprintf("inject=fsync,fdatasync:error=EIO:when=%d", 1+round*2), child.Path}, child.Args[1:]...)
			child.Path = path
			child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		},
		Kill: func(t *testing.T, child *exec.Cmd) {
			ended := make(chan error, 1)
			go func() { ended <- child.Wait() }()
			var err error
			failed := func() []byte { // what strace saw from the failed sync on
				text, e := os.ReadFile(log)
				if e != nil {
					t.Fatal(e)
				}
				_, after, _ := bytes.Cut(text, []byte("INJECTED"))
				return after
			}
			running, limit := true, 2*time.Second
			for waited := time.Duration(0); running && waited < limit; waited += 50 * time.Millisecond {
				select {
				case err = <-ended:
					running = false
				case <-time.After(50 * time.Millisecond):
					if limit < 15*time.Second && failed() != nil {
						limit = waited + 15*time.Second // now it must end by itself; it times its answers itself, too
					}
				}
			}
			if running {
				if e := syscall.Kill(-child.Process.Pid, syscall.SIGKILL); e != nil {
					t.Fatal(e)
				}
				<-ended
			}
			after := failed()
			switch {
			case after == nil:
				return // no thread came as far as that sync
			case bytes.Contains(after, []byte("sync(")):
				t.Errorf("a sync failed and the store went on:\n%s", after)
			case running && limit >= 15*time.Second:
				t.Error("a sync failed and the child did not end")
			case running: // it failed in the moment between the last look and the kill
				t.Log("a sync failed when the time was up")
				return
			}
			hit++
			var exit *exec.ExitError
			if !running && (!errors.As(err, &exit) || exit.ExitCode() != 3 && exit.ExitCode() != 1) {
				t.Errorf("a sync failed and the child ended with %v", err)
			}
		},
	})
	if hit == 0 {
		t.Error("no sync failed: nothing was shown")
	}
	t.Logf("%d of %d rounds had a failing sync", hit, rounds)
}

// A disk that fills up ends the store, at whatever write it is; readers read on, and with room again all is there.
func TestFullDisk(t *testing.T) {
	d := newDisk(t, "24M", "that a full disk ends the store and takes nothing that was acknowledged")
	ctx := context.Background()
	levels := 10
	if testing.Short() {
		levels = 2
	}
	acts := 0
	for level := range levels {
		path := filepath.Join(d.dir, fmt.Sprint("store-", level, ".db"))
		s := open(t, path)
		var space syscall.Statfs_t
		if err := syscall.Statfs(d.dir, &space); err != nil {
			t.Fatal(err)
		}
		ballast := filepath.Join(d.dir, "ballast")
		fill := int64(space.Bavail)*space.Bsize - int64(100_000+level*130_001)
		if err := os.WriteFile(ballast, make([]byte, fill), 0o600); err != nil {
			t.Fatal(err)
		}
		acked := int64(0)
		var err error
		for err == nil {
			if _, err = s.Commit(ctx, storetest.Change("c", acked, casefile.ActID(fmt.Sprint("act-", acked)))); err == nil {
				acked++
			}
		}
		if !errors.Is(err, casefile.ErrStopped) || !errors.Is(s.Health(), casefile.ErrStopped) {
			t.Errorf("level %d: %v, health %v", level, err, s.Health())
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Commit(ctx, storetest.Change("c", acked, "with room again")); !errors.Is(err, casefile.ErrStopped) {
			t.Errorf("level %d: %v with room again, before a restart", level, err)
		}
		if _, err := s.Acts(ctx, "c", 0); err != nil {
			t.Errorf("level %d: reading: %v", level, err)
		}
		s.Close()
		s = open(t, path)
		list, err := s.Acts(ctx, "c", 0)
		if n := int64(len(list)); err != nil || n != acked && n != acked+1 {
			t.Errorf("level %d: %d acts there, %d acknowledged: %v", level, n, acked, err)
		}
		if err := s.Check(ctx); err != nil {
			t.Errorf("level %d: %v", level, err)
		}
		if err := errors.Join(s.Close(), os.Remove(path), os.Remove(path+".lock")); err != nil {
			t.Fatal(err)
		}
		acts += int(acked)
	}
	t.Logf("%d levels, %d acts acknowledged and all there", levels, acts)
}
