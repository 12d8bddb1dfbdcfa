package elfsym

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"rescuebox/internal/elfdep"
	"rescuebox/internal/elffile"
	"rescuebox/internal/elftest"
	"rescuebox/internal/rootfs"
)

// kinds are the classes, byte orders and machines of objects, and which hash table
// they have. A 64-bit s390 has one of its own.
var kinds = []struct {
	class   byte
	order   binary.ByteOrder
	machine uint16
	gnu     bool
}{
	{1, binary.LittleEndian, 3, false}, {1, binary.LittleEndian, 40, true}, {1, binary.BigEndian, 20, true}, {1, binary.BigEndian, 8, false},
	{2, binary.LittleEndian, 62, true}, {2, binary.LittleEndian, 183, false}, {2, binary.BigEndian, 22, false}, {2, binary.BigEndian, 22, true},
	{2, binary.LittleEndian, 8, false},
}

const (
	function = typeFunc
	variable = typeObject
)

// program is a program with libraries: one of them older than what it was linked
// with, one without versions, one that is missing.
func program() map[string]elftest.Object {
	undefined := func(name, version string, bind, kind int) elftest.Symbol {
		return elftest.Symbol{Name: name, Version: version, Bind: bind, Type: kind, Undefined: true}
	}
	defined := func(name, version string) elftest.Symbol {
		return elftest.Symbol{Name: name, Version: version, Bind: bindGlobal, Type: function, Value: 0x40, Size: 8}
	}
	hidden := defined("inner", "V_1")
	hidden.Other = visibilityHidden
	old := defined("old", "V_1")
	old.Hidden = true
	return map[string]elftest.Object{
		"/bin/p": {
			Interp: "/lib/ld-test.so.1", Needed: []string{"liba.so", "libb.so", "libgone.so", "libc.so.6", "libidle.so"},
			Symbolic: elftest.Symbolic{
				Addend: true,
				Needs: []elftest.Need{{File: "liba.so", Versions: []string{"V_1", "V_2"}}, {File: "libb.so", Versions: []string{"B_1"}},
					{File: "libgone.so", Versions: []string{"G_1"}}, {File: "libc.so.6", Versions: []string{"C_9"}, Weak: true}},
				Symbols: []elftest.Symbol{
					undefined("there", "V_1", bindGlobal, function), undefined("newer", "V_2", bindGlobal, function),
					undefined("any", "B_1", bindGlobal, variable), undefined("gone", "G_1", bindGlobal, function),
					undefined("perhaps", "", bindWeak, function), undefined("inner", "V_1", bindGlobal, function),
					undefined("old", "", bindGlobal, function), undefined("thread", "", bindGlobal, typeTLS),
				},
				Relocations: []elftest.Relocation{
					{Place: 0x100, Symbol: 1, Type: 1}, {Place: 0x108, Symbol: 2, Type: 1, Call: true}, {Place: 0x110, Symbol: 3, Type: 1},
					{Place: 0x118, Symbol: 4, Type: 1, Call: true}, {Place: 0x120, Symbol: 5, Type: 1}, {Place: 0x128, Symbol: 6, Type: 1},
					{Place: 0x130, Symbol: 7, Type: 1}, {Place: 0x138, Symbol: 8, Type: 1}, {Place: 0x138, Symbol: 8, Type: 1},
				},
				Relr: []int{0x200},
			},
		},
		"/lib/liba.so": {
			Soname:   "liba.so",
			Symbolic: elftest.Symbolic{Defines: []string{"V_1"}, Symbols: []elftest.Symbol{defined("there", "V_1"), hidden, old}},
		},
		"/lib/libb.so":      {Soname: "libb.so", Symbolic: elftest.Symbolic{Symbols: []elftest.Symbol{defined("any", "")}}},
		"/lib/libc.so.6":    {Soname: "libc.so.6", Symbolic: elftest.Symbolic{Defines: []string{"C_1"}, Symbols: []elftest.Symbol{defined("malloc", "C_1")}}},
		"/lib/libidle.so":   {Soname: "libidle.so", Symbolic: elftest.Symbolic{Symbols: []elftest.Symbol{defined("idle", "")}}},
		"/lib/ld-test.so.1": {Soname: "ld-test.so.1"},
	}
}

// closure writes objects below a folder and finds the closure of /bin/p.
func closure(t *testing.T, objects map[string]elftest.Object) (rootfs.Root, *elfdep.Closure) {
	t.Helper()
	dir := t.TempDir()
	for path, o := range objects {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, elftest.Image(o), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	root := rootfs.New(dir)
	c, err := elfdep.New(elfdep.Config{Root: root}).Closure(context.Background(), "/bin/p")
	if err != nil {
		t.Fatal(err)
	}
	return root, c
}

func TestSetOfEveryMachine(t *testing.T) {
	for _, k := range kinds {
		objects := program()
		for path, o := range objects {
			o.Class, o.Order, o.Machine, o.GNUHash = k.class, k.order, k.machine, k.gnu
			objects[path] = o
		}
		root, c := closure(t, objects)
		s, err := New(context.Background(), root, c)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range s.Needs() {
			line := n.File + " " + n.Version + " " + n.State.String()
			if n.Fatal() {
				line += " fatal"
			}
			got = append(got, line)
		}
		want := []string{"liba.so V_1 found", "liba.so V_2 missing fatal", "libb.so B_1 unversioned", "libgone.so G_1 no-file", "libc.so.6 C_9 missing"}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: versions %q, want %q", k, got, want)
		}
		if relr := s.UnmarkedRelr(); !slices.Equal(relr, []int{-1}) {
			t.Errorf("%+v: DT_RELR without its version: %v", k, relr)
		}
		for calls, want := range map[bool]string{false: "inner V_1,thread ", true: "inner V_1,thread ,newer V_2 call,gone G_1 call"} {
			undefined, err := s.Unresolved(calls)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, u := range undefined {
				line := u.Name + " " + u.Version
				if u.Call {
					line += " call"
				}
				got = append(got, line)
			}
			if strings.Join(got, ",") != want {
				t.Errorf("%+v, calls %v: undefined %q, want %q", k, calls, got, want)
			}
		}
		unused, err := s.Unused()
		var names []string
		for _, i := range unused {
			names = append(names, s.Path(i))
		}
		if want := []string{"libgone.so", "/lib/libc.so.6", "/lib/libidle.so"}; err != nil || !slices.Equal(names, want) {
			t.Errorf("%+v: unused %q, %v, want %q", k, names, err, want)
		}
		if len(s.Damage) != 0 {
			t.Errorf("%+v: damage %v", k, s.Damage)
		}
	}
}

// What may be in the lost part of a library is not said to be missing.
func TestCutOffLibrary(t *testing.T) {
	root, _ := closure(t, program())
	if err := os.Truncate(root.Host("/lib/liba.so"), elftest.SymbolsPage+8); err != nil {
		t.Fatal(err)
	}
	c, err := elfdep.New(elfdep.Config{Root: root}).Closure(context.Background(), "/bin/p")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(context.Background(), root, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range s.Needs() {
		if (n.File == "liba.so") != (n.State == Unreadable) || n.Fatal() {
			t.Errorf("%+v", n)
		}
	}
	undefined, err := s.Unresolved(true)
	if err != nil || len(undefined) != 1 || undefined[0].Name != "gone" {
		t.Errorf("%+v, %v", undefined, err)
	}
	if len(s.Damage) != 1 || s.Path(s.Damage[0].Object) != "/lib/liba.so" {
		t.Errorf("%+v", s.Damage)
	}
}

func TestCancelled(t *testing.T) {
	root, c := closure(t, program())
	ctx, cancel := context.WithCancel(context.Background())
	s, err := New(ctx, root, c)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := s.Unresolved(true); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := New(ctx, root, c); !errors.Is(err, context.Canceled) {
		t.Error(err)
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

// sectioned is an object with symbols, section headers and a big table.
func sectioned(k int) []byte {
	o := elftest.Object{Class: kinds[k].class, Order: kinds[k].order, Machine: kinds[k].machine, Soname: "libs.so"}
	o.GNUHash = kinds[k].gnu
	o.Defines = []string{"V_1"}
	o.Symbols = []elftest.Symbol{
		{Name: "first", Bind: bindGlobal, Type: function, Value: 0x800, Size: 0x80},
		{Name: "second", Bind: bindGlobal, Type: variable, Value: 0xa00, Size: 0x10},
		{Name: "elsewhere", Bind: bindGlobal, Type: typeTLS, Value: 0x900, Size: 0x10},
	}
	o.Sections = []elftest.Section{{Name: ".text", Type: 1, Offset: 0x700, Size: 0x200}, {Name: ".data", Type: 1, Offset: 0x900, Size: 0x200}}
	return elftest.Image(o)
}

func TestPlaceOfEveryMachine(t *testing.T) {
	for k := range kinds {
		data := sectioned(k)
		o, err := elffile.Read(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		l := NewLocator(bytes.NewReader(data), o)
		for _, c := range []struct {
			offset, length int64
			want           string
		}{
			{0x10, 1, "ELF headers +0"}, {0x700, 0x10, ".text +0"}, {0x810, 0x10, ".text first+16"}, {0x810, 0x200, ".text first+16 to .data"},
			{0x900, 1, ".data +0"}, {0xa40, 1, ".data second+64"}, {0xf00, 1, "code second+1280"},
			{elftest.DynamicPage, 16, ".dynamic +0"}, {elftest.NamesPage + 3, 1, ".dynstr +0"},
			{int64(len(data)) - 10, 1, "section headers +0"},
		} {
			p := l.Place(c.offset, c.length)
			got := fmt.Sprintf("%s %s+%d", p.Section, p.Symbol, p.SymbolOffset)
			if p.Last != "" {
				got += " to " + p.Last
			}
			if got != c.want {
				t.Errorf("kind %d at %#x: %q, want %q", k, c.offset, got, c.want)
			}
		}
		if p := NewLocator(bytes.NewReader(nil), nil).Place(0, 1); p.Kind != Header {
			t.Errorf("%+v", p)
		}
	}
}

// Whatever sector cannot be read: it is told, the kind of damage is known all the
// same, and what lies elsewhere is still named.
func TestPlaceInDamage(t *testing.T) {
	for k := range kinds {
		data := sectioned(k)
		for from := int64(0); from < int64(len(data)); from += 512 {
			r := failing{data, from, from + 512}
			o, _ := elffile.Read(r)
			p := NewLocator(r, o).Place(from, 512)
			want := Startup
			switch {
			case from < 512 || from < 832 && kinds[k].class == 2:
				want = Header
			case from/4096 == 1:
				want = Code // nothing is there
			}
			if p.Kind != want {
				t.Errorf("kind %d at %d: %+v", k, from, p)
			}
			if o == nil {
				continue
			}
			if q := NewLocator(r, o).Place(elftest.DynamicPage, 1); from >= 512 && q.Section != ".dynamic" {
				t.Errorf("kind %d, %d unreadable: the dynamic section is %+v", k, from, q)
			}
		}
	}
}

// single is a set of one object.
func single(data []byte, r failing) *Set {
	o, _ := elffile.Read(r)
	if o == nil {
		return nil
	}
	c := &elfdep.Closure{Program: elfdep.Object{Path: "/p", Name: "/p", File: o}}
	s := &Set{ctx: context.Background(), closure: c, objects: make([]object, 1), loaded: true}
	s.answer()
	p := &s.objects[0]
	p.index, p.image = -1, newImage(r, o)
	p.readVersions()
	p.readSymbols()
	return s
}

// A bad sector in any table is told with its offset, and costs nothing else.
func TestDamagedTables(t *testing.T) {
	for k := range kinds {
		o := program()["/bin/p"]
		o.Class, o.Order, o.Machine, o.GNUHash = kinds[k].class, kinds[k].order, kinds[k].machine, kinds[k].gnu
		data := elftest.Image(o)
		for from := int64(elftest.SymbolsPage); from < int64(len(data)); from += 64 {
			s := single(data, failing{data, from, from + 1})
			s.references(&s.objects[0], true, nil)
			var read *elffile.ReadError
			if err := s.objects[0].err; err != nil && (!errors.As(err, &read) || read.Offset != from) {
				t.Errorf("kind %d, byte %d unreadable: %v", k, from, err)
			}
		}
		s := single(data, failing{data: data})
		if err := s.objects[0].err; err != nil {
			t.Errorf("kind %d: sound, but %v", k, err)
		}
	}
}

func seeds(f *testing.F) {
	for k := range kinds {
		o := program()["/bin/p"]
		o.Class, o.Order, o.Machine, o.GNUHash = kinds[k].class, kinds[k].order, kinds[k].machine, kinds[k].gnu
		f.Add(elftest.Image(o))
		f.Add(sectioned(k))
	}
}

// Versions and what is needed of them, in files that may hold anything.
func FuzzVersions(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if s := single(data, failing{data: data}); s != nil {
			for _, n := range s.Needs() {
				_, _ = n.State.String(), n.Fatal()
			}
			s.UnmarkedRelr()
		}
	})
}

func FuzzSymbols(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, r := range []failing{{data: data}, {data, int64(len(data) / 2), int64(len(data)/2 + 64)}} {
			if s := single(data, r); s != nil {
				s.references(&s.objects[0], true, func(ref *reference, _ bool) { _ = string(ref.name) })
			}
		}
	})
}

func FuzzPlace(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, r := range []failing{{data: data}, {data, int64(len(data) / 2), int64(len(data)/2 + 64)}} {
			o, _ := elffile.Read(r)
			l := NewLocator(r, o)
			for _, at := range []int64{-1, 0, 900, int64(len(data) / 2), int64(len(data)), 1 << 62} {
				if p := l.Place(at, 4096); p.SymbolOffset < 0 {
					t.Errorf("%+v", p)
				}
			}
		}
	})
}

// A reader that knows the files already says the same of them, symbols too.
func TestReaderRemembers(t *testing.T) {
	root, c := closure(t, program())
	r := Reader{Root: root}
	var needs [2][]Need
	var undefined [2][]Undefined
	for i := range needs {
		s, err := r.New(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		needs[i] = s.Needs()
		if undefined[i], err = s.Unresolved(true); err != nil {
			t.Fatal(err)
		}
	}
	if len(needs[0]) < 5 || len(r.known) < 3 || !slices.Equal(needs[0], needs[1]) || !slices.Equal(undefined[0], undefined[1]) {
		t.Errorf("%+v, then %+v; %d files known", needs[0], needs[1], len(r.known))
	}
}
