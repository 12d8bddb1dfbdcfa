// Package ldcache reads /etc/ld.so.cache, the index of libraries that ldconfig
// writes and the loader of the GNU C library looks names up in. Both formats are
// read, and the new one behind an old one, as ldconfig writes them together. The
// layout is that of glibc's sysdeps/generic/dl-cache.h; numbers are in the byte
// order of the machine that the cache is for.
package ldcache

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
)

// Entry is one library of the cache.
type Entry struct {
	Name  string // what DT_NEEDED asks for
	Path  string
	Flags int32 // which ABI the library is for, see ldconfig.h
	// Level is the glibc-hwcaps subfolder that the library is for, such as
	// "x86-64-v3"; empty for every processor.
	Level string
	// ISA is how many of the processor's levels the library itself asks for, which
	// is told of libraries with a Level.
	ISA int
	// Legacy are the capabilities that the library is for where the old subfolders
	// are: bits of AT_HWCAP, from bit 48 on platforms, and bit 63 for tls.
	Legacy uint64
}

// Cache is a parsed cache.
type Cache struct {
	entries []Entry
	old     bool // of the format that tells no capabilities
}

// FormatError says what is wrong with a cache, and where.
type FormatError struct {
	Offset int
	What   string
}

func (e *FormatError) Error() string {
	return "library cache: " + e.What + " at byte " + strconv.Itoa(e.Offset)
}

const (
	oldMagic = "ld.so-1.7.0"
	newMagic = "glibc-ld.so.cache1.1"

	oldHeader = 16
	oldEntry  = 12
	newHeader = 48
	newEntry  = 24

	// flagsOffset is where the new header has its byte of flags, whose low two
	// bits tell the byte order: 0 unset, 2 little endian, 3 big endian.
	flagsOffset = 28
	// extensionOffset is where the new header has the offset of its extension.
	extensionOffset = 32
	extensionMagic  = 0xeaa42174
	// tagHWCaps is the extension section that names the glibc-hwcaps subfolders.
	tagHWCaps = 1
	// hwcapExtension is the bit of an entry's hwcap that makes its low 32 bits an
	// index into that section, and the ten above those the ISA level; any other bit
	// set is of the old subfolders.
	hwcapExtension = 1 << 62
	isaBits        = 1<<10 - 1
	// maxLevels is how many subfolder names are read; ldconfig writes those in use.
	maxLevels = 1 << 10
)

// Parse reads a cache. Order is the byte order of the machine whose loader reads
// it; a cache that states its own is read by that. Entries that point outside of
// the file are left out and the first is returned as a *FormatError, beside the
// cache of the others.
func Parse(data []byte, order binary.ByteOrder) (*Cache, error) {
	c := &Cache{}
	if bytes.HasPrefix(data, []byte(newMagic)) {
		return c, c.parseNew(data, 0, order)
	}
	if !bytes.HasPrefix(data, []byte(oldMagic)) || len(data) < oldHeader {
		return c, &FormatError{0, "unknown format"}
	}
	count := uint64(order.Uint32(data[12:]))
	end := oldHeader + oldEntry*count
	if end > uint64(len(data)) {
		return c, &FormatError{12, "more entries than the file holds"}
	}
	// The new header is aligned to 8 bytes behind the old table.
	if at := (end + 7) &^ 7; at < uint64(len(data)) && bytes.HasPrefix(data[at:], []byte(newMagic)) {
		return c, c.parseNew(data, int(at), order)
	}
	return c, c.parseOld(data, int(count), order)
}

func (c *Cache) parseOld(data []byte, count int, order binary.ByteOrder) error {
	var first error
	c.old = true
	text := string(data[oldHeader+oldEntry*count:])
	for i := range count {
		at := oldHeader + oldEntry*i
		b := data[at:]
		name, ok1 := cString(text, order.Uint32(b[4:]))
		path, ok2 := cString(text, order.Uint32(b[8:]))
		if !ok1 || !ok2 {
			first = keep(first, at)
			continue
		}
		c.entries = append(c.entries, Entry{Name: name, Path: path, Flags: int32(order.Uint32(b))})
	}
	return first
}

// parseNew reads the new format from its header at start. Offsets of strings count
// from there, those of the extension from the start of the file.
func (c *Cache) parseNew(data []byte, start int, order binary.ByteOrder) error {
	head := data[start:]
	if len(head) < newHeader {
		return &FormatError{start, "header cut off"}
	}
	switch head[flagsOffset] & 3 {
	case 2:
		order = binary.LittleEndian
	case 3:
		order = binary.BigEndian
	}
	count := uint64(order.Uint32(head[20:]))
	if newHeader+newEntry*count > uint64(len(head)) {
		return &FormatError{start + 20, "more entries than the file holds"}
	}
	text := string(head)
	levels, first := levels(data, order.Uint32(head[extensionOffset:]), order)
	for i := range int(count) {
		at := newHeader + newEntry*i
		b := head[at:]
		name, ok1 := cString(text, order.Uint32(b[4:]))
		path, ok2 := cString(text, order.Uint32(b[8:]))
		if !ok1 || !ok2 {
			first = keep(first, start+at)
			continue
		}
		e := Entry{Name: name, Path: path, Flags: int32(order.Uint32(b))}
		hwcap := order.Uint64(b[16:])
		if (hwcap>>32)&^isaBits == hwcapExtension>>32 {
			index := hwcap & (1<<32 - 1)
			if index >= uint64(len(levels)) {
				continue
			}
			e.Level, e.ISA = levels[index], int(hwcap>>32&isaBits)
		} else {
			e.Legacy = hwcap
		}
		c.entries = append(c.entries, e)
	}
	return first
}

// levels returns the names of the glibc-hwcaps subfolders from the extension at
// offset at of the file; none where there is no extension.
func levels(data []byte, at uint32, order binary.ByteOrder) ([]string, error) {
	bad := &FormatError{int(at), "bad extension"}
	if at == 0 {
		return nil, nil
	}
	if uint64(at)+8 > uint64(len(data)) || order.Uint32(data[at:]) != extensionMagic {
		return nil, bad
	}
	count := uint64(order.Uint32(data[at+4:]))
	sections := data[at+8:]
	if 16*count > uint64(len(sections)) {
		return nil, bad
	}
	var names []string
	text := string(data)
	for ; count > 0; count, sections = count-1, sections[16:] {
		if order.Uint32(sections) != tagHWCaps {
			continue
		}
		off, size := uint64(order.Uint32(sections[8:])), uint64(order.Uint32(sections[12:]))
		if off+size > uint64(len(data)) {
			return nil, bad
		}
		for table := data[off : off+size]; len(table) >= 4 && len(names) < maxLevels; table = table[4:] {
			name, ok := cString(text, order.Uint32(table))
			if !ok {
				return nil, bad
			}
			names = append(names, name)
		}
	}
	return names, nil
}

// keep returns first, or an error about the entry at an offset when first is nil.
func keep(first error, at int) error {
	if first != nil {
		return first
	}
	return &FormatError{at, "an entry's text lies outside of the file"}
}

// maxText is the most that a name or path may have, as for the kernel (PATH_MAX).
const maxText = 4096

// cString returns the string in text at an offset, up to its zero byte. It is a part
// of text: entries of a hostile cache that share bytes cost no memory.
func cString(text string, off uint32) (string, bool) {
	if uint64(off) >= uint64(len(text)) {
		return "", false
	}
	text = text[off:]
	i := strings.IndexByte(text[:min(len(text), maxText)], 0)
	if i < 0 {
		return "", false
	}
	return text[:i], true
}

// Entries returns every entry, in the order of the file.
func (c *Cache) Entries() []Entry { return c.entries }
