package elffile_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"
	"syscall"
	"testing"

	"rescuebox/internal/elffile"
	"rescuebox/internal/elftest"
)

// image writes a shared object that has everything.
func image(class elffile.Class, order binary.ByteOrder, machine uint16, needed ...string) []byte {
	return elftest.Image(elftest.Object{
		Class: byte(class), Order: order, Machine: machine, Interp: "/lib/ld.so",
		Soname: "libself.so.1", RPath: "/rpath", RunPath: "/runpath", Needed: needed,
	})
}

var needed = []string{"liba.so.1", "libb.so.2", "libc.so.6"}

func TestEveryMachine(t *testing.T) {
	for _, c := range []struct {
		class   elffile.Class
		order   binary.ByteOrder
		machine uint16
	}{
		{1, binary.LittleEndian, 3}, {1, binary.LittleEndian, 8}, {1, binary.BigEndian, 8}, {1, binary.LittleEndian, 40},
		{1, binary.BigEndian, 20}, {2, binary.LittleEndian, 62}, {2, binary.LittleEndian, 21}, {2, binary.BigEndian, 21},
		{2, binary.BigEndian, 22}, {2, binary.LittleEndian, 183}, {2, binary.LittleEndian, 243}, {2, binary.LittleEndian, 258},
	} {
		o, err := elffile.Read(bytes.NewReader(image(c.class, c.order, c.machine, needed...)))
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		if !slices.Equal(o.Needed, needed) || o.Soname != "libself.so.1" || o.RPath != "/rpath" || o.RunPath != "/runpath" ||
			o.Interp != "/lib/ld.so" || o.Machine != elffile.Machine(c.machine) || o.Class != c.class || o.Order != c.order {
			t.Errorf("%+v: %+v", c, o)
		}
	}
}

func TestFiltees(t *testing.T) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		for class := byte(1); class <= 2; class++ {
			o, err := elffile.Read(bytes.NewReader(elftest.Image(elftest.Object{
				Class: class, Order: order, Filters: []string{"f.so"}, Auxiliary: []string{"a.so"}, Needed: needed,
			})))
			if want := []elffile.Filtee{{Name: "f.so"}, {Name: "a.so", Optional: true}}; err != nil || !slices.Equal(o.Filtees, want) {
				t.Errorf("class %d, %v: %v, %+v", class, order, err, o.Filtees)
			}
		}
	}
}

// failing gives EIO for a part of a file.
type failing struct {
	data     []byte
	from, to int64
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off < f.to && off+int64(len(p)) > f.from {
		n := 0
		if off < f.from {
			n = copy(p, f.data[off:f.from])
		}
		return n, syscall.EIO
	}
	return bytes.NewReader(f.data).ReadAt(p, off)
}

func TestUnreadable(t *testing.T) {
	for _, class := range []elffile.Class{elffile.Class32, elffile.Class64} {
		whole := image(class, binary.LittleEndian, 62, needed...)
		for from := int64(0); from < int64(len(whole)); from += 4096 {
			o, err := elffile.Read(failing{whole, from, from + 4096})
			var read *elffile.ReadError
			if !errors.As(err, &read) || !errors.Is(err, syscall.EIO) || read.Offset < from || read.Offset >= from+4096 {
				t.Errorf("page at %d: %v", from, err)
			}
			if (o == nil) != (from == 0) {
				t.Errorf("page at %d: object %v", from, o)
			}
			if from == 4096 && !slices.Equal(o.Needed, needed) {
				t.Errorf("the loader's name takes the libraries with it: %q", o.Needed)
			}
		}
		// One bad sector in the names loses those on it.
		o, err := elffile.Read(failing{whole, 3*4096 + 11, 3*4096 + 12})
		if err == nil || len(o.Needed) == 0 || o.Needed[len(o.Needed)-1] != "libc.so.6" {
			t.Errorf("names: %v, %+v", err, o)
		}
	}
}

func TestCutOff(t *testing.T) {
	for _, class := range []elffile.Class{elffile.Class32, elffile.Class64} {
		whole := image(class, binary.BigEndian, 22, needed...)
		end := bytes.LastIndex(whole, []byte("/runpath")) + len("/runpath") + 1
		for n := range end {
			if _, err := elffile.Read(bytes.NewReader(whole[:n])); err == nil {
				t.Errorf("class %d cut at %d of %d: no error", class, n, end)
			}
		}
	}
}

// A program of the real world, as debug/elf reads it.
func TestAgainstDebugELF(t *testing.T) {
	for _, path := range []string{"/proc/self/exe", "/bin/sh"} {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		o, err := elffile.Read(f)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := elf.NewFile(f)
		if err != nil {
			t.Fatal(err)
		}
		libs, _ := theirs.ImportedLibraries()
		if !slices.Equal(o.Needed, libs) {
			t.Errorf("%s: %q, want %q", path, o.Needed, libs)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(image(2, binary.LittleEndian, 62, needed...))
	f.Add(image(1, binary.BigEndian, 8, needed...))
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := elffile.Read(bytes.NewReader(data))
		if o == nil && err == nil {
			t.Fatal("neither object nor error")
		}
		_, _ = elffile.Read(io.NewSectionReader(failing{data, int64(len(data) / 2), int64(len(data)/2 + 64)}, 0, int64(len(data))))
	})
}
