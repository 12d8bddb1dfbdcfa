// Package mapfile reads the map that GNU ddrescue keeps of a disk that it copies:
// which bytes are in, and which could not be read (the manual's chapter "Mapfile
// structure"; versions 1.0 to 1.30).
package mapfile

import (
	"bufio"
	"errors"
	"io"
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

// phases are the statuses of a header: copying, trimming, sweeping, scraping,
// retrying, filling, generating, finished.
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

// maxLine bounds a line in bytes; ddrescue reads 127 of one, and comments may be
// longer, for they hold a command line.
const maxLine = 4096

// Scan reads a map and hands each block to each, in order; an error of that ends
// the scan and is returned. Blocks are contiguous: what lies before the first and
// behind the last one was not tried. Other errors are of type *Error, or those of
// reading.
func Scan(r io.Reader, each func(Block) error) (Header, error) {
	in := bufio.NewReaderSize(r, maxLine)
	var header Header
	var last Block
	started, any := false, false
	for number := 1; ; number++ {
		line, err := in.ReadSlice('\n')
		fields := words(string(line))
		for err == bufio.ErrBufferFull { // the rest of a long line
			_, err = in.ReadSlice('\n')
		}
		if err != nil && err != io.EOF {
			return header, err
		}
		bad := func(reason string) (Header, error) { return header, &Error{number, reason} }
		switch {
		case len(fields) == 0:
		case !started:
			var ok bool
			if header, ok = parseHeader(fields); !ok {
				return bad("Bad status line")
			}
			started = true
		default:
			b, ok := parseBlock(fields)
			switch {
			case !ok || b.Size == 0 && (b.Pos != 0 || any):
				return bad("Bad block line")
			case any && last.Pos+last.Size != b.Pos:
				return bad("Blocks are not contiguous")
			}
			last, any = b, true
			if err := each(b); err != nil {
				return header, err
			}
		}
		if err == io.EOF {
			if !started {
				return bad("No status line: not a map of ddrescue")
			}
			return header, nil
		}
	}
}

// words are the fields of a line without its comment, which begins with a '#' at
// the start of a field.
func words(line string) []string {
	list := strings.Fields(line)
	for i, w := range list {
		if w[0] == '#' {
			return list[:i]
		}
	}
	return list
}

func parseHeader(fields []string) (h Header, ok bool) {
	h.Pass = 1
	if len(fields) < 2 || len(fields) > 3 || len(fields[1]) != 1 || !strings.Contains(phases, fields[1]) {
		return h, false
	}
	h.Status = Status(fields[1][0])
	h.Pos, ok = number(fields[0])
	if ok && len(fields) == 3 {
		n, valid := number(fields[2])
		h.Pass, ok = int(min(n, 1<<30)), valid && n >= 1
	}
	return h, ok
}

func parseBlock(fields []string) (b Block, ok bool) {
	if len(fields) != 3 || len(fields[2]) != 1 || !strings.Contains("?*/-+", fields[2]) {
		return b, false
	}
	pos, ok1 := number(fields[0])
	size, ok2 := number(fields[1])
	return Block{pos, size, Status(fields[2][0])}, ok1 && ok2 && pos+size >= 0
}

// number is what scanf's %lli takes: decimal, 0x hexadecimal, 0 octal.
func number(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 0, 64)
	// Go also takes 0b, 0o and underscores, of which version 1.30 takes the last
	// in its arguments only.
	return n, err == nil && n >= 0 && !strings.ContainsAny(s, "_oO") && (len(s) < 2 || s[1]|0x20 != 'b')
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
