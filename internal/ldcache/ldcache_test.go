package ldcache

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

const (
	lib64 = 0x0303
	lib32 = 0x0003
)

type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// image builds a cache as ldconfig does. With old set, an old-format table of the
// entries without a level comes first; with both, the new one follows it.
func image(order byteOrder, entries []Entry, old, new bool) []byte {
	var out []byte
	if old {
		var table, text []byte
		n := 0
		for _, e := range entries {
			if e.Level != "" || e.Legacy != 0 {
				continue
			}
			n++
			table = order.AppendUint32(table, uint32(e.Flags))
			table = order.AppendUint32(table, uint32(len(text)))
			text = append(text, e.Name+"\x00"...)
			table = order.AppendUint32(table, uint32(len(text)))
			text = append(text, e.Path+"\x00"...)
		}
		out = append(out, "ld.so-1.7.0\x00"...)
		out = order.AppendUint32(out, uint32(n))
		out = append(out, table...)
		if !new {
			return append(out, text...)
		}
		for len(out)%8 != 0 {
			out = append(out, 0)
		}
	}
	start := len(out)
	levels := []string{"x86-64-v2", "x86-64-v3"}
	head := append([]byte(nil), "glibc-ld.so.cache1.1"...)
	head = order.AppendUint32(head, uint32(len(entries)))
	head = append(head, make([]byte, newHeader-len(head))...)
	head[flagsOffset] = 2
	if order.String() == binary.BigEndian.String() {
		head[flagsOffset] = 3
	}
	textAt := newHeader + newEntry*len(entries)
	var table, text []byte
	for _, e := range entries {
		table = order.AppendUint32(table, uint32(e.Flags))
		table = order.AppendUint32(table, uint32(textAt+len(text)))
		text = append(text, e.Name+"\x00"...)
		table = order.AppendUint32(table, uint32(textAt+len(text)))
		text = append(text, e.Path+"\x00"...)
		table = order.AppendUint32(table, 0)
		hwcap := uint64(0)
		if e.Level != "" {
			hwcap = hwcapExtension | uint64(e.ISA)<<32 | uint64(index(levels, e.Level))
		} else {
			hwcap = e.Legacy
		}
		table = order.AppendUint64(table, hwcap)
	}
	var offsets []byte
	for _, l := range levels {
		offsets = order.AppendUint32(offsets, uint32(start+textAt+len(text)))
		text = append(text, l+"\x00"...)
	}
	for (start+textAt+len(text))%4 != 0 {
		text = append(text, 0)
	}
	extension := uint32(start + textAt + len(text))
	order.PutUint32(head[extensionOffset:], extension)
	out = append(append(append(out, head...), table...), text...)
	out = order.AppendUint32(out, extensionMagic)
	out = order.AppendUint32(out, 1)
	for _, v := range []uint32{tagHWCaps, 0, extension + 24, uint32(len(offsets))} {
		out = order.AppendUint32(out, v)
	}
	return append(out, offsets...)
}

// sample is sorted as ldconfig does.
var sample = []Entry{
	{Name: "libz.so.10", Path: "/lib/libz.so.10", Flags: lib64},
	{Name: "libz.so.1", Path: "/lib/glibc-hwcaps/x86-64-v3/libz.so.1", Flags: lib64, Level: "x86-64-v3", ISA: 2},
	{Name: "libz.so.1", Path: "/lib/glibc-hwcaps/x86-64-v2/libz.so.1", Flags: lib64, Level: "x86-64-v2"},
	{Name: "libz.so.1", Path: "/lib/tls/haswell/libz.so.1", Flags: lib64, Legacy: tlsBit | 1<<50},
	{Name: "libz.so.1", Path: "/lib/tls/avx512_1/libz.so.1", Flags: lib64, Legacy: tlsBit | 1<<2},
	{Name: "libz.so.1", Path: "/lib/tls/libz.so.1", Flags: lib64, Legacy: tlsBit},
	{Name: "libz.so.1", Path: "/lib/x86_64-linux-gnu/libz.so.1", Flags: lib64},
	{Name: "libz.so.1", Path: "/usr/lib/x86_64-linux-gnu/libz.so.1", Flags: lib64},
	{Name: "libz.so.1", Path: "/lib/i386-linux-gnu/libz.so.1", Flags: lib32},
	{Name: "libb.so", Path: "/lib/libb.so", Flags: lib64},
	{Name: "liba.so", Path: "/elf/liba.so", Flags: 1},
	{Name: "liba.so", Path: "/exact/liba.so", Flags: lib32},
}

func TestLookup(t *testing.T) {
	cpu := func(levels ...string) Query { return Query{Flags: lib64, Levels: levels} }
	old := Query{Flags: lib64, Legacy: true, Capabilities: 1 << 1}
	haswell, avx512 := old, old
	haswell.Platform, avx512.Capabilities = 1<<50, 1<<2
	both := Query{Flags: lib32, Other: 1}
	for _, order := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, f := range []struct{ old, new bool }{{true, false}, {false, true}, {true, true}} {
			c, err := Parse(image(order, sample, f.old, f.new), order)
			if err != nil {
				t.Fatal(err)
			}
			base := "/lib/x86_64-linux-gnu/libz.so.1"
			for _, w := range []struct {
				name   string
				q      Query
				path   string // of the new format
				oldOne string // of the old one
			}{
				{"libz.so.1", cpu("x86-64-v4", "x86-64-v3", "x86-64-v2"), "/lib/glibc-hwcaps/x86-64-v3/libz.so.1", base},
				{"libz.so.1", cpu("x86-64-v2"), "/lib/glibc-hwcaps/x86-64-v2/libz.so.1", base},
				// A library may ask for more than its folder promises.
				{"libz.so.1", cpu("x86-64-v3"), base, base},
				{"libz.so.1", cpu(), base, base},
				{"libz.so.1", old, "/lib/tls/libz.so.1", base},
				{"libz.so.1", haswell, "/lib/tls/haswell/libz.so.1", base},
				{"libz.so.1", avx512, "/lib/tls/avx512_1/libz.so.1", base},
				{"libz.so.1", Query{Flags: lib32}, "/lib/i386-linux-gnu/libz.so.1", "/lib/i386-linux-gnu/libz.so.1"},
				{"libz.so.01", cpu(), base, base},
				{"libz.so.10", cpu(), "/lib/libz.so.10", "/lib/libz.so.10"},
				{"libb.so", cpu(), "/lib/libb.so", "/lib/libb.so"},
				// The first that can be taken is, in the new format.
				{"liba.so", both, "/elf/liba.so", "/exact/liba.so"},
				{"liba.so", Query{Flags: lib32}, "/exact/liba.so", "/exact/liba.so"},
				{"none.so", cpu(), "", ""}, {"liba.so", cpu(), "", ""}, {"libz.so.2", cpu(), "", ""}, {"", cpu(), "", ""},
			} {
				want := w.path
				if !f.new {
					want = w.oldOne
				}
				if got, ok := c.Lookup(w.name, w.q); got.Path != want || ok != (want != "") {
					t.Errorf("%v %+v %s %+v: %q, want %q", order, f, w.name, w.q, got.Path, want)
				}
			}
		}
	}
}

func TestCompare(t *testing.T) {
	sorted := []string{"a", "a.so", "b.so.1", "b.so.2", "b.so.10", "b.so.10.1", "b.so.100", "b.so.a"}
	for i, a := range sorted {
		for j, b := range sorted {
			if got := compare(a, b); (got < 0) != (i < j) && a[len(a)-1] != 'a' && b[len(b)-1] != 'a' || (got == 0) != (i == j) {
				t.Errorf("%q and %q: %d", a, b, got)
			}
		}
	}
	if compare("libx.so.01", "libx.so.1") != 0 || compare("1", "a") <= 0 || compare("a", "1") >= 0 {
		t.Error("digits are compared by value and come behind letters")
	}
}

// Whatever is cut off or overwritten, Parse says so or reads the rest.
func TestDamage(t *testing.T) {
	whole := image(binary.LittleEndian, sample, true, true)
	for n := range whole {
		c, err := Parse(whole[:n], binary.LittleEndian)
		if err == nil && len(c.Entries()) == len(sample) {
			t.Fatalf("cut at %d of %d: all is said to be there", n, len(whole))
		}
		var format *FormatError
		if err != nil && !errors.As(err, &format) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	for i := range whole {
		for _, v := range []byte{0, 0x7f, 0xff} {
			damaged := bytes.Clone(whole)
			damaged[i] = v
			c, _ := Parse(damaged, binary.LittleEndian)
			c.Lookup("libz.so.1", Query{Flags: lib64, Levels: []string{"x86-64-v3"}})
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, order := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
		f.Add(image(order, sample, true, false))
		f.Add(image(order, sample, false, true))
		f.Add(image(order, sample, true, true))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, _ := Parse(data, binary.LittleEndian)
		for _, e := range c.Entries() {
			got, ok := c.Lookup(e.Name, Query{Flags: e.Flags, Levels: []string{"x86-64-v2"}})
			if ok && (compare(got.Name, e.Name) != 0 || got.Flags != e.Flags) {
				t.Errorf("%+v was asked for, got %+v", e, got)
			}
		}
	})
}
