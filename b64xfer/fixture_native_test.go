//go:build amd64

package b64xfer

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	applet "rescuebox/applets/selfcheck"
	"rescuebox/internal/multicall"

	base "rescuebox/internal/applet"
	"rescuebox/internal/selfcheck"
)

var (
	seeds   = flag.Int("b64xfer.seeds", 2, "damaged pastes of each kind of damage for each receiver")
	every   = flag.Bool("b64xfer.every", false, "each receiver in each shell, not in some")
	pythons = flag.String("b64xfer.pythons", "", "folder with versions of python, as pyenv has them: all stand in for python3 and python2")
)

// guard ends what hangs; nothing is measured by it.
const guard = 180 * time.Second

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
// the slowest shell. The proof itself is left to the test binary. Without arguments,
// or with others, it says its name, what it was given and that it runs.
const kitSource = `
static long call(long n, long a, long b, long c) {
	long r;
	__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return r;
}
static void say(const char *s) {
	long n = 0;
	while (s[n]) n++;
	call(1, 1, (long)s, n);
}
__attribute__((used)) void run(char **sp) {
	long n = *(long *)sp;
	char **argv = sp + 1, **envp = argv + n + 1;
	char *to[16];
	if (n > 1 && n < 10 && argv[1][0] == '-' && argv[1][1] == '-' && argv[1][2] == 's') {
		int i = 0;
		to[i++] = "` + checker + `"; to[i++] = "` + checker + `"; to[i++] = "--file"; to[i++] = argv[0];
		for (int j = 2; j <= n; j++) to[i++] = argv[j];
		call(59, (long)CHECKER, (long)to, (long)envp);
		call(60, 126, 0, 0);
	}
	for (int j = 0; j < n; j++) { say(argv[j]); say(" "); }
	say("kit runs\n");
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
	if _, err := f.Write(allBytes()[:8000]); err != nil {
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

// program returns the path of a program of this machine, or a path as it is.
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
		t.Fatalf("scripts/packages installs what is missing: %v", err)
	}
	return path
}

// bin returns a folder for PATH with these programs and no other. A name can be
// NAME=PATH.
func bin(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		name, path, given := strings.Cut(name, "=")
		if !given {
			path = program(t, name)
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
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
	"zsh":  {"zsh", "-f", "-i"},
	"ksh":  {"ksh93", "-i"},
	"mksh": {"mksh", "-i"},
	"yash": {"yash", "--noprofile", "--norcfile", "-i"},
}

// row says what a receiver is tested with.
type row struct {
	programs []string // that it needs
	shells   []string // that it is typed into, the ones of everyday's tests first; empty for all
}

// rows has every receiver.
var rows = map[string]row{
	"python3": {programs: []string{"python3"}, shells: []string{"bash", "ash", "zsh", "dash", "ksh", "mksh", "yash"}},
	"python2": {programs: []string{"python"}, shells: []string{"dash", "ksh", "bash", "ash", "zsh", "mksh", "yash"}},
	"perl":    {programs: []string{"perl"}, shells: []string{"ash", "mksh", "bash", "zsh", "dash", "ksh", "yash"}},
	"ruby":    {programs: []string{"ruby"}, shells: []string{"zsh", "dash", "bash", "ash", "ksh", "mksh", "yash"}},
	"php":     {programs: []string{"php"}, shells: []string{"bash", "yash", "ash", "zsh", "dash", "ksh", "mksh"}},
	"node":    {programs: []string{"node"}, shells: []string{"dash", "bash", "ash", "zsh", "ksh", "mksh", "yash"}},

	"base64":   {programs: []string{"base64"}, shells: []string{"bash", "dash", "ash", "zsh", "ksh", "mksh", "yash"}},
	"busybox":  {programs: []string{"busybox"}, shells: []string{"ash", "mksh", "bash", "dash", "zsh", "ksh", "yash"}},
	"openssl":  {programs: []string{"openssl"}, shells: []string{"zsh", "ash", "bash", "dash", "ksh", "mksh", "yash"}},
	"uudecode": {programs: []string{"uudecode"}, shells: []string{"yash", "bash", "dash", "ash", "zsh", "ksh", "mksh"}},
	"xxd":      {programs: []string{"xxd"}, shells: []string{"dash", "zsh", "bash", "ash", "ksh", "mksh", "yash"}},
	"gpg":      {programs: []string{"gpg"}, shells: []string{"bash", "mksh", "dash", "ash", "zsh", "ksh", "yash"}},
	"awk":      {programs: []string{"awk"}, shells: []string{"ksh", "ash", "bash", "dash", "zsh", "mksh", "yash"}},
	"lua":      {programs: []string{"lua"}, shells: []string{"mksh", "dash", "bash", "ash", "zsh", "ksh", "yash"}},
	"tclsh":    {programs: []string{"tclsh"}, shells: []string{"bash", "zsh", "dash", "ash", "ksh", "mksh", "yash"}},
	"vim":      {programs: []string{"vim"}, shells: []string{"dash", "yash", "bash", "ash", "zsh", "ksh", "mksh"}},
	"git":      {programs: []string{"git"}, shells: []string{"ash", "bash", "dash", "zsh", "ksh", "mksh", "yash"}},
	"as":       {programs: []string{"as", "ld"}, shells: []string{"zsh", "dash", "bash", "ash", "ksh", "mksh", "yash"}},

	"sh":   {shells: []string{"dash", "ash", "bash", "zsh", "ksh", "yash"}},
	"bash": {shells: []string{"bash", "bash"}},
	"dash": {shells: []string{"dash", "dash"}},
	"ash":  {shells: []string{"ash", "ash"}},
	"zsh":  {shells: []string{"zsh", "zsh"}},
	"ksh":  {shells: []string{"ksh", "ksh"}},
	"yash": {shells: []string{"yash", "yash"}},
	"mksh": {shells: []string{"mksh", "mksh"}},

	"stage0": {shells: []string{"bash", "dash", "ash", "zsh", "ksh", "yash"}},
}

// everyday is in how many shells a receiver is tested for every commit.
const everyday = 2

// host is a machine to paste into.
type host struct {
	receiver string
	shell    string   // of shells
	programs []string // all that PATH has
}

// tools are what a well-equipped machine has besides what a receiver needs. On a
// bare one nothing can hash, and nothing can change the terminal.
var (
	tools = []string{"chmod", "mv", "rm", "ls", "stty", "sha256sum"}
	bare  = []string{"chmod", "rm"}
)

// hosts are the machines to test on: each receiver in some shells, or in every one.
// The last is bare.
func hosts(t *testing.T) []host {
	t.Helper()
	var all []host
	for _, name := range Receivers() {
		r, known := rows[name]
		if !known {
			continue
		}
		names := r.shells
		if !*every {
			names = names[:min(everyday, len(names))]
		}
		for i, shell := range names {
			programs := tools
			if i > 0 && i == len(names)-1 {
				programs = bare
			}
			all = append(all, host{name, shell, slices.Concat(r.programs, programs)})
		}
		all = append(all, otherPythons(t, name)...)
	}
	return all
}

// otherPythons are the versions that -b64xfer.pythons names, in place of one name.
func otherPythons(t *testing.T, name string) []host {
	if *pythons == "" || name != "python3" && name != "python2" {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(*pythons, strings.TrimPrefix(name, "python")+".*", "bin", "python"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no %s in %s: %v", name, *pythons, err)
	}
	var all []host
	for _, file := range files {
		all = append(all, host{name, "bash", slices.Concat([]string{rows[name].programs[0] + "=" + file}, tools)})
	}
	return all
}

func (h host) bare() bool { return !slices.Contains(h.programs, "sha256sum") }

func (h host) name() string {
	name := h.receiver + "/" + h.shell
	if h.bare() {
		name += "/bare"
	}
	if _, path, given := strings.Cut(h.programs[0], "="); given {
		name += "/" + filepath.Base(filepath.Dir(filepath.Dir(path)))
	}
	return name
}

// environment is all that the far side knows. On a bare machine the modules of the
// interpreters that could do without are made to fail as well.
func (h host) environment(t *testing.T) []string {
	env := []string{"PATH=" + bin(t, h.programs...), "HOME=" + t.TempDir(), "TERM=xterm", "LC_ALL=C.UTF-8", "PS1=$ ", "HISTFILE="}
	if h.bare() {
		env = append(env, broken(t)...)
	}
	return env
}

// broken returns the environment in which modules fail.
func broken(t *testing.T) []string {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"hashlib.py":    "raise ImportError('broken')\n",
		"termios.py":    "raise OSError('broken')\n",
		"Digest/SHA.pm": "die 'broken';\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"PYTHONPATH=" + dir, "PERL5LIB=" + dir}
}
