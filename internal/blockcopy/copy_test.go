package blockcopy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rescuebox/internal/medium"
)

// flawed is a medium whose chosen blocks cannot be read. A buffered read fails up to
// where the reading ahead would have gone, an exact one where it must.
type flawed struct {
	data  []byte
	bad   map[int64]bool // by number of the block
	ahead int64          // bytes that a buffered read takes along
	at    int64
	err   error // of a bad block
}

const sector = 512

func (f *flawed) hit(from, to int64) bool {
	for b := from / sector; b*sector < to; b++ {
		if f.bad[b] {
			return true
		}
	}
	return false
}

func (f *flawed) Read(p []byte) (int, error) {
	if f.at >= int64(len(f.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.data[f.at:])
	from := f.at - f.at%f.ahead
	for at := from; at < f.at+int64(n); at += f.ahead {
		if f.hit(at, at+f.ahead) {
			if good := max(0, at-f.at); good > 0 {
				n = int(good)
				break
			}
			return 0, f.err
		}
	}
	f.at += int64(n)
	return n, nil
}

func (f *flawed) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += int64(len(f.data))
	}
	f.at = offset
	return offset, nil
}

func (f *flawed) ReadAt(p []byte, off int64) (int, error) {
	if off%sector != 0 || len(p)%sector != 0 {
		return 0, syscall.EINVAL
	}
	if off >= int64(len(f.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.data[off:])
	if f.hit(off, off+int64(n)) {
		return 0, f.err
	}
	return n, nil
}

func (f *flawed) Size() int64 { return int64(len(f.data)) }
func (f *flawed) Block() int  { return sector }

func newFlawed(size int, bad ...int64) *flawed {
	f := &flawed{data: make([]byte, size), bad: map[int64]bool{}, ahead: 4096, err: syscall.EIO}
	for i := range f.data {
		f.data[i] = byte(i*31>>3) | 1
	}
	for _, b := range bad {
		f.bad[b] = true
	}
	return f
}

// rescued is what is to come out: zeros in bad blocks.
func (f *flawed) rescued() []byte {
	out := bytes.Clone(f.data)
	for b := range f.bad {
		if at := b * sector; at < int64(len(out)) {
			clear(out[at:min(at+sector, int64(len(out)))])
		}
	}
	return out
}

func (f *flawed) copy(ibs, obs int) (*Copy, *bytes.Buffer) {
	var out bytes.Buffer
	c := &Copy{
		In: Input{
			From: f, Seeker: f, Size: f.Size(), Block: ibs, NoError: true, Sync: true,
			Exact:  func() (medium.Source, error) { return f, nil },
			Failed: func(Failure) {}, Next: func() {},
		},
		Out:    Output{To: &out, Block: obs},
		Behind: func() {},
	}
	return c, &out
}

// Any blocks, any bad sectors: the rest is whole and in its place, and each missing
// byte is told of once.
func TestRescue(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 3))
		size := 1 + rng.IntN(60_000)
		if seed%20 == 0 {
			size += 2 * window
		}
		f := newFlawed(size)
		for range rng.IntN(8) {
			first := rng.Int64N(int64(size)/sector + 1)
			for b := range 1 + rng.Int64N(12) {
				f.bad[first+b] = true
			}
		}
		ibs, obs := 1+rng.IntN(9000), 1+rng.IntN(9000)
		skip := int64(rng.IntN(2)) * rng.Int64N(int64(size))
		c, out := f.copy(ibs, obs)
		c.Skip = Amount{0, skip}
		c.Ahead = seed%2 == 0
		c.Together = seed%3 == 0
		missing, last := int64(0), skip
		c.In.Failed = func(e Failure) {
			if e.Offset < last || e.Length <= 0 {
				t.Errorf("seed %d: %+v behind %d", seed, e, last)
			}
			last = e.Offset + e.Length
			missing += e.Length
		}
		if err := c.Run(context.Background()); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		want := f.rescued()[skip:]
		got := out.Bytes()
		if len(got) < len(want) || (len(got)-len(want)) >= ibs || !bytes.Equal(got[:len(want)], want) ||
			len(bytes.Trim(got[len(want):], "\x00")) > 0 {
			t.Fatalf("seed %d: ibs %d obs %d skip %d: %d bytes, want %d", seed, ibs, obs, skip, len(got), len(want))
		}
		if zeros := int64(bytes.Count(want, []byte{0})); missing != zeros {
			t.Fatalf("seed %d: %d bytes told of, %d missing", seed, missing, zeros)
		}
		if c.Stats.Bytes.Load() != int64(len(got)) {
			t.Errorf("seed %d: counted %d of %d bytes", seed, c.Stats.Bytes.Load(), len(got))
		}
	}
}

// Without NoError all before the bad sector comes out, and nothing behind it.
func TestEndsAtTheSector(t *testing.T) {
	f := newFlawed(100_000, 77)
	c, out := f.copy(7000, 3000)
	c.In.NoError, c.In.Sync = false, false
	var told []Failure
	c.In.Failed = func(e Failure) { told = append(told, e) }
	err := c.Run(context.Background())
	if !errors.Is(err, ErrRead) || !bytes.Equal(out.Bytes(), f.data[:77*sector]) {
		t.Errorf("%v, %d bytes, want %d", err, out.Len(), 77*sector)
	}
	if len(told) != 1 || told[0].Offset != 77*sector || !errors.Is(told[0].Err, syscall.EIO) {
		t.Errorf("told %+v", told)
	}
}

// A disk that is gone ends the copy, though errors do not.
func TestGone(t *testing.T) {
	f := newFlawed(3*window, 5000)
	for b := range int64(3*window/sector - 2048) {
		f.bad[2048+b] = true
	}
	c, out := f.copy(4096, 4096)
	c.In.Gone = func() bool { return true }
	var last Failure
	c.In.Failed = func(e Failure) { last = e }
	err := c.Run(context.Background())
	if !errors.Is(err, ErrRead) || !errors.Is(last.Err, syscall.ENODEV) || out.Len() != 2048*sector {
		t.Errorf("%v, %+v, %d bytes", err, last, out.Len())
	}
	// Not a medium error: as of a folder.
	f = newFlawed(9000, 3)
	f.err = syscall.EISDIR
	c, _ = f.copy(4096, 4096)
	if err := c.Run(context.Background()); !errors.Is(err, ErrRead) {
		t.Errorf("not of the medium: %v", err)
	}
}

// An input without an end that only fails does not hold the program up for ever.
func TestEndlessErrors(t *testing.T) {
	for _, sync := range []bool{false, true} {
		n := 0
		c := &Copy{
			In: Input{
				From:  reader(func([]byte) (int, error) { return 0, syscall.EIO }),
				Block: 10, NoError: true, Sync: sync, Failed: func(Failure) { n++ }, Next: func() {},
			},
			Out: Output{To: io.Discard, Block: 10},
		}
		if err := c.Run(context.Background()); !errors.Is(err, ErrRead) || n < patience || n > patience+2 {
			t.Errorf("sync %v: %v after %d", sync, err, n)
		}
	}
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }

// A write error stops the reader too.
func TestWriteError(t *testing.T) {
	for _, ahead := range []bool{false, true} {
		f := newFlawed(100_000)
		c, _ := f.copy(1000, 1000)
		c.Ahead = ahead
		c.Out.To = &limited{room: 5500}
		var werr *WriteError
		err := c.Run(context.Background())
		if !errors.As(err, &werr) || werr.Offset != 5500 || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%v", err)
		}
		if c.Stats.FullOut.Load() != 5 || c.Stats.PartialOut.Load() != 1 || c.Stats.Bytes.Load() != 5500 || c.Stats.FullIn.Load() != 6 {
			t.Errorf("ahead %v: counted %d+%d, %d", ahead, c.Stats.FullOut.Load(), c.Stats.PartialOut.Load(), c.Stats.FullIn.Load())
		}
	}
}

// Reading ahead begins when reading has proven slow, and not before.
func TestAheadWhenSlow(t *testing.T) {
	for _, slow := range []time.Duration{time.Nanosecond, time.Hour} {
		const blocks = 24
		var taken, used, most atomic.Int64
		c := Copy{Ahead: true, Slow: slow, Together: true, In: Input{Block: 1 << 20, From: reader(func(p []byte) (int, error) {
			if taken.Load() == blocks {
				return 0, io.EOF
			}
			n := taken.Add(1) - used.Load()
			most.Store(max(most.Load(), n))
			time.Sleep(100 * time.Microsecond)
			return len(p), nil
		})}}
		c.Out = Output{Block: 1 << 20, To: writer(func(p []byte) (int, error) {
			time.Sleep(5 * time.Millisecond)
			used.Add(1)
			return len(p), nil
		})}
		if err := c.Run(context.Background()); err != nil || used.Load() != blocks {
			t.Errorf("%v, %d blocks", err, used.Load())
		}
		if ahead := most.Load() > 1; ahead != (slow < time.Hour) {
			t.Errorf("slow from %v a MiB: at most %d blocks read and not written", slow, most.Load())
		}
	}
}

type limited struct{ room int }

func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.room)
	l.room -= n
	if n < len(p) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

// Cancelling ends a copy that would not end.
func TestCancel(t *testing.T) {
	for _, ahead := range []bool{false, true} {
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		c := &Copy{
			In: Input{From: reader(func(p []byte) (int, error) { return len(p), nil }), Block: 10},
			Out: Output{To: writer(func(p []byte) (int, error) {
				n++
				if n == 100 {
					cancel()
				}
				return len(p), nil
			}), Block: 10},
			Ahead: ahead,
		}
		if err := c.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("ahead %v: %v", ahead, err)
		}
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// FuzzConversion: in whatever pieces the bytes come, the same comes out.
func FuzzConversion(f *testing.F) {
	f.Add([]byte("line\nlonger line\n\n  x"), uint8(4), uint8(3), uint8(7))
	f.Add([]byte("abc   def   "), uint8(6), uint8(1), uint8(13))
	f.Fuzz(func(t *testing.T, data []byte, record, piece, how uint8) {
		run := func(piece int) string {
			c := Conversion{Record: int(record) + 1, Swap: how&1 != 0, Block: how&6 == 2, Unblock: how&6 == 4, Space: ' ', Newline: '\n'}
			var out []byte
			emit := func(p []byte) error { out = append(out, p...); return nil }
			for rest := bytes.Clone(data); len(rest) > 0; {
				n := min(piece, len(rest))
				if err := c.do(rest[:n:n], emit); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if err := c.end(emit); err != nil {
				t.Fatal(err)
			}
			return string(out)
		}
		whole, pieces := run(len(data)+1), run(int(piece)+1)
		if whole != pieces {
			t.Fatalf("%q, in pieces %q", whole, pieces)
		}
		if how&6 == 2 && len(whole)%(int(record)+1) != 0 {
			t.Fatalf("%d bytes are not records of %d", len(whole), int(record)+1)
		}
	})
}
