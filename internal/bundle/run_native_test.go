//go:build amd64

package bundle

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rescuebox/internal/bundle/runner"
	"rescuebox/internal/elffile"
	"rescuebox/scripts/faultlab"
	"rescuebox/scripts/staticlab"
)

func TestMain(m *testing.M) {
	faultlab.Main()
	os.Exit(m.Run())
}

// bashIn packs bash and returns a function that runs a script with it in an
// environment.
func bashIn(t *testing.T, in Input, change func(*Plan)) func(staticlab.Env, staticlab.Packed) staticlab.Result {
	t.Helper()
	data := staticlab.Data{Dir: t.TempDir()}
	if err := data.Make(); err != nil {
		t.Fatal(err)
	}
	in.Program = "/bin/bash"
	if in.Called == "" {
		in.Called = "bash.static"
	}
	plan, err := NewPlan(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(plan)
	}
	file := write(t, plan, filepath.Join(t.TempDir(), in.Called), 0)
	return func(e staticlab.Env, p staticlab.Packed) staticlab.Result {
		t.Helper()
		p.File = file
		r, err := e.Run(t.Context(), data, p)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

func script(text string) staticlab.Packed { return staticlab.Packed{Args: []string{"-c", text}} }

func wantOut(t *testing.T, r staticlab.Result, want string) {
	t.Helper()
	if r.Stdout != want || r.Stderr != "" {
		t.Errorf("%q, want %q; %+v", r.Stdout, want, r)
	}
}

var (
	empty = staticlab.Env{Name: "empty"}
	proc  = staticlab.Env{Name: "proc", Proc: true, Dev: true}
)

// What a caller hands over reaches the program, and what it returns the caller.
func TestTransparent(t *testing.T) {
	run := bashIn(t, Input{Env: []string{"PACKED=1 2", "HOME=/packed"}}, nil)
	for _, e := range []staticlab.Env{empty, proc} {
		t.Run(e.Name, func(t *testing.T) {
			if r := run(e, script("exit 7")); r.Status != 7 {
				t.Errorf("exit status: %+v", r)
			}
			if r := run(e, script("kill -TERM $$")); r.Status != 128+15 {
				t.Errorf("signal: %+v", r)
			}
			p := script("while read -r l; do echo \"<$l>\"; done; echo \"$#$1\"")
			p.Args, p.Stdin = append(p.Args, "x", "a b"), strings.NewReader("one\ntwo\n")
			wantOut(t, run(e, p), "<one>\n<two>\n1a b\n")
			p = script("echo $PACKED $HOME $MINE $PWD; echo *")
			p.Env = []string{"MINE=3", "HOME=/mine"}
			wantOut(t, run(e, p), "1 2 /packed 3 /data\na.tar fs.img text\n")
			p.WorkDir = "/"
			p.Args[1] = "echo $PWD"
			wantOut(t, run(e, p), "/\n")
		})
	}
}

// A caller's variables for the loader do not reach it, but what the program starts.
func TestLoaderVariables(t *testing.T) {
	run := bashIn(t, Input{}, nil)
	p := script(`echo $LD_PRELOAD $LD_LIBRARY_PATH $LD_BIND_NOW $LD_DEBUG; export -p | while read -r a b c; do case $c in *[![:print:]]*) echo odd;; esac; done`)
	p.Env = []string{"LD_PRELOAD=/no/such.so", "LD_LIBRARY_PATH=/data", "LD_BIND_NOW=1", "LD_DEBUG=all"}
	wantOut(t, run(proc, p), "/no/such.so /data 1 all\n")
	wantOut(t, run(empty, p), "/no/such.so /data 1 all\n")
}

// The program has its own name under the name that it was packed as, and every
// other one as it is.
func TestName(t *testing.T) {
	run := bashIn(t, Input{Called: "carried"}, nil)
	names := map[string]string{"": "bash", "/x/carried": "bash", "bash.old": "bash", "./bash": "./bash", "-sh": "-sh", "sh": "sh"}
	for _, e := range []staticlab.Env{empty, proc} {
		for argv0, want := range names {
			p := script("echo $0")
			if argv0 == "-sh" {
				p.Args = []string{"--noprofile", "-c", "echo $0"}
			}
			p.Argv0 = argv0
			wantOut(t, run(e, p), want+"\n")
		}
	}
	p := script("read -r n </proc/$$/comm; echo $n")
	p.Argv0 = "/usr/bin/sh"
	wantOut(t, run(proc, p), "sh\n")
}

// Nothing is left open that the caller did not hand over.
func TestNothingLeftOpen(t *testing.T) {
	run := bashIn(t, Input{}, nil)
	got := run(proc, script("echo /proc/$$/fd/*"))
	native, err := exec.Command("/bin/bash", "-c", "echo /proc/$$/fd/*").Output()
	if err != nil {
		t.Fatal(err)
	}
	count := func(s string) int { return len(strings.Fields(s)) }
	if count(got.Stdout) != count(string(native)) {
		t.Errorf("%s natively %s", got.Stdout, native)
	}
	maps := run(proc, script("while read -r l; do case $l in *statify-*|*/usr/*) echo $l;; esac; done </proc/$$/maps"))
	wantOut(t, maps, "")
}

// A loader that knows neither --argv0 nor --preload is served in another way, and
// nobody sees it.
func TestOldLoader(t *testing.T) {
	run := bashIn(t, Input{}, func(p *Plan) { p.Argv0, p.Preload = false, false })
	for _, e := range []staticlab.Env{empty, proc} {
		p := script(`echo $0 "<$LD_PRELOAD>" $X; /bash.static -c 'echo $0'`)
		p.Env = []string{"X=1"}
		wantOut(t, run(e, p), "bash <> 1\nbash\n")
		p.Env = []string{"LD_PRELOAD=/mine.so"}
		p.Args[1] = "echo $LD_PRELOAD"
		wantOut(t, run(e, p), "/mine.so\n")
	}
}

// Without /proc and rights a folder serves, and is empty afterwards.
func TestFolder(t *testing.T) {
	run := bashIn(t, Input{}, nil)
	nobody := staticlab.Env{Tmp: staticlab.ExecTmp, UID: staticlab.Nobody}
	wantOut(t, run(nobody, script("echo $PWD /tmp/*; read -r l <text; echo $l")),
		"/data /tmp/*\nOne static file that still works when the shared libraries do not.\n")
	p := script("echo $TMPDIR/*")
	p.Env = []string{"TMPDIR=/tmp/"}
	wantOut(t, run(nobody, p), "/tmp//*\n")
	nobody.Tmp = staticlab.NoexecTmp
	if r := run(nobody, script("echo no")); r.Status != 126 || !strings.Contains(r.Stderr, "--snapshot") {
		t.Errorf("%+v", r)
	}
}

// A kernel that lets no memory file be executed is got round.
func TestNoexecMemory(t *testing.T) {
	file := pack(t, Input{Program: "/bin/bash"}, t.TempDir(), 0)
	cmd := exec.Command("unshare", "-fpm", "--mount-proc", "/bin/sh", "-c",
		`echo 2 >/proc/sys/vm/memfd_noexec && exec "$0" -c 'echo $PWD; while read -r l; do case $l in *memfd*) echo $l;; esac; done </proc/$$/maps'`, file)
	cmd.Dir = "/usr"
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "/usr\n" {
		t.Errorf("%v: %s", err, out)
	}
}

// Damage is named, wherever it is.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	file := pack(t, Input{Program: "/bin/bash"}, dir, 1)
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	start := bytes.LastIndex(good[:1<<14], []byte(magic))
	if start < 0 {
		t.Fatal("no payload")
	}
	index := start + int(le.Uint32(good[start+40:]))
	cases := map[string]struct {
		at   int
		want string
	}{
		"magic":  {start, "payload damaged: its index"},
		"digest": {start + 9, "payload damaged: its index"},
		"size":   {start + 43, "payload damaged: its index"},
		"index":  {index - 1, "payload damaged: its index"},
		"loader": {index + 5000, "payload damaged: ld-linux-x86-64.so.2"},
		"end":    {len(good) - 1, "payload damaged: statify"},
	}
	for name, c := range cases {
		bad := bytes.Clone(good)
		bad[c.at] ^= 0x40
		expectDamage(t, name, bad, c.want)
	}
	expectDamage(t, "cut off", good[:len(good)/2], "cut off")
	expectDamage(t, "cut off in the index", good[:start+100], "payload damaged")
}

func expectDamage(t *testing.T, name string, data []byte, want string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "bash.static")
	if err := os.WriteFile(file, data, 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(file, "-c", "echo runs").CombinedOutput()
	if !strings.HasPrefix(string(out), "statify: ") || !strings.Contains(string(out), want) || status(err) != 126 {
		t.Errorf("%s: %v: %q, want %q", name, err, out, want)
	}
}

func status(err error) int {
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.ExitCode()
	}
	return -1
}

// A bad sector under the packed file ends in a message that has the place.
func TestBadMedium(t *testing.T) {
	dir := t.TempDir()
	file := pack(t, Input{Program: "/bin/bash"}, dir, 0)
	tree, err := faultlab.NewTree(dir, "/dev/fuse")
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	if err := tree.Fail(filepath.Base(file), 1<<20, 4096); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(filepath.Join(tree.Dir(), filepath.Base(file)), "-c", "echo runs").CombinedOutput()
	if status(err) != 126 || !strings.Contains(string(out), "statify: payload cannot be read at byte 10") {
		t.Errorf("%v: %q", err, out)
	}
}

// A 32-bit program is packed with its runner.
func TestI386(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "p.c")
	const text = `#include <stdio.h>
#include <pthread.h>
static void *f(void *x) { return x; }
int main(int argc, char **argv) {
	pthread_t t; void *r; pthread_create(&t, 0, f, argv[1]); pthread_join(t, &r);
	printf("%s %d %s\n", argv[0], (int)sizeof(void *), (char *)r); return 3; }`
	if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", "-m32", "-pthread", "-o", filepath.Join(dir, "p"), source).CombinedOutput(); err != nil {
		t.Fatalf("%v (apt-get install gcc-multilib)\n%s", err, out)
	}
	file := pack(t, Input{Program: filepath.Join(dir, "p")}, dir, 6)
	data := staticlab.Data{Dir: t.TempDir()}
	for _, e := range staticlab.Environments {
		r, err := e.Run(t.Context(), data, staticlab.Packed{File: file, Args: []string{"arg"}})
		if err != nil {
			t.Fatal(err)
		}
		if e.UID != 0 && !e.Proc {
			continue
		}
		if r.Stdout != "p 4 arg\n" || r.Status != 3 {
			t.Errorf("%s: %+v", e.Name, r)
		}
	}
}

// The runner for arm64 unpacks and starts what it should. There is no arm64 system
// here: a static program of this machine takes the loader's place and shows what it
// was started with.
func TestARM64(t *testing.T) {
	const busybox, qemu = "/bin/busybox", "/usr/bin/qemu-aarch64-static"
	code, ok := runner.For(elffile.MachineARM64, elffile.Class64)
	if !ok {
		t.Fatal("no runner")
	}
	plan := &Plan{Name: "echo", Argv0: true, Preload: true, code: code, input: Input{Called: "echo.static", Env: []string{"A=b"}}}
	for _, path := range []string{busybox, "/bin/ls", "/bin/cat"} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatalf("%v (apt-get install busybox-static)", err)
		}
		plan.Files = append(plan.Files, File{Path: path, Size: info.Size()})
	}
	file := write(t, plan, filepath.Join(t.TempDir(), "echo.static"), 9)
	out, err := exec.Command(qemu, file, "one", "two").CombinedOutput()
	if err != nil {
		t.Fatalf("%v (apt-get install qemu-user-static)\n%s", err, out)
	}
	const want = "--inhibit-cache --argv0 echo --preload /proc/self/fd/N /proc/self/fd/N one two\n"
	if got := regexp.MustCompile(`fd/[0-9]+`).ReplaceAllString(string(out), "fd/N"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(file, data, 0o755); err != nil {
		t.Fatal(err)
	}
	out, err = exec.Command(qemu, file).CombinedOutput()
	if string(out) != "statify: payload damaged: cat\n" || status(err) != 126 {
		t.Errorf("%v: %q", err, out)
	}
}
