package medium

import "io"

// Unaligned returns a reader of a source at any offset and of any length, one call
// at a time. It reads around what is asked for in whole blocks, a page at most at a
// time, so that it does not stumble over a bad block nearby more than it must.
func Unaligned(s Source) io.ReaderAt {
	return &unaligned{s, AlignedBuffer(max(alignment, s.Block()))}
}

type unaligned struct {
	source Source
	buffer []byte
}

func (u *unaligned) ReadAt(p []byte, off int64) (int, error) {
	total := 0
	for total < len(p) {
		n, err := u.some(p[total:], off+int64(total))
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// some reads up to the end of a page; where that fails, up to the end of a block.
func (u *unaligned) some(p []byte, off int64) (int, error) {
	var n int
	var err error
	block := int64(u.source.Block())
	for _, unit := range [...]int64{int64(len(u.buffer)), block} {
		start := off - off%block
		end := min(off-off%unit+unit, roundUp(off+int64(len(p)), block))
		n, err = u.source.ReadAt(u.buffer[:end-start], start)
		if skip := int(off - start); n > skip {
			return copy(p, u.buffer[skip:n]), nil
		}
	}
	if err == nil {
		err = io.EOF
	}
	return 0, err
}
