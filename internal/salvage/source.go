package salvage

import (
	"context"
	"io"
	"syscall"

	"rescuebox/internal/medium"
)

// tee is a source that is read once, whose bytes are taken as they come. Places that
// are known to be bad are not asked for again: each try can take a disk seconds.
type tee struct {
	medium.Source
	bad   []medium.Range
	start int64                           // only from here, a multiple of the block,
	end   int64                           // to here; 0 means to the end
	take  func(p []byte, off int64) error // its error ends the reading
}

// stop is the error that ends a scan. It is not one of a medium, whatever it stands
// for.
type stop struct{}

func (stop) Error() string { return "stopped" }

// Size implements medium.Source.
func (t *tee) Size() int64 {
	if t.end > 0 {
		return min(t.end, t.Source.Size()) - t.start
	}
	return t.Source.Size() - t.start
}

// ReadAt implements medium.Source.
func (t *tee) ReadAt(p []byte, off int64) (int, error) {
	off += t.start
	for _, bad := range t.bad {
		switch {
		case bad.Offset <= off && off < bad.Offset+bad.Length:
			return 0, syscall.EIO
		case off < bad.Offset && bad.Offset < off+int64(len(p)):
			p = p[:(bad.Offset-off)/int64(t.Block())*int64(t.Block())]
		}
	}
	if len(p) == 0 {
		return 0, syscall.EIO
	}
	n, err := t.Source.ReadAt(p, off)
	if good := min(int64(n), t.Source.Size()-off); good > 0 {
		if err := t.take(p[:good], off); err != nil {
			return 0, stop{}
		}
	}
	return n, err
}

// read reads all of the source once. Its error is that of ctx or of take.
func (t *tee) read(ctx context.Context) error {
	take, opened := t.take, false
	failed := make(chan error, 1)
	t.take = func(p []byte, off int64) error {
		err := take(p, off)
		if err != nil {
			select {
			case failed <- err:
			default:
			}
		}
		return err
	}
	scan := &medium.Scan{Open: func(int) (medium.Source, error) {
		if opened {
			return nil, io.EOF
		}
		opened = true
		return t, nil
	}}
	if err := scan.Run(ctx); err != nil {
		return err
	}
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// stream reads a source from one end to the other.
type stream struct {
	ctx    context.Context
	source medium.Source
	buffer []byte // what is left of the last read
	memory []byte
	off    int64
	failed bool // a read did
}

func newStream(ctx context.Context, source medium.Source) *stream {
	return &stream{ctx: ctx, source: source}
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	if len(s.buffer) == 0 {
		if err := s.ctx.Err(); err != nil {
			s.failed = true
			return 0, err
		}
		left := s.source.Size() - s.off
		if left <= 0 {
			return 0, io.EOF
		}
		if s.memory == nil {
			s.memory = medium.AlignedBuffer(medium.Chunk)
		}
		n, err := s.source.ReadAt(s.memory, s.off)
		if n == 0 {
			s.failed = true
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return 0, err
		}
		n = int(min(int64(n), left))
		if block := s.source.Block(); int64(n) < left && n%block != 0 {
			// A read must start at a block.
			if n -= n % block; n == 0 {
				s.failed = true
				return 0, io.ErrUnexpectedEOF
			}
		}
		s.buffer = s.memory[:n]
		s.off += int64(n)
	}
	n := copy(p, s.buffer)
	s.buffer = s.buffer[n:]
	return n, nil
}
