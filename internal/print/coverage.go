package print

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// Coverage is the set of characters that the installed fonts have.
type Coverage struct {
	spans []span // sorted, apart
}

type span struct{ first, last rune }

var installed struct {
	sync.Mutex
	coverage *Coverage
}

// Installed asks fontconfig (fc-list) for the fonts of this machine. The first answer is kept: a font installed later
// counts from the next start of the program, as it does for the browser.
func Installed(ctx context.Context) (*Coverage, error) {
	installed.Lock()
	defer installed.Unlock()
	if installed.coverage != nil {
		return installed.coverage, nil
	}
	// Outline fonts only: the browser does not use bitmap fonts.
	out, err := exec.CommandContext(ctx, "fc-list", ":outline=true", "--format", `%{fontformat} %{charset}\n`).Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New("fc-list not found: install the Debian package fontconfig, or run .ci/needs")
	}
	if err != nil {
		return nil, fmt.Errorf("list fonts: %w", err)
	}
	c, err := parse(out)
	if err != nil {
		return nil, err
	}
	if len(c.spans) == 0 {
		return nil, errors.New("no fonts are installed: install some (Debian: fonts-noto-cjk fonts-hanazono), or run .ci/needs")
	}
	installed.coverage = c
	return c, nil
}

// maxGlyphs is how many glyphs an OpenType font can hold. One with more characters draws the same box for many (a
// "last resort" font), and does not count.
const maxGlyphs = 65535

// parse reads lines of a font format and ranges of hexadecimal numbers: "CFF 20-7e a0 4e00-9fff".
func parse(list []byte) (*Coverage, error) {
	var all []span
	lines := bufio.NewScanner(bytes.NewReader(list))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		format, charset, _ := strings.Cut(lines.Text(), " ")
		if format != "TrueType" && format != "CFF" {
			continue // the browser uses neither Type 1 nor bitmaps
		}
		var font []span
		size := 0
		for r := range strings.FieldsSeq(charset) {
			a, b, ranged := strings.Cut(r, "-")
			if !ranged {
				b = a
			}
			first, err1 := strconv.ParseUint(a, 16, 21)
			last, err2 := strconv.ParseUint(b, 16, 21)
			if err1 != nil || err2 != nil || last < first {
				return nil, fmt.Errorf("list fonts: %q is no range of characters", r)
			}
			font = append(font, span{rune(first), rune(last)})
			size += int(last-first) + 1
		}
		if size <= maxGlyphs {
			all = append(all, font...)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("list fonts: %w", err)
	}
	slices.SortFunc(all, func(a, b span) int { return int(a.first - b.first) })
	c := &Coverage{}
	for _, s := range all {
		if n := len(c.spans); n > 0 && s.first <= c.spans[n-1].last+1 {
			c.spans[n-1].last = max(c.spans[n-1].last, s.last)
		} else {
			c.spans = append(c.spans, s)
		}
	}
	return c, nil
}

// Has reports whether some font has r.
func (c *Coverage) Has(r rune) bool {
	_, found := slices.BinarySearchFunc(c.spans, r, func(s span, r rune) int {
		switch {
		case s.last < r:
			return -1
		case s.first > r:
			return 1
		}
		return 0
	})
	return found
}

// Missing returns the characters of text that can not be printed, sorted, each once; nil when all can.
//
// Space, and what only steers the layout (joiners, marks of direction, variation selectors), needs no glyph. Two kinds
// are missing whatever the fonts say. A private-use character has no meaning of its own: HanaMinA and DejaVu have
// glyphs for more than a thousand, and none is the one that the sender's system had in mind. U+FFFD, and bytes that
// are not UTF-8, stand for a character lost before it came here.
func (c *Coverage) Missing(text string) []rune {
	var missing []rune
	for _, r := range text {
		switch {
		case unicode.IsSpace(r), r == '\u2028', r == '\u2029', unicode.In(r, unicode.Cf, unicode.Variation_Selector):
		case unicode.Is(unicode.Co, r), r == unicode.ReplacementChar, !c.Has(r):
			missing = append(missing, r)
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// MissingError: the document has characters that can not be printed. It must not be issued without them.
type MissingError struct {
	Runes []rune // sorted, each once
}

func (e *MissingError) Error() string {
	const most = 20 // in the message; Runes has them all
	var list []string
	for _, r := range e.Runes[:min(most, len(e.Runes))] {
		s := fmt.Sprintf("%U", r)
		switch {
		case r == unicode.ReplacementChar:
			s += " (a character lost before)"
		case unicode.Is(unicode.Co, r):
			s += " (private use)"
		case unicode.IsPrint(r):
			s += " " + string(r)
		}
		list = append(list, s)
	}
	if more := len(e.Runes) - most; more > 0 {
		list = append(list, fmt.Sprintf("%d more", more))
	}
	return "not printed, because no font here has " + strings.Join(list, ", ") +
		": install a font covering them (Debian: fonts-noto-cjk, fonts-hanazono, fonts-babelstone-han) and start again," +
		" or write a private-use or lost character with its Unicode code"
}
