//go:build amd64

package snapshot

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var all = flag.Bool("snapshot.all", false, "try all programs, environments and processors, not only a few")

// emulate runs a program on a processor. What the emulator says of the processor's
// features is left out.
func emulate(t *testing.T, cpu, path string, args ...string) result {
	t.Helper()
	r := run(t, "/usr/bin/qemu-x86_64-static", append(os.Environ(), "QEMU_CPU="+cpu), "qemu", append([]string{path}, args...)...)
	var lines []string
	for line := range strings.Lines(r.out) {
		if !strings.Contains(line, "warning: TCG doesn't support") {
			lines = append(lines, line)
		}
	}
	return result{strings.Join(lines, ""), r.status}
}

// Snapshots run on lesser processors than the one they are made on.
func TestProcessors(t *testing.T) {
	cpus := []string{"qemu64", "Nehalem"}
	programs := [][]string{{"/bin/bash", "-c", "echo $((6*7))"}, {"/usr/bin/python3", "-c", "import math, json; print(json.dumps({'a': [math.sin(1), math.exp(2), 'x' * 100]}))"}}
	if *all {
		cpus = append(cpus, "Haswell", "max", "Opteron_G1", "Conroe", "SandyBridge", "EPYC")
		programs = append(programs, []string{"/usr/bin/openssl", "dgst", "-sha256", "/etc/passwd"}, []string{"/usr/bin/perl", "-e", "print 'x' x 1000"},
			[]string{"/usr/bin/gdb", "--version"}, []string{"/usr/bin/curl", "--version"}, []string{build(t, "gcc", "secrets.c")})
	}
	for _, p := range programs {
		path := take(t, Input{Program: p[0]})
		want := run(t, p[0], nil, p[0], p[1:]...)
		for _, cpu := range cpus {
			if got := emulate(t, cpu, path, p[1:]...); got.status != 0 || got != want && filepath.Base(p[0]) != "secrets" {
				t.Errorf("%s on %s: %d\n%s", p[0], cpu, got.status, got.out)
			}
		}
	}
}

// Every function of the C library that has variants is the one that a baseline
// processor gets.
func TestVariants(t *testing.T) {
	var names strings.Builder
	for _, lib := range []string{"libc.so.6", "libm.so.6"} {
		out, err := exec.Command("readelf", "--dyn-syms", "-W", "/lib/x86_64-linux-gnu/"+lib).Output()
		if err != nil {
			t.Fatalf("%v (apt-get install binutils)", err)
		}
		for line := range strings.Lines(string(out)) {
			if f := strings.Fields(line); len(f) > 7 && f[3] == "IFUNC" && strings.Contains(f[7], "@@") {
				name, _, _ := strings.Cut(f[7], "@@")
				switch name {
				case "time", "gettimeofday", "__gettimeofday": // the vdso's, not the processor's
				default:
					names.WriteString(lib + " " + name + "\n")
				}
			}
		}
	}
	list := filepath.Join(t.TempDir(), "names")
	if err := os.WriteFile(list, []byte(names.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	program := build(t, "gcc", "ifuncs.c", "-lm")
	ask := func(command string) string {
		return run(t, "/bin/sh", nil, "sh", "-c", "exec "+command+" <"+list).out
	}
	got, want := ask(take(t, Input{Program: program})), ask("qemu-x86_64-static -cpu qemu64 "+program)
	if n := strings.Count(want, "\n"); got != want || n < 100 || strings.Contains(want, "missing") {
		t.Errorf("snapshot:\n%s\nbaseline processor:\n%s", got, want)
	}
	if native := ask(program); native == want {
		t.Error("this machine's processor is a baseline one: nothing was masked")
	}
}

// A snapshot for more than the processor has says so.
func TestProcessorLacks(t *testing.T) {
	for _, cpu := range []string{V2, V3, Host} {
		path := take(t, Input{Program: "/bin/bash", CPU: cpu})
		if got := run(t, path, nil, "bash", "-c", "echo fine"); got != (result{"fine\n", 0}) {
			t.Errorf("%s here: %+v", cpu, got)
		}
		got := emulate(t, "qemu64", path, "-c", "echo fine")
		if got.status != 126 || !strings.Contains(got.out, "features that this one lacks") {
			t.Errorf("%s on a baseline processor: %+v", cpu, got)
		}
		fits := map[string]string{V2: "Nehalem", V3: "Haswell"}[cpu]
		if fits == "" {
			continue
		}
		if got := emulate(t, fits, path, "-c", "echo fine"); got != (result{"fine\n", 0}) {
			t.Errorf("%s on %s: %+v", cpu, fits, got)
		}
	}
}
