package blockcopy

import (
	"io"
	"syscall"

	"rescuebox/internal/medium"
	"rescuebox/internal/narrow"
	"rescuebox/internal/skipread"
)

// window is how many bytes are read at once where nothing is wrong.
const window = 1 << 20

// sectors reads on behind an error past the page cache: a buffered read of one bad
// sector fails all that the kernel reads ahead with it. It stays with that, for a
// disk that has failed once fails again.
type sectors struct {
	source medium.Source
	block  int64
	on     bool        // past what cannot be read, with zeros in its place
	gone   func() bool // asked where nothing can be read

	buffer   []byte
	from, to int64 // offsets of what is in the buffer
	bad      []medium.Range
	err      error // at offset to: why there is no more; io.EOF at the end
	failed   []Failure
}

func newSectors(source medium.Source, on bool, gone func() bool) *sectors {
	return &sectors{source: source, block: int64(source.Block()), on: on, gone: gone, buffer: medium.AlignedBuffer(window)}
}

// read fills p with what lies at offset at, zeros where it cannot be read. It is
// short only at the end, without an error, and before one.
func (s *sectors) read(p []byte, at int64) (int, error) {
	total := 0
	for total < len(p) {
		off := at + int64(total)
		if off < s.from || off >= s.to {
			if s.err != nil && off >= s.to && s.to > s.from {
				break
			}
			s.fill(off)
			if off >= s.to {
				break
			}
		}
		n := copy(p[total:], s.buffer[off-s.from:s.to-s.from])
		s.note(off, int64(n))
		total += n
	}
	if total == len(p) || s.err == io.EOF {
		return total, nil
	}
	return total, s.err
}

// note keeps what of n bytes from off on is bad, to be told.
func (s *sectors) note(off, n int64) {
	for _, b := range s.bad {
		from, to := max(b.Offset, off), min(b.Offset+b.Length, off+n)
		if from >= to {
			continue
		}
		if last := len(s.failed) - 1; last >= 0 && s.failed[last].Offset+s.failed[last].Length == from {
			s.failed[last].Length += to - from
			continue
		}
		s.failed = append(s.failed, Failure{from, to - from, b.Err})
	}
}

// tell reports the bad places of the last block, and whether there were any.
func (s *sectors) tell(failed func(Failure)) bool {
	list := s.failed
	s.failed = nil
	for _, f := range list {
		failed(f)
	}
	return len(list) > 0
}

// fill reads a window that holds the byte at offset off, in smaller and smaller
// pieces where that fails.
func (s *sectors) fill(off int64) {
	s.from = off - off%s.block
	s.to, s.bad, s.err = s.from, s.bad[:0], nil
	end := min(s.from+window, s.source.Size())
	state := narrow.State{Block: s.block}
	good := false
	for s.to < end && s.err == nil {
		want := state.Next(s.to, end-s.to)
		at := s.to - s.from
		whole := (want + s.block - 1) / s.block * s.block
		n, err := s.source.ReadAt(s.buffer[at:at+whole], s.to)
		got := min(int64(n), want)
		if got < want && err != io.EOF {
			got -= got % s.block // the error is met again by a read that begins at it
		}
		switch {
		case got > 0:
			s.to += got
			good = true
		case err == nil || err == io.EOF:
			s.err = io.EOF
		case !skipread.IsMedia(err):
			s.err = err
		case state.Failed(s.to, want):
			s.lose(want, err)
		}
	}
	switch {
	case s.err != nil:
	case s.to >= s.source.Size():
		s.err = io.EOF
	case !good && s.gone != nil && s.gone():
		s.to, s.err = s.from, syscall.ENODEV
	}
}

// lose puts zeros in place of a bad block, or ends there.
func (s *sectors) lose(n int64, err error) {
	if !s.on {
		s.err = err
		return
	}
	at := s.to - s.from
	clear(s.buffer[at : at+n])
	s.bad = append(s.bad, medium.Range{Offset: s.to, Length: n, Err: err})
	s.to += n
}
