package feed

import (
	"bufio"
	"bytes"
	"fmt"
	"hash"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"plumbline/eventlog"
	"plumbline/handling"
)

// lines hands on a text line by line in UTF-8. A line that is not UTF-8 is read as GB18030, for files are written by more
// than one program; one that is neither, or holds control characters, becomes an empty line and is told.
type lines struct {
	name    string
	src     *bufio.Reader
	sum     hash.Hash // of what was read, as it stands in the file
	n       int64     // so many bytes of it
	line    int64     // the line read last, from 1
	decoded int64     // lines that were not UTF-8
	bad     func(line int64, why handling.Text)
	left    []byte
	raw     []byte
}

// longestLine bounds what is held of a line.
const longestLine = 16 << 20

func (l *lines) Read(p []byte) (int, error) {
	for len(l.left) == 0 {
		line, err := l.next()
		if len(line) == 0 && err != nil {
			return 0, err
		}
		l.left = line
	}
	n := copy(p, l.left)
	l.left = l.left[n:]
	return n, nil
}

// next gives the next line with its end. It holds until the next call.
func (l *lines) next() ([]byte, error) {
	l.raw = l.raw[:0]
	for {
		piece, err := l.src.ReadSlice('\n')
		l.raw = append(l.raw, piece...)
		if err == bufio.ErrBufferFull && len(l.raw) < longestLine {
			continue
		}
		if len(l.raw) >= longestLine {
			return nil, &eventlog.Error{Name: l.name, Line: int(l.line) + 1, What: fmt.Sprintf("the line is longer than %d MB", longestLine>>20)}
		}
		if len(l.raw) == 0 {
			return nil, err
		}
		break
	}
	l.sum.Write(l.raw)
	l.n += int64(len(l.raw))
	l.line++
	text := l.raw
	if !utf8.Valid(text) {
		var err error
		if text, err = simplifiedchinese.GB18030.NewDecoder().Bytes(text); err != nil || bytes.ContainsRune(text, utf8.RuneError) {
			l.bad(l.line, handling.Text{ZH: "既不是 UTF-8 也不是 GB18030 编码，读不出来", EN: "it is neither UTF-8 nor GB18030 and cannot be read"})
			return []byte("\n"), nil
		}
		l.decoded++
	}
	for _, c := range text {
		if c < ' ' && c != '\t' && c != '\r' && c != '\n' || c == 0x7F {
			l.bad(l.line, handling.Text{ZH: "含有控制字符，读不出来", EN: "it holds control characters and cannot be read"})
			return []byte("\n"), nil
		}
	}
	return text, nil
}
