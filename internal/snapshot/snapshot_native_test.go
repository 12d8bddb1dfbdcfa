//go:build amd64

package snapshot

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// take makes a snapshot in a folder of the test and returns its path.
func take(t *testing.T, in Input) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), filepath.Base(in.Program))
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := Make(t.Context(), in, f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// build compiles testdata/source and returns the path of the program.
func build(t *testing.T, compiler, source string, flags ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), strings.TrimSuffix(filepath.Base(source), filepath.Ext(source)))
	args := append([]string{"-O2", "-o", out, filepath.Join("testdata", source)}, flags...)
	if text, err := exec.Command(compiler, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v (apt-get install gcc g++ gcc-multilib musl-tools)\n%s", compiler, source, err, text)
	}
	return out
}

type result struct {
	out    string
	status int
}

// run runs a program as name, with stdout and stderr together.
func run(t *testing.T, path string, env []string, name string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Args[0] = name
	if env != nil {
		cmd.Env = env
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	status := cmd.ProcessState.ExitCode()
	if ws := cmd.ProcessState.Sys().(syscall.WaitStatus); ws.Signaled() {
		status = 128 + int(ws.Signal())
	}
	return result{out.String(), status}
}

func TestEverything(t *testing.T) {
	plugin := build(t, "gcc", "plugin.c", "-shared", "-fPIC")
	for i, c := range []struct {
		name  string
		flags []string
	}{
		{"position-independent", nil}, {"fixed address", []string{"-no-pie"}}, {"large pages", []string{"-Wl,-z,max-page-size=0x200000"}},
		// The rest with all.
		{"lazy", []string{"-Wl,-z,lazy"}}, {"relro", []string{"-Wl,-z,now", "-Wl,-z,relro"}}, {"static libgcc", []string{"-static-libgcc"}},
		{"executable stack", []string{"-z", "execstack"}}, {"old hash", []string{"-Wl,--hash-style=sysv"}},
		{"gold", []string{"-fuse-ld=gold", "-no-pie"}}, {"lld", []string{"-fuse-ld=lld", "-B/usr/lib/llvm-14/bin"}}, {"code with data", []string{"-Wl,-z,noseparate-code"}},
	} {
		if i > 2 && !*all {
			break
		}
		t.Run(c.name, func(t *testing.T) {
			program := build(t, "gcc", "everything.c", append([]string{"-rdynamic", "-lm"}, c.flags...)...)
			env := append(os.Environ(), "PLUGIN="+plugin)
			want := run(t, program, env, "a name", "", "5", "two words")
			got := run(t, take(t, Input{Program: program}), env, "a name", "", "5", "two words")
			if got != want || want.status != 5 {
				t.Errorf("%d\n%s\nnative: %d\n%s", got.status, got.out, want.status, want.out)
			}
		})
	}
}

func TestCPlusPlus(t *testing.T) {
	program := build(t, "g++", "cplusplus.cc", "-std=c++17", "-pthread")
	got, want := run(t, take(t, Input{Program: program}), nil, "c"), run(t, program, nil, "c")
	if got != want || want.status != 3 {
		t.Errorf("%d\n%s\nnative: %d\n%s", got.status, got.out, want.status, want.out)
	}
}

// Programs of the system, with what they load when they run, against themselves.
func TestSystemPrograms(t *testing.T) {
	const python = `
import ctypes, os, ssl, sys, threading, socket, zlib, subprocess, signal
done = []
threads = [threading.Thread(target=lambda: done.append(threading.get_native_id())) for _ in range(200)]
for t in threads: t.start()
for t in threads: t.join()
print(len(done), ssl.OPENSSL_VERSION, zlib.crc32(b"x"), socket.getaddrinfo("127.0.0.1", 80)[0][4])
signal.signal(signal.SIGUSR1, lambda *_: print("signal"))
os.kill(os.getpid(), signal.SIGUSR1)
print(subprocess.run(["echo", "child"], capture_output=True).stdout, ctypes.CDLL(None).abs(-4))
sys.exit(9)`
	for i, c := range []struct {
		program string
		args    []string
	}{
		{"/bin/bash", []string{"-c", `x=$(echo sub; exit 3); echo "$x $? $0 $#" <<<here; trap 'echo bye' EXIT; kill -TERM $BASHPID; sleep 1`, "zero", "one"}},
		{"/bin/ls", []string{"-la", "/usr"}},
		{"/usr/bin/python3", []string{"-c", python}},
		{"/usr/bin/perl", []string{"-MPOSIX", "-MSocket", "-e", `printf "%s %s %.3f\n", inet_ntoa(INADDR_LOOPBACK), join(",", sort map { $_ * 2 } 1..5), POSIX::floor(2.5); exit 4`}},
		{"/usr/bin/curl", []string{"-sS", "file:///etc/hostname"}},
		{"/usr/bin/openssl", []string{"dgst", "-sha512", "/etc/passwd"}},
		{"/usr/bin/getent", []string{"hosts", "localhost"}},
		{"/usr/bin/id", []string{"root"}},
		// The rest with all.
		{"/usr/bin/gdb", []string{"-batch", "-nx", "-ex", "python print(sum(range(10)))", "-ex", "print 6*7", "-ex", "info line main", "/bin/true"}},
		{"/usr/bin/git", []string{"--version"}},
	} {
		if i > 7 && !*all {
			break
		}
		t.Run(filepath.Base(c.program), func(t *testing.T) {
			name := filepath.Base(c.program)
			want := run(t, c.program, nil, name, c.args...)
			got := run(t, take(t, Input{Program: c.program}), nil, name, c.args...)
			if got != want {
				t.Errorf("%d\n%s\nnative: %d\n%s", got.status, got.out, want.status, want.out)
			}
		})
	}
}

// What the packer told the loader stays between them; what was asked for is added
// only where it is not set.
func TestEnvironment(t *testing.T) {
	path := take(t, Input{Program: "/usr/bin/env", Env: []string{"A=packed", "B=2", "EMPTY=", "LONG=" + strings.Repeat("x", 3000)}})
	long := "\nLONG=" + strings.Repeat("x", 3000) + "\n"
	for _, c := range []struct {
		env  []string
		want string
	}{
		{[]string{}, "A=packed\nB=2\nEMPTY=" + long},
		{[]string{"A=own", "AB=3"}, "A=own\nAB=3\nB=2\nEMPTY=" + long},
		{[]string{"A=", "B=", "EMPTY=no", "LONG="}, "A=\nB=\nEMPTY=no\nLONG=\n"},
		{[]string{"LD_BIND_NOW=", "GLIBC_TUNABLES=own", "EMPTY=", "LONG=", "B="}, "LD_BIND_NOW=\nGLIBC_TUNABLES=own\nEMPTY=\nLONG=\nB=\nA=packed\n"},
	} {
		if got := run(t, path, c.env, "env"); got.out != c.want || got.status != 0 {
			t.Errorf("%q: %d %q, want %q", c.env, got.status, got.out, c.want)
		}
	}
	var env []string
	for i := range maxEnv {
		env = append(env, fmt.Sprintf("V%d=%d", i, i))
	}
	path = take(t, Input{Program: "/usr/bin/env", Env: env})
	for have := range maxEnv + 1 {
		if got := run(t, path, append([]string{}, env[:have]...), "env"); got.out != strings.Join(env, "\n")+"\n" {
			t.Errorf("with %d of %d: %q", have, maxEnv, got.out)
		}
	}
	// As many arguments as there may be move with the environment.
	args := make([]string, 20000)
	for i := range args {
		args[i] = "V" + strings.Repeat("a", i%7) + "=1"
	}
	if got := run(t, path, []string{}, "env", append(args, "echo", "ok")...); got.out != "ok\n" {
		t.Errorf("%.100q", got.out)
	}
}

func TestSecretsDiffer(t *testing.T) {
	path := take(t, Input{Program: build(t, "gcc", "secrets.c")})
	seen := map[string]bool{}
	for range 20 {
		got := run(t, path, nil, "secrets")
		if fields := strings.Fields(got.out); len(fields) != 4 || fields[2] != "1" || fields[3] != "1" {
			t.Fatalf("%q", got.out)
		}
		seen[got.out] = true
	}
	if len(seen) != 20 {
		t.Errorf("%d different of 20", len(seen))
	}
}

// The kernel puts stack, heap and vdso elsewhere each time.
func TestManyStarts(t *testing.T) {
	path := take(t, Input{Program: "/bin/bash", Env: []string{"X=1"}})
	for i := range 200 {
		if got := run(t, path, nil, "bash", "-c", `echo $((6 * 7)); exit 3`); got != (result{"42\n", 3}) {
			t.Fatalf("start %d: %+v", i, got)
		}
	}
	unlimited := `ulimit -s unlimited && for i in 1 2 3 4 5; do "$0" -c 'echo $((6 * 7))' || exit; done`
	if got := run(t, "/bin/bash", nil, "bash", "-c", unlimited, path); got.out != strings.Repeat("42\n", 5) {
		t.Errorf("with the legacy layout: %+v", got)
	}
}

// Snapshots taken on each of the processors, with time passing, are the same.
func TestSameEveryTime(t *testing.T) {
	for _, program := range []string{"/usr/bin/openssl", "/usr/bin/python3"} {
		var first []byte
		for i := range 6 {
			var file bytes.Buffer
			if err := Make(t.Context(), Input{Program: program}, &file); err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = file.Bytes()
				processor(t, first)
			}
			if differ := differences(t, first, file.Bytes()); differ != "" {
				t.Fatalf("snapshots 0 and %d of %s differ: %s", i, program, differ)
			}
		}
	}
}

// processor checks that a snapshot has CPUID, leaf 1 without the processor's number:
// all of them may happen to be taken on the same.
func processor(t *testing.T, snapshot []byte) {
	t.Helper()
	a, b, _, _ := cpuid(1, 0)
	want := binary.LittleEndian.AppendUint32(nil, a)
	want = binary.LittleEndian.AppendUint32(want, b)[:7]
	copies := bytes.Count(snapshot, want)
	if copies == 0 {
		t.Error("no copy of CPUID, leaf 1: where is it now?")
	}
	for range copies {
		at := bytes.Index(snapshot, want)
		if snapshot[at+7] != 0 {
			t.Errorf("it has processor %#x", snapshot[at+7])
		}
		snapshot = snapshot[at+len(want):]
	}
}

// differences tells where in memory two snapshots have other words, the first 20.
func differences(t *testing.T, a, b []byte) string {
	t.Helper()
	if len(a) != len(b) {
		return fmt.Sprintf("%d and %d bytes", len(a), len(b))
	}
	f, err := elf.NewFile(bytes.NewReader(a))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, p := range f.Progs {
		for at := p.Off; p.Type == elf.PT_LOAD && at < p.Off+p.Filesz; at += 8 {
			if !bytes.Equal(a[at:at+8], b[at:at+8]) && strings.Count(text.String(), "\n") < 20 {
				fmt.Fprintf(&text, "\n%#x: % x, % x", p.Vaddr+at-p.Off, a[at:at+8], b[at:at+8])
			}
		}
	}
	return text.String()
}

// Where the loader reads the clock is found: all of it, and nothing else. Snapshots
// have its code as it is in its file.
func TestClockReads(t *testing.T) {
	const shl = "\x48\xc1\xe2\x20"
	for code, want := range map[string][]int{
		"":                           nil,
		"\x0f\x31" + shl:             {0},
		"\x90\x0f\x31\x31\xc9" + shl: {1},
		// Part of an immediate operand, far from any joint, and behind the last.
		"\x05\x0f\x31" + strings.Repeat("\x90", 60) + "\x0f\x31" + shl: {63},
		"\x0f\x31" + shl + "\x0f\x31":                                  {0},
		// The nearest, and one for each joint.
		"\x0f\x31\x90\x0f\x31" + shl + shl: {3},
		shl:                                nil,
	} {
		if got := findClockReads([]byte(code)); !slices.Equal(got, want) {
			t.Errorf("% x: %v, want %v", code, got, want)
		}
	}
	loader, err := open("/lib64/ld-linux-x86-64.so.2", "/lib64/ld-linux-x86-64.so.2")
	if err != nil {
		t.Fatal(err)
	}
	defer loader.file.Close()
	snapshot, err := os.ReadFile(take(t, Input{Program: "/bin/bash"}))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, s := range loader.Loads {
		code := make([]byte, s.Size)
		if _, err := loader.reader.ReadAt(code, int64(s.Offset)); err != nil {
			t.Fatal(err)
		}
		if s.Executable {
			found += len(findClockReads(code))
			if !bytes.Contains(snapshot, code) {
				t.Error("the loader's code is not in a snapshot")
			}
		}
	}
	disassembly, err := exec.Command("objdump", "-d", "/lib64/ld-linux-x86-64.so.2").Output()
	if err != nil {
		t.Fatalf("%v (apt-get install binutils)", err)
	}
	if want := strings.Count(string(disassembly), "\trdtsc"); found != want || want == 0 {
		t.Errorf("%d rdtsc found in the loader, there are %d", found, want)
	}
}

// A program that finds its library by $ORIGIN, and one by the LibraryPath given.
func TestOwnLibrary(t *testing.T) {
	dir := t.TempDir()
	plugin := build(t, "gcc", "plugin.c", "-shared", "-fPIC", "-Wl,-soname,libown.so")
	data, err := os.ReadFile(plugin)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "libown.so"), data, 0o644)
	}
	source := filepath.Join(dir, "main.c")
	if err == nil {
		err = os.WriteFile(source, []byte("int main_symbol; int answer(int); int main(void) { return answer(20); }"), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	compile := func(name, rpath string) string {
		out := filepath.Join(dir, name)
		cmd := exec.Command("gcc", "-rdynamic", "-o", out, source, filepath.Join(dir, "libown.so"), "-Wl,-rpath,"+rpath)
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		return out
	}
	origin := take(t, Input{Program: compile("origin", "$ORIGIN")})
	path := take(t, Input{Program: compile("path", "/none"), LibraryPath: dir})
	if err := os.Remove(filepath.Join(dir, "libown.so")); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{origin, path} {
		if got := run(t, p, nil, "own"); got.status != 42 {
			t.Errorf("%s: %+v", p, got)
		}
	}
	err = Make(t.Context(), Input{Program: filepath.Join(dir, "origin")}, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "libown.so: cannot open shared object file") {
		t.Errorf("without the library: %v", err)
	}
}

func TestPreload(t *testing.T) {
	plugin := build(t, "gcc", "plugin.c", "-shared", "-fPIC", "-Wl,-soname,libown.so")
	program := build(t, "gcc", "everything.c", "-rdynamic", "-lm")
	path := take(t, Input{Program: program, Preload: []string{plugin}})
	if err := os.Remove(plugin); err != nil {
		t.Fatal(err)
	}
	// dlopen of what is loaded already, by its soname: as NSS modules are asked for.
	got := run(t, path, append(os.Environ(), "PLUGIN=libown.so"), "e")
	if !strings.Contains(got.out, "plugin 42") {
		t.Errorf("%+v", got)
	}
}

func TestName(t *testing.T) {
	path := take(t, Input{Program: "/bin/bash", Called: "dir/carried"})
	for name, want := range map[string]string{
		"carried": "bash", "/x/carried": "bash", "bash.static": "bash", "./bash.": "bash", "bash": "bash", "/x/bash": "/x/bash", "basher": "basher",
		"bas": "bas", "carried.1": "carried.1", "": "", "-bash": "-bash", "a/bash.d/sh": "a/bash.d/sh", ".": ".",
	} {
		if got := run(t, path, nil, name, "--norc", "--noprofile", "-c", `echo "$0"`); got.out != want+"\n" {
			t.Errorf("%q: %+v, want %q", name, got, want)
		}
	}
}
