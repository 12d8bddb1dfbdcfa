// Package bdb reads the values of a Berkeley DB hash file, such as rpm's
// var/lib/rpm/Packages, of either byte order and without the library.
//
// The format is that of src/dbinc/db_page.h of Berkeley DB 5.3, versions 8 to 10,
// which rpm's own reader takes (lib/backend/bdb_ro.c).
package bdb

import (
	"encoding/binary"
	"io"
	"math/bits"

	"rescuebox/internal/pkgdb/rpm/blob"
)

// Places in the metadata page (DBMETA and HMETA).
const (
	metaSize     = 512
	metaMagic    = 12
	metaVersion  = 16
	metaPageSize = 20
	metaEncrypt  = 24
	metaFlags    = 26
	metaLast     = 32 // the number of the last page
	metaBuckets  = 72 // the highest bucket
	metaSpares   = 96 // what to add to a bucket for its page, by bits of the bucket
	hashMagic    = 0x061561
	minPage      = 512
	maxPage      = 64 << 10
)

// Places in every other page (PAGE).
const (
	pageNumber = 8
	pageNext   = 16
	pageItems  = 20 // how many; of an overflow page, how many refer to it
	pageLength = 22 // of an overflow page: bytes of data
	pageType   = 25
	pageHeader = 26 // bytes before the table of items, or the data
)

// Types of pages (P_*).
const (
	typeFree     = 0 // and what was not used yet
	typeUnsorted = 2 // a hash page of version 8
	typeOverflow = 7
	typeHash     = 13
)

// Types of items on hash pages (H_*).
const (
	itemInline   = 1
	itemOverflow = 3 // HOFFPAGE: page number at 4, length at 8
	overflowItem = 12
)

// file is a hash file being read.
type file struct {
	r        io.ReaderAt
	order    binary.ByteOrder
	pageSize int64
	count    int64 // pages in the file
	meta     []byte
	used     blob.Pages // pages that overflow items led to
	wrong    blob.Pages // those of them that are none
	hash     blob.Pages // pages that are hash pages or were told of
	page     []byte     // the hash page at hand
	overflow []byte     // the overflow page at hand
	value    []byte
	visit    blob.Visitor
}

// Each calls visit for each value of the hash file r of size bytes whose key is not
// zero: under that rpm keeps its counter. Values come in the order of pages. Pages
// are found by their place in the file rather than through buckets, so one that is
// damaged takes no others along.
func Each(r io.ReaderAt, size int64, visit blob.Visitor) {
	f := &file{r: r, visit: visit}
	if damage := f.open(); damage != nil && (!visit.Lose(damage) || !f.guess()) {
		return
	}
	f.count = (size + f.pageSize - 1) / f.pageSize
	f.used, f.wrong, f.hash = blob.NewPages(f.count), blob.NewPages(f.count), blob.NewPages(f.count)
	f.page = make([]byte, f.pageSize)
	f.overflow = make([]byte, f.pageSize)
	for n := int64(1); n < f.count; n++ {
		if !f.each(n) {
			return
		}
	}
	if f.meta == nil {
		return
	}
	if int64(f.order.Uint32(f.meta[metaLast:])) >= f.count && !visit.Lose(&blob.Damage{Place: blob.Place{Offset: size}, Err: blob.ErrCut}) {
		return
	}
	f.buckets()
}

// buckets tells of buckets whose page is none: it may have been overwritten with
// zeros, which looks like a page that was not used yet.
func (f *file) buckets() {
	last := f.order.Uint32(f.meta[metaBuckets:])
	for n := int64(0); n <= int64(last) && n < f.count; n++ {
		page := uint32(n) + f.order.Uint32(f.meta[metaSpares+4*bits.Len32(uint32(n)):])
		if f.hash.Take(page) && !f.visit.Lose(blob.Bad(int64(page)*f.pageSize, "page of a bucket is empty")) {
			return
		}
	}
}

// open reads the metadata page.
func (f *file) open() *blob.Damage {
	meta := make([]byte, metaSize)
	if damage := blob.Read(f.r, meta, 0); damage != nil {
		return damage
	}
	switch uint32(hashMagic) {
	case binary.LittleEndian.Uint32(meta[metaMagic:]):
		f.order = binary.LittleEndian
	case binary.BigEndian.Uint32(meta[metaMagic:]):
		f.order = binary.BigEndian
	default:
		return blob.Bad(metaMagic, "not a Berkeley DB hash file")
	}
	if v := f.order.Uint32(meta[metaVersion:]); v < 8 || v > 10 {
		return blob.Bad(metaVersion, "unknown version of Berkeley DB")
	}
	size := f.order.Uint32(meta[metaPageSize:])
	if size < minPage || size > maxPage || size&(size-1) != 0 {
		return blob.Bad(metaPageSize, "bad page size")
	}
	// Checksums and encryption, which rpm never asks for, move the items.
	if meta[metaEncrypt] != 0 || meta[metaFlags]&1 != 0 {
		return blob.Bad(metaEncrypt, "encrypted or with page checksums")
	}
	f.pageSize, f.meta = int64(size), meta
	return nil
}

// guess finds byte order and page size without the metadata page: the first two
// pages carry their numbers.
func (f *file) guess() bool {
	var first, second [pageHeader]byte
	for f.pageSize = minPage; f.pageSize <= maxPage; f.pageSize *= 2 {
		if blob.Read(f.r, first[:], f.pageSize) != nil || blob.Read(f.r, second[:], 2*f.pageSize) != nil {
			continue
		}
		for _, f.order = range [...]binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			if f.order.Uint32(first[pageNumber:]) == 1 && f.order.Uint32(second[pageNumber:]) == 2 &&
				(first[pageType] == typeHash || first[pageType] == typeUnsorted) {
				return true
			}
		}
	}
	return false
}

// each visits the values of page n if it is a hash page.
func (f *file) each(n int64) bool {
	at := n * f.pageSize
	if f.used.Has(uint32(n)) && !f.wrong.Has(uint32(n)) {
		return true
	}
	if damage := blob.Read(f.r, f.page, at); damage != nil {
		f.hash.Take(uint32(n))
		return f.visit.Lose(damage)
	}
	switch f.page[pageType] {
	case typeFree, typeOverflow:
		return true
	case typeHash, typeUnsorted:
		f.hash.Take(uint32(n))
	default:
		f.hash.Take(uint32(n))
		return f.visit.Lose(blob.Bad(at+pageType, "unknown type of page"))
	}
	if int64(f.order.Uint32(f.page[pageNumber:])) != n {
		return f.visit.Lose(blob.Bad(at+pageNumber, "page has the number of another"))
	}
	items := int(f.order.Uint16(f.page[pageItems:]))
	if pageHeader+2*items > len(f.page) {
		return f.visit.Lose(blob.Bad(at+pageItems, "more items than the page holds"))
	}
	for i := 0; i+1 < items; i += 2 {
		if !f.pair(at, i) {
			return false
		}
	}
	return true
}

// pair visits the value behind the key that is item i of the page at hand.
func (f *file) pair(at int64, i int) bool {
	key, value := f.item(i), f.item(i+1)
	if key == nil || value == nil {
		return f.visit.Lose(blob.Bad(at+pageHeader+2*int64(i), "item lies outside of its page"))
	}
	if key[0] == itemInline && zero(key[1:]) {
		return true
	}
	place := blob.Place{Offset: at + int64(cap(f.page)-cap(value))}
	f.value = f.value[:0]
	switch value[0] {
	case itemInline:
		return f.visit(place, value[1:], nil)
	case itemOverflow:
		if len(value) != overflowItem {
			break
		}
		damage := f.chain(at, f.order.Uint32(value[4:]), f.order.Uint32(value[8:]))
		if damage != nil {
			place = damage.Place
		}
		return f.visit(place, f.value, damage)
	}
	return f.visit.Lose(blob.Bad(at+pageHeader+2*int64(i+1), "unknown type of item"))
}

// zero reports whether b is all zeros.
func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// item returns item i of the page at hand with its type, or nil. Items lie from the
// page's end towards its beginning.
func (f *file) item(i int) []byte {
	end := len(f.page)
	table := f.page[pageHeader:]
	if i > 0 {
		end = int(f.order.Uint16(table[2*i-2:]))
	}
	start := int(f.order.Uint16(table[2*i:]))
	if start < pageHeader || start >= end || end > len(f.page) {
		return nil
	}
	return f.page[start:end]
}

// chain reads the value of length bytes that begins on overflow page n into
// f.value. The item that refers to it is on the page at offset from.
func (f *file) chain(from int64, n, length uint32) *blob.Damage {
	if length > blob.Max {
		return blob.Bad(from, "value is longer than rpm allows")
	}
	for uint32(len(f.value)) < length {
		if n == 0 || !f.used.Take(n) {
			return blob.Bad(from, "broken chain of overflow pages")
		}
		at := int64(n) * f.pageSize
		if damage := blob.Read(f.r, f.overflow, at); damage != nil {
			return damage
		}
		filled := int64(f.order.Uint16(f.overflow[pageLength:]))
		left := int64(length) - int64(len(f.value))
		if f.overflow[pageType] != typeOverflow || f.order.Uint32(f.overflow[pageNumber:]) != n ||
			filled == 0 || filled > left || pageHeader+filled > f.pageSize {
			f.wrong.Take(n)
			return blob.Bad(at, "not the overflow page that is expected")
		}
		f.value = append(f.value, f.overflow[pageHeader:pageHeader+filled]...)
		n, from = f.order.Uint32(f.overflow[pageNext:]), at
	}
	return nil
}
