package libcheck

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"rescuebox/internal/elfdep"
	"rescuebox/internal/elffile"
	"rescuebox/internal/rootfs"
)

func TestIdentify(t *testing.T) {
	for _, c := range []struct {
		head        string
		kind        kind
		interpreter string
		command     string
	}{
		{"", other, "", ""},
		{"\x7fELF\x02", elf, "", ""},
		{"#!/bin/sh\n", script, "/bin/sh", ""},
		{"#! \t/bin/sh -e\nrm", script, "/bin/sh", ""},
		{"#!/usr/bin/env python3\n", script, "/usr/bin/env", "python3"},
		{"#!/usr/bin/env -S A=1 perl -w\n", script, "/usr/bin/env", "perl"},
		{"#!\n", other, "", ""},
		{"#!/bin/sh\x00x", script, "/bin/sh", ""},
		{"#!" + strings.Repeat("x", 1000), script, strings.Repeat("x", 254), ""},
	} {
		k, interpreter, command := identify([]byte(c.head))
		if k != c.kind || interpreter != c.interpreter || command != c.command {
			t.Errorf("%.30q: %v %q %q", c.head, k, interpreter, command)
		}
	}
}

func FuzzIdentify(f *testing.F) {
	f.Add([]byte("#! /usr/bin/env -S A=1 perl -w\n"))
	f.Add([]byte("\x7fELF"))
	f.Fuzz(func(t *testing.T, head []byte) {
		_, interpreter, command := identify(head)
		if strings.ContainsAny(interpreter+command, " \t\n\x00") {
			t.Fatalf("%q %q", interpreter, command)
		}
	})
}

// tree makes a root with programs prog and alias (the same), a script that prog
// interprets, and libraries; closures are made up.
func tree(t *testing.T) (string, func(context.Context, string) (*elfdep.Closure, error)) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"usr/bin/prog": "\x7fELF prog", "usr/bin/script": "#!/usr/bin/prog\n", "usr/bin/loop": "#!/usr/bin/loop\n",
		"usr/bin/broken": "\x7fELF broken", "lib/ld.so": "loader", "lib/liba.so.1.2": "library",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"bin": "/usr/bin", "usr/bin/alias": "prog"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	info := func(name string) fs.FileInfo {
		i, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	return dir, func(_ context.Context, path string) (*elfdep.Closure, error) {
		if path != "/usr/bin/prog" {
			return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("bad ELF")}
		}
		return &elfdep.Closure{
			Interp: elfdep.Object{Name: "/lib/ld.so", Path: "/lib/ld.so", Real: "/lib/ld.so", Info: info("lib/ld.so")},
			Objects: []elfdep.Object{
				{Name: "liba.so.1", Path: "/lib/liba.so.1", Real: "/lib/liba.so.1.2", Info: info("lib/liba.so.1.2"),
					Err: &elffile.ReadError{Err: syscall.EIO}},
				{Name: "ld.so", Path: "/lib/ld.so", Real: "/lib/ld.so", Info: info("lib/ld.so")},
				{Name: "libnone.so", Requester: -1},
			},
		}, nil
	}
}

func TestPlan(t *testing.T) {
	dir, closure := tree(t)
	p, err := Find(context.Background(), Config{Root: rootfs.New(dir), Dir: "/", Path: []string{"/nosuch", "/bin", "/usr/bin", "usr/bin", ""}, Closure: closure})
	if err != nil {
		t.Fatal(err)
	}
	users := map[string]string{}
	for _, f := range p.Files {
		programs, plugins := p.Needs(f)
		users[f.Path] = strings.Join(append(programs, plugins...), " ")
		if want := f.Path == "/lib/liba.so.1.2"; f.NoStart != want {
			t.Errorf("%s: NoStart %v", f.Path, f.NoStart)
		}
	}
	all := "/bin/alias /bin/prog /bin/script"
	want := map[string]string{
		"/usr/bin/prog": all, "/lib/ld.so": all, "/lib/liba.so.1.2": all, "/usr/bin/script": "/bin/script",
		"/usr/bin/loop": "/bin/loop", "/usr/bin/broken": "/bin/broken",
	}
	if len(users) != len(want) || len(p.Files) != len(want) {
		t.Errorf("files %v", users)
	}
	for path, list := range want {
		if users[path] != list {
			t.Errorf("%s needed by %q, want %q", path, users[path], list)
		}
	}
	var problems []string
	for _, q := range p.Problems {
		problems = append(problems, q.Path)
	}
	slices.Sort(problems)
	if !slices.Equal(problems, []string{"/usr/bin/broken", "libnone.so"}) {
		t.Errorf("problems %v", problems)
	}
	var done int64
	if err := p.Read(context.Background(), Reading{Progress: func(n int64) { done += n }}); err != nil || done != p.Bytes() || p.Damaged() != nil {
		t.Errorf("%v, %d of %d bytes", err, done, p.Bytes())
	}
	for _, f := range p.Files {
		if !f.Done || f.Read != f.Size || f.Err != nil {
			t.Errorf("%+v", f)
		}
	}
}

// A cancelled reading leaves files that are not done, and calls none of them
// damaged.
func TestCancelled(t *testing.T) {
	dir, closure := tree(t)
	p, err := Find(context.Background(), Config{Root: rootfs.New(dir), Names: []string{"/usr/bin/prog", "no"}, Closure: closure})
	if err != nil || p.Unknown != 1 {
		t.Fatal(err, p.Unknown)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Read(ctx, Reading{}); !errors.Is(err, context.Canceled) || len(p.Damaged()) != 0 {
		t.Error(err, p.Damaged())
	}
	for _, f := range p.Files {
		if f.Done {
			t.Errorf("%s is done", f.Path)
		}
	}
	if _, err := Find(ctx, Config{Root: rootfs.New(dir), Names: []string{"/usr/bin/prog"}, Closure: closure}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
