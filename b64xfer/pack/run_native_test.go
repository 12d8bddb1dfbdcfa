//go:build amd64

package pack

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rescuebox/internal/lzma"
	"rescuebox/internal/selfcheck"
)

var seeds = flag.Int("pack.seeds", 300, "damaged packed files")

const guard = 120 * time.Second

// tool is a static program of a few kilobytes that says what it was given: its
// arguments, a variable, how many files it has open; its status is 7.
const tool = `
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <fcntl.h>
static const char ballast[20000] = {1, 2, 3};
int main(int argc, char **argv) {
	int open = 0;
	for (int i = 0; i < 64; i++) open += fcntl(i, F_GETFD) >= 0;
	for (int i = 0; i < argc; i++) printf("[%s]", argv[i]);
	printf(" %s, %d open, %d\n", getenv("VARIABLE"), open, ballast[2]);
	return 7;
}
`

// compiled returns a program by gcc, or, linked statically, by the wrapper of musl,
// which makes small ones.
func compiled(t *testing.T, source string, args ...string) string {
	t.Helper()
	compiler := "gcc"
	if len(args) > 0 && strings.HasPrefix(args[0], "-static") {
		compiler = "musl-gcc"
	}
	dir := t.TempDir()
	file, out := filepath.Join(dir, "a.c"), filepath.Join(dir, "a")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command(compiler, append(args, "-Os", "-s", "-o", out, file)...).CombinedOutput(); err != nil {
		t.Fatalf("%v (apt-get install gcc gcc-multilib musl-tools)\n%s", err, text)
	}
	return out
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "packed")
	if err := os.WriteFile(file, content, 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

// run returns what a command says, and its status; a signal is a failure.
func run(t *testing.T, cmd *exec.Cmd) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	bounded := exec.CommandContext(ctx, cmd.Path)
	bounded.Args, bounded.Env, bounded.Dir, bounded.SysProcAttr, bounded.ExtraFiles = cmd.Args, cmd.Env, cmd.Dir, cmd.SysProcAttr, cmd.ExtraFiles
	out, err := bounded.CombinedOutput()
	var status *exec.ExitError
	if err != nil && !errors.As(err, &status) || ctx.Err() != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	if bounded.ProcessState.ExitCode() < 0 {
		t.Errorf("%v: %v", cmd.Args, bounded.ProcessState)
	}
	return string(out), bounded.ProcessState.ExitCode()
}

// A packed program has the arguments, the environment, the open files and the status
// of the plain one.
func TestRuns(t *testing.T) {
	for name, args := range map[string][]string{
		"static": {"-static"}, "static-pie": {"-static-pie"}, "dynamic": nil, "386": {"-m32"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plain := compiled(t, tool, args...)
			packed, err := Pack(context.Background(), read(t, plain))
			if err != nil {
				t.Fatal(err)
			}
			file := write(t, packed)
			for _, words := range [][]string{{"name"}, {"ls", "-l", "", "a b"}} {
				var said [2]string
				for i, path := range []string{plain, file} {
					cmd := &exec.Cmd{Path: path, Args: words, Env: []string{"VARIABLE=x=y"}}
					out, status := run(t, cmd)
					if said[i] = out; status != 7 {
						t.Errorf("%s: status %d", path, status)
					}
				}
				if said[0] != said[1] || !strings.HasPrefix(said[1], "["+words[0]+"]") {
					t.Errorf("plain %q, packed %q", said[0], said[1])
				}
			}
			info, err := Inspect(packed)
			if err != nil || info.Size != int64(len(read(t, plain))) {
				t.Errorf("%+v, %v", info, err)
			}
		})
	}
}

// Nothing but the file is needed: no /proc, no /dev, no other folder.
func TestEmptyRoot(t *testing.T) {
	packed, err := Pack(context.Background(), read(t, compiled(t, tool, "-static")))
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "packed"), packed, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, user := range []uint32{0, 65534} {
		cmd := &exec.Cmd{Path: "/packed", Args: []string{"x"}, Dir: "/",
			SysProcAttr: &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: user, Gid: user}}}
		if err := os.Chmod(root, 0o755); err != nil {
			t.Fatal(err)
		}
		if out, status := run(t, cmd); status != 7 || !strings.HasPrefix(out, "[x]") {
			t.Errorf("user %d: status %d: %s", user, status, out)
		}
	}
}

// refuse is a program that executes its arguments while the kernel says ENOSYS to
// some of its calls, as an old one does.
const refuse = `
#include <stddef.h>
#include <stdlib.h>
#include <errno.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
int main(int argc, char **argv) {
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] == '-') return execv(argv[i + 1], argv + i + 1), 126;
		struct sock_filter f[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, atoi(argv[i]), 0, 1),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		};
		struct sock_fprog p = {4, f};
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p)) return 125;
	}
	return 125;
}
`

// Kernels without memfd_create (before 3.17) or execveat (3.19), with and without
// /proc: the program runs, and no file stays behind.
func TestOldKernels(t *testing.T) {
	const memfdCreate, execveat = "319", "322"
	launcher := read(t, compiled(t, refuse, "-w", "-static"))
	packed, err := Pack(context.Background(), read(t, compiled(t, tool, "-static")))
	if err != nil {
		t.Fatal(err)
	}
	for _, missing := range [][]string{{}, {memfdCreate}, {execveat}, {memfdCreate, execveat}} {
		for _, folder := range []string{"dev/shm", "tmp", "var/tmp", "."} {
			t.Run(strings.Join(missing, "+")+"/"+folder, func(t *testing.T) {
				root := t.TempDir()
				if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
					t.Fatal(err)
				}
				for name, content := range map[string][]byte{"launcher": launcher, "packed": packed} {
					if err := os.WriteFile(filepath.Join(root, name), content, 0o755); err != nil {
						t.Fatal(err)
					}
				}
				cmd := &exec.Cmd{Path: "/launcher", Args: append(append([]string{"launcher"}, missing...), "-", "/packed", "arg"), Dir: "/",
					SysProcAttr: &syscall.SysProcAttr{Chroot: root}}
				out, status := run(t, cmd)
				if status != 7 || !strings.HasPrefix(out, "[/packed][arg]") {
					t.Errorf("status %d: %s", status, out)
				}
				// What removes the file does so a moment after the program has begun.
				for end := time.Now().Add(guard); ; time.Sleep(5 * time.Millisecond) {
					left, err := filepath.Glob(filepath.Join(root, folder, ".rescuebox*"))
					if err == nil && len(left) == 0 {
						break
					}
					if time.Now().After(end) {
						t.Fatalf("left behind: %v, %v", left, err)
					}
				}
			})
		}
	}
}

// The stubs of other processors unpack under an emulator. What they execute is of
// this one, since an emulator hands that to the kernel.
func TestOtherArches(t *testing.T) {
	program := read(t, compiled(t, tool, "-static"))
	for arch, emulator := range map[string]string{"arm64": "qemu-aarch64-static", "armv7": "qemu-arm-static"} {
		t.Run(arch, func(t *testing.T) {
			t.Parallel()
			filtered := bytes.Clone(program)
			filters[arch].encode(filtered)
			model := lzma.Params{LC: 3, LP: 0, PB: 2}
			stream, err := lzma.Encode(context.Background(), filtered, model)
			if err != nil {
				t.Fatal(err)
			}
			packed, err := assemble(arch, program, stream, model)
			if err != nil {
				t.Fatal(err)
			}
			path, err := exec.LookPath(emulator)
			if err != nil {
				t.Fatalf("apt-get install qemu-user-static: %v", err)
			}
			file := write(t, packed)
			if out, status := run(t, exec.Command(path, file, "arg")); status != 7 || !strings.Contains(out, "[arg]") {
				t.Errorf("status %d: %s", status, out)
			}
			packed[len(packed)-1000] ^= 1
			if out, status := run(t, exec.Command(path, write(t, packed))); status != 125 || !strings.Contains(out, "damaged") {
				t.Errorf("damaged: status %d: %s", status, out)
			}
		})
	}
}

// Whatever is changed behind the stub's code: it says so, or it runs the program,
// where the change was without meaning. It never runs another, and never crashes.
func TestDamage(t *testing.T) {
	packed, err := Pack(context.Background(), read(t, compiled(t, tool, "-static")))
	if err != nil {
		t.Fatal(err)
	}
	stub, err := binaries.ReadFile("bin/amd64")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for seed := range *seeds {
		r := rand.New(rand.NewPCG(uint64(seed), 3))
		b := bytes.Clone(packed)
		at := len(stub) + len(magic) + r.IntN(len(b)-len(stub)-len(magic))
		if seed < atStream-len(magic) {
			at = len(stub) + len(magic) + seed
		}
		switch seed % 3 {
		case 0:
			b[at] ^= 1 << r.IntN(8)
		case 1:
			b[at] = byte(r.Uint32())
		case 2:
			clear(b[at:min(len(b), at+r.IntN(2000))])
		}
		if bytes.Equal(b, packed) {
			continue
		}
		out, status := run(t, exec.Command(write(t, b)))
		switch {
		case status == 125 && (strings.Contains(out, "damaged") || strings.Contains(out, "out of memory")):
			found++
		case status == 7:
		default:
			t.Errorf("seed %d, byte %d: status %d: %s", seed, at, status, out)
		}
	}
	if found < *seeds/2 {
		t.Errorf("only %d of %d found", found, *seeds)
	}
}

// A packed toolbox can be asked whether it is whole, as a plain one.
func TestSealed(t *testing.T) {
	file := compiled(t, tool, "-static")
	if err := selfcheck.Seal(file); err != nil {
		t.Fatal(err)
	}
	packed, err := Pack(context.Background(), read(t, file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := selfcheck.Check(bytes.NewReader(packed)); err != nil {
		t.Error(err)
	}
	if out, status := run(t, exec.Command(write(t, packed))); status != 7 {
		t.Errorf("status %d: %s", status, out)
	}
	if program, err := Unpack(packed); err != nil || !bytes.Equal(program, read(t, file)) {
		t.Errorf("%d bytes, %v", len(program), err)
	}
}
