package tarball

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"
	"strconv"
)

// Compression is how an archive is packed.
type Compression int

// The compressions. Only the first three can be read, the first two written.
const (
	Plain Compression = iota
	Gzip
	Bzip2
	XZ
	Zstd
	LZ4
	Lzip
	Compress
)

// magics are the first bytes of each format, from their specifications: RFC
// 1952, bzip2, xz-file-format 1.0, RFC 8878, LZ4 frame 1.6, lzip, compress(1).
var magics = []struct {
	magic string
	is    Compression
	name  string // of the program that unpacks it
}{
	{"\x1f\x8b", Gzip, "gzip"}, {"BZh", Bzip2, "bzip2"}, {"\xfd7zXZ\x00", XZ, "xz"}, {"\x28\xb5\x2f\xfd", Zstd, "zstd"},
	{"\x04\x22\x4d\x18", LZ4, "lz4"}, {"LZIP", Lzip, "lzip"}, {"\x1f\x9d", Compress, "uncompress"},
}

// Detect returns how what begins with head is packed, and the name of the
// program for it, empty for a plain archive.
func Detect(head []byte) (Compression, string) {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.is, m.name
		}
	}
	return Plain, ""
}

// Unpack returns the plain archive in r, whatever its packing of those that can
// be read. For the others the error says what to type.
func Unpack(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	head, err := b.Peek(6)
	if err != nil && err != io.EOF {
		return nil, err
	}
	is, name := Detect(head)
	switch is {
	case Plain:
		return b, nil
	case Bzip2:
		return &packed{r: bzip2.NewReader(b), name: name}, nil
	case Gzip:
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, &PackedError{name, 0, err}
		}
		return &packed{r: z, name: name}, nil
	}
	return nil, errors.New("packed by " + name + ", which this tar cannot read: try '" + name + " -dc ARCHIVE | tar -x'")
}

// PackedError is damage of a packed archive.
type PackedError struct {
	Name string // of the packing
	Off  int64  // bytes of the plain archive that came out before it
	Err  error
}

func (e *PackedError) Error() string {
	return e.Name + " data damaged (" + e.Err.Error() + "): only the first " + strconv.FormatInt(e.Off, 10) + " bytes of the unpacked archive could be had"
}

func (e *PackedError) Unwrap() error { return e.Err }

// packed says where unpacking failed.
type packed struct {
	r    io.Reader
	name string
	off  int64
}

func (p *packed) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.off += int64(n)
	if err != nil && err != io.EOF {
		if err == io.ErrUnexpectedEOF {
			err = errors.New("it is cut off")
		}
		err = &PackedError{p.name, p.off, err}
	}
	return n, err
}
