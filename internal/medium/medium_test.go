package medium

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// fake is a file whose bad ranges fail, whole or with what lies before them.
type fake struct {
	size, block int64
	bad         []Range
	short       bool  // return what lies before a bad range
	most        int64 // bytes that one read returns; 0 for all
	onRead      func(off int64)

	mu    sync.Mutex
	reads int
}

func (f *fake) Size() int64 { return f.size }
func (f *fake) Block() int  { return int(f.block) }

func (f *fake) ReadAt(p []byte, off int64) (int, error) {
	f.mu.Lock()
	f.reads++
	f.mu.Unlock()
	if f.onRead != nil {
		f.onRead(off)
	}
	if off%f.block != 0 || int64(len(p))%f.block != 0 {
		return 0, syscall.EINVAL
	}
	n := min(int64(len(p)), f.size-off)
	if n <= 0 {
		return 0, io.EOF
	}
	for _, b := range f.bad {
		if off+n > b.Offset && off < b.Offset+b.Length {
			if before := (b.Offset - off) / f.block * f.block; f.short && before > 0 {
				return int(before), nil
			}
			return 0, b.Err
		}
	}
	if f.most > 0 {
		n = min(n, f.most)
	}
	for i := range p[:n] {
		p[i] = pattern(off + int64(i))
	}
	return int(n), nil
}

// pattern is the byte at an offset of a fake.
func pattern(off int64) byte { return byte(off*7>>3 ^ off>>17) }

// scan reads sources and returns their results in order of index.
func scan(t *testing.T, ctx context.Context, list ...Source) ([]Result, error) {
	t.Helper()
	return scanDone(t, ctx, func(Result) {}, list...)
}

// scanDone is scan that also tells of each result as it comes.
func scanDone(t *testing.T, ctx context.Context, done func(Result), list ...Source) ([]Result, error) {
	t.Helper()
	var results []Result
	s := &Scan{
		Open: func(i int) (Source, error) {
			if i == len(list) {
				return nil, io.EOF
			}
			return list[i], nil
		},
		Done: func(_ Source, r Result) {
			results = append(results, r)
			done(r)
		},
	}
	err := s.Run(ctx)
	slices.SortFunc(results, func(a, b Result) int { return a.Index - b.Index })
	return results, err
}

func TestRanges(t *testing.T) {
	eio := error(syscall.EIO)
	const MiB = 1 << 20
	for _, c := range []struct {
		name        string
		size, block int64
		bad, want   []Range
	}{
		{"good", 3*MiB + 5, 512, nil, nil},
		{"one byte costs its block", 100_000, 512, []Range{{5000, 1, eio}}, []Range{{4608, 512, eio}}},
		{"4K blocks", 100_000, 4096, []Range{{5000, 1, eio}}, []Range{{4096, 4096, eio}}},
		{"first", 4 * MiB, 512, []Range{{0, 512, eio}}, []Range{{0, 512, eio}}},
		{"last, short block", 5000, 512, []Range{{4608, 392, eio}}, []Range{{4608, 392, eio}}},
		{"all", 3000, 512, []Range{{0, 3000, eio}}, []Range{{0, 3000, eio}}},
		{"across chunks", 3 * MiB, 512, []Range{{MiB - 512, 1024, eio}}, []Range{{MiB - 512, 1024, eio}}},
		{"several", 5 * MiB, 512, []Range{{512, 512, eio}, {1536, 512, syscall.ENODATA}, {4 * MiB, 512, eio}},
			[]Range{{512, 512, eio}, {1536, 512, syscall.ENODATA}, {4 * MiB, 512, eio}}},
	} {
		for _, short := range []bool{false, true} {
			f := &fake{size: c.size, block: c.block, bad: c.bad, short: short}
			got, err := scan(t, context.Background(), f)
			if err != nil || len(got) != 1 || got[0].Err != nil {
				t.Fatalf("%s: %v, %v", c.name, got, err)
			}
			total := got[0].Read
			for _, b := range got[0].Bad {
				total += b.Length
			}
			if !slices.Equal(got[0].Bad, c.want) || total != c.size {
				t.Errorf("%s: bad %v, want %v; %d of %d bytes", c.name, got[0].Bad, c.want, total, c.size)
			}
		}
	}
}

// A failing read may take seconds: one bad sector costs few of them.
func TestFewFailingReads(t *testing.T) {
	f := &fake{size: 8 << 20, block: 512, bad: []Range{{3<<20 + 700*512, 512, syscall.EIO}}}
	scan(t, context.Background(), f)
	if f.reads > 8+16+16+8 {
		t.Errorf("%d reads", f.reads)
	}
}

// An error that is not of the medium ends its file, not the others.
func TestFatal(t *testing.T) {
	gone := &fake{size: 4 << 20, block: 512, bad: []Range{{0, 4 << 20, syscall.ENXIO}}}
	got, err := scan(t, context.Background(), &fake{block: 512}, gone, &fake{size: 700, block: 512})
	if err != nil || len(got) != 3 || got[0].Err != nil || !errors.Is(got[1].Err, syscall.ENXIO) ||
		got[1].Read != 0 || got[2].Read != 700 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	good := &fake{size: 1 << 20, block: 512, bad: []Range{{0, 512, syscall.EIO}}}
	// Chunks of both are in flight at once: cancel only when the first is done.
	finished := make(chan struct{})
	long := &fake{size: 1 << 40, block: 512, onRead: func(off int64) {
		if off >= 5<<20 {
			<-finished
			cancel()
		}
	}}
	got, err := scanDone(t, ctx, func(r Result) {
		if r.Index == 0 {
			close(finished)
		}
	}, good, long, &fake{size: 1, block: 512})
	if !errors.Is(err, context.Canceled) || len(got) != 2 || len(got[0].Bad) != 1 || got[0].Err != nil ||
		!errors.Is(got[1].Err, context.Canceled) {
		t.Errorf("%+v, %v", got, err)
	}
}

// A file of a real file system, direct or not, is read to its last byte.
func TestFile(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcde\n"), 200_000)
	for _, size := range []int{0, 1, 511, 512, 4097, 1 << 20, 1<<20 + 1, len(content)} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, content[:size], 0o644); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		got, err := scan(t, context.Background(), f)
		if err != nil || len(got) != 1 || got[0].Err != nil || got[0].Read != int64(size) || got[0].Bad != nil {
			t.Errorf("%d bytes: %+v, %v", size, got, err)
		}
	}
}

// /proc has no direct reads; a folder and a FIFO are not files.
func TestOpen(t *testing.T) {
	f, err := Open("/proc/version")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if n, err := f.ReadAt(AlignedBuffer(4096), 0); n == 0 || err != nil || f.Direct() {
		t.Errorf("%d bytes, %v, direct %v", n, err, f.Direct())
	}
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, fifo} {
		if _, err := Open(path); !errors.Is(err, ErrNotFile) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := Open(filepath.Join(dir, "nosuch")); !errors.Is(err, syscall.ENOENT) {
		t.Error(err)
	}
}

// Data gets all bytes of a source in their order, up to the first piece that is not
// whole.
func TestData(t *testing.T) {
	const MiB = 1 << 20
	list := []*fake{
		{size: 9*MiB + 7, block: 512}, {size: 5 * MiB, block: 512, most: 300 * 512}, {size: 1, block: 4096},
		{size: 6 * MiB, block: 512, bad: []Range{{3*MiB + 9, 1, syscall.EIO}}},
	}
	want := []int64{9*MiB + 7, 5 * MiB, 1, 3 * MiB}
	var mu sync.Mutex
	got := map[Source]int64{}
	s := &Scan{
		Open: func(i int) (Source, error) {
			if i == len(list) {
				return nil, io.EOF
			}
			return list[i], nil
		},
		Data: func(source Source, p []byte) {
			mu.Lock()
			defer mu.Unlock()
			for i, c := range p {
				if c != pattern(got[source]+int64(i)) {
					t.Errorf("byte %d is %d", got[source]+int64(i), c)
					break
				}
			}
			got[source] += int64(len(p))
		},
	}
	if err := s.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	for i, f := range list {
		if got[f] != want[i] {
			t.Errorf("source %d: %d bytes told, want %d", i, got[f], want[i])
		}
	}
}

// Any part of a source can be read, up to the bad block.
func TestUnaligned(t *testing.T) {
	for _, block := range []int64{512, 4096} {
		f := &fake{size: 100_000, block: block, bad: []Range{{61 * 1024, 1, syscall.EIO}}}
		r := Unaligned(f)
		bad := 61 * 1024 / block * block
		for _, c := range []struct {
			off  int64
			n    int
			want int
			err  error
		}{
			{0, 10, 10, nil}, {511, 2, 2, nil}, {4095, 9000, 9000, nil}, {99_990, 20, 10, io.EOF}, {100_000, 1, 0, io.EOF},
			{60_000, 20_000, int(bad - 60_000), syscall.EIO}, {61 * 1024, 5, 0, syscall.EIO}, {bad + block, 100, 100, nil},
		} {
			p := make([]byte, c.n)
			n, err := r.ReadAt(p, c.off)
			if n != c.want || err != c.err {
				t.Errorf("block %d, %d bytes at %d: %d, %v", block, c.n, c.off, n, err)
			}
			for i, got := range p[:n] {
				if got != pattern(c.off+int64(i)) {
					t.Fatalf("byte %d is %d", c.off+int64(i), got)
				}
			}
		}
	}
}
