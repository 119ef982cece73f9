package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"plumbline/audit"
	"plumbline/eventlog"
)

// progress tells on stderr how far long work is, and about how long it still takes: on a terminal, or where it was asked for.
// It says nothing in the first second. It is an eventlog.Watch.
type progress struct {
	out      io.Writer // nil: nobody looks
	terminal bool
	lang     string
	now      func() time.Time
	stop     chan struct{}
	done     sync.WaitGroup
	once     sync.Once

	mu          sync.Mutex
	began       time.Time // of the step at hand: reading, or what is done with the acts when all are read
	passes      int       // how often the log was opened
	read, size  int64     // bytes of the log; size 0: not known
	acts, cases int64
	expected    int64 // acts; 0: not known
}

func newProgress(wanted bool, lang string) *progress {
	terminal := false
	if info, err := os.Stderr.Stat(); err == nil {
		terminal = info.Mode()&os.ModeCharDevice != 0
	}
	p := &progress{terminal: terminal, lang: lang, stop: make(chan struct{})}
	if terminal || wanted {
		p.begin(os.Stderr, time.Now)
	}
	return p
}

func (p *progress) begin(out io.Writer, now func() time.Time) {
	p.out, p.now, p.began = out, now, now()
	p.done.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				if p.terminal {
					fmt.Fprint(p.out, "\r\033[K")
				}
				return
			case <-tick.C:
				if p.terminal {
					fmt.Fprint(p.out, "\r\033[K"+p.line())
				} else {
					fmt.Fprintln(p.out, p.line())
				}
			}
		}
	})
}

// end takes the line away; what follows is the result.
func (p *progress) end() {
	p.once.Do(func() { close(p.stop) })
	p.done.Wait()
}

// watch is what readers are given: nil where nobody looks.
func (p *progress) watch() eventlog.Watch {
	if p.out == nil {
		return nil
	}
	return p
}

// Expect begins a new step, whose length is known.
func (p *progress) Expect(acts int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expected, p.began = acts, p.now()
}

// Seen is told of cases and acts that are done.
func (p *progress) Seen(cases, acts int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cases += int64(cases)
	p.acts += int64(acts)
}

// reads begins anew whenever the log is opened. size is that of its files, 0 where their reading is not counted.
func (p *progress) reads(size int64, open audit.Opener) audit.Opener {
	if p.out == nil {
		return open
	}
	return func() (io.ReadCloser, error) {
		p.mu.Lock()
		p.began, p.passes = p.now(), p.passes+1
		p.read, p.size, p.acts, p.cases, p.expected = 0, size, 0, 0, 0
		p.mu.Unlock()
		return open()
	}
}

// file counts what is read of a file of the log.
func (p *progress) file(f *steadyFile, err error) (io.ReadCloser, error) {
	if err != nil {
		return nil, err
	}
	if p.out == nil {
		return f, nil
	}
	return &watched{f, p}, nil
}

// watched is a file whose reading is counted.
type watched struct {
	*steadyFile
	p *progress
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.steadyFile.Read(b)
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	w.p.read += int64(n)
	return n, err
}

// line says how far the work is.
func (p *progress) line() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	done, of := p.read, p.size
	if p.expected > 0 {
		done, of = p.acts, p.expected
	}
	share := 0.0
	if of > 0 {
		share = min(1, float64(done)/float64(of))
	}
	left := time.Duration(0) // not known
	if share > 0.005 && share < 1 {
		left = max(time.Duration(float64(p.now().Sub(p.began))*(1-share)/share).Round(time.Second), time.Second)
	}
	if p.lang == "zh" {
		return p.inChinese(of > 0, share, left)
	}
	text := fmt.Sprintf("%s, %s", counted(p.cases, "case"), counted(p.acts, "act"))
	switch {
	case left > 0:
		text = fmt.Sprintf("%.0f %%, about %s left: %s", 100*share, left, text)
	case of > 0:
		text = fmt.Sprintf("%.0f %%: %s", 100*share, text)
	}
	if p.passes > 1 {
		text += " (read a second time)"
	}
	return text
}

func (p *progress) inChinese(known bool, share float64, left time.Duration) string {
	text := fmt.Sprintf("案件 %d，行为 %d", p.cases, p.acts)
	switch {
	case left > 0:
		text = fmt.Sprintf("%.0f%%，约余 %d 秒：%s", 100*share, int(left.Seconds()), text)
	case known:
		text = fmt.Sprintf("%.0f%%：%s", 100*share, text)
	}
	if p.passes > 1 {
		text += "（第二次读取）"
	}
	return text
}

func counted(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
