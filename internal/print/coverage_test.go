package print

import (
	"slices"
	"strings"
	"testing"
)

func fonts(t *testing.T) *Coverage {
	t.Helper()
	c, err := Installed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMissing(t *testing.T) {
	c, err := parse([]byte("CFF 20-7e 4e00-4e02\nTrueType 4e03 e000-f8ff fffd\nCFF 1000-20000\nType 1 300-400\nTrueType \n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name, text string
		want       []rune
	}{
		{"nothing", "", nil},
		{"all there", "abc 丁丂七\n", nil},
		{"sorted, once", "丕丄丕", []rune{'丄', '丕'}},
		{"space and steering need no glyph", "a\u00a0\u2009\u3000\u200b\u200d\u2028\ufeff七\ufe00\U000e0100", nil},
		{"a font for private use does not count", "\ue000", []rune{0xe000}},
		{"nor for what was lost", "\ufffd", []rune{0xfffd}},
		{"bytes that are not UTF-8", "a\xff", []rune{0xfffd}},
		{"a control character", "a\x07", []rune{7}},
		{"a font that has everything has nothing", "\u1234", []rune{0x1234}},
		{"a Type 1 font", "\u0300", []rune{0x300}},
	} {
		if got := c.Missing(x.text); !slices.Equal(got, x.want) {
			t.Errorf("%s: got %U, want %U", x.name, got, x.want)
		}
	}
	for _, bad := range []string{"CFF 20-7g", "CFF 7e-20", "CFF 20-7e-80", "CFF ffffff"} {
		if _, err := parse([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestMissingErrorIsShort(t *testing.T) {
	var many []rune
	for r := rune(0x4e00); r < 0x4e00+1000; r++ {
		many = append(many, r)
	}
	got := (&MissingError{Runes: many}).Error()
	if !strings.Contains(got, "U+4E00 一, ") || !strings.Contains(got, ", 980 more: ") {
		t.Error(got)
	}
}

// TestCoverageOfHan holds the fonts that .ci/needs installs to what the package comment says of them.
func TestCoverageOfHan(t *testing.T) {
	c := fonts(t)
	for _, block := range []struct {
		name        string
		first, last rune
		least       float64
	}{
		{"basic", 0x4E00, 0x9FFF, 1},
		{"A", 0x3400, 0x4DBF, 1},
		{"B", 0x20000, 0x2A6DF, 1},
		{"C", 0x2A700, 0x2B739, 1},
		{"D", 0x2B740, 0x2B81D, 1},
		{"E", 0x2B820, 0x2CEA1, 1},
		{"F", 0x2CEB0, 0x2EBE0, 1},
		{"G", 0x30000, 0x3134A, .6},
		{"H", 0x31350, 0x323AF, .5},
	} {
		has := 0
		for r := block.first; r <= block.last; r++ {
			if c.Has(r) {
				has++
			}
		}
		all := int(block.last-block.first) + 1
		t.Logf("%s: %d of %d", block.name, has, all)
		if float64(has) < block.least*float64(all) {
			t.Errorf("%s: the installed fonts have %d of %d characters; run .ci/needs", block.name, has, all)
		}
	}
}
