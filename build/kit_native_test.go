//go:build amd64

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The kit's tables of functions are rewritten (pclntab.go): a mistake there shows when
// the collector walks stacks. With one at every few kilobytes that is allocated, the
// kit must do all that the full binary does, to the byte.
func TestKitUnderTheCollector(t *testing.T) {
	dir := t.TempDir()
	binaries := map[string]string{}
	for _, name := range []string{"kit", "full"} {
		prof, err := readProfile(name)
		if err != nil {
			t.Fatal(err)
		}
		platform, err := findPlatform("amd64")
		if err != nil {
			t.Fatal(err)
		}
		binaries[name] = filepath.Join(dir, name)
		if err := (target{profile: prof, platform: platform}).write(binaries[name]); err != nil {
			t.Fatal(err)
		}
	}
	libraries, err := filepath.Glob("/usr/lib/x86_64-linux-gnu/*.so*")
	if err != nil || len(libraries) < 50 {
		t.Fatal(libraries, err)
	}
	large := "/usr/lib/x86_64-linux-gnu/libc.so.6"
	root := damagedRoot(t, large)
	saved := filepath.Join(dir, "saved")
	for _, args := range [][]string{
		append([]string{"ldd"}, libraries...),
		{"ldd", "--tree", "/usr/bin/python3"}, {"ldd", "-v", "/usr/bin/perl"}, {"ldd", "-v", "/bin/bash"},
		{"libcheck", "--json", "bash", "perl", "tar"}, {"libcheck", "-v", "--json", "-a", "/usr/lib/apt"},
		{"libcheck", "--root", root, "--save", saved, "-a", "/"},
		{"ls", "-lR", "/usr/share/doc"}, {"ls", "-la", "--time-style=full-iso", "/usr/bin"},
		{"b64xfer", "get", "--width", "80", large}, {"cat", "--noerror", large}, {"cat", "-A", "/etc/services"}, {"selfcheck", "--help"},
		{"b64xfer", "get", "--no-zlib", large}, {"b64xfer", "get", "--chunks", "0,3-9", "/bin/true"},
	} {
		var want []byte
		for _, name := range []string{"full", "kit"} {
			if err := os.RemoveAll(saved); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(binaries[name], args...)
			cmd.Env = append(os.Environ(), "GOGC=1", "TZ=UTC")
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			got, err := cmd.Output()
			if len(got) == 0 || strings.Contains(stderr.String(), "fatal error") || strings.Contains(stderr.String(), "panic") || cmd.ProcessState.ExitCode() > 2 {
				t.Fatalf("%s %.60s: %v\n%s", name, strings.Join(args, " "), err, stderr.String())
			}
			got = bytes.ReplaceAll(got, []byte(binaries[name]), []byte("SELF"))
			if name == "full" {
				want = got
			} else if !bytes.Equal(got, want) {
				t.Errorf("%.60s: the kit prints other bytes than the full binary:\n%.2000s\nwant\n%.2000s", strings.Join(args, " "), got, want)
			}
		}
	}
}

// What the kit's applets lack they refuse by name, and never answer wrongly.
func TestKitRefuses(t *testing.T) {
	prof, err := readProfile("kit")
	if err != nil {
		t.Fatal(err)
	}
	platform, err := findPlatform("amd64")
	if err != nil {
		t.Fatal(err)
	}
	kit := filepath.Join(t.TempDir(), "kit")
	if err := (target{profile: prof, platform: platform}).write(kit); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"ldd", "-r", "/bin/bash"}, {"ldd", "-u", "/bin/bash"}, {"ldd", "-d", "/bin/bash"},
		{"libcheck", "--sector", "/dev/null:1", "/bin/true"}, {"libcheck", "--kernel-log", "/bin/true"},
	} {
		out, err := exec.Command(kit, args...).CombinedOutput()
		if err == nil || !bytes.Contains(out, []byte("not in this small build")) {
			t.Errorf("%q: %v: %s", args, err, out)
		}
	}
	for _, name := range []string{"send", "type", "clip", "list"} {
		out, err := exec.Command(kit, "b64xfer", name).CombinedOutput()
		if err == nil || !bytes.Contains(out, []byte(name+" is not in the kit")) {
			t.Errorf("b64xfer %s: %v: %s", name, err, out)
		}
	}
	out, err := exec.Command(kit, "ldd", "--json", "/bin/bash").Output()
	if err != nil || bytes.Contains(out, []byte("undefined")) || bytes.Contains(out, []byte("unused")) {
		t.Errorf("%v: %s", err, out)
	}
}

// damagedRoot is a root with a library whose end is missing.
func damagedRoot(t *testing.T, library string) string {
	t.Helper()
	root := t.TempDir()
	data, err := os.ReadFile(library)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "libc.so.6"), data[:len(data)/2], 0o755); err != nil {
		t.Fatal(err)
	}
	return root
}
