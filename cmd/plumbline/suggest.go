package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode"

	"plumbline/eventlog"
	"plumbline/procedure"
)

// suggest writes a proposed mapping for tables to a new file, says on standard output how sure each part of it is, and what is
// left to a person. p may be nil.
func suggest(paths []string, p *procedure.Procedure, into, lang string) error {
	paths, err := filesUnder(paths)
	if err != nil {
		return err
	}
	files := &eventlog.Files{Name: strings.Join(paths, " ")}
	for _, path := range paths {
		files.Files = append(files.Files, fileAt(path))
	}
	var acts eventlog.Acts
	var opt eventlog.Options
	if p != nil {
		opt.Zone = p.Pack.Zone
		acts = eventlog.Acts{Known: func(name string) bool { return p.ActOf(name) >= 0 || p.Ignored(name) }, Titles: map[string]string{}}
		for i, id := range p.Acts() {
			title := p.ActTitle(i)
			acts.Titles[id], acts.Titles[title.In("zh")], acts.Titles[title.In("en")] = id, id, id
		}
	}
	s, err := files.Suggest(context.Background(), opt, acts)
	if err != nil {
		return err
	}
	told := tellSuggestion(s, p, lang)
	f, err := os.OpenFile(into, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already: a mapping is not written over", into)
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString("# " + strings.ReplaceAll(strings.TrimRight(told, "\n"), "\n", "\n# ") + "\n" + s.Mapping.String())
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		fmt.Print(told)
		fmt.Println(map[string]string{"zh": "已写入", "en": "written to"}[lang], into)
	}
	return err
}

var (
	partTitles = map[string][2]string{
		"case": {"案件", "case"}, "act": {"行为", "act"}, "time": {"时间", "time"}, "person": {"人员", "person"}, "post": {"职务", "post"},
		"unit": {"单位", "unit"}, "lifecycle": {"步骤状态", "lifecycle"}, "key": {"编号", "key"}, "parent": {"上级记录", "parent"},
	}
	sureTitles = map[eventlog.Sureness][2]string{
		eventlog.Sure: {"确定", "sure"}, eventlog.Likely: {"较可能", "likely"}, eventlog.Unsure: {"仅为猜测", "a guess"},
	}
	whyTitles = map[string][2]string{
		"name": {"列名", "its name"}, "few": {"取值少而反复", "few values that come again"}, "repeats": {"值反复出现", "its values come again"}, "unique": {"每行不同", "it differs in every row"},
	}
	openTitles = map[string][2]string{
		"case":         {"哪一列是案件编号", "which column names the case"},
		"time":         {"哪一列是行为的时间：没有一列可以读作时间", "which column is the time: none can be read as one"},
		"act-name":     {"列“%s”是哪个行为的时间：请把act改为行为的名称", "of which act is column %s the time: put the act's name under act"},
		"order":        {"列“%s”的日与月孰先：%s 还是 %s", "whether day or month comes first in column %s: %s or %s"},
		"zone":         {"没有时区的时间在哪个时区：写明zone，否则按规则包的时区", "in which zone times without offset are: say zone, else it is that of the pack"},
		"zone-taken":   {"没有时区的时间是否在 %s（规则包的时区）", "whether times without offset are in %s, the zone of the pack"},
		"unknown-acts": {"程序不认识的行为：请在acts下对应", "acts that the procedure does not know: give their names under acts"},
		"alone":        {"这张表与其他表没有找到关联", "how this table belongs to the others: no column names a row of another"},
		"sheets":       {"工作簿有几张表，取了列最多的一张", "whether the widest sheet of the workbook is the right one"},
	}
)

// tellSuggestion writes the proposal for people, in lines.
func tellSuggestion(s *eventlog.Suggestion, p *procedure.Procedure, lang string) string {
	say := func(t [2]string) string {
		if lang == "zh" {
			return t[0]
		}
		return t[1]
	}
	var b strings.Builder
	fmt.Fprintln(&b, say([2]string{"建议的对应关系：请逐行核对后再用", "a proposed mapping: check every line before it is used"}))
	table := "\x00"
	for _, g := range s.Guesses {
		if g.Table != table {
			if table = g.Table; table != "" {
				fmt.Fprintf(&b, "%s %s\n", say([2]string{"表", "table"}), plain(table))
			}
		}
		var why []string
		for _, w := range g.Why {
			switch w.What {
			case "times":
				why = append(why, fmt.Sprintf(say([2]string{"%s的值是时间", "%s of its values are times"}), percent(w.Share)))
			case "known":
				why = append(why, fmt.Sprintf(say([2]string{"%s的值是程序的行为", "%s of its values are acts of the procedure"}), percent(w.Share)))
			case "title":
				why = append(why, fmt.Sprintf(say([2]string{"列名含行为“%s”的名称", "the title of act %s stands in its name"}), w.Of))
			case "within":
				why = append(why, fmt.Sprintf(say([2]string{"%s的值见于 %s", "%s of its values stand in %s"}), percent(w.Share), plain(w.Of)))
			default:
				why = append(why, say(whyTitles[w.What]))
			}
		}
		fmt.Fprintf(&b, "  %s: %s (%s%s%s)\n", say(partTitles[g.Part]), plain(g.Column), say(sureTitles[g.Sure]), say([2]string{"：", ": "}), strings.Join(why, say([2]string{"，", ", "})))
		if len(g.Others) > 0 && g.Sure != eventlog.Sure {
			fmt.Fprintf(&b, "    %s: %s\n", say([2]string{"也可能是", "or"}), plains(g.Others))
		}
	}
	if len(s.Open) > 0 {
		fmt.Fprintln(&b, say([2]string{"留待人工确定：", "left to a person:"}))
	}
	for _, q := range s.Open {
		text := say(openTitles[q.What])
		switch n := strings.Count(text, "%s"); {
		case n > 0:
			args := make([]any, n)
			for i := range args {
				args[i] = plain(q.Names[i])
			}
			text = fmt.Sprintf(text, args...)
		case len(q.Names) > 0:
			text += ": " + plains(q.Names)
		}
		if q.Table != "" {
			text = plain(q.Table) + ": " + text
		}
		fmt.Fprintf(&b, "  - %s\n", text)
	}
	if p == nil {
		fmt.Fprintf(&b, "  - %s\n", say([2]string{"未给出--procedure：没有核对行为的名称", "--procedure was not given: the names of acts were not compared"}))
	}
	return b.String()
}

// plain keeps a name from a file on its line: the proposal is also a comment in the mapping.
func plain(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return ' '
	}, s)
}

func plains(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, plain(n))
	}
	return strings.Join(out, ", ")
}

func percent(share float64) string { return fmt.Sprintf("%.0f%%", share*100) }
