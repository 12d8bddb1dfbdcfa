package inflate

import "io"

// source reads bytes and counts them.
type source struct {
	r          io.Reader
	buf        [4096]byte
	start, end int
	offset     int64 // of buf[end]
	err        error
}

func (s *source) reset(r io.Reader) { *s = source{r: r} }

// maxEmpty is how often a source may return nothing and no error.
const maxEmpty = 100

// more gets at least one byte into buf, when that is empty.
func (s *source) more() error {
	s.start, s.end = 0, 0
	for range maxEmpty {
		if s.err != nil {
			return s.err
		}
		s.end, s.err = s.r.Read(s.buf[:])
		s.offset += int64(s.end)
		if s.end > 0 {
			return nil
		}
	}
	return io.ErrNoProgress
}

// need gets n bits ready, at most 32.
func (z *Reader) need(n uint) error {
	s := &z.source
	for z.count < n {
		if s.start == s.end {
			if err := s.more(); err == io.EOF {
				return io.ErrUnexpectedEOF
			} else if err != nil {
				return err
			}
		}
		z.bits |= uint64(s.buf[s.start]) << z.count
		s.start++
		z.count += 8
	}
	return nil
}

// take returns the next n bits, at most 32, the first one lowest.
func (z *Reader) take(n uint) (uint32, error) {
	if err := z.need(n); err != nil {
		return 0, err
	}
	v := uint32(z.bits & (1<<n - 1))
	z.drop(n)
	return v, nil
}

func (z *Reader) drop(n uint) {
	z.bits >>= n
	z.count -= n
}

// symbol reads one symbol. Near the end there may be fewer bits than the longest code
// has, and enough.
func (z *Reader) symbol(c *code) (int, error) {
	var err error
	if z.count < maxBits {
		err = z.need(maxBits)
	}
	symbol, n := c.find(z.bits, z.count)
	switch {
	case n > 0:
		z.drop(n)
		return symbol, nil
	case err != nil:
		return 0, err
	}
	return 0, z.damaged()
}

func (z *Reader) damaged() error { return z.fail(ErrData) }

func (z *Reader) fail(reason string) error {
	s := &z.source
	return &Error{Offset: s.offset - int64(s.end-s.start) - int64(z.count/8), Reason: reason}
}
