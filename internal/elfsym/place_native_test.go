//go:build amd64

package elfsym_test

import (
	"debug/elf"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"rescuebox/internal/elffile"
	"rescuebox/internal/elfsym"
)

// gcc compiles C source text in dir.
func gcc(t testing.TB, dir, source string, args ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "source.c"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("gcc", append([]string{"-x", "c", "source.c", "-x", "none"}, args...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("gcc %q: %v\n%s(apt-get install gcc gcc-multilib libc6-dev)", args, err, out)
	}
}

func locator(t testing.TB, path string) (*elfsym.Locator, *elf.File) {
	t.Helper()
	l, f := open(t, path)
	theirs, err := elf.NewFile(f)
	if err != nil {
		t.Fatal(err)
	}
	return l, theirs
}

func open(t testing.TB, path string) (*elfsym.Locator, io.ReaderAt) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	o, err := elffile.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return elfsym.NewLocator(f, o), f
}

// Every section of real files, as debug/elf reads their headers.
func TestSectionsOfRealFiles(t *testing.T) {
	for _, path := range []string{"/bin/sh", "/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/libc.so.6", "/proc/self/exe"} {
		l, theirs := locator(t, path)
		for i, s := range theirs.Sections {
			if s.Type == elf.SHT_NULL || s.Type == elf.SHT_NOBITS || s.FileSize == 0 {
				continue
			}
			p := l.Place(int64(s.Offset), int64(s.FileSize))
			if p.Section != s.Name || p.Last != "" {
				t.Errorf("%s: section %d %s: %+v", path, i, s.Name, p)
			}
			want := elfsym.Startup
			switch s.Name {
			case ".text":
				want = elfsym.Code
			case ".rodata", ".eh_frame":
				want = elfsym.ReadOnly
			case ".data":
				continue // what is relocated is read at start
			case ".gnu_debuglink", ".shstrtab", ".symtab", ".debug_info":
				want = elfsym.NotLoaded
			case ".dynsym", ".dynstr", ".rela.dyn", ".dynamic", ".gnu.hash":
			default:
				continue
			}
			// Its middle: at its ends it shares pages with others.
			if middle := l.Place(int64(s.Offset+s.FileSize/2), 1); s.FileSize > 3*4096 && middle.Kind != want {
				t.Errorf("%s: middle of %s: %+v", path, s.Name, middle)
			}
		}
		if p := l.Place(0, 512); p.Kind != elfsym.Header || p.Section != "ELF headers" {
			t.Errorf("%s: %+v", path, p)
		}
	}
}

// Every function of a library, and a place within each.
func TestSymbolsOfRealFiles(t *testing.T) {
	const path = "/lib/x86_64-linux-gnu/libc.so.6"
	l, theirs := locator(t, path)
	symbols, err := theirs.DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	names := map[uint64]map[string]bool{}
	for _, s := range symbols {
		if names[s.Value] == nil {
			names[s.Value] = map[string]bool{}
		}
		names[s.Value][s.Name] = true
	}
	text := theirs.Section(".text")
	tried := 0
	for i, s := range symbols {
		if i%17 != 0 || s.Value < text.Addr || s.Value >= text.Addr+text.Size || s.Size < 4 {
			continue
		}
		tried++
		p := l.Place(int64(s.Value-text.Addr+text.Offset)+3, 1)
		if p.SymbolOffset != 3 || !names[s.Value][p.Symbol] {
			t.Errorf("%s: %+v", s.Name, p)
		}
	}
	if tried < 50 {
		t.Errorf("%d symbols tried", tried)
	}
}

// Without section headers the loader's tables serve; without symbols, nothing.
func TestStripped(t *testing.T) {
	dir := t.TempDir()
	const source = `static int hidden(int x) { return x * 3; } int seen(int x) { return hidden(x) + hidden(x + 1); }
		const char text[] = "text"; int data = 7;`
	gcc(t, dir, source, "-O0", "-shared", "-fPIC", "-o", "lib.so")
	path := filepath.Join(dir, "lib.so")
	l, theirs := locator(t, path)
	symbols, err := theirs.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int64{}
	for _, s := range symbols {
		for _, p := range theirs.Progs {
			if p.Type == elf.PT_LOAD && s.Value >= p.Vaddr && s.Value < p.Vaddr+p.Filesz {
				at[s.Name] = int64(s.Value - p.Vaddr + p.Off)
			}
		}
	}
	for name, section := range map[string]string{"hidden": ".text", "seen": ".text", "text": ".rodata", "data": ".data"} {
		if p := l.Place(at[name]+1, 1); p.Symbol != name || p.SymbolOffset != 1 || p.Section != section {
			t.Errorf("%s: %+v", name, p)
		}
	}
	bytes, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	clear(bytes[0x28:0x30]) // e_shoff
	if err := os.WriteFile(path, bytes, 0o644); err != nil {
		t.Fatal(err)
	}
	bare, _ := open(t, path)
	for name, section := range map[string]string{"seen": "code", "text": "read-only data", "data": "data"} {
		if p := bare.Place(at[name]+1, 1); p.Symbol != name || p.SymbolOffset != 1 || p.Section != section {
			t.Errorf("no section headers: %s: %+v", name, p)
		}
	}
	if p := bare.Place(at["hidden"], 1); p.Symbol == "hidden" {
		t.Errorf("a symbol out of nowhere: %+v", p)
	}
	for _, name := range []string{".dynsym", ".dynstr", ".gnu.hash", ".rela.dyn", ".dynamic"} {
		s := theirs.Section(name)
		if p := bare.Place(int64(s.Offset), int64(s.FileSize)); p.Section != name || p.Last != "" || p.Kind < elfsym.Startup {
			t.Errorf("no section headers: %s: %+v", name, p)
		}
	}
}
