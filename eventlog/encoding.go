package eventlog

import (
	"bufio"
	"bytes"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// The encodings of a CSV besides UTF-8. GB18030 holds GBK and GB2312.
const (
	gb18030 = "gb18030"
	utf16   = "utf-16"
)

// decode reads the text from now on in an encoding, as a mapping says. What the file itself says at its beginning (a byte
// order mark) goes before. What cannot be read becomes U+FFFD: see misread.
func (s *source) decode(name string) {
	head, _ := s.r.Peek(3) // a shorter text has no mark
	if s.encoding != "" || bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")) {
		return
	}
	var e encoding.Encoding
	switch name {
	case gb18030:
		e = simplifiedchinese.GB18030
	case utf16: // little end first where no mark says otherwise, as Windows writes it
		e = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	default:
		return
	}
	s.encoding = name
	s.r = bufio.NewReaderSize(transform.NewReader(s.r, e.NewDecoder()), 64<<10)
}

// misread finds what is not text in the encoding it was read in.
func (s *source) misread(text []byte) *Error {
	if s.encoding == "" {
		return nil
	}
	if k := bytes.Index(text, []byte("\uFFFD")); k >= 0 {
		return (&Error{What: "the text is not " + strings.ToUpper(s.encoding), Hint: "the file is damaged, or in another encoding"}).place(text, k)
	}
	return nil
}

// hint says more where the bytes look like an encoding that offices write.
func (s *source) hint(bad *Error, text []byte) string {
	switch {
	case s.encoding != "":
	case strings.Contains(bad.What, "UTF-8") && looksGB18030(text):
		return "it looks like GB18030 or GBK: say encoding: gb18030 in the mapping"
	case strings.Contains(bad.What, "NUL") && bytes.Count(text[:min(len(text), 4096)], []byte{0}) > min(len(text), 4096)/4:
		return "it looks like UTF-16: say encoding: utf-16 in the mapping"
	}
	return bad.Hint
}

// looksGB18030 says whether the beginning of a text can be read as GB18030 and holds Chinese then.
func looksGB18030(b []byte) bool {
	b = b[:min(len(b), 64<<10)]
	if k := bytes.LastIndexByte(b, '\n'); k > 0 {
		b = b[:k]
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	return err == nil && !bytes.Contains(text, []byte("\uFFFD")) && bytes.ContainsFunc(text, func(c rune) bool { return c >= 0x4E00 && c <= 0x9FFF })
}
