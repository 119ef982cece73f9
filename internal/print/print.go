// Package print turns HTML into PDF with a headless Chromium, and stops a document that would come out with a
// character missing.
//
// A legal document must show every character of a name. So before printing, the text as laid out is held against the
// characters of the installed fonts, and one that no font has is an error that names it, never an empty box.
//
// # Fonts
//
// Documents name [FontStack]. Its first font has what is common, the others what is rare; together, as Debian 12 packs
// them, they have every Han character of the basic block and of the extensions A to F, and somewhat more than half of
// G and H (counted by TestCoverageOfHan). Noto has one glyph for 月 and for the radical ⽉; Chromium writes into the text
// layer which of the two stood at each place, and the tests read every Han character back. Write bold only as
// font-weight: Noto has a bold face, the others are thickened.
//
// All fonts are embedded. Those with CFF outlines, as Noto, come out as Type 3 fonts, one for every 255 numbers of
// glyphs: a page of text has some fifty. It reads and searches well, and PDF/A permits it. BabelStone Han as the first
// font would be embedded as one TrueType font, but has no bold, poor Latin letters, and makes files twice as large.
//
// # What a document may do
//
// Nothing but be laid out: no script runs, and what it shows must be in it, as text or as data: addresses. A document
// that asks for anything else, or has frames or objects in it, is not printed. Files of the machine are out of reach.
//
// Not handled: the shape that an ideographic variation selector asks for (the plain shape is printed when the font has
// no other), OFD, signatures. Two prints of one document differ in their dates and identifiers: keep the bytes, do not
// print again to get them.
package print

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/domsnapshot"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// FontStack is the value of font-family for documents: Song style, simplified forms first, then the rare characters.
const FontStack = `"Noto Serif CJK SC", "HanaMinA", "HanaMinB", "BabelStone Han", serif`

// ErrOutside: the document asks for something that is not in it.
var ErrOutside = errors.New("the document asks for what is not in it")

// ErrClosed: the printer has been closed.
var ErrClosed = errors.New("printer is closed")

const (
	atOnce        = 2                // documents laid out side by side
	startLimit    = 30 * time.Second // for the browser to come up
	documentLimit = 60 * time.Second // for one document; beyond it the browser is taken to hang
)

// Options of a printer. Where no browser is named, it is the first found of chromium-headless-shell, chromium,
// chromium-browser and google-chrome. All print alike; the first, which has no windows at all, starts four times and
// prints seven times as fast (0.07 s a page against 0.5 s on two cores).
type Options struct {
	Chromium string // path or name of the browser; empty means the first found
}

// Printer prints with one browser, which it starts when it is first needed and again after a crash. Its methods may be
// called from several goroutines.
type Printer struct {
	life  context.Context // the browser ends with it
	path  string
	limit time.Duration // for one document
	slots chan struct{} // one for each document in work

	lock    chan struct{} // holds one token while browser, stop or closed is read or changed
	browser context.Context
	stop    context.CancelFunc
	closed  bool
}

// New finds the browser. It does not start it. When ctx ends, a running browser ends too.
func New(ctx context.Context, o Options) (*Printer, error) {
	path, err := find(o.Chromium)
	if err != nil {
		return nil, err
	}
	return &Printer{life: ctx, path: path, limit: documentLimit, slots: make(chan struct{}, atOnce), lock: make(chan struct{}, 1)}, nil
}

func find(name string) (string, error) {
	names := []string{
		// Debian's program on PATH is a script that stays between us and the browser, which could then not be killed.
		"/usr/lib/chromium/chromium-headless-shell",
		"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome",
	}
	if name != "" {
		names = []string{name}
	}
	for _, n := range names {
		if path, err := exec.LookPath(n); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no browser to print with (looked for %s): install the Debian package chromium-headless-shell or chromium, or run .ci/needs",
		strings.Join(names, ", "))
}

// PDF prints a complete HTML document (UTF-8): tagged, with backgrounds, without header and footer, on A4 unless its
// CSS says @page size. It waits for a free place, as long as ctx lasts.
//
// Errors: *MissingError, ErrOutside, ErrClosed, the error of ctx, or what went wrong in the browser.
func (p *Printer) PDF(ctx context.Context, html []byte) ([]byte, error) {
	fonts, err := Installed(ctx)
	if err != nil {
		return nil, err
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for again := false; ; again = true {
		browser, err := p.start(ctx)
		if err != nil {
			return nil, err
		}
		pdf, err := printOne(ctx, browser, p.limit, string(html), fonts)
		switch {
		case err == nil:
			return pdf, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, errHangs):
			p.drop(browser)
			return nil, err
		case !again && !refused(err) && dead(browser):
			continue // perhaps by another document: once more with a new browser
		}
		return nil, err
	}
}

// refused reports whether the document is at fault, and would be again.
func refused(err error) bool {
	var missing *MissingError
	return errors.As(err, &missing) || errors.Is(err, ErrOutside)
}

// dead reports whether a browser has ended. It waits a little: a call may fail before the end has been noticed.
func dead(browser context.Context) bool {
	select {
	case <-browser.Done():
		return true
	case <-time.After(500 * time.Millisecond):
		return false
	}
}

// Close ends the browser and removes its files. Documents in work fail.
func (p *Printer) Close() error {
	p.lock <- struct{}{}
	defer func() { <-p.lock }()
	p.closed = true
	p.end()
	return nil
}

// start returns the context of a living browser.
func (p *Printer) start(ctx context.Context) (context.Context, error) {
	select {
	case p.lock <- struct{}{}:
		defer func() { <-p.lock }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if p.closed {
		return nil, ErrClosed
	}
	if err := p.life.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrClosed, err)
	}
	if p.browser != nil && p.browser.Err() == nil {
		return p.browser, nil
	}
	p.end()
	// chromedp removes the profile; what Chromium leaves in TMPDIR besides, it does not.
	temp, err := os.MkdirTemp("", "print")
	if err != nil {
		return nil, err
	}
	life, kill := context.WithCancel(p.life)
	// chromedp adds --no-sandbox for root, and only then: Chromium refuses to start as root with its sandbox.
	alloc, endAlloc := chromedp.NewExecAllocator(life, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(p.path),
		// Documents may ask for nothing (see guard). Should one find a way to ask, nobody answers: no name resolves, and
		// every address, also of this machine, is behind a proxy whose name does not resolve either.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"),
		chromedp.Flag("proxy-server", "nowhere.invalid:1"),
		chromedp.Flag("proxy-bypass-list", "<-loopback>"),
		chromedp.DisableGPU,
		chromedp.Env("TMPDIR="+temp),
		chromedp.UserAgent("Plumbline"), // Chromium writes it into the PDF as its creator
	)...)
	// chromedp reports what goes wrong twice, as an error and to the log; the log also has what is of no account.
	quiet := func(string, ...any) {}
	browser, endBrowser := chromedp.NewContext(alloc, chromedp.WithErrorf(quiet))
	p.browser, p.stop = browser, func() {
		kill()
		endBrowser()
		endAlloc()
		_ = os.RemoveAll(temp) // best effort: it is in the folder for what may be thrown away
	}

	// The browser lives as long as the context of its first call, so that one has no limit and is ended from outside.
	late := time.AfterFunc(startLimit, kill)
	gone := context.AfterFunc(ctx, kill)
	err = chromedp.Do(browser)
	inTime, wanted := late.Stop(), gone()
	if err == nil && inTime && wanted {
		return browser, nil
	}
	p.end()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case !inTime:
		return nil, fmt.Errorf("start %s: not up after %v", p.path, startLimit)
	}
	return nil, fmt.Errorf("start %s: %w", p.path, err)
}

// end stops the browser, if there is one. The lock must be held.
func (p *Printer) end() {
	if p.stop != nil {
		p.stop()
	}
	p.browser, p.stop = nil, nil
}

// drop ends a browser that hangs, unless another has taken its place already.
func (p *Printer) drop(browser context.Context) {
	p.lock <- struct{}{}
	defer func() { <-p.lock }()
	if p.browser == browser {
		p.end()
	}
}

var errHangs = errors.New("the browser hangs")

// printOne lays one document out in a tab of its own, checks its characters and prints it.
func printOne(ctx, browser context.Context, limit time.Duration, html string, fonts *Coverage) ([]byte, error) {
	tab, closeTab := chromedp.NewContext(browser)
	defer closeTab()
	tab, cancel := context.WithTimeoutCause(tab, limit, errHangs)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()

	pdf, err := chromedp.Run(tab, func(tab context.Context, t *chromedp.Target) ([]byte, error) {
		asked, err := guard(tab)
		if err != nil {
			return nil, err
		}
		if _, err := cdp.Call(tab, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
			return nil, err
		}
		main := cdp.FrameID(t.TargetID) // the two are the same for a page
		if _, err := cdp.Call(tab, t, page.SetDocumentContent, page.SetDocumentContentParams{FrameID: main, HTML: html}); err != nil {
			return nil, err
		}
		// Frames load when they like, after all else is done; so none may be there.
		if frames, err := chromedp.Evaluate[int](`document.querySelectorAll("iframe, frame, object, embed").length`)(tab, t); err != nil {
			return nil, err
		} else if frames > 0 {
			return nil, fmt.Errorf("%w: %d frames or objects", ErrOutside, frames)
		}
		if err := settled(tab, t); err != nil {
			return nil, err
		}
		text, err := shown(tab, t)
		if err != nil {
			return nil, err
		}
		if missing := fonts.Missing(text); len(missing) > 0 {
			return nil, &MissingError{Runes: missing}
		}
		pdf, err := chromedp.PrintToPDF(
			chromedp.PDFPaper(chromedp.PaperSize{Width: 210 / 25.4, Height: 297 / 25.4}),
			chromedp.PDFPreferCSSPageSize(),
			chromedp.PDFPrintBackground(),
			chromedp.PDFOutlineAndTagged(),
		)(tab, t)
		if err != nil {
			return nil, err
		}
		if a := asked(); len(a) > 0 {
			return nil, fmt.Errorf("%w: %s", ErrOutside, strings.Join(a, ", "))
		}
		return pdf, nil
	})
	if err != nil && errors.Is(context.Cause(tab), errHangs) {
		return nil, fmt.Errorf("print: %w: not done after %v", errHangs, limit)
	}
	if err != nil {
		return nil, fmt.Errorf("print: %w", err)
	}
	return pdf, nil
}

// guard refuses every request of the tab except for data: addresses. asked gives the addresses refused so far.
func guard(tab context.Context) (asked func() []string, err error) {
	var mu sync.Mutex
	var refused []string
	err = chromedp.Listen(tab, func(ev any) {
		r, ok := ev.(*fetch.EventRequestPaused)
		if !ok {
			return
		}
		inside := strings.HasPrefix(r.Request.URL, "data:")
		if !inside {
			mu.Lock()
			refused = append(refused, r.Request.URL)
			mu.Unlock()
		}
		go func() { // a listener may not call; where the call fails, the tab is ending
			if inside {
				_, _ = chromedp.Call(tab, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: r.RequestID})
				return
			}
			_, _ = chromedp.Call(tab, fetch.FailRequest, fetch.FailRequestParams{RequestID: r.RequestID, ErrorReason: network.ErrorReasonAborted})
		}()
	})
	if err != nil {
		return nil, err
	}
	if _, err := chromedp.Call(tab, fetch.Enable, fetch.EnableParams{}); err != nil {
		return nil, err
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(refused)
	}, nil
}

// settled waits until images and fonts of the document are there. It asks again and again, because with scripts off
// the page can not tell by itself, and the load event of the blank page before it may come late and be mistaken.
func settled(tab context.Context, t *chromedp.Target) error {
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		done, err := chromedp.Evaluate[bool](`document.documentElement.offsetHeight, // lays out, so that fonts begin to load
			document.readyState === "complete" && document.fonts.status === "loaded"`)(tab, t)
		if err != nil || done {
			return err
		}
		select {
		case <-time.After(wait):
		case <-tab.Done():
			return tab.Err()
		}
	}
}

// shown is the text as laid out, with what CSS adds to it.
func shown(tab context.Context, t *chromedp.Target) (string, error) {
	snap, err := cdp.Call(tab, t, domsnapshot.CaptureSnapshot, domsnapshot.CaptureSnapshotParams{ComputedStyles: []string{}})
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for _, d := range snap.Documents {
		for _, i := range d.Layout.Text {
			if i >= 0 && int(i) < len(snap.Strings) {
				text.WriteString(snap.Strings[i])
			}
		}
	}
	return text.String(), nil
}
