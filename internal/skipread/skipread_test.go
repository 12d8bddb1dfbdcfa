package skipread

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"syscall"
	"testing"
)

// medium fails where a read touches a bad range, and returns what lies before it,
// as pread(2) does.
type medium struct {
	data  []byte
	bad   []Range
	reads int
	fails int
}

func (m *medium) ReadAt(p []byte, off int64) (int, error) {
	m.reads++
	if off >= int64(len(m.data)) {
		return 0, io.EOF
	}
	n := copy(p, m.data[off:])
	for _, b := range m.bad {
		if off+int64(n) > b.Off && off < b.Off+b.Len {
			m.fails++
			return max(0, int(b.Off-off)), b.Err
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i/Block) + byte(i) | 1
	}
	return b
}

func TestReader(t *testing.T) {
	eio := error(syscall.EIO)
	for _, c := range []struct {
		name      string
		size      int
		start     int64
		bad, want []Range
	}{
		{"good", 100_000, 0, nil, nil},
		{"from one byte to the end of its block", 100_000, 0, []Range{{5000, 1, eio}}, []Range{{5000, 120, eio}}},
		{"first block", 4096, 0, []Range{{0, 512, eio}}, []Range{{0, 512, eio}}},
		{"last, short block", 5000, 0, []Range{{4608, 392, eio}}, []Range{{4608, 392, eio}}},
		{"all", 3000, 0, []Range{{0, 3000, eio}}, []Range{{0, 3000, eio}}},
		{"adjacent blocks merge", 1 << 20, 0, []Range{{512, 512, eio}, {1024, 4096, syscall.ENODATA}}, []Range{{512, 4608, eio}}},
		{"two places", 1 << 20, 0, []Range{{512, 512, eio}, {1536, 512, eio}}, []Range{{512, 512, eio}, {1536, 512, eio}}},
		{"start in the middle of a bad block", 4096, 700, []Range{{512, 512, eio}}, []Range{{700, 324, eio}}},
		{"far apart", 3 << 20, 0, []Range{{0, 1, eio}, {2 << 20, 1, eio}}, []Range{{0, 512, eio}, {2 << 20, 512, eio}}},
	} {
		m := &medium{data: pattern(c.size), bad: c.bad}
		expect := bytes.Clone(m.data)
		for _, w := range c.want {
			clear(expect[w.Off : w.Off+w.Len])
		}
		var got []Range
		r := &Reader{Src: m, Off: c.start, Size: int64(c.size), Missing: func(g Range) { got = append(got, g) }}
		out, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(out, expect[c.start:]) {
			t.Errorf("%s: %d of %d bytes, equal %v, %v", c.name, len(out), c.size, bytes.Equal(out, expect[c.start:]), err)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: missing %v, want %v", c.name, got, c.want)
		}
	}
}

// A failing read may take seconds, so a bad block costs few of them.
func TestFewReads(t *testing.T) {
	m := &medium{data: pattern(8 << 20), bad: []Range{{1 << 20, 512, syscall.EIO}}}
	r := &Reader{Src: m, Size: 8 << 20}
	buf := make([]byte, 128<<10)
	for {
		if _, err := r.Read(buf); err != nil {
			break
		}
	}
	if max := 64 + 32; m.reads > max || m.fails > 4 {
		t.Errorf("%d reads, %d failed, want at most %d, 4", m.reads, m.fails, max)
	}
}

// Errors of the whole medium, and any error of one without a known end, end the
// reading; what was missing before them is told all the same.
func TestStops(t *testing.T) {
	gone := &medium{data: pattern(4096), bad: []Range{{512, 512, syscall.EIO}, {1024, 512, syscall.ENXIO}}}
	told := 0
	out, err := io.ReadAll(&Reader{Src: gone, Size: 4096, Missing: func(Range) { told++ }})
	if len(out) != 1024 || !errors.Is(err, syscall.ENXIO) || told != 1 {
		t.Errorf("medium gone: %d bytes, %v, told %d", len(out), err, told)
	}
	endless := &medium{data: pattern(4096), bad: []Range{{1024, 1, syscall.EIO}}}
	out, err = io.ReadAll(&Reader{Src: endless})
	if len(out) != 1024 || !errors.Is(err, syscall.EIO) {
		t.Errorf("no known end: %d bytes, %v", len(out), err)
	}
	// The size was wrong: the file is shorter.
	out, err = io.ReadAll(&Reader{Src: &medium{data: pattern(100)}, Size: 4096})
	if len(out) != 100 || err != nil {
		t.Errorf("truncated: %d bytes, %v", len(out), err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(uint16(5000), uint16(700), uint16(600), uint16(100), uint16(1000))
	f.Add(uint16(513), uint16(0), uint16(512), uint16(1), uint16(7))
	f.Fuzz(func(t *testing.T, size, start, off, length, buffer uint16) {
		m := &medium{data: pattern(int(size)), bad: []Range{{int64(off), int64(length), syscall.EIO}}}
		var missing int64
		r := &Reader{Src: m, Off: int64(start), Size: int64(size), Missing: func(g Range) { missing += g.Len }}
		buf := make([]byte, int(buffer)+1)
		at := int(start)
		zeros := int64(0)
		for {
			n, err := r.Read(buf)
			for _, b := range buf[:n] {
				switch b {
				case 0:
					zeros++
				case m.data[at]:
				default:
					t.Fatalf("wrong byte at %d", at)
				}
				at++
			}
			if err == io.EOF {
				break
			}
			if err != nil || n == 0 {
				t.Fatal(n, err)
			}
		}
		if want := max(int(size), int(start)); at != want || zeros != missing {
			t.Fatalf("ended at %d, want %d; %d zeros, %d missing", at, want, zeros, missing)
		}
	})
}
