package eventlog

import (
	"bytes"
	"strings"
)

// What a log may hold besides tags: comments, CDATA sections, processing instructions, text of foreign elements,
// and the declaration at its beginning.

// markup passes over a comment, CDATA section or processing instruction at i ("<!" or "<?"). For CDATA it
// gives whether anything but white space stands in it.
func (x *scanner) markup(i int) (next int, text bool, err *Error) {
	rest := x.b[i:x.n]
	open, end := 0, ""
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		open, end = 4, "--"
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		open, end = 9, "]]>"
	case bytes.HasPrefix(rest, []byte("<?")):
		name, j, err := x.name(i + 2)
		if err != nil {
			return i, false, err
		}
		if strings.EqualFold(name, "xml") {
			return i, false, x.fail(i, "an XML declaration that is not at the beginning", "two files may have been joined")
		}
		if class[x.b[j]]&space == 0 && x.b[j] != '?' {
			return i, false, x.fail(j, "bad syntax in processing instruction", "")
		}
		open, end = j-i, "?>"
	case bytes.HasPrefix(rest, []byte("<!DOCTYPE")):
		return i, false, x.fail(i, "a DOCTYPE", "document types and the entities they declare are not read; XES needs none, so the line can be removed")
	case len(rest) < 9:
		return i, false, x.ended()
	default:
		return i, false, x.fail(i, "<! begins neither a comment nor a CDATA section", "")
	}
	k := bytes.Index(rest[open:], []byte(end))
	if k < 0 {
		e := x.ended()
		e.What = "the text ends inside a " + map[byte]string{'-': "comment", ']': "CDATA section", '?': "processing instruction"}[end[0]]
		return i, false, e
	}
	from, to := i+open, i+open+k
	next = to + len(end)
	if end == "--" {
		if x.b[next] != '>' {
			return i, false, x.fail(to, "-- inside a comment", "")
		}
		next++
	}
	for j := from; j < to; {
		if class[x.b[j]]&space == 0 && open == 9 {
			text = true
		}
		if j, err = x.character(j); err != nil {
			return i, false, err
		}
	}
	return next, text, nil
}

// foreignText passes over the text at i up to the next <, in an element whose text means nothing to us.
func (x *scanner) foreignText(i int) (int, *Error) {
	for i < x.n && x.b[i] != '<' {
		var err *Error
		switch {
		case x.b[i] == '&':
			_, i, err = x.reference(i)
		case x.b[i] == ']' && x.b[i+1] == ']' && x.b[i+2] == '>':
			err = x.fail(i, "]]> outside a CDATA section", "")
		default:
			i, err = x.character(i)
		}
		if err != nil {
			return i, err
		}
	}
	return i, nil
}

// declaration reads <?xml version="1.0" encoding="UTF-8"?> at i, if it stands there.
func (x *scanner) declaration(i int) (int, *Error) {
	if !bytes.HasPrefix(x.b[i:x.n], []byte("<?xml")) || class[x.b[i+5]]&nameByte != 0 {
		return i, nil
	}
	x.attrs = x.attrs[:0]
	j := i + 5
	for {
		k := x.spaces(j)
		if x.b[k] == '?' && x.b[k+1] == '>' {
			j = k + 2
			break
		}
		if k == j {
			return i, x.fail(j, "bad syntax in the XML declaration", "")
		}
		var err *Error
		if j, err = x.attribute(k); err != nil {
			return i, err
		}
	}
	if v, _ := x.attr("version"); v != "1.0" {
		return i, x.fail(i, "XML version "+quote(v), "only version 1.0 is read")
	}
	if enc, ok := x.attr("encoding"); ok && !strings.EqualFold(enc, "utf-8") {
		return i, x.fail(i, "the file declares its encoding as "+quote(enc), "convert it to UTF-8, for instance with iconv, and change the declaration")
	}
	return j, nil
}
