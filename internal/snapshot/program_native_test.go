//go:build amd64

package snapshot

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"rescuebox/internal/elffile"
	"rescuebox/internal/elftest"
)

// What is said of the real loader is where its code leads.
func TestStartUser(t *testing.T) {
	loader, err := open("/lib64/ld-linux-x86-64.so.2", "/lib64/ld-linux-x86-64.so.2")
	if err != nil {
		t.Fatal(err)
	}
	defer loader.file.Close()
	next, err := loader.place(objectsAt)
	if err != nil || next <= objectsAt+loader.entry || next%alignment != 0 {
		t.Fatalf("%#x, %v", next, err)
	}
	if at, err := loader.startUser(); err != nil || at != objectsAt+loader.entry+8 {
		t.Errorf("%#x, %v", at, err)
	}
	// With endbr64 before it, as compilers put where jumps lead.
	data, err := os.ReadFile("/lib64/ld-linux-x86-64.so.2")
	if err != nil {
		t.Fatal(err)
	}
	off, _ := loader.FileOffset(loader.entry)
	for _, c := range []struct {
		code string
		add  uint64 // 0: refused
	}{{"\xf3\x0f\x1e\xfa\x48\x89\xe7\xe8....", 12}, {"\x48\x89\xe7\xe8....", 8}, {"\x48\x89\xe6\xe8....", 0}, {"\xf3\x0f\x1e\xfa\xe8....", 0}} {
		copy(data[off:], c.code)
		o := &object{path: "x", reader: bytes.NewReader(data)}
		if err := o.read(); err != nil {
			t.Fatal(err)
		}
		if at, err := o.startUser(); c.add == 0 && err == nil || c.add > 0 && at != o.entry+c.add {
			t.Errorf("% x: %#x, %v", c.code, at, err)
		}
	}
}

func TestPlaceRefuses(t *testing.T) {
	for _, s := range []elffile.Segment{
		{Addr: 1 << 63, Memory: 1 << 63}, {Memory: 1 << 50}, {Addr: 1 << 50, Memory: 1}, {Size: 2, Memory: 1}, {Addr: 1, Offset: 2, Memory: 1},
		{Addr: ^uint64(0), Offset: 4095, Memory: 1},
	} {
		for _, kind := range []elffile.Type{elffile.Exec, elffile.Dyn} {
			o := &object{Object: &elffile.Object{Type: kind, Loads: []elffile.Segment{s}}}
			if next, err := o.place(objectsAt); err == nil {
				t.Errorf("%+v: next %#x", s, next)
			}
		}
	}
}

// FuzzProgram reads and places what may be any file.
func FuzzProgram(f *testing.F) {
	f.Add(elftest.Image(elftest.Object{Class: 2, Order: binary.LittleEndian, Machine: 62, Interp: "/lib/ld.so", Needed: []string{"libc.so.6"}}))
	if data, err := os.ReadFile(filepath.Join("/lib64/ld-linux-x86-64.so.2")); err == nil {
		f.Add(data[:8192])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		o := &object{path: "fuzz", reader: bytes.NewReader(data)}
		if err := o.read(); err != nil {
			return
		}
		if _, err := o.place(objectsAt); err != nil {
			return
		}
		_, _ = o.startUser()
		_, _ = newStack(o, o, []string{"A=1"})
		for _, s := range o.Loads {
			start, end := roundDown(o.bias+s.Addr), roundUp(o.bias+s.Addr+s.Memory)
			if s.Memory > 0 && (start >= end || end > objectsTo || o.Type == elffile.Dyn && start < objectsAt || o.Type == elffile.Exec && (start < fixedLow || end > fixedHigh)) {
				t.Errorf("%+v goes to %#x-%#x", s, start, end)
			}
		}
	})
}

func FuzzRegion(f *testing.F) {
	f.Add("7ffff7fc1000-7ffff7fc3000 r-xp 00000000 00:00 0                          [vdso]\n")
	f.Add("100000000-100003000 rw-s 00000000 fe:00 1234 /a file\n")
	f.Fuzz(func(t *testing.T, line string) {
		if r, ok := parseRegion(line); ok && r.start >= r.end {
			t.Errorf("%+v", r)
		}
	})
}
