package salvage

import (
	"encoding/binary"
	"io"
)

// Constants of <elf.h>, and bounds on what a header may claim.
const (
	ptNote        = 4
	ntGNUBuildID  = 3
	maxHeaders    = 1024
	maxNotes      = 64 << 10 // bytes
	maxBuildID    = 64       // bytes
	elfHeaderSize = 64
)

// BuildID returns the raw bytes of an ELF object's GNU build-id: the note of type
// NT_GNU_BUILD_ID that the program headers lead to. It is empty where there is none,
// or where it cannot be read.
func BuildID(r io.ReaderAt) string {
	var header [elfHeaderSize]byte
	n, _ := r.ReadAt(header[:], 0)
	if n < 52 || string(header[:4]) != "\x7fELF" {
		return ""
	}
	var order binary.ByteOrder = binary.LittleEndian
	if header[5] == 2 {
		order = binary.BigEndian
	}
	wide := header[4] == 2
	var off, size, count uint64
	if wide {
		off, size, count = order.Uint64(header[32:]), uint64(order.Uint16(header[54:])), uint64(order.Uint16(header[56:]))
	} else {
		off, size, count = uint64(order.Uint32(header[28:])), uint64(order.Uint16(header[42:])), uint64(order.Uint16(header[44:]))
	}
	need := uint64(32)
	if wide {
		need = 56
	}
	if size != need || off > 1<<62 || wide && n < elfHeaderSize {
		return ""
	}
	for i := range min(count, maxHeaders) {
		p := make([]byte, need)
		if n, _ := r.ReadAt(p, int64(off+i*need)); n < len(p) || order.Uint32(p) != ptNote {
			continue
		}
		var at, length, align uint64
		if wide {
			at, length, align = order.Uint64(p[8:]), order.Uint64(p[32:]), order.Uint64(p[48:])
		} else {
			at, length, align = uint64(order.Uint32(p[4:])), uint64(order.Uint32(p[16:])), uint64(order.Uint32(p[28:]))
		}
		if at > 1<<62 {
			continue
		}
		notes := make([]byte, min(length, maxNotes))
		n, _ := r.ReadAt(notes, int64(at))
		if id := findBuildID(notes[:n], order, align); id != "" {
			return id
		}
	}
	return ""
}

// findBuildID looks through notes: size of the name, of the content, type, then both
// padded to 4 bytes, or to 8 where the segment is so aligned (gABI, "Note Section").
func findBuildID(b []byte, order binary.ByteOrder, align uint64) string {
	unit := 4
	if align == 8 {
		unit = 8
	}
	for len(b) >= 12 {
		nameSize, size, kind := order.Uint32(b), order.Uint32(b[4:]), order.Uint32(b[8:])
		if nameSize > maxNotes || size > maxNotes {
			return ""
		}
		content := (12 + int(nameSize) + unit - 1) / unit * unit
		end := content + int(size)
		if end > len(b) {
			return ""
		}
		if kind == ntGNUBuildID && string(b[12:12+nameSize]) == "GNU\x00" && size > 0 && size <= maxBuildID {
			return string(b[content:end])
		}
		b = b[min((end+unit-1)/unit*unit, len(b)):]
	}
	return ""
}
