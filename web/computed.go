package web

import (
	"plumbline/casefile"
	"plumbline/handling"
)

// Follows is what the law makes of the facts, computed and never ticked.
type Follows struct {
	Text, Value string // a value in words; empty where Lacks says why there is none
	Yes         bool
	Lacks       string
	Articles    []string
}

// follows tells what follows for one subject; the case itself is the subject "".
func (c *call) follows(f *handling.File, subject casefile.Subject) []Follows {
	var out []Follows
	for _, x := range f.Computed {
		if x.Subject != subject || x.Title.In(c.lang) == "" {
			continue
		}
		row := Follows{Text: capital(x.Title.In(c.lang)), Articles: c.articles(x.Basis)}
		switch {
		case x.Missing != "":
			row.Lacks = f.Proc.FactTitle(x.Missing).In(c.lang)
		case x.Value.Kind() == casefile.Bool:
			row.Yes = x.Value.Bool()
			row.Value = c.both("否", "no")
			if row.Yes {
				row.Value = c.both("是", "yes")
			}
		default:
			row.Value = x.Value.String()
		}
		out = append(out, row)
	}
	return out
}
