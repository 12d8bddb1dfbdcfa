// Package sqlite reads the rows of one table of an SQLite database, such as the
// headers in rpm's rpmdb.sqlite, without an SQL engine: what is needed is to walk
// one b-tree. Transactions that lie in the write-ahead log are seen.
//
// The format is that of https://www.sqlite.org/fileformat2.html; numbers are big
// endian.
package sqlite

import (
	"encoding/binary"
	"io"

	"rescuebox/internal/pkgdb/rpm/blob"
)

// Places in the database header, which begins page 1.
const (
	magic        = "SQLite format 3\x00"
	headerSize   = 100
	headPageSize = 16
	headReserved = 20
	minPage      = 512
	maxPage      = 64 << 10
	usualPage    = 4096
)

// Types of b-tree pages.
const (
	interiorTable = 5
	leafTable     = 13
)

// maxDepth is more levels than a tree of 2^32 pages can have, whose interior pages
// hold two children at least.
const maxDepth = 40

// file is a database being read.
type file struct {
	r        io.ReaderAt
	size     int64
	log      *wal // nil for none
	pageSize int64
	usable   int64 // bytes of a page that are not reserved at its end
	used     blob.Pages
	pages    [][]byte // one for each level of the tree
	overflow []byte
	value    []byte
	visit    blob.Visitor
	stopped  bool
}

// Log is the write-ahead log of a database, NAME-wal. The zero Log is none.
type Log struct {
	R    io.ReaderAt
	Size int64 // in bytes
}

// Table is what to read.
type Table struct {
	Name string
	// Root is the page where the table begins when it was created first in a new
	// database. It is tried when the list of tables cannot be read; 0 is none.
	Root uint32
}

// Each calls visit for the record of each row of table in the database r of size
// bytes: Column takes it apart. Rows come in the order of their keys.
func Each(r io.ReaderAt, size int64, log Log, table Table, visit blob.Visitor) {
	f := &file{r: r, size: size, visit: visit}
	if log.R != nil {
		var damage *blob.Damage
		f.log, damage = readLog(log)
		if damage != nil && !visit.Lose(damage) {
			return
		}
	}
	root := table.Root
	if damage := f.open(); damage == nil {
		root = f.find(table)
	} else if !visit.Lose(damage) || !f.guess() {
		return
	}
	if root != 0 && !f.stopped {
		f.walk(root, blob.Place{}, 0)
	}
}

// open reads the database header.
func (f *file) open() *blob.Damage {
	head := make([]byte, headerSize)
	r, at := f.place(1)
	if damage := read(r, head, at); damage != nil {
		return damage
	}
	if string(head[:len(magic)]) != magic {
		return at.Bad("not an SQLite database")
	}
	size := int64(binary.BigEndian.Uint16(head[headPageSize:]))
	if size == 1 {
		size = maxPage
	}
	// A page has room for 480 bytes at least (1.3.4).
	usable := size - int64(head[headReserved])
	if size < minPage || size&(size-1) != 0 || usable < 480 {
		return at.Plus(headPageSize).Bad("bad page size")
	}
	if f.log != nil && f.log.pageSize != size {
		return at.Plus(headPageSize).Bad("page size is not that of the write-ahead log")
	}
	f.layout(size, usable)
	return nil
}

// guess takes the page size for that of the log or the usual one. It reports
// whether the file is long enough to hold anything.
func (f *file) guess() bool {
	size := int64(usualPage)
	if f.log != nil {
		size = f.log.pageSize
	}
	f.layout(size, size)
	return f.size > size
}

// layout takes note of how the file is divided: each page has size bytes of which
// usable are not reserved.
func (f *file) layout(size, usable int64) {
	f.pageSize, f.usable = size, usable
	pages := (f.size + size - 1) / size
	if f.log != nil {
		pages += int64(len(f.log.pages))
	}
	f.used = blob.NewPages(pages + 1)
	f.overflow = make([]byte, size)
}

// place returns where page n lies.
func (f *file) place(n uint32) (io.ReaderAt, blob.Place) {
	if f.log != nil {
		if at, ok := f.log.pages[n]; ok {
			return f.log.r, blob.Place{Offset: at, Log: true}
		}
	}
	return f.r, blob.Place{Offset: (int64(n) - 1) * f.pageSize}
}

// read fills p from the file r that at is in.
func read(r io.ReaderAt, p []byte, at blob.Place) *blob.Damage {
	damage := blob.Read(r, p, at.Offset)
	if damage != nil {
		damage.Log = at.Log
	}
	return damage
}

// read reads page n, to which refer the bytes at offset from.
func (f *file) read(page []byte, n uint32, from blob.Place) (blob.Place, *blob.Damage) {
	if n == 0 || !f.used.Take(n) {
		return from, from.Bad("refers to a page of something else")
	}
	r, at := f.place(n)
	return at, read(r, page, at)
}

// lose tells of damage.
func (f *file) lose(d *blob.Damage) { f.stopped = f.stopped || !f.visit.Lose(d) }

// find returns the root page of table, or 0 when there is none. It walks the table
// of tables, which is rooted at page 1, as any other.
func (f *file) find(table Table) (root uint32) {
	visit, lost, stopped := f.visit, false, false
	f.visit = func(_ blob.Place, row []byte, damage *blob.Damage) bool {
		if damage != nil {
			lost = true
			stopped = !visit.Lose(damage)
			return !stopped
		}
		// type, name, tbl_name, rootpage, sql
		if string(Column(row, 0)) == "table" && string(Column(row, 1)) == table.Name {
			for _, b := range Column(row, 3) {
				root = root<<8 | uint32(b)
			}
		}
		return root == 0
	}
	f.walk(1, blob.Place{}, 0)
	f.visit, f.stopped = visit, stopped
	switch {
	case stopped || root != 0:
	case lost:
		return table.Root
	default:
		visit.Lose(blob.Bad(headerSize, "no table "+table.Name))
	}
	return root
}

// walk visits the rows below page n of the tree, depth levels below the root. The
// bytes that refer to it lie at from.
func (f *file) walk(n uint32, from blob.Place, depth int) {
	if depth == len(f.pages) {
		f.pages = append(f.pages, make([]byte, f.pageSize))
	}
	page := f.pages[depth]
	at, damage := f.read(page, n, from)
	if damage != nil {
		f.lose(damage)
		return
	}
	start := int64(0)
	if n == 1 {
		start = headerSize
	}
	head := page[start:f.usable]
	cells := int64(binary.BigEndian.Uint16(head[3:]))
	table := int64(8)
	if head[0] == interiorTable {
		table = 12
	}
	if head[0] != interiorTable && head[0] != leafTable || table+2*cells > int64(len(head)) || depth >= maxDepth {
		f.lose(at.Plus(start).Bad("not a page of a table"))
		return
	}
	for i := int64(0); i < cells && !f.stopped; i++ {
		place := int64(binary.BigEndian.Uint16(head[table+2*i:]))
		switch {
		case place < start+table+2*cells || place+4 > f.usable:
			f.lose(at.Plus(start + table + 2*i).Bad(errCell))
		case head[0] == leafTable:
			f.stopped = !f.row(page[place:f.usable], at.Plus(place))
		default:
			f.walk(binary.BigEndian.Uint32(page[place:]), at.Plus(place), depth+1)
		}
	}
	if head[0] == interiorTable && !f.stopped {
		f.walk(binary.BigEndian.Uint32(head[8:]), at.Plus(start+8), depth+1)
	}
}

// row visits the row whose cell lies at place at.
func (f *file) row(cell []byte, at blob.Place) bool {
	damage := f.cell(cell, at)
	if damage != nil {
		at = damage.Place
	}
	return f.visit(at, f.value, damage)
}

// errCell says what is wrong with a cell.
const errCell = "cell lies outside of its page"

// cell reads the payload of a row into f.value. The cell lies at place at: length
// of the payload, key, as much of the payload as a page holds, overflow page.
func (f *file) cell(cell []byte, at blob.Place) *blob.Damage {
	f.value = f.value[:0]
	length, n := varint(cell)
	_, m := varint(cell[n:])
	if n == 0 || m == 0 {
		return at.Bad(errCell)
	}
	// A row's record has a header before the value.
	if length > blob.Max+headerSize {
		return at.Bad("row is longer than rpm allows")
	}
	cell = cell[n+m:]
	local := f.local(int64(length))
	tail := int64(0)
	if local < int64(length) {
		tail = 4
	}
	if local+tail > int64(len(cell)) {
		return at.Bad(errCell)
	}
	f.value = append(f.value, cell[:local]...)
	if tail == 0 {
		return nil
	}
	return f.chain(binary.BigEndian.Uint32(cell[local:]), int64(length), at)
}

// local returns how many bytes of a payload lie on the leaf page (1.6, "cell payload
// overflow pages").
func (f *file) local(length int64) int64 {
	most := f.usable - 35
	if length <= most {
		return length
	}
	least := (f.usable-12)*32/255 - 23
	n := least + (length-least)%(f.usable-4)
	if n > most {
		n = least
	}
	return n
}

// chain reads the rest of a payload of length bytes from overflow page n on.
func (f *file) chain(n uint32, length int64, from blob.Place) *blob.Damage {
	for {
		left := length - int64(len(f.value))
		if left == 0 {
			return nil
		}
		at, damage := f.read(f.overflow, n, from)
		if damage != nil {
			return damage
		}
		n, from = binary.BigEndian.Uint32(f.overflow), at
		f.value = append(f.value, f.overflow[4:4+min(left, f.usable-4)]...)
	}
}
