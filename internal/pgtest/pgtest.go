// Package pgtest runs a PostgreSQL server of its own for the tests of one process, with the settings of production.
package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Main runs the tests and stops the server: func TestMain(m *testing.M) { pgtest.Main(m) }.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run is Main that returns the exit code.
func Run(m *testing.M) int {
	code := m.Run()
	if shared != nil {
		if err := shared.remove(); err != nil {
			fmt.Fprintln(os.Stderr, "pgtest:", err)
			code = max(code, 1)
		}
	}
	return code
}

var (
	once      sync.Once
	shared    *Server
	sharedErr error
	databases struct {
		sync.Mutex
		n int
	}
)

// Server is a cluster in a temporary folder, reached by a socket in it alone.
type Server struct {
	dir     string
	bin     string
	who     *syscall.Credential // PostgreSQL refuses to run as root
	process *exec.Cmd
	ended   chan error
	log     *bytes.Buffer
}

// Start returns the server of this process. Without its programs the test fails: it is never skipped.
func Start(t testing.TB) *Server {
	t.Helper()
	once.Do(func() { shared, sharedErr = start() })
	if sharedErr != nil {
		t.Fatal(sharedErr)
	}
	return shared
}

// Database makes a fresh database and returns the address to open it by.
func Database(t testing.TB) string {
	t.Helper()
	s := Start(t)
	databases.Lock()
	defer databases.Unlock()
	databases.n++
	name := fmt.Sprint("test", databases.n)
	if out, err := s.command("psql", "-h", s.dir, "-U", "plumbline", "-d", "postgres", "-qc", "CREATE DATABASE "+name).CombinedOutput(); err != nil {
		t.Fatalf("create database: %v\n%s", err, out)
	}
	return fmt.Sprintf("host=%s user=plumbline dbname=%s sslmode=disable", s.dir, name)
}

// Bin is the folder of the server's programs.
func (s *Server) Bin() string { return s.bin }

func programs() (string, error) {
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.Sort(dirs)
	slices.Reverse(dirs)
	if p, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(p))
	}
	for _, d := range dirs {
		if _, err := os.Stat(filepath.Join(d, "initdb")); err != nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(d, "postgres")); err == nil {
			return d, nil
		}
	}
	return "", errors.New("the programs of PostgreSQL (initdb, postgres) are not here: run .ci/needs")
}

func start() (_ *Server, err error) {
	s := &Server{}
	if s.bin, err = programs(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "pgtest"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil { // nobody will stop it or clean up after it
			if s.process != nil && s.process.Process != nil {
				err = errors.Join(err, s.process.Process.Kill())
			}
			err = errors.Join(err, os.RemoveAll(s.dir))
		}
	}()
	if os.Geteuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			return nil, fmt.Errorf("as root, PostgreSQL runs as the user postgres: %w: run .ci/needs", err)
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err := errors.Join(err1, err2, os.Chown(s.dir, uid, gid)); err != nil {
			return nil, err
		}
		s.who = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	out, err := s.command("initdb", "-D", s.data(), "-U", "plumbline", "--auth=trust", "--data-checksums", "--encoding=UTF8", "--locale=C", "--no-sync").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if err := s.Start(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, name), args...)
	c.Dir = s.dir
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.who}
	return c
}

// Start starts the server after Stop.
func (s *Server) Start() error {
	s.log = &bytes.Buffer{}
	s.process = s.command("postgres", "-D", s.data(), "-c", "listen_addresses=", "-c", "unix_socket_directories="+s.dir, "-c", "max_connections=200",
		"-c", "shared_buffers=128MB")
	s.process.Stderr = s.log
	s.process.SysProcAttr.Pdeathsig = syscall.SIGQUIT // when the test process is killed, the server goes too
	s.ended = make(chan error, 1)
	begun := make(chan error)
	go func() {
		runtime.LockOSThread() // the signal comes when this thread ends
		if err := s.process.Start(); err != nil {
			begun <- err
			return
		}
		begun <- nil
		s.ended <- s.process.Wait()
	}()
	if err := <-begun; err != nil {
		return err
	}
	for deadline := time.Now().Add(60 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if s.command("pg_isready", "-q", "-h", s.dir, "-U", "plumbline", "-d", "postgres").Run() == nil {
			return nil
		}
		select {
		case err := <-s.ended:
			return fmt.Errorf("postgres ended: %w\n%s", err, s.log)
		default:
		}
	}
	return fmt.Errorf("postgres does not answer\n%s", s.log)
}

// Stop stops the server: immediately, as in a crash (pg_ctl stop -m immediate), or in order.
func (s *Server) Stop(immediately bool) error {
	signal := syscall.SIGINT
	if immediately {
		signal = syscall.SIGQUIT
	}
	if err := s.process.Process.Signal(signal); err != nil {
		return err
	}
	<-s.ended //nolint:errcheck // it was told to end, and may call that an error
	return nil
}

// Kill kills the server (kill -9 of the process all others come from) and waits until the others have noticed.
func (s *Server) Kill() error {
	others, err := s.children()
	if err == nil {
		err = s.process.Process.Kill()
	}
	if err != nil {
		return err
	}
	<-s.ended //nolint:errcheck // it was killed, and says so
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		others = slices.DeleteFunc(others, func(pid int) bool { return syscall.Kill(pid, 0) != nil })
		if len(others) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("processes %v of a killed server do not end", others)
		}
	}
}

// Signal sends a signal to every process of the server: SIGSTOP makes it hang, SIGCONT go on.
func (s *Server) Signal(signal syscall.Signal) error {
	pids, err := s.children()
	for _, pid := range append(pids, s.process.Process.Pid) {
		if e := syscall.Kill(pid, signal); e != nil && !errors.Is(e, syscall.ESRCH) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// children are the processes that the server started, by /proc.
func (s *Server) children() (pids []int, _ error) {
	dirs, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	for _, d := range dirs {
		b, err := os.ReadFile(d)
		if err != nil {
			continue // it has ended
		}
		fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
		if len(fields) > 1 && string(fields[0]) != "Z" && string(fields[1]) == strconv.Itoa(s.process.Process.Pid) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(d)))
			if err != nil {
				return nil, err
			}
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

func (s *Server) remove() error {
	return errors.Join(s.Stop(true), os.RemoveAll(s.dir))
}
