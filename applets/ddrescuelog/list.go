package ddrescuelog

import (
	"bufio"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"rescuebox/internal/mapfile"
)

// The formats of lists of sectors. In a big endian bitmap the first one is the most
// significant bit of the first byte, in a little endian one the least.
const (
	formatList   = "list"
	formatLittle = "bitmap-le"
	formatBig    = "bitmap-be"
)

// list writes the sectors that hold a byte of one of the types in the domain.
func (r *run) list(m *mapfile.Map, d mapfile.Domain) error {
	w := bufio.NewWriterSize(r.s.Out, 64<<10)
	var out sectors = &decimals{w: w}
	if r.o.format != formatList {
		out = &bitmap{w: w, big: r.o.format == formatBig}
	}
	offset, next := r.o.opos-r.o.ipos, int64(0)
	for b, in := range d.Pieces(m) {
		if !in || strings.IndexByte(r.o.types, byte(b.Status)) < 0 {
			continue
		}
		from, to := shifted(b, offset)
		if from >= to {
			continue
		}
		first, end := max(from/r.o.sector, next), (to-1)/r.o.sector+1
		if err := out.run(first, end); err != nil {
			return err
		}
		next = max(end, next)
	}
	_, end := shifted(mapfile.Block{Size: m.Size()}, offset)
	if err := out.end((max(end, 0) + r.o.sector - 1) / r.o.sector); err != nil {
		return err
	}
	return w.Flush()
}

// shifted is where a block lies in the output, within what a position can be.
func shifted(b mapfile.Block, offset int64) (from, to int64) {
	move := func(pos int64) int64 {
		if offset > 0 && pos > math.MaxInt64-offset {
			return math.MaxInt64
		}
		return max(pos+offset, 0)
	}
	return move(b.Pos), move(b.Pos + b.Size)
}

// sectors takes runs of sectors [first, end) in ascending order, and at last the
// number of all.
type sectors interface {
	run(first, end int64) error
	end(count int64) error
}

// decimals writes a number a line, as badblocks(8) does.
type decimals struct {
	w   *bufio.Writer
	buf []byte
}

func (d *decimals) run(first, end int64) error {
	for n := first; n < end; n++ {
		d.buf = append(strconv.AppendInt(d.buf[:0], n, 10), '\n')
		if _, err := d.w.Write(d.buf); err != nil {
			return err
		}
	}
	return nil
}

func (d *decimals) end(int64) error { return nil }

// bitmap writes a bit a sector.
type bitmap struct {
	w    *bufio.Writer
	big  bool
	next int64 // the sector of the next bit
	bits byte
}

func (b *bitmap) run(first, end int64) error {
	if err := b.fill(first, false); err != nil {
		return err
	}
	return b.fill(end, true)
}

func (b *bitmap) fill(end int64, set bool) error {
	for ; b.next < end; b.next++ {
		bit := b.next % 8
		whole := byte(0)
		if set {
			whole = 0xff
		}
		if bit == 0 && end-b.next >= 8 {
			if err := b.w.WriteByte(whole); err != nil {
				return err
			}
			b.next += 7
			continue
		}
		if b.big {
			bit = 7 - bit
		}
		b.bits |= whole & (1 << bit)
		if b.next%8 == 7 {
			if err := b.w.WriteByte(b.bits); err != nil {
				return err
			}
			b.bits = 0
		}
	}
	return nil
}

func (b *bitmap) end(count int64) error { return b.fill((max(count, b.next)+7)/8*8, false) }

// create makes a map out of a list of sectors: those in the domain get the first
// type, all else of it the second one.
func (r *run) create(d mapfile.Domain) (*mapfile.Map, error) {
	if err := r.mayCreate(); err != nil {
		return nil, err
	}
	m := mapfile.New(0)
	_, end, _, _ := d.Extent()
	offset := r.o.opos - r.o.ipos
	_, end = shifted(mapfile.Block{Size: end}, offset)
	m.Set(0, end, mapfile.Status(r.o.types[1]))
	tooMany := false
	add := func(sector int64) bool {
		tooMany = m.Count("?*/-+") > mapfile.MaxBlocks
		if tooMany || sector > (math.MaxInt64-max(offset, 0))/r.o.sector {
			return false
		}
		b := mapfile.Block{Pos: sector * r.o.sector, Size: r.o.sector}
		b.Size = min(b.Size, math.MaxInt64-b.Pos)
		if d.Holds(b) {
			from, to := shifted(b, offset)
			m.Set(from, to-from, mapfile.Status(r.o.types[0]))
		}
		return true
	}
	read := readNumbers
	if r.o.format != formatList {
		read = func(in io.Reader, add func(int64) bool) error { return readBitmap(in, r.o.format == formatBig, add) }
	}
	err := read(r.s.In, add)
	if tooMany {
		err = mapfile.ErrBlocks
	}
	if err != nil {
		return nil, r.fault(stdin, err)
	}
	return m, nil
}

// readNumbers hands over numbers as scanf(3) reads them, between spaces.
func readNumbers(in io.Reader, add func(int64) bool) error {
	words := bufio.NewScanner(in)
	words.Split(bufio.ScanWords)
	for count := 1; words.Scan(); count++ {
		text := words.Text()
		n, err := strconv.ParseInt(strings.TrimPrefix(text, "+"), 0, 64)
		if err != nil || n < 0 || strings.ContainsAny(text, "_bBoO") || !add(n) {
			return numberError(count)
		}
	}
	if errors.Is(words.Err(), bufio.ErrTooLong) {
		return numberError(1)
	}
	return words.Err()
}

// numberError is which number of a list is none.
type numberError int

func (e numberError) Error() string {
	return "Error reading block number at line " + strconv.Itoa(int(e))
}

func readBitmap(in io.Reader, big bool, add func(int64) bool) error {
	r := bufio.NewReader(in)
	for sector := int64(0); ; sector += 8 {
		c, err := r.ReadByte()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range int64(8) {
			bit := i
			if big {
				bit = 7 - i
			}
			if c>>bit&1 != 0 && !add(sector+i) {
				return numberError(sector + i + 1)
			}
		}
	}
}
