package tarball

import (
	"bufio"
	"errors"
	"io"
	"os"

	"rescuebox/internal/skipread"
)

// Medium reads a file with a buffer, passes over what nobody wants, and gives
// zeros in place of sectors that cannot be read.
type Medium struct {
	skip *skipread.Reader
	buf  *bufio.Reader
}

// NewMedium returns a reader of the regular file f of size bytes from its start
// on. Missing is told of each range that could not be read.
func NewMedium(f *os.File, size int64, missing func(skipread.Range)) *Medium {
	skip := &skipread.Reader{Src: skipread.NewFile(int(f.Fd())), Size: size, Missing: missing}
	return &Medium{skip, bufio.NewReaderSize(skip, 64<<10)}
}

// Peek returns the next n bytes without taking them.
func (m *Medium) Peek(n int) ([]byte, error) { return m.buf.Peek(n) }

func (m *Medium) Read(p []byte) (int, error) { return m.buf.Read(p) }

// Seek goes forward from the current byte; it knows no other way. The place
// that it returns is meaningless but grows.
func (m *Medium) Seek(off int64, whence int) (int64, error) {
	if whence != io.SeekCurrent || off < 0 {
		return 0, errors.ErrUnsupported
	}
	if buffered := int64(m.buf.Buffered()); off > buffered {
		m.skip.Off += off - buffered
		m.buf.Reset(m.skip)
	} else if _, err := m.buf.Discard(int(off)); err != nil {
		return 0, err
	}
	return m.skip.Off - int64(m.buf.Buffered()), nil
}
