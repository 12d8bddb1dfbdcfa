//go:build amd64

package snapshot

import (
	"context"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rescuebox/scripts/staticlab"
)

var (
	extra = flag.String("snapshot.extra", "", "folder with unpacked packages, for programs that are not installed")
	roots = flag.String("snapshot.roots", "", "folder of roots of other releases, each made by debootstrap --variant=minbase RELEASE FOLDER/RELEASE")
)

// Snapshots do, where nothing else is, what the installed programs do.
func TestMatrix(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	data := staticlab.Data{Dir: t.TempDir()}
	if err := data.Make(); err != nil {
		t.Fatal(err)
	}
	programs, err := staticlab.Programs(*all, *extra)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	same := make([]int, len(staticlab.Environments))
	for _, p := range programs {
		path, err := p.Plain(dir)
		if err != nil {
			t.Fatal(err)
		}
		in := Input{Program: path, LibraryPath: p.LibraryPath}
		file := take(t, in)
		line := ""
		for i, e := range staticlab.Environments {
			want, err := p.Native(ctx, data, e.UID)
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.Run(ctx, data, staticlab.Packed{File: file, Args: p.Args, Argv0: p.Base(), Env: p.Env})
			if err != nil {
				t.Fatal(err)
			}
			differs := p.Differs(got, want)
			if differs == "" {
				same[i]++
				line += " +"
			} else {
				line += " -"
			}
			if works := !p.Data && (e.Dev || !p.Dev); works != (differs == "") {
				t.Errorf("%s, %s: works %v: %s", p.Name, e.Name, works, differs)
			}
		}
		t.Logf("%-12s%s", p.Name, line)
	}
	for i, e := range staticlab.Environments {
		t.Logf("%-16s %d of %d", e.Name, same[i], len(programs))
	}
}

// root is a folder in which a program is, with its libraries, and returns it.
func root(t *testing.T, program string) string {
	t.Helper()
	out, err := exec.Command("ldd", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, path := range append(strings.Fields(string(out)), program) {
		if path[0] != '/' {
			continue
		}
		data, err := os.ReadFile(path)
		if err == nil {
			err = os.MkdirAll(filepath.Join(dir, "usr", filepath.Dir(path)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "usr", path), data, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"bin", "lib", "lib64"} {
		if err := os.Symlink("/usr/"+name, filepath.Join(dir, name)); err != nil { // absolute: in the root
			t.Fatal(err)
		}
	}
	return dir
}

// A program and its libraries from a root that is mounted somewhere.
func TestRoot(t *testing.T) {
	dir := root(t, "/bin/bash")
	marked := filepath.Join(dir, "usr/bin/bash")
	data, err := os.ReadFile(marked)
	if err != nil {
		t.Fatal(err)
	}
	data = []byte(strings.ReplaceAll(string(data), "GNU bash, version", "Own bash, version"))
	if err := os.WriteFile(marked, data, 0o755); err != nil {
		t.Fatal(err)
	}
	path := take(t, Input{Program: "/bin/bash", Root: dir})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if got := run(t, path, nil, "bash", "--version"); !strings.HasPrefix(got.out, "Own bash") {
		t.Errorf("%+v", got)
	}
	dir = root(t, "/bin/bash")
	if err := os.Remove(filepath.Join(dir, "usr/lib/x86_64-linux-gnu/libtinfo.so.6")); err != nil {
		t.Fatal(err)
	}
	err = Make(t.Context(), Input{Program: "/bin/bash", Root: dir}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "libtinfo.so.6: cannot open shared object file") {
		t.Errorf("the host's library was taken: %v", err)
	}
}

// Programs of other releases, with other versions of glibc, run here as they do there.
func TestOtherReleases(t *testing.T) {
	if *roots == "" {
		return // what a release is made of is not at hand in every run
	}
	dirs, err := filepath.Glob(filepath.Join(*roots, "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("%s: no roots", *roots)
	}
	for _, dir := range dirs {
		for _, args := range [][]string{
			{"/bin/bash", "-c", `echo $BASH_VERSION $((6*7)) $(echo sub); exit 5`}, {"/usr/bin/perl", "-e", `print $^V; if (!fork) { exit 3 } wait; exit $? >> 8`},
			{"/bin/tar", "--version"}, {"/usr/bin/apt", "--version"}, {"/bin/ls", "-d", "/"}, {"/usr/bin/sha256sum", "--version"},
		} {
			path := take(t, Input{Program: args[0], Root: dir})
			want := run(t, "/usr/sbin/chroot", nil, "chroot", append([]string{dir}, args...)...)
			if got := run(t, path, nil, args[0], args[1:]...); got != want {
				t.Errorf("%s, %s: %+v, there %+v", dir, args[0], got, want)
			}
			if got := emulate(t, "Nehalem", path, args[1:]...); got.status != want.status {
				t.Errorf("%s, %s, emulated: %+v", dir, args[0], got)
			}
		}
	}
}
