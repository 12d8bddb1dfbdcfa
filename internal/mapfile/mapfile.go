// Package mapfile reads, edits and writes the map that GNU ddrescue keeps of a disk
// that it copies: which bytes are in, and which could not be read (the manual's
// chapter "Mapfile structure"; versions 1.0 to 1.30).
package mapfile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
)

// Status is what is known of a block, or, in a Header, what was being done.
type Status byte

// The status of a block. NonTrimmed and NonScraped ones begin or end with a bad
// place, and may hold good ones.
const (
	NonTried   Status = '?'
	NonTrimmed Status = '*'
	NonScraped Status = '/'
	BadSector  Status = '-'
	Finished   Status = '+'
)

// These are of a Header only: a phase of version 1.30 that reads what the passes of
// copying left NonTried, and modes that read no disk.
const (
	Sweeping   Status = '%'
	Filling    Status = 'F'
	Generating Status = 'G'
)

// phases are the statuses of a header.
const phases = "?*%/-FG+"

// Header is the line before the blocks.
type Header struct {
	Pos    int64  // byte that was being read
	Status Status // what was being done
	Pass   int    // of it, counted from 1; 1 where it is not said
}

// Block is a run of bytes of the disk.
type Block struct {
	Pos, Size int64 // bytes
	Status    Status
}

// Error is what is wrong with a map.
type Error struct {
	Line   int // counted from 1
	Reason string
}

func (e *Error) Error() string { return "line " + strconv.Itoa(e.Line) + ": " + e.Reason }

// Reasons of an Error, as ddrescue words them but for the first: an empty file is a
// map of nothing to it.
const (
	NoStatusLine  = "No status line: not a map of ddrescue"
	BadStatusLine = "Bad or missing status line"
	BadBlockLine  = "Bad block line in list"
	Gap           = "Blocks are not contiguous"
	Overlap       = "Blocks of different status overlap"
)

const (
	// maxLine bounds a line in bytes: ddrescue passes over what is behind.
	maxLine = 127
	// maxComment bounds a comment in bytes: one of them holds a command line.
	maxComment = 4096
)

// Scan reads a map and hands each block to each, in order; an error of that ends
// the scan and is returned. Blocks are contiguous: what lies before the first and
// behind the last one was not tried. Other errors are of type *Error, or those of
// reading.
func Scan(r io.Reader, each func(Block) error) (Header, error) {
	return ScanComments(r, nil, each)
}

// ScanComments is Scan that hands the lines before the header to comment too, without
// "# " and newline.
func ScanComments(r io.Reader, comment func(string), each func(Block) error) (Header, error) {
	end, first := int64(0), true
	s := scanner{comment: comment, each: func(line int, b Block) error {
		switch {
		case b.Size == 0 && (b.Pos != 0 || !first && end > 0):
			return &Error{line, BadBlockLine}
		case !first && b.Pos != end:
			return &Error{line, Gap}
		}
		end, first = b.Pos+b.Size, false
		return each(b)
	}}
	err := s.scan(r)
	return s.header, err
}

// scanner reads the lines of a map, whatever the order of blocks.
type scanner struct {
	each    func(line int, b Block) error
	comment func(text string) // takes lines of their own before the header; may be nil
	header  Header
}

func (s *scanner) scan(r io.Reader) error {
	in := bufio.NewReaderSize(r, maxComment)
	started := false
	for number := 1; ; number++ {
		line, err := in.ReadSlice('\n')
		text := string(line[:min(len(line), maxLine)])
		if s.comment != nil && !started && bytes.HasPrefix(line, []byte{'#'}) {
			if text := strings.Trim(string(line[1:]), spaces); !strings.HasPrefix(text, "current_pos ") { // the head of columns
				s.comment(text)
			}
		}
		for err == bufio.ErrBufferFull { // the rest of a long line
			_, err = in.ReadSlice('\n')
		}
		if err != nil && err != io.EOF {
			return err
		}
		text = content(text)
		switch {
		case text == "":
		case !started:
			var ok bool
			if s.header, ok = parseHeader(text); !ok {
				return &Error{number, BadStatusLine}
			}
			started = true
		default:
			b, ok := parseBlock(text)
			if !ok {
				return &Error{number, BadBlockLine}
			}
			if err := s.each(number, b); err != nil {
				return err
			}
		}
		if err == io.EOF {
			if !started {
				return &Error{number, NoStatusLine}
			}
			return nil
		}
	}
}

// spaces are those of isspace(3).
const spaces = " \t\n\v\f\r"

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// content is a line without its comment, which begins with a '#' at the start or
// behind a space, and without what a zero byte hides from C.
func content(line string) string {
	for i := range len(line) {
		if line[i] == 0 || line[i] == '#' && (i == 0 || isSpace(line[i-1])) {
			line = line[:i]
			break
		}
	}
	for line != "" && isSpace(line[len(line)-1]) {
		line = line[:len(line)-1]
	}
	return skipSpaces(line)
}

func skipSpaces(text string) string {
	for text != "" && isSpace(text[0]) {
		text = text[1:]
	}
	return text
}

// parseHeader and parseBlock read as scanf(3) does with "%lli %c %d" and
// "%lli %lli %c", which ddrescue uses: what follows on the line does not count.
func parseHeader(line string) (h Header, ok bool) {
	h.Pass = 1
	in := fields(line)
	if h.Pos, ok = in.number(0); !ok || h.Pos < 0 {
		return h, false
	}
	h.Status = Status(in.char())
	if h.Status == 0 || strings.IndexByte(phases, byte(h.Status)) < 0 {
		return h, false
	}
	if pass, ok := in.number(10); ok {
		if pass < 1 || pass > math.MaxInt32 {
			return h, false
		}
		h.Pass = int(pass)
	}
	return h, true
}

func parseBlock(line string) (b Block, ok bool) {
	in := fields(line)
	pos, ok1 := in.number(0)
	size, ok2 := in.number(0)
	c := in.char()
	if !ok1 || !ok2 || pos < 0 || size < 0 || c == 0 || strings.IndexByte(order, c) < 0 {
		return b, false
	}
	return Block{pos, min(size, math.MaxInt64-pos), Status(c)}, true
}

// ParseRange reads a position and a size as the lines of a map have them; what follows
// does not count.
func ParseRange(text string) (pos, size int64, ok bool) {
	in := fields(text)
	pos, ok1 := in.number(0)
	size, ok2 := in.number(0)
	return pos, size, ok1 && ok2
}

// fields is what is left to read of a line.
type fields string

// char reads the next character that is no space; 0 at the end.
func (f *fields) char() byte {
	rest := skipSpaces(string(*f))
	if rest == "" {
		return 0
	}
	*f = fields(rest[1:])
	return rest[0]
}

// number reads an integer as strtoll(3) does: base 0 is decimal, 0x hexadecimal or
// 0 octal; a value that is too large is the largest one.
func (f *fields) number(base int64) (n int64, ok bool) {
	rest := skipSpaces(string(*f))
	negative := rest != "" && rest[0] == '-'
	if negative || rest != "" && rest[0] == '+' {
		rest = rest[1:]
	}
	switch {
	case base != 0:
	case len(rest) > 2 && rest[0] == '0' && rest[1]|0x20 == 'x' && digit(rest[2]) < 16:
		base, rest = 16, rest[2:]
	case rest != "" && rest[0] == '0':
		base = 8
	default:
		base = 10
	}
	for ; rest != "" && digit(rest[0]) < base; rest = rest[1:] {
		ok = true
		d := digit(rest[0])
		if n > (math.MaxInt64-d)/base {
			n = math.MaxInt64
			continue
		}
		n = n*base + d
	}
	if negative {
		n = -n
	}
	*f = fields(rest)
	return n, ok
}

// digit is the value of a hexadecimal digit, 16 for another character.
func digit(c byte) int64 {
	switch {
	case c >= '0' && c <= '9':
		return int64(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int64(c|0x20-'a') + 10
	}
	return 16
}

// maxRanges bounds what Ranges returns.
const maxRanges = 1 << 17

// ErrTooMany says that a map has more ranges than are kept.
var ErrTooMany = errors.New("too many ranges")

// Ranges returns the runs of a map whose blocks have one of the statuses, as
// "-/*" for all that failed; neighbours are one, with the status of the first.
func Ranges(r io.Reader, statuses string) ([]Block, error) {
	var list []Block
	_, err := Scan(r, func(b Block) error {
		if b.Size == 0 || strings.IndexByte(statuses, byte(b.Status)) < 0 {
			return nil
		}
		if n := len(list); n > 0 && list[n-1].Pos+list[n-1].Size == b.Pos {
			list[n-1].Size += b.Size
			return nil
		}
		if len(list) == maxRanges {
			return ErrTooMany
		}
		list = append(list, b)
		return nil
	})
	return list, err
}
