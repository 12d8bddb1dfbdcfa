//go:build amd64

package bundle

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// Packed programs do, where nothing else is, what the installed ones do.
func TestMatrix(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
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
		file := pack(t, Input{Program: path, LibraryPath: p.LibraryPath}, dir, 1)
		line := ""
		for i, e := range staticlab.Environments {
			want, err := p.Native(ctx, data, e.UID)
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.Run(ctx, data, staticlab.Packed{File: file, Args: p.Args, Env: p.Env})
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
			if !e.Proc && e.UID != 0 {
				if got.Status != 126 || !strings.Contains(got.Stderr, "nowhere to unpack") {
					t.Errorf("%s, %s: %+v", p.Name, e.Name, got)
				}
				continue
			}
			if works := !p.Data && (e.Dev || !p.Dev); works != (differs == "") {
				t.Errorf("%s, %s: works %v: %s", p.Name, e.Name, works, differs)
			}
		}
		t.Logf("%-12s%s", p.Name, line)
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	for i, e := range staticlab.Environments {
		t.Logf("%-16s %d of %d", e.Name, same[i], len(programs))
	}
}

// brokenHost takes the libraries away, shows that nothing runs any more, and runs
// the packed program.
const brokenHost = `
mount -t tmpfs none /usr/lib/x86_64-linux-gnu && mount -t tmpfs none /usr/lib64 || exit 99
/usr/bin/ls / 2>/dev/null && exit 98
cd "$1" && file=$2 && shift 2 && exec "$file" "$@"`

// On a host whose libraries are gone packed programs do their work on what is left.
func TestHostWithoutLibraries(t *testing.T) {
	data := staticlab.Data{Dir: t.TempDir()}
	if err := data.Make(); err != nil {
		t.Fatal(err)
	}
	programs, err := staticlab.Programs(*allPrograms, *extra)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, p := range programs {
		path, err := p.Plain(dir)
		if err != nil {
			t.Fatal(err)
		}
		file := pack(t, Input{Program: path, LibraryPath: p.LibraryPath}, dir, 1)
		want, err := p.Native(t.Context(), data, 0)
		if err != nil {
			t.Fatal(err)
		}
		args := append([]string{"-m", "/bin/busybox", "sh", "-c", brokenHost, "sh", data.Dir, file}, p.Args...)
		cmd := exec.Command("/usr/bin/unshare", args...)
		cmd.Env = append([]string{"PATH=/bin", "HOME=/", "LC_ALL=C", "TERM=dumb"}, p.Env...)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		err = cmd.Run()
		got := staticlab.Result{Stdout: out.String(), Stderr: errs.String(), Status: cmd.ProcessState.ExitCode()}
		// parted starts dmidecode, and does not survive that it cannot.
		if differs := p.Differs(got, want); (differs == "") == (p.Name == "parted") {
			t.Errorf("%s: %v: %s", p.Name, err, differs)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
}
