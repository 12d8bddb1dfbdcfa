// Package elfsym reads the symbols of ELF objects: what lies at a place in a file,
// whether the versions that a program asks for are there, and which symbols its
// libraries lack. It executes nothing, finds its tables through the dynamic section
// as the loader does, and goes on behind what cannot be read.
//
// The formats are those of the System V ABI ("gABI"), chapters 4 and 5, of the Linux
// Standard Base ("Symbol Versioning"), and of <elf.h>.
package elfsym

import (
	"bytes"
	"errors"
	"io"

	"rescuebox/internal/elffile"
)

// Tags of the dynamic section that name tables (<elf.h>).
const (
	dtPltRelSz   = 2
	dtHash       = 4
	dtStrtab     = 5
	dtSymtab     = 6
	dtRela       = 7
	dtRelaSz     = 8
	dtStrSz      = 10
	dtInit       = 12
	dtSymbolic   = 16
	dtRel        = 17
	dtRelSz      = 18
	dtPltRel     = 20
	dtJmpRel     = 23
	dtInitArray  = 25
	dtFiniArray  = 26
	dtInitArrSz  = 27
	dtFiniArrSz  = 28
	dtFlags      = 30
	dtPreInit    = 32
	dtPreInitSz  = 33
	dtRelrSz     = 35
	dtRelr       = 36
	dtGNUHash    = 0x6ffffef5
	dtVersym     = 0x6ffffff0
	dtVerdef     = 0x6ffffffc
	dtVerneed    = 0x6ffffffe
	flagSymbolic = 2 // DF_SYMBOLIC of DT_FLAGS
)

// image is an object and the file that it is in.
type image struct {
	*elffile.Object
	r      io.ReaderAt
	tables []region // that the loader reads, in the order of the file
	err    error    // the first thing that could not be read
}

func newImage(r io.ReaderAt, o *elffile.Object) image {
	return image{Object: o, r: r, tables: tables(o)}
}

func (m *image) note(err error) {
	if m.err == nil {
		m.err = err
	}
}

const (
	page = 4096
	// maxTable is the most of one table that is read, in bytes. The biggest string
	// tables of real libraries have about 10 MiB.
	maxTable = 64 << 20
	// maxName is the longest name that is read, in bytes. Those of C++ templates
	// have been seen with some tens of thousands.
	maxName = 64 << 10
	// maxErrors is how many pages of a table may be unreadable before the rest is
	// left: a failing disk takes seconds for each.
	maxErrors = 16
)

// region returns where the table lies that a tag names; its size is 0 when there is
// none.
func (m *image) region(tag uint64) elffile.Range {
	for _, t := range m.tables {
		if t.tag == tag {
			return t.Range
		}
	}
	return elffile.Range{}
}

// table reads the table that a tag names; empty when there is none.
func (m *image) table(tag uint64) []byte {
	r := m.region(tag)
	return m.read(r.Offset, min(r.Size, maxTable))
}

// read reads from the file: no more than it has. What cannot be read is zero.
func (m *image) read(off, size uint64) []byte {
	const chunk = 16 * page
	var all []byte
	failures := 0
	for uint64(len(all)) < size && off < 1<<62 {
		at := off + uint64(len(all))
		// Up to a boundary of pages, and after an error page by page: what a
		// disk cannot read it cannot read as whole blocks.
		step := uint64(chunk)
		if failures > 0 {
			step = page - at%page
		}
		part := make([]byte, min(step, size-uint64(len(all))))
		n, err := m.r.ReadAt(part, int64(at))
		switch {
		case n == len(part):
			all = append(all, part...)
			continue
		case err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			what := "table cut off: the file ends"
			if n == 0 {
				what = "table beyond the end of the file"
			}
			m.note(&elffile.FormatError{Offset: int64(at) + int64(n), What: what})
			return append(all, part[:n]...)
		}
		if failures++; failures == 1 {
			continue // which of the pages it was is not known yet
		}
		m.note(&elffile.ReadError{Offset: int64(at) + int64(n), Err: err})
		if failures > maxErrors {
			return append(all, part[:n]...)
		}
		clear(part[n:])
		all = append(all, part...)
	}
	return all
}

// text returns the string at an offset of a string table; false when it is longer
// than maxName or not there.
func text(table []byte, at uint64) (string, bool) {
	name, ok := cString(table, at)
	return string(name), ok
}

func cString(table []byte, at uint64) ([]byte, bool) {
	if at >= uint64(len(table)) {
		return nil, false
	}
	table = table[at:]
	n := bytes.IndexByte(table[:min(len(table), maxName)], 0)
	if n < 0 {
		return nil, false
	}
	return table[:n], true
}
