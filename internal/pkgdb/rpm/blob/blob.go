// Package blob is what the formats of rpm's database have in common: a file that
// holds values of bytes, any of which may be damaged.
package blob

import (
	"io"

	"rescuebox/internal/pkgdb"
)

// Max is the most bytes that a value may have: rpm's limit for one header
// (headerMaxbytes in lib/header.c).
const Max = 256 << 20

// Place is where something lies.
type Place struct {
	Offset int64 // in the file, in bytes
	Log    bool  // the file is the database's write-ahead log
}

// Plus returns the place n bytes further.
func (p Place) Plus(n int64) Place { return Place{p.Offset + n, p.Log} }

// Bad returns damage of bytes that are not those of a sound database.
func (p Place) Bad(what string) *Damage { return &Damage{p, pkgdb.FormatError(what)} }

// Damage is a place of a database that cannot be used.
type Damage struct {
	Place
	Err error // of the read, or a pkgdb.FormatError
}

// Visitor is told of each value of a database and of each damage. A whole value comes
// with the place where it begins. With damage, value is how far the lost one could be
// read, which may be nowhere, and not verified. The value is overwritten after the
// call. The walk ends when it returns false.
type Visitor func(at Place, value []byte, damage *Damage) (more bool)

// Lose tells of damage that takes an unknown number of values.
func (v Visitor) Lose(d *Damage) (more bool) { return v(d.Place, nil, d) }

// ErrCut says that the file ends before what it says it holds.
const ErrCut = pkgdb.FormatError("file is cut off")

// Bad returns damage of bytes that are not those of a sound database.
func Bad(offset int64, what string) *Damage { return Place{Offset: offset}.Bad(what) }

// Read fills p from the file at offset. Damage is where the first missing byte is.
func Read(r io.ReaderAt, p []byte, offset int64) *Damage {
	n, err := r.ReadAt(p, offset)
	switch {
	case n == len(p):
		return nil
	case err == nil || err == io.EOF:
		err = ErrCut
	}
	return &Damage{Place{Offset: offset + int64(n)}, err}
}

// Pages remembers which pages of a file were used. In a sound database each page
// belongs to one thing: one that is met again is damage, and refusing it bounds
// the work by the size of the file.
type Pages []byte

// NewPages returns a set for pages below n.
func NewPages(n int64) Pages { return make(Pages, (n+7)/8) }

// Take adds a page, and reports whether it is one of the file and new.
func (p Pages) Take(page uint32) bool {
	at := int64(page / 8)
	if at >= int64(len(p)) || p.Has(page) {
		return false
	}
	p[at] |= 1 << (page % 8)
	return true
}

// Has reports whether a page was added.
func (p Pages) Has(page uint32) bool {
	at := int64(page / 8)
	return at < int64(len(p)) && p[at]&(1<<(page%8)) != 0
}
