//go:build amd64

package ldd

import (
	"bytes"
	"debug/elf"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rescuebox/internal/applettest"
)

var everything = flag.Bool("ldd.all", false, "make every object for 32-bit machines too, and ask about every program of /usr/bin")

// object is one fixture: C text, and how to link it.
type object struct {
	out, text string
	args      []string
}

const (
	onlyV1 = "V_1 { global: a; b; local: *; };\n"
	bothV  = onlyV1 + "V_2 { global: c; d; } V_1;\n"
	abcd   = "int a(void){return 1;} int b(void){return 2;} int c(void){return 3;} int d = 4;\n"
	uses   = "extern int a(void), c(void); extern int d; __attribute__((weak)) int nowhere(void);\n" +
		"int main(void) { return a() + c() + d + (nowhere ? nowhere() : 0); }\n"
	empty = "int main(void) { return 0; }\n"
)

// objects are what is built, in this order. Each folder has a libv.so of its own,
// which what was linked with the first one then meets.
var objects = []object{
	{"full/libv.so", abcd, []string{"-shared", "-Wl,-soname,libv.so", "-Wl,--version-script,both.map"}},
	{"full/pie", uses, []string{"full/libv.so"}},
	{"full/fixed", uses, []string{"-fno-pie", "-no-pie", "full/libv.so"}},
	{"full/now", uses, []string{"-Wl,-z,now", "full/libv.so"}},
	{"full/lazy", uses, []string{"-Wl,-z,lazy", "full/libv.so"}},
	{"full/libw.so", uses, []string{"-shared", "-Wl,-soname,libw.so", "full/libv.so"}},
	{"full/above", empty, []string{"full/libw.so"}},
	{"full/sysv", uses, []string{"-Wl,--hash-style=sysv", "full/libv.so"}},
	{"older/libv.so", abcd, []string{"-shared", "-Wl,-soname,libv.so", "-Wl,--version-script,v1.map"}},
	{"plain/libv.so", abcd, []string{"-shared", "-Wl,-soname,libv.so"}},
	{"sysv/libv.so", abcd, []string{"-shared", "-Wl,-soname,libv.so", "-Wl,--hash-style=sysv", "-Wl,--version-script,v1.map"}},

	// Linked with a library without versions, met by one that has them.
	{"libu.so", "int a(void){return 1;} int zzz(void){return 1;}\n", []string{"-shared", "-Wl,-soname,libu.so"}},
	{"unversioned/prog", "extern int a(void), zzz(void), gone; int *p = &gone; int main(void) { return a() + zzz(); }\n", []string{"-Wl,-z,lazy", "libu.so"}},
	{"unversioned/libu.so", abcd, []string{"-shared", "-Wl,-soname,libu.so", "-Wl,--version-script,v1.map"}},

	// Versions that are not the default.
	{"libh.so", "int f(void){return 1;} int g(void){return 1;} int h(void){return 1;}\n", []string{"-shared", "-Wl,-soname,libh.so"}},
	{"hidden/prog", "extern int f(void), g(void), h(void); int main(void) { return f() + g() + h(); }\n", []string{"-Wl,-z,lazy", "libh.so"}},
	{"hidden/libh.so", `__asm__(".symver f1,f@V_1"); __asm__(".symver f2,f@@V_2"); int f1(void){return 1;} int f2(void){return 2;}
		__asm__(".symver g2,g@V_2"); int g2(void){return 1;} __asm__(".symver h2,h@@V_2"); int h2(void){return 1;}` + "\n",
		[]string{"-shared", "-Wl,-soname,libh.so", "-Wl,--version-script,hidden.map"}},

	{"scope/libs.so", `extern int gone(void); int own(void){return 1;} int call(void){return own() + gone();}
		__attribute__((visibility("protected"))) int prot(void){return 2;} __attribute__((visibility("hidden"))) int hid(void){return 2;}
		int ext = 3; __thread int tls; extern __thread int notls; int t(void){return tls + notls;}` + "\n",
		[]string{"-shared", "-Wl,-Bsymbolic", "-Wl,-soname,libs.so"}},
	{"scope/prog", "extern int call(void), prot(void), ext; extern __thread int tls; int main(void) { return call() + prot() + ext + tls; }\n",
		[]string{"-Wl,-z,lazy", "scope/libs.so"}},
	{"scope/libt.so", "extern int prot(void), hid(void); int v(void) { return prot() + hid(); }\n", []string{"-shared", "scope/libs.so"}},
	{"scope/fixed", "extern int call(void), prot(void), hid(void), ext; int (*p)(void) = call; int main(void) { return prot() + hid() + ext; }\n",
		[]string{"-fno-pie", "-no-pie", "-Wl,-z,lazy", "scope/libs.so"}},
	{"scope/unused", empty, []string{"scope/libs.so", "full/libw.so", "full/libv.so"}},

	// A cycle, and symbols that two libraries lack, in the order of relocation.
	{"cycle/libx.so", "extern int nox(void), y(void); int x(void){return nox() + y();}\n", []string{"-shared", "-Wl,-soname,libx.so"}},
	{"cycle/liby.so", "extern int noy(void), x(void); int y(void){return noy() + x() + noy();}\n", []string{"-shared", "-Wl,-soname,liby.so", "cycle/libx.so"}},
	{"cycle/libx.so", "extern int nox(void), y(void); int x(void){return nox() + y();}\n", []string{"-shared", "-Wl,-soname,libx.so", "cycle/liby.so"}},
	{"cycle/libz.so", "extern int noz(void), y(void); int z(void){return noz() + y();}\n", []string{"-shared", "-Wl,-soname,libz.so", "cycle/liby.so"}},
	{"cycle/prog", "extern int x(void), z(void); int main(void) { return x() + z(); }\n", []string{"cycle/libx.so", "cycle/libz.so"}},

	{"relr/prog", "int v; int *p[] = {&v, &v, &v}; int main(void) { return p[0] != &v; }\n", []string{"-Wl,-z,pack-relative-relocs"}},
}

// versioned makes the objects, and folders in which they meet other libraries.
func versioned(t testing.TB, dir string, wanted func(out string) bool, machine ...string) {
	for name, text := range map[string]string{"both.map": bothV, "v1.map": onlyV1, "hidden.map": "V_0 { }; V_1 { local: *; } V_0; V_2 { } V_1;\n"} {
		write(t, filepath.Join(dir, name), text)
	}
	common := append([]string{
		"-fPIC", "-Wl,--no-as-needed", "-Wl,--allow-shlib-undefined", "-Wl,--unresolved-symbols=ignore-all",
		"-Wl,-rpath,$ORIGIN:$ORIGIN/../full", "source.c", "-o",
	}, machine...)
	for _, o := range objects {
		if !wanted(o.out) {
			continue
		}
		write(t, filepath.Join(dir, "source.c"), o.text)
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, o.out)), 0o755); err != nil {
			t.Fatal(err)
		}
		build(t, dir, "gcc", append(append(common[:7:7], append([]string{o.out}, machine...)...), o.args...)...)
	}
	// Nothing but the folders below has what all were linked with.
	linked := filepath.Join(dir, "full/libv.so")
	for _, folder := range []string{"older", "plain", "sysv", "lost"} {
		for _, name := range []string{"pie", "fixed", "now", "lazy", "libw.so", "above", "sysv"} {
			data, err := os.ReadFile(filepath.Join(dir, "full", name))
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, folder, name), string(data))
		}
	}
	if err := os.Rename(linked, filepath.Join(dir, "full/libv.so.1")); err != nil {
		t.Fatal(err)
	}
	unmark(t, filepath.Join(dir, "relr/prog"), filepath.Join(dir, "relr/unmarked"))
}

// unmark writes a copy of a program that does not tell that it has a DT_RELR: it
// asks for another version, which the same file has, in place of the one that says so.
func unmark(t testing.TB, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	o, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	needs, err := o.DynamicVersionNeeds()
	if err != nil || len(needs) != 1 {
		t.Fatal(needs, err)
	}
	const entry = 16
	at := o.Section(".gnu.version_r").Offset + entry
	marked, other := -1, -1
	for i, n := range needs[0].Needs {
		if n.Dep == "GLIBC_ABI_DT_RELR" {
			marked = i
		} else {
			other = i
		}
	}
	if marked < 0 || other < 0 {
		t.Fatalf("%s asks for %v\n(apt-get install binutils, 2.38 or later)", from, needs[0].Needs)
	}
	one := func(i int) []byte { return data[at+uint64(i)*entry:] }
	copy(one(marked)[:4], one(other)[:4])     // hash
	copy(one(marked)[8:12], one(other)[8:12]) // name
	write(t, to, string(data))
}

// ldd runs a loader as glibc's ldd does, and returns what that would print.
func ldd(t testing.TB, loader, dir, option, file string) string {
	t.Helper()
	cmd := exec.Command(loader, file)
	cmd.Dir, cmd.Env = dir, []string{"LD_TRACE_LOADED_OBJECTS=1"}
	for variable, options := range map[string]string{"LD_WARN=yes": "-d -r -vr", "LD_BIND_NOW=yes": "-r -vr", "LD_VERBOSE=yes": "-v -vr", "LD_DEBUG=unused": "-u"} {
		if option != "" && slices.Contains(strings.Fields(options), option) {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v\n(apt-get install libc6 gcc-multilib)", err)
	}
	return string(out)
}

var (
	// What LD_DEBUG, with which ldd -u is made, says beside.
	debug = regexp.MustCompile(`(?m)^ +\d+:\t.*\n`)
	// What the loader says of a program that it would not start, or that would fail.
	fatal = regexp.MustCompile(`(?m)^\t[a-z.]+ => not found$|: version .* not found \(required|^undefined symbol|^Unused|DT_RELR without`)
	// glibc reads beyond its list of versions for those of a missing library.
	lost = regexp.MustCompile(`(?m)^(undefined symbol: [a-z]+), version V_.*(\t.*)$`)
)

// symbolLines is comparable for output about symbols.
func symbolLines(s string) string {
	s = debug.ReplaceAllString(comparable(s), "")
	if strings.Contains(s, "libv.so => not found") {
		s = lost.ReplaceAllString(s, "$1$2")
	}
	return s
}

// Versions, undefined symbols and unused libraries of made programs, character by
// character as glibc's loader tells ldd.
func TestSymbolsBesideGlibc(t *testing.T) {
	for _, machine := range []struct {
		option, loader string
		options        []string
		wanted         func(out string) bool
	}{
		{"-m64", "/lib64/ld-linux-x86-64.so.2", []string{"", "-v", "-d", "-r", "-u", "-vr"}, func(string) bool { return true }},
		{"-m32", "/lib/ld-linux.so.2", []string{"-vr", "-u"}, func(out string) bool {
			return *everything || strings.HasPrefix(out, "full/") || strings.HasPrefix(out, "older/") || strings.HasPrefix(out, "relr/")
		}},
	} {
		dir := t.TempDir()
		versioned(t, dir, machine.wanted, machine.option)
		files, err := filepath.Glob(dir + "/*/*")
		if err != nil || len(files) < 30 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			name, err := filepath.Rel(dir, file)
			if err != nil {
				t.Fatal(err)
			}
			for _, option := range machine.options {
				args := []string{"./" + name}
				if option != "" {
					args = []string{option, "./" + name}
				}
				ours := applettest.Call(&Applet, applettest.Command{Args: args, Dir: dir})
				got, want := symbolLines(ours.Stdout), symbolLines(ldd(t, machine.loader, dir, option, "./"+name))
				if strings.Contains(want, "DT_RELR without") {
					got = got[:min(len(got), len(want))] // the loader stops there
				}
				if got != want {
					t.Errorf("%s: ldd %q:\nours: %s%s\nglibc: %s", machine.option, args, got, ours.Stderr, want)
				}
				lacks := fatal.MatchString(want)
				if lacks != (ours.Status == 1) {
					t.Errorf("%s: ldd %q: status %d:\n%s", machine.option, args, ours.Status, want)
				}
			}
		}
	}
}

// elfFiles returns up to n programs of /usr/bin, evenly chosen.
func elfFiles(t testing.TB, n int) []string {
	t.Helper()
	list, err := filepath.Glob("/usr/bin/*")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, path := range list {
		// Java's programs sit behind links, from which glibc's ldd takes $ORIGIN.
		real, err := filepath.EvalSymlinks(path)
		if err != nil || strings.Contains(real, "/jvm/") {
			continue
		}
		head := make([]byte, 18)
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		_, err = io.ReadFull(f, head)
		f.Close()
		// Programs of this machine only.
		if err == nil && string(head[:5]) == "\x7fELF\x02" && head[5] == 1 {
			files = append(files, path)
		}
	}
	if len(files) < n {
		return files
	}
	var chosen []string
	for i := range n {
		chosen = append(chosen, files[i*len(files)/n])
	}
	return chosen
}

// Real programs, by the C library's script itself.
func TestRealPrograms(t *testing.T) {
	for option, n := range map[string]int{"-v": 100, "-r": 20, "-u": 20} {
		if *everything {
			n = 1 << 20
		}
		files := elfFiles(t, n)
		args := append([]string{option}, files...)
		cmd := exec.Command("/usr/bin/ldd", args...)
		cmd.Env = []string{"LC_ALL=C", "PATH=/usr/bin:/bin"}
		out, err := cmd.Output()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatalf("%v\n(apt-get install libc-bin)", err)
		}
		ours := strings.Split(symbolLines(applettest.Call(&Applet, applettest.Command{Args: args}).Stdout), "\n/usr/bin")
		theirs := strings.Split(symbolLines(string(out)), "\n/usr/bin")
		if len(ours) != len(theirs) || len(ours) != len(files) {
			t.Errorf("%s: %d programs, ours %d, theirs %d", option, len(files), len(ours), len(theirs))
			continue
		}
		for i := range ours {
			if ours[i] != theirs[i] {
				t.Errorf("ldd %s: ours %s\ntheirs %s", option, ours[i], theirs[i])
			}
		}
	}
}
