// Package kits reads and writes the packed toolboxes that a binary carries behind its
// own bytes, for hosts of other kinds. They lie before its seal (package selfcheck),
// which covers them.
//
//	binary ++ kit ++ kit ... ++ index ++ length of the index ++ magic ++ seal
//
// The index is a line for each kit: architecture, bytes packed and unpacked. The
// length of the index has 4 bytes, lowest first.
package kits

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"rescuebox/internal/selfcheck"
)

const magic = "rescuebox-kits1\n"

// maxIndex is far above what a handful of kits needs, in bytes.
const maxIndex = 4 << 10

// Kit is a packed toolbox.
type Kit struct {
	Arch     string // as Go names it; armv7 is arm with GOARM=7
	Size     int64  // bytes, packed
	Unpacked int64  // bytes of what it unpacks to

	offset int64
}

var errIndex = errors.New("the index of the kits in this file is damaged")

// List returns the kits that a file carries, in their order; none is no error.
func List(f *os.File) ([]Kit, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return list(f, info.Size())
}

func list(f io.ReaderAt, size int64) ([]Kit, error) {
	tail := make([]byte, 4+len(magic))
	end := size - int64(selfcheck.SealSize) - int64(len(tail))
	if end < 0 {
		return nil, nil
	}
	if _, err := f.ReadAt(tail, end); err != nil {
		return nil, err
	}
	if string(tail[4:]) != magic {
		return nil, nil
	}
	n := int64(binary.LittleEndian.Uint32(tail))
	if n > maxIndex || n > end {
		return nil, errIndex
	}
	index := make([]byte, n)
	if _, err := f.ReadAt(index, end-n); err != nil {
		return nil, err
	}
	return parse(string(index), end-n)
}

// parse reads an index; the kits end at an offset.
func parse(index string, end int64) ([]Kit, error) {
	var all []Kit
	sum := int64(0)
	for line := range strings.Lines(index) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			return nil, errIndex
		}
		size, err := strconv.ParseInt(fields[1], 10, 32)
		unpacked, err2 := strconv.ParseInt(fields[2], 10, 32)
		if err != nil || err2 != nil || size < 1 || unpacked < 0 {
			return nil, errIndex
		}
		all = append(all, Kit{Arch: fields[0], Size: size, Unpacked: unpacked, offset: sum})
		sum += size
	}
	if sum > end {
		return nil, errIndex
	}
	for i := range all {
		all[i].offset += end - sum
	}
	return all, nil
}

// Read returns the packed kit out of the file that List has read.
func (k Kit) Read(f io.ReaderAt) ([]byte, error) {
	content := make([]byte, k.Size)
	_, err := f.ReadAt(content, k.offset)
	return content, err
}

// Packed is a kit to append.
type Packed struct {
	Arch     string
	Content  []byte
	Unpacked int64 // bytes of what it unpacks to
}

// Append returns what is to be written behind a binary that has no seal yet.
func Append(all []Packed) []byte {
	var b []byte
	index := ""
	for _, k := range all {
		b = append(b, k.Content...)
		index += k.Arch + " " + strconv.Itoa(len(k.Content)) + " " + strconv.FormatInt(k.Unpacked, 10) + "\n"
	}
	b = append(b, index...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(index)))
	return append(b, magic...)
}
