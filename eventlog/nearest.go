package eventlog

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// nearestHint suggests the name closest to what was written, or lists the names there are.
func nearestHint(written string, names []string) string {
	best, cost := "", 1<<30
	for _, n := range names {
		if c := distance(written, n); c < cost {
			best, cost = n, c
		}
	}
	if best != "" && cost <= max(1, utf8.RuneCountInString(written)/3) {
		return "did you mean " + quote(best) + "?"
	}
	return "there are " + list(names)
}

// distance counts the changes, insertions, deletions and swaps of letters that lead from a to b; upper and lower
// case are equal, and one within the other counts as near. Long names are compared by their beginnings.
func distance(a, b string) int {
	a, b = strings.ToLower(a), strings.ToLower(b)
	if a == b {
		return 0
	}
	if len(a) > 2 && len(b) > 2 && (strings.Contains(b, a) || strings.Contains(a, b)) {
		return 1
	}
	s, t := []rune(a[:min(len(a), 60)]), []rune(b[:min(len(b), 60)])
	rows := make([][]int, len(s)+1)
	for i := range rows {
		rows[i] = make([]int, len(t)+1)
		rows[i][0] = i
		for j := 1; j <= len(t); j++ {
			if i == 0 {
				rows[i][j] = j
				continue
			}
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			n := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				n = min(n, rows[i-2][j-2]+1)
			}
			rows[i][j] = n
		}
	}
	return rows[len(s)][len(t)]
}

// list writes names one after the other, not too many.
func list(names []string) string {
	const most = 30
	names = slices.Clone(names)
	more := ""
	if len(names) > most {
		names, more = names[:most], ", ..."
	}
	for i, n := range names {
		if names[i] = cut(n); !strconv.CanBackquote(names[i]) {
			names[i] = quote(n)
		}
	}
	return strings.Join(names, ", ") + more
}
