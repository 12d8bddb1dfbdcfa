// Package inflate unpacks gzip files and zlib streams (RFC 1952, 1950, 1951) as a stream, in 100 kB of
// memory. It costs the kit 8 kB compressed where the standard library's, which comes
// with a writer, costs 26.
package inflate

import (
	"io"
	"strconv"
)

const (
	window  = 32 << 10 // how far back a match reaches
	longest = 258      // bytes of a match
	full    = 2 * window
)

// Error says that data is damaged or of another format.
type Error struct {
	Offset int64  // how many packed bytes were taken when it was noticed
	Reason string // an ErrXxx of this package
}

func (e *Error) Error() string {
	return e.Reason + " near byte " + strconv.FormatInt(e.Offset, 10)
}

// The reasons of an Error.
const (
	ErrFormat   = "not in gzip format"
	ErrMethod   = "unknown compression method"
	ErrData     = "invalid compressed data"
	ErrChecksum = "crc or length error"
)

// Reader unpacks gzip data: one member after the other; what is behind the last one is
// not looked at, as gzip(1) has it. Errors of Read are io.EOF, those of the source,
// io.ErrUnexpectedEOF where it ends too early, or an *Error. What came out before an
// error may be wrong already: only the checksum at the end of a member tells.
type Reader struct {
	source source
	bits   uint64 // that were taken from source and not used, lowest first
	count  uint   // of bits

	out  []byte // up to window bytes that were returned, then what was not
	next int    // in out: what is to be returned next
	seen int    // in out: behind what has gone into sum and length
	head int    // in out: where the member begins; matches do not reach before it

	state  state
	last   bool // the block is the member's last
	stored int  // bytes left of a stored block
	lit    code // literals and lengths of matches
	dist   code // their distances
	sum    uint32
	length uint32 // modulo 1<<32, as the format has it
	table  [256]uint32
	err    error

	zlib bool // one stream of RFC 1950, no gzip file
}

type state uint8

const (
	atMember state = iota
	atBlock
	inStored
	inCodes
)

// NewReader returns a Reader of gzip data.
func NewReader(r io.Reader) *Reader {
	z := &Reader{out: make([]byte, 0, full+longest)}
	z.table = newTable()
	z.Reset(r)
	return z
}

// NewZlib returns a Reader of one zlib stream (RFC 1950), without a preset
// dictionary. Its Adler-32 is not compared: it is for streams that something better
// has proven.
func NewZlib(r io.Reader) *Reader {
	z := NewReader(r)
	z.zlib = true
	return z
}

// Reset begins other data with the same memory.
func (z *Reader) Reset(r io.Reader) {
	z.source.reset(r)
	z.bits, z.count = 0, 0
	z.out, z.next, z.seen, z.head = z.out[:0], 0, 0, 0
	z.state, z.err = atMember, nil
}

// Read implements io.Reader.
func (z *Reader) Read(p []byte) (int, error) {
	for z.next == len(z.out) {
		if z.err != nil {
			return 0, z.err
		}
		if len(p) == 0 {
			return 0, nil
		}
		z.slide()
		z.err = z.fill()
		z.digest()
	}
	n := copy(p, z.out[z.next:])
	z.next += n
	return n, nil
}

// slide drops all but the window of what was returned.
func (z *Reader) slide() {
	drop := len(z.out) - window
	if drop <= 0 {
		return
	}
	z.out = z.out[:copy(z.out, z.out[drop:])]
	z.next, z.seen, z.head = z.next-drop, z.seen-drop, max(0, z.head-drop)
}

// fill unpacks until there is much to return, or an error.
func (z *Reader) fill() error {
	for first := true; len(z.out) < full; first = false {
		var err error
		switch z.state {
		case atMember:
			if !first && z.next < len(z.out) {
				return nil // what is behind it is looked at when that is needed
			}
			err = z.member()
		case atBlock:
			err = z.block()
		case inStored:
			err = z.copyStored()
		case inCodes:
			err = z.decode()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// block reads the header of a block, or the end of the member (RFC 1951, 3.2.3).
func (z *Reader) block() error {
	if z.last {
		return z.trailer()
	}
	head, err := z.take(3)
	if err != nil {
		return err
	}
	z.last = head&1 != 0
	switch head >> 1 {
	case 0:
		z.drop(z.count % 8)
		size, err := z.take(16)
		if err != nil {
			return err
		}
		inverse, err := z.take(16)
		if err != nil {
			return err
		}
		if size != inverse^0xffff {
			return z.damaged()
		}
		z.stored, z.state = int(size), inStored
	case 1:
		z.fixed()
		z.state = inCodes
	case 2:
		z.state = inCodes
		return z.dynamic()
	default:
		return z.damaged()
	}
	return nil
}

func (z *Reader) copyStored() error {
	for z.stored > 0 && len(z.out) < full {
		b, err := z.take(8)
		if err != nil {
			return err
		}
		z.out = append(z.out, byte(b))
		z.stored--
	}
	if z.stored == 0 {
		z.state = atBlock
	}
	return nil
}

// decode unpacks a part of a block with codes (RFC 1951, 3.2.5).
func (z *Reader) decode() error {
	for len(z.out) < full {
		symbol, err := z.symbol(&z.lit)
		switch {
		case err != nil:
			return err
		case symbol < 256:
			z.out = append(z.out, byte(symbol))
			continue
		case symbol == endOfBlock:
			z.state = atBlock
			return nil
		case symbol > 285:
			return z.damaged()
		}
		length := longest
		if symbol < 285 {
			if length, err = z.value(symbol-257, 4, 3); err != nil {
				return err
			}
		}
		if symbol, err = z.symbol(&z.dist); err != nil {
			return err
		}
		if symbol > 29 {
			return z.damaged()
		}
		distance, err := z.value(symbol, 2, 1)
		if err != nil {
			return err
		}
		if distance > len(z.out)-z.head {
			return z.damaged()
		}
		from := len(z.out) - distance
		for length > 0 { // one that overlaps itself grows as it is copied
			n := min(length, len(z.out)-from)
			z.out = append(z.out, z.out[from:from+n]...)
			length -= n
		}
	}
	return nil
}

// value returns what a symbol and its extra bits mean: the first values have a symbol
// each, then each power of two is divided among steps symbols.
func (z *Reader) value(symbol, steps, base int) (int, error) {
	if symbol < 2*steps {
		return base + symbol, nil
	}
	n := uint(symbol/steps - 1)
	extra, err := z.take(n)
	return base + (steps+symbol%steps)<<n + int(extra), err
}
