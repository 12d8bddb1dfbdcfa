package start

import (
	"reflect"
	"testing"
)

func TestLoadedHoldsCodeAndData(t *testing.T) {
	segments, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	holds := func(addr uintptr, flags uint32) bool {
		for _, s := range segments {
			if addr >= s.addr && addr < s.addr+s.size {
				return s.flags&(pfX|pfW) == flags
			}
		}
		return false
	}
	if code := reflect.ValueOf(LockSelf).Pointer(); !holds(code, pfX) {
		t.Errorf("no code at %#x in %#v", code, segments)
	}
	if data := reflect.ValueOf(&variable).Pointer(); !holds(data, pfW) {
		t.Errorf("no variables at %#x in %#v", data, segments)
	}
	if segments[0].flags&pfX == 0 {
		t.Errorf("the first is not code: %#v", segments)
	}
}

// variable lies in the file, as it is not zero.
var variable = 1

func TestSegmentsOf(t *testing.T) {
	data := progHeader{Type: ptLoad, Flags: pfW | 4, Vaddr: 0x3000, Filesz: 0x80, Memsz: 0x1000}
	constants := progHeader{Type: ptLoad, Flags: 4, Vaddr: 0x2000, Filesz: 0x800, Memsz: 0x800}
	code := progHeader{Type: ptLoad, Flags: pfX | 4, Vaddr: 0x1000, Filesz: 0x900, Memsz: 0x900}
	bss := progHeader{Type: ptLoad, Flags: pfW | 4, Vaddr: 0x5000, Memsz: 0x1000}
	self := progHeader{Type: ptPhdr, Flags: 4, Vaddr: 0x40, Filesz: 0x100}
	for _, test := range []struct {
		name    string
		headers []progHeader
		want    []segment
	}{
		{"nothing", nil, nil},
		{"sorted, without what is not in the file", []progHeader{bss, data, constants, code}, []segment{
			{0x1000, 0x900, pfX | 4}, {0x2000, 0x800, 4}, {0x3000, 0x80, pfW | 4}}},
		{"position-independent", []progHeader{self, code}, []segment{{0x71000, 0x900, pfX | 4}}},
	} {
		if got := segmentsOf(test.headers, 0x70040); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %#x, want %#x", test.name, got, test.want)
		}
	}
}

func TestEntrySymbol(t *testing.T) {
	for arch, want := range map[string]string{"amd64": "rescue_entry", "mipsle": "rescue_entry", "loong64": "", "": ""} {
		if got := EntrySymbol(arch); got != want {
			t.Errorf("%s: got %q, want %q", arch, got, want)
		}
	}
}
