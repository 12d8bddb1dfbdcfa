//go:build amd64

package elfdep

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"rescuebox/internal/rootfs"
)

// tellsObjects is a program that prints what it consists of, in the loader's order,
// without itself and the vdso.
const tellsObjects = `#define _GNU_SOURCE
#include <link.h>
#include <stdio.h>
static int each(struct dl_phdr_info *i, size_t n, void *p) {
	if (i->dlpi_name[0] == '/') puts(i->dlpi_name);
	return 0;
}
int main(void) { dl_iterate_phdr(each, 0); return 0; }`

// Programs with raised rights are really started, by an ordinary user in a root of
// their own: the loader would not trace them.
func TestSecure(t *testing.T) {
	const (
		triplet = "/lib/x86_64-linux-gnu"
		setuid  = os.ModeSetuid | 0o755
		setgid  = os.ModeSetgid | 0o755
	)
	made := lab{t, t.TempDir()}
	made.shared("libx.so")
	made.shared("libpre.so")
	made.build("prog", tellsObjects, "libx.so", runpath("$ORIGIN/../lib"))
	// put takes a library that is made into a lab.
	put := func(l lab, path string) { l.copy(filepath.Join(made.dir, filepath.Base(path)), path) }
	for _, c := range []struct {
		name    string
		place   string // of the program
		mode    os.FileMode
		build   func(l lab)
		search  string
		preload string
		has     string // a line that the answer must have
		lacks   string // a part that it must not have
		refused int    // preloads that are not loaded, as far as they are told
	}{
		{name: "LD_LIBRARY_PATH counts for an ordinary program", mode: 0o755, build: func(l lab) { put(l, "env/libx.so") },
			search: "/env", has: "/env/libx.so"},
		{name: "and for one that is setgid without being executable by its group", mode: os.ModeSetgid | 0o745,
			search: "/env", build: func(l lab) { put(l, "env/libx.so") }, has: "/env/libx.so"},
		{name: "not for one that is setuid", mode: setuid, search: "/env", build: func(l lab) { put(l, "env/libx.so") }, lacks: "/env/"},
		{name: "nor setgid", mode: setgid, search: "/env", build: func(l lab) { put(l, "env/libx.so") }, lacks: "/env/"},
		{name: "a preload with a path", mode: setuid, preload: "/env/libpre.so", build: func(l lab) { put(l, "env/libpre.so") }, lacks: "libpre", refused: 1},
		{name: "a preload by name that is not setuid", mode: setuid, preload: "libpre.so",
			build: func(l lab) { put(l, triplet+"/libpre.so") }, lacks: "libpre", refused: 1},
		{name: "a preload by name that is", mode: setuid, preload: "libpre.so", build: func(l lab) {
			put(l, triplet+"/libpre.so")
			l.mode(triplet+"/libpre.so", setuid)
		}, has: triplet + "/libpre.so"},
		{name: "a preload that is in the cache alone", mode: setuid, preload: "libpre.so", build: func(l lab) {
			put(l, "srv/libpre.so")
			l.mode("srv/libpre.so", setuid)
			l.ldconfig("/srv")
		}, lacks: "libpre", refused: 1},
		{name: "a path in the preload file", mode: setuid, build: func(l lab) {
			put(l, "env/libpre.so")
			l.write("etc/ld.so.preload", "/env/libpre.so\n")
		}, has: "/env/libpre.so"},
		{name: "$ORIGIN of a program outside of the library folders", mode: setuid, place: "/opt/bin/prog",
			build: func(l lab) { put(l, "opt/lib/libx.so") }, lacks: "/opt/"},
		{name: "$ORIGIN of a program below them", mode: setuid, place: "/usr/lib/app/bin/prog",
			build: func(l lab) { put(l, "usr/lib/app/lib/libx.so") }, has: "/usr/lib/app/bin/../lib/libx.so"},
		{name: "the cache counts", mode: setuid, build: func(l lab) {
			put(l, "srv/libx.so")
			l.ldconfig("/srv")
		}, has: "/srv/libx.so"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			l := lab{t, dir}
			for _, file := range []string{glibc, triplet + "/libc.so.6"} {
				l.copy(file, file)
			}
			place := c.place
			if place == "" {
				place = "/bin/prog"
			}
			l.copy(filepath.Join(made.dir, "prog"), place)
			l.mode(place, c.mode)
			put(l, triplet+"/libx.so") // what remains when nothing else counts
			c.build(l)
			l.write("proc/empty", "")
			l.open()

			// The loader learns from /proc where the program lies.
			cmd := exec.Command("unshare", "-m", "sh", "-c", `mount -t proc proc "$0/proc" && exec chroot --userspec=65534:65534 "$0" "$1"`, dir, place)
			cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LD_LIBRARY_PATH=" + c.search, "LD_PRELOAD=" + c.preload}
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			closure, err := New(Config{
				Root: rootfs.New(dir), LibraryPath: c.search, Preload: c.preload, Levels: HostLevels(), Capabilities: HostCapabilities(),
			}).Closure(context.Background(), place)
			if err != nil {
				t.Fatal(err)
			}
			var ours strings.Builder
			for _, o := range closure.Objects {
				ours.WriteString(o.Path + "\n")
			}
			if ours.String() != string(out) {
				t.Errorf("ours:\n%stheirs:\n%s", ours.String(), out)
			}
			if c.has != "" && !strings.Contains("\n"+string(out), "\n"+c.has+"\n") || c.lacks != "" && strings.Contains(string(out), c.lacks) {
				t.Errorf("want %q, not %q, in\n%s", c.has, c.lacks, out)
			}
			if len(closure.NotPreloaded) != c.refused || closure.Secure == (c.mode != setuid && c.mode != setgid) {
				t.Errorf("secure: %v, not preloaded: %q", closure.Secure, closure.NotPreloaded)
			}
		})
	}
}

// File capabilities raise the rights as well, and the configuration overrides all.
func TestSecureConfig(t *testing.T) {
	dir := t.TempDir()
	l := lab{t, dir}
	l.program("prog")
	path := filepath.Join(dir, "prog")
	secure := func(s Secure) bool {
		c, err := New(Config{Secure: s}).Closure(context.Background(), path)
		if err != nil {
			t.Fatal(err)
		}
		return c.Secure
	}
	if secure(SecureByFile) || !secure(SecureAlways) || secure(SecureNever) {
		t.Error("an ordinary program")
	}
	// Revision 2, cap_net_raw permitted and effective (linux/capability.h).
	if err := syscall.Setxattr(path, "security.capability", append([]byte{1, 0, 0, 2, 0, 0x20, 0, 0}, make([]byte, 12)...), 0); err != nil {
		t.Fatal(err)
	}
	if !secure(SecureByFile) || secure(SecureNever) {
		t.Error("a program with file capabilities")
	}
}

func (l lab) mode(path string, mode os.FileMode) {
	l.t.Helper()
	if err := os.Chmod(filepath.Join(l.dir, path), mode); err != nil {
		l.t.Fatal(err)
	}
}

func (l lab) write(path, text string) {
	l.t.Helper()
	path = filepath.Join(l.dir, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		l.t.Fatal(err)
	}
}

// copy takes a file of the machine into the lab.
func (l lab) copy(from, path string) {
	l.t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		l.t.Fatal(err)
	}
	l.write(path, string(data))
}

// ldconfig makes a cache of a folder.
func (l lab) ldconfig(dirs ...string) {
	l.t.Helper()
	l.write("etc/ld.so.conf", strings.Join(dirs, "\n")+"\n")
	if out, err := exec.Command("/sbin/ldconfig", "-r", l.dir).CombinedOutput(); err != nil {
		l.t.Fatalf("ldconfig: %v\n%s", err, out)
	}
}

// open lets other users into the lab, whose folder Go made.
func (l lab) open() {
	for dir := l.dir; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			l.t.Fatal(err)
		}
	}
}
