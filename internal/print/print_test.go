package print

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"html"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/chromedp/chromedp"
)

var (
	chromium = flag.String("chromium", "", "print with this browser")
	shared   *Printer // one browser for all tests, as in a server
)

func TestMain(m *testing.M) {
	flag.Parse()
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	if shared, err = New(ctx, Options{Chromium: *chromium}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) // a machine without a browser has not passed
	}
	code := m.Run()
	shared.Close()
	cancel()
	os.Exit(code)
}

func page1(body string) []byte {
	return []byte(`<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>受案回执</title>
<style>@page{size:A4;margin:25mm} body{font:12pt/1.6 ` + FontStack + `}</style><body>` + body)
}

func mustPDF(t testing.TB, doc []byte) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	pdf, err := shared.PDF(ctx, doc)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Fatalf("no PDF: %.20q", pdf)
	}
	return pdf
}

// tool runs a program of poppler on a PDF.
func tool(t testing.TB, pdf []byte, name string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	args = append(args, file)
	if name == "pdftotext" {
		args = append(args, "-")
	}
	out, err := exec.Command(name, args...).Output()
	if errors.Is(err, exec.ErrNotFound) {
		t.Fatalf("%s not found: install the Debian package poppler-utils, or run .ci/needs", name)
	}
	if err != nil {
		t.Fatal(name, err)
	}
	return string(out)
}

// letters is text without space and page ends.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

func TestTextComesBack(t *testing.T) {
	text := "受案登记表：当事人㛃䶮𬭚𠮷，2026年11月23日行至人民路，月行见长门马鱼鸟龙，编号7KQ-9M·XP（第〇一号）。" +
		"以事实为根据，以法律为准绳。“引号”——破折号……《行政处罚法》第五十八条。"
	pdf := mustPDF(t, page1("<h1>受案回执</h1><p>"+text+"</p><table><tr><th>姓名</th><td>𠮷㛃</td></tr></table>"))
	if got, want := letters(tool(t, pdf, "pdftotext")), "受案回执"+text+"姓名𠮷㛃"; got != want {
		t.Errorf("text layer\n got %s\nwant %s", got, want)
	}
	lines := strings.Split(strings.TrimSpace(tool(t, pdf, "pdffonts")), "\n")
	if len(lines) < 3 {
		t.Fatalf("no fonts: %q", lines)
	}
	for _, l := range lines[2:] {
		if !regexp.MustCompile(` yes (yes|no ) yes +\d+ +\d+$`).MatchString(l) { // Type 3 fonts are never called subsets
			t.Errorf("font not embedded, or without text: %s", l)
		}
	}
	info := tool(t, pdf, "pdfinfo")
	for _, want := range []string{`Title: +受案回执`, `Tagged: +yes`, `Pages: +1\n`, `Page size: +59\d\.\d+ x 84\d\.\d+ pts \(A4\)`, `JavaScript: +no`} {
		if !regexp.MustCompile(want).MatchString(info) {
			t.Errorf("pdfinfo: want %s in\n%s", want, info)
		}
	}
}

// TestEveryHanCharacterIsShownAndComesBack prints what the installed fonts have of the basic block and extension A, and
// every 16th character of the others. All of it must be in the text layer; and since the text layer also has characters
// that are shown as an empty box, the page is drawn and each place compared with the box.
func TestEveryHanCharacterIsShownAndComesBack(t *testing.T) {
	fonts := fonts(t)
	boxes := grid(t, &Coverage{spans: []span{{0, unicode.MaxRune}}}, []rune{0x2EBF5, 0x2EBF6}) // extension I: in no font
	box := boxes[0]
	if !box.drawn() || box.pixels != boxes[1].pixels {
		t.Fatal("characters without glyph are not shown as the same box")
	}
	for _, block := range []struct {
		name        string
		first, last rune
		step        rune
	}{
		{"basic and extension A", 0x3400, 0x9FFF, 1},
		{"extension B", 0x20000, 0x2A6DF, 16},
		{"extensions C to F", 0x2A700, 0x2EBE0, 16},
		{"extensions G and H", 0x30000, 0x323AF, 16},
		{"radicals", 0x2E80, 0x2FD5, 1},
		{"compatibility ideographs", 0xF900, 0xFAD9, 1},
	} {
		t.Run(block.name, func(t *testing.T) {
			var all []rune
			for r := block.first; r <= block.last; r += block.step {
				if unicode.Is(unicode.Han, r) && fonts.Has(r) {
					all = append(all, r)
				}
			}
			t.Logf("%d characters", len(all))
			wrong := 0
			for i, c := range grid(t, fonts, all) {
				if c.text != all[i] || !c.drawn() || c.pixels == box.pixels {
					if wrong++; wrong <= 20 {
						t.Errorf("%U %c: came back as %U, drawn %v, as a box %v", all[i], all[i], c.text, c.drawn(), c.pixels == box.pixels)
					}
				}
			}
			if wrong > 20 {
				t.Errorf("and %d more", wrong-20)
			}
		})
	}
}

const (
	columns, rows = 40, 50
	pitch         = 20 // pixels from character to character
)

// cell is what became of one character: what the text layer has, and what is seen.
type cell struct {
	text   rune
	pixels [pitch * pitch]byte
}

func (c cell) drawn() bool { return c.pixels != cell{}.pixels }

// grid prints characters at equal distances and reads the page back.
func grid(t *testing.T, fonts *Coverage, all []rune) []cell {
	t.Helper()
	var body strings.Builder
	for line := range slices.Chunk(all, columns) {
		body.WriteString("<div>" + string(line) + "</div>")
	}
	browser, err := shared.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pdf, err := printOne(t.Context(), browser, documentLimit, fmt.Sprintf(`<!doctype html><meta charset="utf-8"><style>
@page{size:%[1]dpx %[2]dpx;margin:0} body{margin:0;font:16px/%[3]dpx %[4]s}
div{white-space:nowrap;letter-spacing:4px;height:%[3]dpx;overflow:hidden;break-inside:avoid}</style>%[5]s`,
		columns*pitch, rows*pitch, pitch, FontStack, body.String()), fonts)
	if err != nil {
		t.Fatal(err)
	}
	cells := make([]cell, len(all))
	text := []rune(letters(tool(t, pdf, "pdftotext", "-raw")))
	if len(text) > len(all) {
		t.Errorf("%d of %d characters came back", len(text), len(all))
	}
	for i := range min(len(text), len(all)) {
		cells[i].text = text[i]
	}
	pages := []byte(tool(t, pdf, "pdftoppm", "-r", "96", "-gray"))
	for page := 0; len(pages) > 0; page++ {
		var w, h, most int
		if _, err := fmt.Sscanf(string(pages[:min(len(pages), 40)]), "P5\n%d %d\n%d\n", &w, &h, &most); err != nil {
			t.Fatal(err)
		}
		pixels := pages[len(fmt.Sprintf("P5\n%d %d\n%d\n", w, h, most)):]
		for i := range columns * rows {
			n := page*columns*rows + i
			if n >= len(all) {
				break
			}
			for y := range pitch {
				for x := range pitch {
					cells[n].pixels[y*pitch+x] = 255 - pixels[(i/columns*pitch+y)*w+i%columns*pitch+x]
				}
			}
		}
		pages = pixels[w*h:]
	}
	return cells
}

func TestMissingCharacterStopsPrinting(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"private use", "<p>张\uF8FF三</p>", "U+F8FF (private use)"},
		{"not assigned", "<p>\U0003FFF0</p>", "U+3FFF0"},
		{"by reference", "<p>&#x3FFF0;</p>", "U+3FFF0"},
		{"only in what CSS adds", `<style>p:before{content:"\3FFF0"}</style><p>一</p>`, "U+3FFF0"},
		{"bytes that are not UTF-8", "<p>\xff</p>", "U+FFFD (a character lost before)"},
		{"in a picture", `<svg><text y="20">` + "\uF8FF</text></svg>", "U+F8FF (private use)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			pdf, err := shared.PDF(t.Context(), page1(c.body))
			var missing *MissingError
			if !errors.As(err, &missing) || pdf != nil {
				t.Fatalf("got %d bytes, %v; want a MissingError", len(pdf), err)
			}
			if !strings.Contains(err.Error(), c.want+":") || !strings.Contains(err.Error(), "install a font") {
				t.Errorf("%v: want %s and what to do", err, c.want)
			}
		})
	}
	mustPDF(t, page1("<p hidden>\uF8FF</p><p>不显示的不必有字形</p>"))
}

func TestNothingOutsideIsRequested(t *testing.T) {
	var hits atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer server.Close()
	secret := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(secret, []byte("机密"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"image":      `<img src="%s/a.png">`,
		"lazy image": `<div style="height:5000px"></div><img loading="lazy" src="%s/a.png">`,
		"style":      `<link rel="stylesheet" href="%s/a.css">`,
		"import":     `<style>@import "%s/a.css";</style>`,
		"font":       `<style>@font-face{font-family:x;src:url(%s/a.woff2)} p{font-family:x}</style><p>字</p>`,
		"frame":      `<iframe src="%s/a.html"></iframe>`,
		"object":     `<object data="%s/a.svg"></object>`,
		"file frame": `<iframe src="file:///etc/hostname"></iframe><!--%s-->`,
		"refresh":    `<meta http-equiv="refresh" content="0;url=%s/a.html"><p>原文</p>`,
		"background": `<p style="background:url(%s/a.png)">字</p>`,
	} {
		t.Run(name, func(t *testing.T) {
			pdf, err := shared.PDF(t.Context(), page1(fmt.Sprintf(body, server.URL)))
			if !errors.Is(err, ErrOutside) || pdf != nil {
				t.Errorf("got %d bytes, %v; want ErrOutside", len(pdf), err)
			}
		})
	}
	for name, body := range map[string]string{
		"prefetch":    `<link rel="prefetch" href="%[1]s/a"><link rel="preconnect" href="%[1]s"><link rel="dns-prefetch" href="%[1]s"><p>字</p>`,
		"file":        `<p style="background:url(file://%[2]s)">字</p>`,
		"file import": `<style>@import "file://%[2]s";</style><img src="file://%[2]s"><p>字</p>`,
	} {
		t.Run(name, func(t *testing.T) {
			pdf, err := shared.PDF(t.Context(), page1(fmt.Sprintf(body+"<!--%[1]s%[2]s-->", server.URL, secret)))
			if err != nil {
				t.Fatal(err)
			}
			if got := letters(tool(t, pdf, "pdftotext")); got != "字" {
				t.Errorf("got %q, want 字 alone", got)
			}
		})
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("%d requests came out", n)
	}
}

// TestBrowserReachesNobody: without the guard of the tab, the browser itself still reaches nobody.
func TestBrowserReachesNobody(t *testing.T) {
	var hits atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer server.Close()
	browser, err := shared.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tab, closeTab := chromedp.NewContext(browser)
	defer closeTab()
	for _, address := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)} {
		if err := chromedp.Do(tab, chromedp.Navigate(address)); err == nil {
			t.Errorf("%s opened", address)
		} else {
			t.Log(err)
		}
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("%d requests came out", n)
	}
}

func TestScriptsDoNotRun(t *testing.T) {
	got := letters(tool(t, mustPDF(t, page1(`<p id="a">原文</p><p onclick="x()">二</p>
<script>document.getElementById("a").textContent="改过"</script>
<img src="data:image/png;base64,x" onerror="document.getElementById('a').textContent='改过'">
<svg onload="document.getElementById('a').textContent='改过'"></svg><noscript>无脚本</noscript>`)), "pdftotext"))
	if got != "原文二无脚本" {
		t.Errorf("got %q", got)
	}
}

func TestPicturesInsideArePrinted(t *testing.T) {
	var buf bytes.Buffer
	if err := png.Encode(&buf, image.NewRGBA(image.Rect(0, 0, 2000, 2000))); err != nil {
		t.Fatal(err)
	}
	data := "data:image/png;base64," + base64.StdEncoding.EncodeToString(buf.Bytes())
	out := tool(t, mustPDF(t, page1(`<img width="100" src="`+data+`"><p style="background:url(`+data+`)">字</p>`)), "pdfimages", "-list")
	if !regexp.MustCompile(`image +2000 +2000 `).MatchString(out) {
		t.Errorf("the picture is not in the file:\n%s", out)
	}
}

func TestPageSizeOfTheDocument(t *testing.T) {
	for css, want := range map[string]string{"@page{size:A5 landscape}": "594.96 x 420 ", "": "(A4)"} {
		if out := tool(t, mustPDF(t, []byte("<!doctype html><style>"+css+"</style><p>字")), "pdfinfo"); !strings.Contains(out, want) {
			t.Errorf("%q: want %s in\n%s", css, want, out)
		}
	}
}

func TestSideBySide(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			want := fmt.Sprintf("第%d号", i)
			pdf, err := shared.PDF(t.Context(), page1("<p>"+want))
			if err != nil {
				t.Error(err)
				return
			}
			if got := letters(tool(t, pdf, "pdftotext")); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	wg.Wait()
}

func TestKilledBrowser(t *testing.T) {
	p, err := New(t.Context(), Options{Chromium: *chromium})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	kill := func() {
		browser, err := p.start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := chromedp.FromContext(browser).Browser.Process().Kill(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 { // at once after the kill, whether the death has been seen or not
		kill()
		if _, err := p.PDF(t.Context(), page1(fmt.Sprintf("<p>第%d次", i))); err != nil {
			t.Fatalf("after kill %d: %v", i, err)
		}
	}
	var wg sync.WaitGroup
	for i := range 4 { // and in the middle of work
		wg.Go(func() {
			if _, err := p.PDF(t.Context(), page1(strings.Repeat("<p>长文书。", 3000*(i%2)+1))); err != nil {
				t.Error(err)
			}
		})
	}
	time.Sleep(50 * time.Millisecond)
	kill()
	wg.Wait()
}

func TestHangingBrowser(t *testing.T) {
	p, err := New(t.Context(), Options{Chromium: *chromium})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	browser, err := p.start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := chromedp.FromContext(browser).Browser.Process().Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	p.limit = time.Second
	if _, err := p.PDF(t.Context(), page1("<p>一")); !errors.Is(err, errHangs) {
		t.Errorf("got %v", err)
	}
	p.limit = documentLimit
	if _, err := p.PDF(t.Context(), page1("<p>一")); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestEnds(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir) // where the browser's profile goes
	p, err := New(t.Context(), Options{Chromium: *chromium})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.PDF(t.Context(), page1("<p>一")); err != nil {
		t.Fatal(err)
	}
	browser := p.browser
	t.Run("cancelled while it waits for a place", func(t *testing.T) {
		p.slots <- struct{}{}
		p.slots <- struct{}{}
		defer func() { <-p.slots; <-p.slots }()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if _, err := p.PDF(ctx, page1("<p>一")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("cancelled in the middle leaves the browser", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
		defer cancel()
		if _, err := p.PDF(ctx, page1(strings.Repeat("<p>很长的文书。", 20000))); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if _, err := p.PDF(t.Context(), page1("<p>一")); err != nil || p.browser != browser {
			t.Errorf("got %v, new browser %v", err, p.browser != browser)
		}
	})
	p.Close()
	if _, err := p.PDF(t.Context(), page1("<p>一")); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close got %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("the browser left %v, %v", left, err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

func TestNoBrowser(t *testing.T) {
	if _, err := New(t.Context(), Options{Chromium: "no-such-browser"}); err == nil || !strings.Contains(err.Error(), ".ci/needs") {
		t.Errorf("got %v", err)
	}
	p, err := New(t.Context(), Options{Chromium: "false"}) // starts, and ends at once
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.PDF(t.Context(), page1("一")); err == nil {
		t.Error("printed without a browser")
	} else {
		t.Log(err)
	}
}

func BenchmarkPDF(b *testing.B) {
	doc := page1("<h1>受案回执</h1>" + strings.Repeat("<p>"+html.EscapeString("以事实为根据，以法律为准绳。当事人㛃䶮𬭚𠮷于2026年11月23日提出申请。")+"</p>", 15))
	size := len(mustPDF(b, doc)) // the browser is up
	for _, workers := range []int{1, atOnce} {
		b.Run(fmt.Sprintf("side by side=%d", workers), func(b *testing.B) {
			b.SetParallelism(1)
			var left atomic.Int64
			left.Store(int64(b.N))
			var wg sync.WaitGroup
			for range workers {
				wg.Go(func() {
					for left.Add(-1) >= 0 {
						mustPDF(b, doc)
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "PDF/s")
			b.ReportMetric(float64(size), "bytes")
		})
	}
}
