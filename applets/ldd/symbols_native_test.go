//go:build amd64

package ldd

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rescuebox/internal/applettest"
)

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
func versioned(t testing.TB, dir string) {
	for name, text := range map[string]string{"both.map": bothV, "v1.map": onlyV1, "hidden.map": "V_0 { }; V_1 { local: *; } V_0; V_2 { } V_1;\n"} {
		write(t, filepath.Join(dir, name), text)
	}
	for _, o := range objects {
		write(t, filepath.Join(dir, "source.c"), o.text)
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, o.out)), 0o755); err != nil {
			t.Fatal(err)
		}
		args := []string{"-fPIC", "-Wl,--no-as-needed", "-Wl,--allow-shlib-undefined", "-Wl,--unresolved-symbols=ignore-all", "-Wl,-rpath,$ORIGIN:$ORIGIN/../full", "source.c", "-o", o.out}
		build(t, dir, "gcc", append(args, o.args...)...)
	}
	for _, folder := range []string{"older", "plain", "sysv", "lost"} {
		for _, name := range []string{"pie", "fixed", "now", "lazy", "libw.so", "above", "sysv"} {
			data, err := os.ReadFile(filepath.Join(dir, "full", name))
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, folder, name), string(data))
		}
	}
	write(t, filepath.Join(dir, "lost/libv.so"), "")
	if err := os.Rename(filepath.Join(dir, "full/libv.so"), filepath.Join(dir, "full/libv.so.1")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "lost/libv.so")); err != nil {
		t.Fatal(err)
	}
}

// glibc runs the C library's ldd, whose PATH the test binary may be in, and returns
// what it prints. Its status does not tell of symbols.
func glibc(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("/usr/bin/ldd", args...)
	cmd.Dir, cmd.Env = dir, []string{"LC_ALL=C", "PATH=/usr/bin:/bin"}
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v\n(apt-get install libc-bin)", err)
	}
	return string(out)
}

var (
	// What LD_DEBUG, with which ldd -u is made, says beside.
	debug = regexp.MustCompile(`(?m)^ +\d+:\t.*\n`)
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

// Versions, undefined symbols and unused libraries of made programs, beside glibc's
// ldd, character by character.
func TestSymbolsBesideGlibc(t *testing.T) {
	dir := t.TempDir()
	versioned(t, dir)
	files, err := filepath.Glob(dir + "/*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name, err := filepath.Rel(dir, file)
		if err != nil {
			t.Fatal(err)
		}
		for _, options := range [][]string{nil, {"-v"}, {"-d"}, {"-r"}, {"-u"}, {"-v", "-r"}} {
			args := append(options, "./"+name)
			theirs := glibc(t, dir, args...)
			ours := applettest.Call(&Applet, applettest.Command{Args: args, Dir: dir})
			if got, want := symbolLines(ours.Stdout), symbolLines(theirs); got != want {
				t.Errorf("ldd %q:\nours: %s%s\nglibc: %s", args, got, ours.Stderr, want)
			}
		}
	}
}
