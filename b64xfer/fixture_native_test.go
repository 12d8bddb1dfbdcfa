//go:build amd64

package b64xfer

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	applet "rescuebox/applets/selfcheck"
	"rescuebox/internal/multicall"

	base "rescuebox/internal/applet"
	"rescuebox/internal/selfcheck"
)

var seeds = flag.Int("b64xfer.seeds", 100, "damaged pastes for each receiver")

// checker is the argument with which the test binary is the applet selfcheck.
const checker = "b64xfer-selfcheck"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == checker {
		s := base.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Name: "selfcheck", LookupEnv: os.LookupEnv}
		os.Exit(multicall.Run(context.Background(), &applet.Applet, s, os.Args[2:], "test"))
	}
	os.Exit(m.Run())
}

// kitSource is a program that behaves as the kit does after a paste, small enough for
// the slowest shell. The proof itself is left to the test binary.
const kitSource = `
static long call(long n, long a, long b, long c) {
	long r;
	__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return r;
}
__attribute__((used)) void run(char **sp) {
	long n = *(long *)sp;
	char **argv = sp + 1, **envp = argv + n + 1;
	char *to[16];
	if (n > 1 && n < 10) {
		int i = 0;
		to[i++] = "` + checker + `"; to[i++] = "` + checker + `"; to[i++] = "--file"; to[i++] = argv[0];
		for (int j = 2; j <= n; j++) to[i++] = argv[j];
		call(59, (long)CHECKER, (long)to, (long)envp);
		call(60, 126, 0, 0);
	}
	call(1, 1, (long)"kit runs\n", 9);
	call(60, 0, 0, 0);
}
__asm__(".globl _start\n_start: mov %rsp,%rdi\n and $-16,%rsp\n call run\n");
`

// kit returns a sealed program that prints "kit runs", with every byte in it.
func kit(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	source, file := filepath.Join(dir, "kit.c"), filepath.Join(dir, "kit")
	if err := os.WriteFile(source, []byte(kitSource), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("gcc", "-Os", "-static", "-nostdlib", "-ffreestanding", "-fno-pic", "-no-pie", "-fno-stack-protector",
		"-fno-asynchronous-unwind-tables", "-Wl,-N,--build-id=none", "-s", `-DCHECKER="`+self+`"`, "-o", file, source).CombinedOutput()
	if err != nil {
		t.Fatalf("apt-get install gcc: %v\n%s", err, out)
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(allBytes()[:5000]); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := selfcheck.Seal(file); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// program returns the path of a program of this machine.
func program(t *testing.T, name string) string {
	t.Helper()
	if name == "python3" || name == "python" {
		// What is found first may be a script that looks for the right version.
		out, err := exec.Command("python3", "-c", "import sys;print(sys.executable)").Output()
		if err != nil {
			t.Fatalf("apt-get install python3: %v", err)
		}
		return strings.TrimSpace(string(out))
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("apt-get install coreutils busybox-static dash bash perl openssl: %v", err)
	}
	return path
}

// bin returns a folder for PATH with these programs and no other.
func bin(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		if err := os.Symlink(program(t, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// shells are those that a person may have open, with the arguments that make them
// interactive and keep them from what this machine has configured.
var shells = map[string][]string{
	"bash": {"bash", "--norc", "--noprofile", "-i"},
	"dash": {"dash", "-i"},
	"ash":  {"busybox", "ash", "-i"},
}

// host is a machine to paste into.
type host struct {
	receiver string
	shell    string   // of shells
	programs []string // all that PATH has
}

// hosts are a well-equipped machine and a bare one for each receiver. On the bare
// one nothing can hash.
func hosts() []host {
	tools := []string{"chmod", "mv", "rm", "ls", "stty", "sha256sum"}
	bare := []string{"chmod", "rm"}
	var all []host
	for receiver, needs := range map[string][]string{
		"python3": {"python3"}, "python2": {"python"}, "perl": {"perl"},
		"base64": {"base64"}, "openssl": {"openssl"}, "sh": nil,
	} {
		shell := map[string]string{"python2": "dash", "perl": "ash", "base64": "bash", "openssl": "ash", "sh": "dash"}[receiver]
		if shell == "" {
			shell = "bash"
		}
		all = append(all, host{receiver, shell, append(needs[:len(needs):len(needs)], tools...)},
			host{receiver, shell, append(needs[:len(needs):len(needs)], bare...)})
	}
	return all
}

func (h host) name() string { return h.receiver + "/" + h.shell + "/" + strings.Join(h.programs, "+") }
