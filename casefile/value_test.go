package casefile

import (
	"math/big"
	"strings"
	"testing"
)

func TestAmountsAreReadToTheMillionthHalfToEven(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		{"1000", "1000"}, {"35.0", "35"}, {"35.50", "35.5"}, {"-2.05", "-2.05"}, {"0.005", "0.005"}, {".5", "0.5"}, {"+7", "7"},
		{"23227.78760183759", "23227.787602"}, {"0.0000005", "0"}, {"0.0000015", "0.000002"}, {"0.00000051", "0.000001"}, {"9000000000000", "9000000000000"},
	} {
		a, err := ParseAmount(c.in)
		if err != nil || a.String() != c.out {
			t.Errorf("%s: %s, %v; want %s", c.in, a, err, c.out)
		}
	}
	for _, bad := range []string{"", ".", "-", "1.2.3", "1e3", "12 000", "１２", "NaN", "99999999999999999999"} {
		if a, err := ParseAmount(bad); err == nil {
			t.Errorf("%q was read as %s", bad, a)
		}
	}
}

// An amount that is read is the nearest millionth, and what it prints reads back as itself.
func FuzzParseAmount(f *testing.F) {
	for _, s := range []string{"35.5", "-0.0000015", "23227.78760183759", ".", "1e3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAmount(s)
		if err != nil {
			return
		}
		if again, err := ParseAmount(a.String()); err != nil || again != a {
			t.Fatalf("%q: %s reads back as %s, %v", s, a, again, err)
		}
		exact, ok := new(big.Rat).SetString(strings.TrimPrefix(s, "+"))
		if !ok {
			t.Fatalf("%q is no number", s)
		}
		off := new(big.Rat).Sub(exact, big.NewRat(int64(a), amountScale))
		if off.Abs(off).Cmp(big.NewRat(1, 2*amountScale)) > 0 {
			t.Fatalf("%q read as %s", s, a)
		}
	})
}

func TestTheSumWithAnUnknownIsUnknown(t *testing.T) {
	if v := MoneyOf(1).Add(Value{}); v.Known() {
		t.Fatalf("%v", v)
	}
	if v := IntOf(2).Add(IntOf(3)); v.Int() != 5 {
		t.Fatalf("%v", v)
	}
	if v := IntOf(1 << 62).Add(IntOf(1 << 62)); v.Known() {
		t.Fatalf("overflow gave %v", v)
	}
}
