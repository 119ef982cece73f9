package handling

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"plumbline/procedure"
)

// leastIdentity is how many letters and digits the number of a document has at least.
const leastIdentity = 6

// bare is a text as numbers in it are compared: full width made half, letters and digits alone, in upper case.
func bare(text string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, width.Fold.String(text)))
}

// folded is an id number as it is compared, [bare]. Empty where that is no number of a person: too short, without a digit, or
// one character over and over, as is written where none is known.
func folded(number string) string {
	n := bare(number)
	first, _ := utf8.DecodeRuneInString(n)
	if utf8.RuneCountInString(n) < leastIdentity || !strings.ContainsFunc(n, unicode.IsDigit) || strings.Trim(n, string(first)) == "" {
		return ""
	}
	return n
}

// identityWords is what search looks a person up by, nothing for no number; no text that a person searches for makes it.
//
// The words of a case are kept with its head and made by its acts: one that was kept in another spelling stays, and the word
// as it is made now comes when the case is next judged as a whole.
func identityWords(number string) []string {
	if n := folded(number); n != "" {
		return []string{"id:" + n}
	}
	return nil
}

// identity is a person's id number, [folded]; empty where the file has none.
func identity(p *procedure.Procedure, x *Party) string {
	for i := range p.Acts() {
		for _, f := range p.Act(i).Fields {
			if f.As != "id_number" {
				continue
			}
			if n := folded(x.Data[f.Name]); n != "" {
				return n
			}
		}
	}
	return ""
}
