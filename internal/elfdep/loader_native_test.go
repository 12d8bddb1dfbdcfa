//go:build amd64

package elfdep

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"rescuebox/internal/elftest"
	"rescuebox/internal/rootfs"
)

// glibc is the loader that the machine's own programs use.
const glibc = "/lib64/ld-linux-x86-64.so.2"

// trace asks the real loader what a file needs: a line an object, as
// "name => path", without addresses and the vdso.
func trace(t testing.TB, env []string, file string) string {
	t.Helper()
	return traceIn("", glibc, env, file)
}

// traceIn asks a loader inside a root.
func traceIn(root, loader string, env []string, file string) string {
	cmd := exec.Command(loader, file)
	if root != "" {
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
		cmd.Dir = "/"
	}
	cmd.Env = append([]string{"LD_TRACE_LOADED_OBJECTS=1"}, env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "error " + strings.TrimSpace(stderr.String())
	}
	return lines(string(out))
}

// listing is a closure in the words of trace.
func listing(c *Closure) string {
	var lines []string
	for _, o := range c.Objects {
		switch {
		case o.Missing():
			lines = append(lines, o.Name+" => not found")
		case o.Name == o.Path:
			lines = append(lines, o.Name)
		default:
			lines = append(lines, o.Name+" => "+o.Path)
		}
	}
	return strings.Join(lines, "\n")
}

// lab builds programs and libraries with gcc.
type lab struct {
	t   *testing.T
	dir string
}

// shared builds dir/path, which exports a function of its own name and needs the
// libraries given, with the linker flags given.
func (l lab) shared(path string, flags ...string) {
	l.build(path, "int f_"+strings.NewReplacer(".", "_", "/", "_", "-", "_").Replace(path)+"(void) { return 1; }",
		append([]string{"-shared", "-Wl,-soname," + filepath.Base(path)}, flags...)...)
}

func (l lab) program(path string, flags ...string) {
	l.build(path, "int main(void) { return 0; }", flags...)
}

func (l lab) build(path, code string, flags ...string) {
	l.t.Helper()
	out := filepath.Join(l.dir, path)
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		l.t.Fatal(err)
	}
	source := filepath.Join(l.t.TempDir(), "x.c")
	if err := os.WriteFile(source, []byte(code), 0o644); err != nil {
		l.t.Fatal(err)
	}
	args := append([]string{"-o", out, "-fPIC", source, "-Wl,--no-as-needed", "-Wl,--allow-shlib-undefined", "-L" + l.dir}, flags...)
	cmd := exec.Command("gcc", args...)
	cmd.Dir = l.dir
	if text, err := cmd.CombinedOutput(); err != nil {
		l.t.Fatalf("gcc %q: %v\n%s(apt-get install gcc gcc-multilib libc6-dev)", args, err, text)
	}
}

// rpath and runpath are linker flags for DT_RPATH and DT_RUNPATH.
func rpath(dirs string) string   { return "-Wl,--disable-new-dtags,-rpath," + dirs }
func runpath(dirs string) string { return "-Wl,--enable-new-dtags,-rpath," + dirs }

// Each rule that the machine's own programs do not exercise, on fixtures of gcc.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		name  string
		build func(l lab)
		env   []string
		run   string // the program; "prog" when empty
		has   string // a line that shows the rule at work
	}{
		{name: "the RPATH of a requester's requester", build: func(l lab) {
			l.shared("a/libdeep.so")
			l.shared("b/libmid.so", "a/libdeep.so")
			l.program("prog", "b/libmid.so", "-Wl,-rpath-link,a", rpath(l.dir+"/b:"+l.dir+"/a"))
		}, has: "libdeep.so => DIR/a/libdeep.so"},
		{name: "a RUNPATH serves its own object alone", build: func(l lab) {
			l.shared("a/libdeep.so")
			l.shared("b/libmid.so", "a/libdeep.so")
			l.program("prog", "b/libmid.so", "-Wl,-rpath-link,a", runpath(l.dir+"/b:"+l.dir+"/a"))
		}, has: "libdeep.so => not found"},
		{name: "a RUNPATH takes the RPATHs above out of the search", build: func(l lab) {
			l.shared("a/libdeep.so")
			l.shared("b/libmid.so", "a/libdeep.so", runpath("/nowhere"))
			l.program("prog", "b/libmid.so", "-Wl,-rpath-link,a", rpath(l.dir+"/b:"+l.dir+"/a"))
		}, has: "libdeep.so => not found"},
		{name: "LD_LIBRARY_PATH before RUNPATH", build: func(l lab) {
			l.shared("a/libx.so")
			l.shared("b/libx.so")
			l.program("prog", "a/libx.so", runpath(l.dir+"/a"))
		}, env: []string{"LD_LIBRARY_PATH=/nowhere;DIR/b"}, has: "libx.so => DIR/b/libx.so"},
		{name: "RPATH before LD_LIBRARY_PATH", build: func(l lab) {
			l.shared("a/libx.so")
			l.shared("b/libx.so")
			l.program("prog", "a/libx.so", rpath(l.dir+"/a"))
		}, env: []string{"LD_LIBRARY_PATH=DIR/b"}, has: "libx.so => DIR/a/libx.so"},
		{name: "$ORIGIN of a program behind a link is that of the file", build: func(l lab) {
			l.shared("app/lib/libx.so")
			l.program("app/bin/prog", "app/lib/libx.so", runpath("$ORIGIN/../lib"))
			l.link("app/bin/prog", "prog")
		}, run: "app/bin/prog", has: "libx.so => DIR/app/bin/../lib/libx.so"},
		{name: "$ORIGIN of a library is that of the link to it", build: func(l lab) {
			l.shared("real/libdeep.so")
			l.shared("found/libdeep.so")
			l.shared("real/libmid.so", "real/libdeep.so", runpath("${ORIGIN}"))
			l.link("real/libmid.so", "found/libmid.so")
			l.program("prog", "found/libmid.so", "-Wl,-rpath-link,real", runpath(l.dir+"/found"))
		}, has: "libdeep.so => DIR/found/libdeep.so"},
		{name: "$LIB and $PLATFORM", build: func(l lab) {
			l.shared("lib/x86_64-linux-gnu/libx.so")
			l.shared("x86_64/liby.so")
			for _, platform := range []string{"haswell", "xeon_phi"} { // what Intel's are
				l.shared(platform + "/liby.so")
			}
			l.program("prog", "lib/x86_64-linux-gnu/libx.so", "x86_64/liby.so", runpath("$ORIGIN/$LIB:$ORIGIN/${PLATFORM}:$ORIGIN/$LIBX"))
		}},
		{name: "two names of one file are one object", build: func(l lab) {
			l.shared("a/libx.so", "-Wl,-soname,libx.so.1")
			l.link("a/libx.so", "a/libx.so.1")
			l.link("a/libx.so", "a/liby.so")
			l.shared("a/libneedsy.so")
			l.program("prog", "a/libx.so", runpath(l.dir+"/a"))
		}},
		{name: "a diamond is breadth first", build: func(l lab) {
			l.shared("a/libbottom.so")
			l.shared("a/libleft.so", "a/libbottom.so", runpath(l.dir+"/a"))
			l.shared("a/libright.so", "a/libbottom.so", runpath(l.dir+"/a"))
			l.program("prog", "a/libleft.so", "a/libright.so", "-Wl,-rpath-link,a", runpath(l.dir+"/a"))
		}},
		{name: "NODEFLIB of the requester", build: func(l lab) {
			l.program("prog", "-Wl,-z,nodefaultlib", "-lz", "-Wl,-l:libz.so.1")
		}, has: "libc.so.6 => not found"},
		{name: "glibc-hwcaps before the folder itself", build: func(l lab) {
			l.shared("a/libx.so")
			l.shared("a/glibc-hwcaps/x86-64-v2/libx.so")
			l.program("prog", "a/libx.so", runpath(l.dir+"/a"))
		}},
		{name: "a library of another machine is passed over", build: func(l lab) {
			l.shared("a/libx.so", "-m32", "-nostdlib")
			l.shared("b/libx.so")
			l.program("prog", "b/libx.so", runpath(l.dir+"/a:"+l.dir+"/b"))
		}, has: "libx.so => DIR/b/libx.so"},
		{name: "preload", build: func(l lab) {
			l.shared("a/libpre.so")
			l.program("prog")
		}, env: []string{"LD_PRELOAD=DIR/a/libpre.so"}, has: "DIR/a/libpre.so"},
		{name: "what is missing is missed each time", build: func(l lab) {
			l.shared("a/libgone.so")
			l.shared("a/libx.so", "a/libgone.so")
			l.program("prog", "a/libx.so", "a/libgone.so", runpath(l.dir+"/a"))
			if err := os.Remove(filepath.Join(l.dir, "a/libgone.so")); err != nil {
				l.t.Fatal(err)
			}
		}, has: "libgone.so => not found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, err := filepath.EvalSymlinks(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			c.build(lab{t, dir})
			config := Config{Levels: HostLevels(), Capabilities: HostCapabilities()}
			var env []string
			for _, kv := range c.env {
				kv = strings.ReplaceAll(kv, "DIR", dir)
				env = append(env, kv)
				if v, ok := strings.CutPrefix(kv, "LD_LIBRARY_PATH="); ok {
					config.LibraryPath = v
				}
				if v, ok := strings.CutPrefix(kv, "LD_PRELOAD="); ok {
					config.Preload = v
				}
			}
			run := filepath.Join(dir, "prog")
			if c.run != "" {
				run = filepath.Join(dir, c.run)
			}
			closure, err := New(config).Closure(context.Background(), run)
			if err != nil {
				t.Fatal(err)
			}
			ours, theirs := listing(closure), trace(t, env, run)
			if ours != theirs {
				t.Errorf("ours:\n%s\ntheirs:\n%s", ours, theirs)
			}
			if has := strings.ReplaceAll(c.has, "DIR", dir); !strings.Contains("\n"+ours+"\n", "\n"+has+"\n") && has != "" {
				t.Errorf("no line %q in\n%s", has, ours)
			}
		})
	}
}

func (l lab) link(target, name string) {
	l.t.Helper()
	if err := os.Symlink(filepath.Join(l.dir, target), filepath.Join(l.dir, name)); err != nil {
		l.t.Fatal(err)
	}
}

// What LD_PRELOAD names and is not there is passed over, as the loader does.
func TestMissingPreload(t *testing.T) {
	c, err := New(Config{Preload: "/nowhere/libx.so liby.so"}).Closure(context.Background(), "/bin/ls")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.NotPreloaded) != 2 || listing(c) != trace(t, nil, "/bin/ls") {
		t.Errorf("not preloaded %q, closure\n%s", c.NotPreloaded, listing(c))
	}
}

// The requester of each object is one that names it.
func TestRequester(t *testing.T) {
	c, err := New(Config{Levels: HostLevels()}).Closure(context.Background(), "/bin/ls")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range c.Objects {
		by := &c.Program
		if o.Requester >= 0 {
			by = &c.Objects[o.Requester]
		}
		if !slices.Contains(by.File.Needed, o.Name) && !slices.Contains(by.File.Needed, base(o.Path)) {
			t.Errorf("%s is said to be needed by %s, which needs %q", o.Name, by.Name, by.File.Needed)
		}
	}
}

// A system inside a folder, with absolute links as Debian has them: nothing of the
// host may leak into the answer.
func TestRoot(t *testing.T) {
	dir := t.TempDir()
	l := lab{t, dir}
	l.shared("opt/x/libx.so")
	l.program("bin/prog", "opt/x/libx.so")
	if err := os.MkdirAll(filepath.Join(dir, "usr/lib"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"lib": "/usr/lib", "usr/lib/libx.so": "/opt/x/libx.so"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	c, err := New(Config{Root: rootfs.New(dir)}).Closure(context.Background(), "/bin/prog")
	if err != nil {
		t.Fatal(err)
	}
	want := "libx.so => /lib/libx.so\nlibc.so.6 => not found\nlibc.so.6 => not found"
	if got := listing(c); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if c.Static() || !c.Interp.Missing() {
		t.Errorf("the host's loader was taken for the root's: %+v", c.Interp)
	}
}

// A 32-bit program of the same machine, which the loader of its own width traces.
func Test32Bit(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	l := lab{t, dir}
	l.shared("a/libx.so", "-m32")
	l.shared("b/libx.so") // 64 bits are passed over
	// A level of the 64-bit processor is none of a 32-bit loader's, but sse2 is one.
	l.shared("a/glibc-hwcaps/x86-64-v2/libx.so", "-m32")
	l.shared("a/sse2/liby.so", "-m32")
	l.shared("a/i686/liby.so", "-m32")
	l.program("prog", "-m32", "a/libx.so", "a/i686/liby.so", runpath(dir+"/b:"+dir+"/a"))
	file := filepath.Join(dir, "prog")
	c, err := New(Config{Levels: HostLevels(), Capabilities: HostCapabilities()}).Closure(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := listing(c), traceIn("", "/lib/ld-linux.so.2", nil, file)
	if ours != theirs || !strings.Contains(ours, "libx.so => "+dir+"/a/libx.so") {
		t.Errorf("ours:\n%s\ntheirs:\n%s", ours, theirs)
	}
}

// musl-gcc's programs, against musl's own listing.
func TestMusl(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	build := func(args ...string) {
		t.Helper()
		cmd := exec.Command("musl-gcc", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("musl-gcc %q: %v\n%s(apt-get install musl-tools)", args, err, out)
		}
	}
	for name, code := range map[string]string{"x.c": "int x(void) { return 1; }", "main.c": "int main(void) { return 0; }"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(code), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	build("-shared", "-fPIC", "-o", "libdeep.so", "-Wl,-soname,libdeep.so", "x.c")
	build("-shared", "-fPIC", "-o", "libmid.so", "-Wl,-soname,libmid.so", "x.c", "-Wl,--no-as-needed", "-L.", "-ldeep")
	// musl inherits a RUNPATH as an RPATH, unlike glibc.
	build("-o", "prog", "main.c", "-Wl,--no-as-needed", "-L.", "-lmid", "-Wl,--allow-shlib-undefined", runpath("$ORIGIN"))
	file := filepath.Join(dir, "prog")
	out, err := exec.Command("/lib/ld-musl-x86_64.so.1", "--list", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c, err := New(Config{}).Closure(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	var ours strings.Builder
	for _, o := range c.Objects {
		if o.Rule != ByLoader {
			ours.WriteString(o.Name + " => " + o.Path + "\n")
		}
	}
	var theirs strings.Builder
	for line := range strings.Lines(string(out)) {
		if line, _, _ := strings.Cut(strings.TrimSpace(line), " (0x"); strings.Contains(line, dir) {
			theirs.WriteString(line + "\n")
		}
	}
	if ours.String() != theirs.String() || !strings.Contains(ours.String(), "libdeep.so => "+dir+"/libdeep.so") {
		t.Errorf("ours:\n%stheirs:\n%s", ours.String(), out)
	}
	// Of another C library it takes none.
	l := lab{t, dir}
	l.copy("/lib/x86_64-linux-gnu/libc.so.6", "other")
	l.write("elsewhere", string(elftest.Image(elftest.Object{Machine: 62, Interp: "/lib/ld-musl-x86_64.so.1", Needed: []string{dir + "/other"}})))
	out, err = exec.Command("/lib/ld-musl-x86_64.so.1", "--list", dir+"/elsewhere").CombinedOutput()
	c, failed := New(Config{}).Closure(context.Background(), dir+"/elsewhere")
	if err != nil || failed != nil || len(c.Objects) != 1 || c.Objects[0].Rule != ByLoader || strings.Contains(string(out), dir) {
		t.Errorf("another C library: %v %v\n%s%+v", err, failed, out, c)
	}
	// A library of musl's names no loader, but its C library.
	if c, err := New(Config{}).Closure(context.Background(), filepath.Join(dir, "libdeep.so")); err != nil || c.Interp.Path != "/lib/ld-musl-x86_64.so.1" {
		t.Errorf("the library's loader: %v, %+v", err, c)
	}
}

// Libraries of levels in the cache, one of which asks for more than its folder
// promises, which the loader minds only there.
func TestCachedLevels(t *testing.T) {
	dir := t.TempDir()
	l := lab{t, dir}
	for _, file := range []string{glibc, "/lib/x86_64-linux-gnu/libc.so.6"} {
		l.copy(file, file)
	}
	l.shared("srv/libx.so")
	l.shared("srv/glibc-hwcaps/x86-64-v2/libx.so")
	l.shared("srv/glibc-hwcaps/x86-64-v3/libx.so", "-Wl,-z,x86-64-v4")
	l.shared("srv/liby.so")
	l.shared("srv/glibc-hwcaps/x86-64-v2/liby.so", "-Wl,-z,x86-64-v4")
	l.shared("srv/libz.so")
	l.shared("srv/tls/libz.so")
	l.shared("srv/haswell/libz.so")
	l.program("bin/prog", "srv/libx.so", "srv/liby.so", "srv/libz.so")
	l.ldconfig("/srv")
	c, err := New(Config{Root: rootfs.New(dir), Levels: HostLevels(), Capabilities: HostCapabilities()}).Closure(context.Background(), "/bin/prog")
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := listing(c), traceIn(dir, glibc, nil, "/bin/prog")
	if ours != theirs || !strings.Contains(ours, "libx.so => /srv/") {
		t.Errorf("ours:\n%s\ntheirs:\n%s", ours, theirs)
	}
	for _, level := range []string{"", "x86-64-v2", "x86-64-v3", "x86-64-v4"} {
		levels, _ := Levels(level)
		c, err := New(Config{Root: rootfs.New(dir), Levels: levels}).Closure(context.Background(), "/bin/prog")
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"": "", "x86-64-v2": "glibc-hwcaps/x86-64-v2", "x86-64-v3": "glibc-hwcaps/x86-64-v2", "x86-64-v4": "glibc-hwcaps/x86-64-v3"}[level]
		if o := c.Objects[0]; o.Level != want || o.Rule != ByCache {
			t.Errorf("%s: %s, level %q, want %q", level, o.Path, o.Level, want)
		}
	}
}

// The loader itself says which levels it takes this processor to have.
func TestHostLevels(t *testing.T) {
	out, err := exec.Command(glibc, "--help").CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) > 1 && strings.HasPrefix(f[0], "x86-64-v") && strings.Contains(line, "supported") {
			want = append(want, f[0])
		}
	}
	if got := HostLevels(); !slices.Equal(got, want) {
		t.Errorf("%q, the loader says %q", got, want)
	}
}
