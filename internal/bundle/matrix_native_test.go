//go:build amd64

package bundle

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rescuebox/scripts/staticlab"
)

var (
	allPrograms = flag.Bool("bundle.all", false, "try all 28 programs of the laboratory, not only a few")
	extra       = flag.String("bundle.extra", "", "folder with unpacked packages, for programs that are not installed")
)

// pack packs a program into dir and returns the file.
func pack(t *testing.T, in Input, dir string, level int) string {
	t.Helper()
	if in.Called == "" {
		in.Called = filepath.Base(in.Program) + ".static"
	}
	plan, err := NewPlan(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, plan, filepath.Join(dir, in.Called), level)
}

// write writes a packed file and returns its name.
func write(t *testing.T, plan *Plan, file string, level int) string {
	t.Helper()
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n, err := plan.Write(t.Context(), f, level)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != n {
		t.Fatalf("%v: %d bytes, said %d", err, info.Size(), n)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

// large is from which size on programs are not compressed, to spare time, in bytes.
const large = 2 << 20

// Packed programs do, where nothing else is, what the installed ones do.
func TestMatrix(t *testing.T) {
	data := staticlab.Data{Dir: t.TempDir()}
	if err := data.Make(); err != nil {
		t.Fatal(err)
	}
	programs, err := staticlab.Programs(*allPrograms, *extra)
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
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		level := 1
		if info.Size() > large {
			level = 0
		}
		file := pack(t, Input{Program: path, LibraryPath: p.LibraryPath}, dir, level)
		native := map[int]staticlab.Result{}
		for _, uid := range []int{0, staticlab.Nobody} {
			if native[uid], err = p.Native(t.Context(), data, uid); err != nil {
				t.Fatal(err)
			}
		}
		line := ""
		for i, e := range staticlab.Environments {
			sign := " -"
			if compare(t, p, e, data, file, native[e.UID]) {
				same[i]++
				sign = " +"
			}
			line += sign
		}
		t.Logf("%-12s%s", p.Name, line)
		withoutLibraries(t, p, data, file, native[0])
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	for i, e := range staticlab.Environments {
		t.Logf("%-16s %d of %d", e.Name, same[i], len(programs))
	}
}

// compare runs the packed program in an environment and tells whether it did what
// the installed one did. It fails the test when that is not as it should be.
func compare(t *testing.T, p staticlab.Program, e staticlab.Env, data staticlab.Data, file string, want staticlab.Result) bool {
	t.Helper()
	got, err := e.Run(t.Context(), data, staticlab.Packed{File: file, Args: p.Args, Env: p.Env})
	if err != nil {
		t.Fatal(err)
	}
	differs := p.Differs(got, want)
	if !e.Proc && e.UID != 0 {
		if got.Status != 126 || !strings.Contains(got.Stderr, "nowhere to unpack") {
			t.Errorf("%s, %s: %+v", p.Name, e.Name, got)
		}
		return false
	}
	if works := !p.Data && (e.Dev || !p.Dev); works != (differs == "") {
		t.Errorf("%s, %s: works %v: %s", p.Name, e.Name, works, differs)
	}
	return differs == ""
}

// brokenHost takes the libraries away, shows that nothing runs any more, and runs
// the packed program.
const brokenHost = `
mount -t tmpfs none /usr/lib/x86_64-linux-gnu && mount -t tmpfs none /usr/lib64 || exit 99
/usr/bin/ls / 2>/dev/null && exit 98
cd "$1" && file=$2 && shift 2 && exec "$file" "$@"`

// withoutLibraries runs the packed program on this host when its libraries are gone
// and all else is there.
func withoutLibraries(t *testing.T, p staticlab.Program, data staticlab.Data, file string, want staticlab.Result) {
	t.Helper()
	args := append([]string{"-m", "/bin/busybox", "sh", "-c", brokenHost, "sh", data.Dir, file}, p.Args...)
	cmd := exec.CommandContext(t.Context(), "/usr/bin/unshare", args...)
	cmd.Env = append([]string{"PATH=/bin", "HOME=/", "LC_ALL=C", "TERM=dumb"}, p.Env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	got := staticlab.Result{Stdout: out.String(), Stderr: errs.String(), Status: cmd.ProcessState.ExitCode()}
	// parted starts dmidecode, and does not survive that it cannot.
	if differs := p.Differs(got, want); (differs == "") == (p.Name == "parted") {
		t.Errorf("%s without libraries: %v: %s", p.Name, err, differs)
	}
}
