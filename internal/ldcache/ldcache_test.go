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
			if e.Level != "" {
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
			hwcap = hwcapExtension | 1<<32 | uint64(index(levels, e.Level))
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

var sample = []Entry{
	{"libz.so.1", "/lib/glibc-hwcaps/x86-64-v3/libz.so.1", lib64, "x86-64-v3"},
	{"libz.so.1", "/lib/glibc-hwcaps/x86-64-v2/libz.so.1", lib64, "x86-64-v2"},
	{"libz.so.1", "/lib/x86_64-linux-gnu/libz.so.1", lib64, ""},
	{"libz.so.1", "/usr/lib/x86_64-linux-gnu/libz.so.1", lib64, ""},
	{"libz.so.1", "/lib/i386-linux-gnu/libz.so.1", lib32, ""},
	{"liba.so", "/elf/liba.so", flagsELF, ""},
	{"liba.so", "/exact/liba.so", lib64, ""},
}

func TestLookup(t *testing.T) {
	for _, order := range []byteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, f := range []struct{ old, new bool }{{true, false}, {false, true}, {true, true}} {
			c, err := Parse(image(order, sample, f.old, f.new), order)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{
				"v3": "/lib/glibc-hwcaps/x86-64-v3/libz.so.1",
				"v2": "/lib/glibc-hwcaps/x86-64-v2/libz.so.1",
				"v1": "/lib/x86_64-linux-gnu/libz.so.1",
			}
			for level, levels := range map[string][]string{
				"v3": {"x86-64-v4", "x86-64-v3", "x86-64-v2"}, "v2": {"x86-64-v2"}, "v1": nil,
			} {
				path := want[level]
				if !f.new {
					path = want["v1"]
				}
				if got, ok := c.Lookup("libz.so.1", lib64, levels); got != path || !ok {
					t.Errorf("%v %+v %s: %q, want %q", order, f, level, got, path)
				}
			}
			if got, _ := c.Lookup("libz.so.1", lib32, nil); got != "/lib/i386-linux-gnu/libz.so.1" {
				t.Errorf("32-bit: %q", got)
			}
			if got, _ := c.Lookup("liba.so", lib64, nil); got != "/exact/liba.so" {
				t.Errorf("the exact ABI must win: %q", got)
			}
			if got, _ := c.Lookup("liba.so", lib32, nil); got != "/elf/liba.so" {
				t.Errorf("an entry of no ABI serves all: %q", got)
			}
			if got, ok := c.Lookup("none.so", lib64, nil); ok {
				t.Errorf("found %q", got)
			}
		}
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
			c.Lookup("libz.so.1", lib64, []string{"x86-64-v3"})
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
			if e.Level == "" {
				if _, ok := c.Lookup(e.Name, e.Flags, nil); !ok {
					t.Errorf("%+v is not found", e)
				}
			}
		}
	})
}
