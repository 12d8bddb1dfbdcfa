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

// binaries builds profiles for this machine, and returns their paths by name.
func binaries(t *testing.T, names ...string) map[string]string {
	t.Helper()
	dir, files := t.TempDir(), map[string]string{}
	platform, err := findPlatform("amd64")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		prof, err := readProfile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = filepath.Join(dir, name)
		if err := (target{profile: prof, platform: platform}).write(files[name]); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// A kit's tables of functions are rewritten (pclntab.go): a mistake there shows when
// the collector walks stacks. With one at every few kilobytes that is allocated, the
// kit must do all that the full binary does, to the byte.
func TestKitUnderTheCollector(t *testing.T) {
	built := binaries(t, profiles...)
	libraries, err := filepath.Glob("/usr/lib/x86_64-linux-gnu/*.so*")
	if err != nil || len(libraries) < 50 {
		t.Fatal(libraries, err)
	}
	large := "/usr/lib/x86_64-linux-gnu/libc.so.6"
	root := damagedRoot(t, large)
	made := filepath.Join(t.TempDir(), "made")
	for _, args := range [][]string{
		append([]string{"ldd"}, libraries...),
		{"ldd", "--tree", "/usr/bin/python3"}, {"ldd", "-v", "/usr/bin/perl"}, {"ldd", "-v", "/bin/bash"},
		{"libcheck", "--json", "bash", "perl", "tar"}, {"libcheck", "-v", "--json", "-a", "/usr/lib/apt"},
		{"libcheck", "--root", root, "--save", made, "-a", "/"},
		{"ls", "-lR", "/usr/share/doc"}, {"ls", "-la", "--time-style=full-iso", "/usr/bin"},
		{"b64xfer", "get", "--width", "80", large}, {"cat", "--noerror", large}, {"cat", "-A", "/etc/services"}, {"selfcheck", "--help"},
		{"b64xfer", "get", "--no-zlib", large}, {"b64xfer", "get", "--chunks", "0,3-9", "/bin/true"},
	} {
		sameAs(t, "kit", built, made, args, "")
	}
	recordings, err := filepath.Glob("internal/smart/testdata/raw/*.replay")
	if err != nil || len(recordings) != 3 {
		t.Fatal(recordings, err)
	}
	for _, recording := range recordings {
		for _, options := range []string{"-x", "-xj", "--verdict"} {
			sameAs(t, "disks", built, made, []string{"smartctl", options, "-"}, recording)
		}
	}
	for _, args := range [][]string{
		{"smartctl", "--help"}, {"smartctl", "-a", "/dev/null"}, {"smartctl", "-P", "showall"}, {"ddrescue", "--help"},
		{"dd", "if=" + large, "bs=1000", "skip=3", "status=none"}, {"ls", "-la", "/usr/lib"}, {"cat", large}, {"b64xfer", "get", large},
	} {
		sameAs(t, "disks", built, made, args, "")
	}
}

// sameAs runs a command line in a kit and in the full binary, each without the folder
// that they may make.
func sameAs(t *testing.T, kit string, built map[string]string, made string, args []string, stdin string) {
	t.Helper()
	var want []byte
	for _, name := range []string{"full", kit} {
		if err := os.RemoveAll(made); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(built[name], args...)
		cmd.Env = append(os.Environ(), "GOGC=1", "TZ=UTC")
		if stdin != "" {
			in, err := os.Open(stdin)
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			cmd.Stdin = in
		}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		got, _ := cmd.Output()
		// The status of smartctl has bits of its own.
		if code := cmd.ProcessState.ExitCode(); len(got) == 0 || strings.Contains(stderr.String(), "fatal error") || strings.Contains(stderr.String(), "panic") || code < 0 || code > 2 && args[0] != "smartctl" {
			t.Fatalf("%s %.60s: %d\n%s", name, strings.Join(args, " "), code, stderr.String())
		}
		got = bytes.ReplaceAll(got, []byte(built[name]), []byte("SELF"))
		if name == "full" {
			want = got
		} else if !bytes.Equal(got, want) {
			t.Errorf("%.60s: %s prints other bytes than the full binary:\n%.2000s\nwant\n%.2000s", strings.Join(args, " "), kit, got, want)
		}
	}
}

// The kit of disks rescues what the full binary does, with a map and the collector.
func TestKitRescues(t *testing.T) {
	built := binaries(t, "disks")
	dir := t.TempDir()
	source, copied := "/usr/lib/x86_64-linux-gnu/libc.so.6", filepath.Join(dir, "copy")
	cmd := exec.Command(built["disks"], "ddrescue", source, copied, filepath.Join(dir, "map"))
	cmd.Env = append(os.Environ(), "GOGC=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := exec.Command("cmp", source, copied).CombinedOutput(); err != nil {
		t.Errorf("%s", out)
	}
}

// What the applets of a kit lack they refuse by name, and never answer wrongly.
func TestKitRefuses(t *testing.T) {
	built := binaries(t, "kit", "disks")
	for kit, lines := range map[string][][]string{
		"kit": {
			{"ldd", "-r", "/bin/bash"}, {"ldd", "-u", "/bin/bash"}, {"ldd", "-d", "/bin/bash"},
			{"libcheck", "--sector", "/dev/null:1", "/bin/true"}, {"libcheck", "--kernel-log", "/bin/true"},
		},
		"disks": {{"ddrescue", "nbd://127.0.0.1/disk", "/dev/null"}},
	} {
		for _, args := range lines {
			out, err := exec.Command(built[kit], args...).CombinedOutput()
			if err == nil || !bytes.Contains(out, []byte("not in this small build")) {
				t.Errorf("%q: %v: %s", args, err, out)
			}
		}
		for _, name := range []string{"send", "type", "clip", "list"} {
			out, err := exec.Command(built[kit], "b64xfer", name).CombinedOutput()
			if err == nil || !bytes.Contains(out, []byte(name+" is not in the kit")) {
				t.Errorf("b64xfer %s: %v: %s", name, err, out)
			}
		}
	}
	out, err := exec.Command(built["kit"], "ldd", "--json", "/bin/bash").Output()
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
