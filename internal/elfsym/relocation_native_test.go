//go:build amd64

package elfsym_test

import (
	"debug/elf"
	"path/filepath"
	"testing"

	"rescuebox/internal/elfsym"
)

// Data that the loader changes when it loads the object is read then: its loss stops
// the program at once. Other data is lost when the program gets there.
func TestRelocatedData(t *testing.T) {
	const source = `int x; int *pointers[4096] = { [0 ... 4095] = &x }; int plain[8192] = { 1 }; static int y;
		int *own[4096] = { [0 ... 4095] = &y }; int tail[4096] = { 2 };`
	for _, args := range [][]string{nil, {"-m32"}, {"-Wl,-z,pack-relative-relocs"}} {
		dir := t.TempDir()
		gcc(t, dir, source, append(args, "-shared", "-fPIC", "-fno-toplevel-reorder", "-o", "lib.so")...)
		l, theirs := locator(t, filepath.Join(dir, "lib.so"))
		symbols, err := theirs.DynamicSymbols()
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, s := range symbols {
			want, known := map[string]elfsym.Kind{
				"pointers": elfsym.Startup, "own": elfsym.Startup, "plain": elfsym.Data, "tail": elfsym.Data,
			}[s.Name]
			if !known {
				continue
			}
			seen++
			for _, p := range theirs.Progs {
				if p.Type == elf.PT_LOAD && s.Value >= p.Vaddr && s.Value < p.Vaddr+p.Filesz {
					at := int64(s.Value - p.Vaddr + p.Off + s.Size/2)
					if got := l.Place(at, 512); got.Kind != want || got.Symbol != s.Name || got.SymbolOffset != int64(s.Size/2) {
						t.Errorf("%q: %s: %+v, want %v", args, s.Name, got, want)
					}
				}
			}
		}
		if seen != 4 {
			t.Errorf("%q: %d symbols", args, seen)
		}
	}
}
