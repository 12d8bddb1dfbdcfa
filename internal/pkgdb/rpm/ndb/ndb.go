// Package ndb reads the values of rpm's own database format, Packages.db, which
// SUSE uses.
//
// The format is that of rpm's lib/backend/ndb/rpmpkg.c: a table of slots at the
// beginning says where in the file values lie; all numbers are little endian.
package ndb

import (
	"encoding/binary"
	"io"

	"rescuebox/internal/pkgdb/rpm/blob"
)

// Sizes in bytes.
const (
	pageSize  = 4096
	blockSize = 16 // the unit of places and sizes in slots
	slotSize  = 16
	headSize  = 16
	tailSize  = 12
	chunk     = 64 << 10
)

// The magic numbers: "RpmP", "Slot", "BlbS", "BlbE".
const (
	fileMagic = 'R' | 'p'<<8 | 'm'<<16 | 'P'<<24
	slotMagic = 'S' | 'l'<<8 | 'o'<<16 | 't'<<24
	headMagic = 'B' | 'l'<<8 | 'b'<<16 | 'S'<<24
	tailMagic = 'B' | 'l'<<8 | 'b'<<16 | 'E'<<24
)

// file is a database being read.
type file struct {
	r     io.ReaderAt
	size  int64
	pages int64      // of slots
	known blob.Pages // blocks at which values begin that were met
	left  int64      // bytes that may still be read as values
	value []byte
	visit blob.Visitor
}

// word returns the i-th number of b.
func word(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[4*i:]) }

// Each calls visit for each value of the database r of size bytes, in the order of
// slots. When slots are damaged, the values that none tells of are looked for in the
// whole file: they have a magic number and a checksum, and deleted ones are zeroed.
func Each(r io.ReaderAt, size int64, visit blob.Visitor) {
	f := &file{r: r, size: size, pages: 1, visit: visit}
	f.known = blob.NewPages(size / blockSize)
	// Slots that overlap can make the same bytes be read again and again.
	f.left = 2 * size
	page := make([]byte, pageSize)
	whole := true
	for n := int64(0); n < f.pages; n++ {
		damage := blob.Read(r, page, n*pageSize)
		if damage == nil && n == 0 {
			damage = f.header(page)
		}
		if damage != nil {
			whole = false
			if !visit.Lose(damage) {
				return
			}
			continue
		}
		sound, more := f.slots(page, n)
		if !more {
			return
		}
		whole = whole && sound
	}
	if !whole {
		f.scan()
	}
}

// header reads how many pages of slots there are.
func (f *file) header(page []byte) *blob.Damage {
	if word(page, 0) != fileMagic {
		return blob.Bad(0, "not an rpm package database")
	}
	if word(page, 1) != 0 {
		return blob.Bad(4, "unknown version of rpm package database")
	}
	pages := int64(word(page, 3))
	if pages == 0 || pages > f.size/pageSize {
		return blob.Bad(12, "more slots than the file holds")
	}
	f.pages = pages
	return nil
}

// slots visits the values of the slots on page n. Not all of them were sound when
// sound is false.
func (f *file) slots(page []byte, n int64) (sound, more bool) {
	sound = true
	start := 0
	if n == 0 {
		start = 2 * slotSize // the header
	}
	for at := start; at < pageSize; at += slotSize {
		slot := page[at : at+slotSize]
		begin, blocks := word(slot, 2), word(slot, 3)
		var damage *blob.Damage
		switch {
		case word(slot, 0) != slotMagic:
			damage = blob.Bad(n*pageSize+int64(at), "not a slot")
		case begin == 0: // free
			continue
		case word(slot, 1) == 0 || blocks == 0 || int64(begin)*blockSize < f.pages*pageSize || !f.known.Take(begin):
			damage = blob.Bad(n*pageSize+int64(at), "bad slot")
		default:
			damage = f.read(int64(begin), word(slot, 1), blocks)
		}
		place := blob.Place{Offset: int64(begin) * blockSize}
		if damage != nil {
			sound, place = false, damage.Place
		}
		if !f.visit(place, f.value, damage) {
			return sound, false
		}
		f.value = f.value[:0]
	}
	return sound, true
}

// read reads the value of package index that lies at block begin into f.value. A
// blocks of 0 means that no slot says how many there are.
func (f *file) read(begin int64, index, blocks uint32) *blob.Damage {
	at := begin * blockSize
	f.value = f.value[:0]
	var head [headSize]byte
	if damage := blob.Read(f.r, head[:], at); damage != nil {
		return damage
	}
	length := int64(word(head[:], 3))
	needed := (headSize + length + tailSize + blockSize - 1) / blockSize
	if word(head[:], 0) != headMagic || word(head[:], 1) != index || blocks != 0 && needed != int64(blocks) {
		return blob.Bad(at, "not the value that its slot tells of")
	}
	whole := needed*blockSize - headSize
	if length > blob.Max || at+headSize+whole > f.size {
		return blob.Bad(at, "value is longer than the file")
	}
	if f.left -= whole; f.left < 0 {
		return blob.Bad(at, "values overlap")
	}
	damage := f.body(at+headSize, int(whole))
	if damage != nil {
		return damage
	}
	tail := f.value[whole-tailSize:]
	sum := adler(adler(1, head[:]), f.value[:whole-tailSize])
	f.value = f.value[:length]
	if word(tail, 0) != sum || word(tail, 1) != uint32(length) || word(tail, 2) != tailMagic {
		return blob.Bad(at, "wrong checksum of a value")
	}
	return nil
}

// body reads size bytes at offset at into f.value, piece by piece so that no more
// memory is taken than there are bytes.
func (f *file) body(at int64, size int) *blob.Damage {
	for len(f.value) < size {
		n := len(f.value)
		piece := min(chunk, size-n)
		if cap(f.value)-n < piece {
			f.value = append(f.value, make([]byte, piece)...)
		}
		f.value = f.value[:n+piece]
		if damage := blob.Read(f.r, f.value[n:], at+int64(n)); damage != nil {
			f.value = f.value[:n+int(damage.Offset-at-int64(n))]
			return damage
		}
	}
	return nil
}

// scan visits the values that no slot told of. What cannot be read is passed over:
// a value there cannot be told from nothing.
func (f *file) scan() {
	f.left = 2 * f.size
	part := make([]byte, chunk)
	for at := int64(0); at < f.size; at += chunk {
		n := min(chunk, f.size-at)
		if blob.Read(f.r, part[:n], at) != nil && !f.patch(part[:n], at) {
			continue
		}
		for i := int64(0); i+headSize <= n; i += blockSize {
			begin := uint32((at + i) / blockSize)
			if word(part[i:], 0) != headMagic || !f.known.Take(begin) {
				continue
			}
			place := blob.Place{Offset: at + i}
			if f.read(int64(begin), word(part[i:], 1), 0) == nil && !f.visit(place, f.value, nil) {
				return
			}
		}
	}
}

// patch reads page by page what could not be read at once, zeros for what cannot
// be, and reports whether there is anything.
func (f *file) patch(part []byte, at int64) (any bool) {
	for len(part) > 0 {
		n := min(pageSize, len(part))
		if blob.Read(f.r, part[:n], at) != nil {
			clear(part[:n])
		} else {
			any = true
		}
		part, at = part[n:], at+int64(n)
	}
	return any
}

// adler continues the checksum of RFC 1950 with data.
func adler(sum uint32, data []byte) uint32 {
	a, b := sum&0xffff, sum>>16
	for len(data) > 0 {
		n := min(5552, len(data)) // the most before the sums can overflow
		for _, c := range data[:n] {
			a += uint32(c)
			b += a
		}
		a, b, data = a%65521, b%65521, data[n:]
	}
	return b<<16 | a
}
