package eventlog

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// gzip is the standard library's: klauspost/compress unpacks a quarter faster, which the workers beside it do not
// notice, and takes a file that ends within the header of a second member for whole (FuzzGzip, 0c590ba35a310312).

// source is a file being read: unpacked where it was packed, and known for what it is.
type source struct {
	name     string
	r        *bufio.Reader // of the text
	file     io.Reader     // as given, for formats that want random access
	packed   bool
	encoding string // in which the text is read; "" is UTF-8
	format   string
	bytes    int64
}

// What a source is found to be.
const (
	formatXES      = "xes"
	formatCSV      = "csv"
	formatOCELJSON = "OCEL JSON"
	formatOCELXML  = "OCEL XML"
	formatParquet  = "parquet"
	formatXLSX     = "xlsx"
)

// random gives access to any place of the file, and its size.
func (s *source) random() (io.ReaderAt, int64, error) {
	at, ok := s.file.(io.ReaderAt)
	seek, ok2 := s.file.(io.Seeker)
	if s.packed || !ok || !ok2 {
		return nil, 0, &Error{Name: s.name, What: s.format + " can only be read from a file", Hint: "it wants access to any place, so give the file itself, not packed with gzip"}
	}
	size, err := seek.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", s.name, err)
	}
	return at, size, nil
}

// openSource looks at the first bytes of r. What they say goes before what the name says.
func openSource(r io.Reader, name string, mapped bool) (*source, error) {
	s := &source{name: name, file: r}
	raw := bufio.NewReaderSize(r, 64<<10)
	head, err := raw.Peek(16)
	if len(head) == 0 {
		if err != io.EOF {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return nil, &Error{Name: name, What: "the file is empty"}
	}
	s.r = raw
	if bytes.HasPrefix(head, []byte("\x1f\x8b")) {
		s.packed = true
		z, err := gzip.NewReader(raw)
		if err != nil {
			return nil, s.failure(err)
		}
		s.r = bufio.NewReaderSize(z, 4096)
	}
	head, err = s.r.Peek(4096)
	if err != nil && err != io.EOF {
		return nil, s.failure(err)
	}
	if bytes.HasPrefix(head, []byte("\xFF\xFE")) || bytes.HasPrefix(head, []byte("\xFE\xFF")) {
		s.decode(utf16)
		if head, err = s.r.Peek(4096); err != nil && err != io.EOF {
			return nil, s.failure(err)
		}
	}
	if e := s.recognise(head, mapped); e != nil {
		e.Name = name
		return nil, e
	}
	return s, nil
}

func (s *source) recognise(head []byte, mapped bool) *Error {
	text := bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF"))
	first := bytes.TrimLeft(text, " \t\r\n")
	ext := path.Ext(strings.TrimSuffix(strings.ToLower(s.name), ".gz"))
	switch {
	case bytes.HasPrefix(head, []byte("<\x00")) || bytes.HasPrefix(head, []byte("\x00<")) || s.encoding != "" && (bytes.HasPrefix(first, []byte("<")) || bytes.HasPrefix(first, []byte("{"))):
		return &Error{Line: 1, What: "the text is UTF-16", Hint: "convert the file to UTF-8, for instance with iconv"}
	case len(head) == 0:
		return &Error{What: "the file is empty", Hint: "nothing came out of unpacking it"}
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return &Error{What: "gzip within gzip", Hint: "unpack it once"}
	case bytes.HasPrefix(head, []byte("PAR1")):
		s.format = formatParquet
	case bytes.HasPrefix(head, []byte("PARE")):
		return &Error{What: "the Parquet file is encrypted", Hint: "decrypt it first"}
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		s.format = formatXLSX
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0")):
		return &Error{What: "an old Excel file, or one with a password", Hint: "save it as .xlsx without a password"}
	case bytes.HasPrefix(head, []byte("SQLite format 3\x00")):
		return &Error{What: "an SQLite database among tables", Hint: "an OCEL log in SQLite is given alone, and not packed"}
	case otherPacking(head) != nil:
		return otherPacking(head)
	case len(first) == 0 && len(head) < 1024:
		return &Error{What: "the file holds nothing but white space"}
	case bytes.HasPrefix(first, []byte("<")):
		if s.format = formatXES; isOCEL(first) {
			s.format = formatOCELXML
		}
		if len(first) != len(text) && bytes.HasPrefix(first, []byte("<?xml")) {
			return (&Error{What: "white space before the XML declaration", Hint: "remove it"}).place(head, len(head)-len(first))
		}
	case ext == ".xes" || ext == ".xml":
		return &Error{Line: 1, What: "not XML: the text begins with " + quote(string(first[:min(20, len(first))]))}
	case bytes.HasPrefix(first, []byte("{")) && ext != ".csv":
		s.format = formatOCELJSON
	case ext == ".csv" || ext == ".tsv" || ext == ".txt" || mapped:
		s.format = formatCSV
	default:
		return &Error{What: "neither XES, OCEL, Parquet, XLSX nor CSV", Hint: "files are known by their content; a CSV ends in .csv, or has a mapping"}
	}
	return nil
}

// isOCEL tells OCEL 2.0 from XES, which both begin with <log>, by the first element within.
func isOCEL(text []byte) bool {
	for depth := 0; ; {
		k := bytes.IndexByte(text, '<')
		if k < 0 {
			return false
		}
		text = text[k:]
		end := ">"
		switch {
		case bytes.HasPrefix(text, []byte("<!--")):
			end = "-->"
		case bytes.HasPrefix(text, []byte("<?")):
			end = "?>"
		case bytes.HasPrefix(text, []byte("<!")):
			return false
		default:
			name := text[1:]
			if n := bytes.IndexAny(name, " \t\r\n/>"); n >= 0 {
				name = name[:n]
			}
			if depth == 1 {
				return slices.Contains([]string{"object-types", "event-types", "objects", "events"}, string(name))
			}
			depth++
		}
		if k = bytes.Index(text, []byte(end)); k < 0 {
			return false
		}
		text = text[k+len(end):]
	}
}

func otherPacking(head []byte) *Error {
	for magic, what := range map[string]string{
		"\xFD7zXZ": "xz", "BZh": "bzip2", "\x28\xB5\x2F\xFD": "zstd", "7z\xBC\xAF": "7-Zip",
	} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return &Error{What: "the file is packed as " + what, Hint: "unpack it, or pack it with gzip"}
		}
	}
	return nil
}

// Read gives unpacked text; its errors are those of failure.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.bytes += int64(n)
	if err != nil && err != io.EOF {
		err = s.failure(err)
	}
	return n, err
}

// failure says what is wrong with a packed file; errors of the disk or network stay what they are.
func (s *source) failure(err error) error {
	e := &Error{Name: s.name, Err: err}
	var corrupt interface{ Error() string }
	switch {
	case !s.packed:
		return fmt.Errorf("%s: %w", s.name, err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		e.What, e.Hint = "the gzip data end too soon", "the file is incomplete: fetch it again"
	case errors.Is(err, gzip.ErrChecksum):
		e.What, e.Hint = "the gzip checksum does not match", "the file is damaged: fetch it again"
	case errors.Is(err, gzip.ErrHeader) && s.bytes == 0:
		e.What, e.Hint = "not a gzip file, though it begins like one", "the file is damaged: fetch it again"
	case errors.Is(err, gzip.ErrHeader):
		e.What, e.Hint = "something follows the end of the gzip data", "the file is damaged, or was joined with another"
	case errors.As(err, &corrupt) && strings.Contains(err.Error(), "flate:"):
		e.What, e.Hint = "the gzip data are damaged", "fetch the file again"
	default:
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return e
}
