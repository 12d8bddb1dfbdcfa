//go:build amd64

package start

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// private says that the process runs in a mount namespace of its own already.
const private = "RESCUEBOX_START_TEST_PRIVATE"

// scratch is where the binaries under test are; anyone may run them.
var scratch string

// TestMain runs the tests in a mount namespace that dies with them, whatever
// happens in between.
func TestMain(m *testing.M) {
	if os.Geteuid() != 0 {
		fmt.Fprintln(os.Stderr, "these tests mount and chroot: run them as root")
		os.Exit(1)
	}
	if os.Getenv(private) == "" {
		os.Exit(reexecute())
	}
	dir, err := os.MkdirTemp("", "rescuebox-start-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	scratch = dir
	status := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(status)
}

func reexecute() int {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), private+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	// Unsharing this way also stops mounts from spreading to the host.
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	err := cmd.Run()
	if err != nil && cmd.ProcessState == nil {
		fmt.Fprintln(os.Stderr, "cannot unshare the mount namespace:", err)
	}
	if err != nil {
		return 1
	}
	return 0
}

// recipe is how to build a binary.
type recipe struct {
	pkg     string // below the module's root
	arch    string
	plain   bool   // with the default entry
	asmflag string // for this package's assembly
}

// rescuebox is the real binary for arch.
func rescuebox(arch string) recipe { return recipe{pkg: "cmd/rescuebox", arch: arch} }

const wait, cold = "internal/start/testdata/wait", "internal/start/testdata/cold"

var (
	building sync.Mutex
	built    = map[recipe]string{}
)

// build returns the path of the binary, which it builds only once.
func build(t *testing.T, r recipe) string {
	t.Helper()
	building.Lock()
	defer building.Unlock()
	if file, ok := built[r]; ok {
		return file
	}
	file := filepath.Join(scratch, fmt.Sprintf("%s-%s-%d", filepath.Base(r.pkg), r.arch, len(built)))
	flags := "-s -w"
	if !r.plain {
		flags += " -E=" + EntrySymbol(r.arch)
	}
	args := []string{"build", "-trimpath", "-ldflags=" + flags, "-o", file}
	if r.asmflag != "" {
		args = append(args, "-asmflags=rescuebox/internal/start="+r.asmflag)
	}
	cmd := exec.Command("go", append(args, "rescuebox/"+r.pkg)...)
	// As it is shipped (build/platform.go), so that each package is compiled once for both.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+r.arch,
		"GOAMD64=v1", "GO386=sse2", "GOARM=7", "GOMIPS=softfloat", "GOPPC64=power8", "GOEXPERIMENT=", "GOFLAGS=-buildvcs=false")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	built[r] = file
	return file
}

// command is a program to run.
type command struct {
	argv   []string
	closed [3]bool // standard descriptors that it starts without
	root   string  // to chroot into, when not empty
	nobody bool    // as a user without privileges
}

// result is how it ended.
type result struct {
	wait     syscall.WaitStatus
	out, err string
}

func (r result) String() string {
	return fmt.Sprintf("status %d, signal %v, stdout %q, stderr %q", r.wait.ExitStatus(), r.wait.Signal(), r.out, r.err)
}

// process is one that runs.
type process struct {
	*os.Process
	in   io.WriteCloser
	out  io.Reader
	wait func() result
}

// start starts c with pipes as its open standard descriptors.
func (c command) start(t *testing.T) process {
	t.Helper()
	sys := &syscall.SysProcAttr{Chroot: c.root, Pdeathsig: syscall.SIGKILL}
	if c.nobody {
		sys.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
	}
	var ends [3][2]*os.File
	files := make([]*os.File, 3)
	for fd := range ends {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		ends[fd] = [2]*os.File{r, w}
		if fd == 0 {
			files[fd] = r
		} else {
			files[fd] = w
		}
	}
	theirs := append([]*os.File{}, files...)
	for fd, closed := range c.closed {
		if closed {
			files[fd] = nil
		}
	}
	p, err := os.StartProcess(c.argv[0], c.argv, &os.ProcAttr{Dir: "/", Env: []string{"PATH=/bin:/usr/bin"}, Files: files, Sys: sys})
	for _, f := range theirs {
		_ = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	guard := time.AfterFunc(3*time.Minute, func() { _ = p.Kill() })
	t.Cleanup(func() { _ = p.Kill() })
	var stderr bytes.Buffer
	copied := make(chan struct{})
	go func() { _, _ = io.Copy(&stderr, ends[2][0]); close(copied) }()
	return process{p, ends[0][1], ends[1][0], func() result {
		out, _ := io.ReadAll(ends[1][0])
		<-copied
		state, err := p.Wait()
		guard.Stop()
		for _, f := range []*os.File{ends[0][1], ends[1][0], ends[2][0]} {
			_ = f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return result{state.Sys().(syscall.WaitStatus), string(out), stderr.String()}
	}}
}

// run runs c with nothing on its standard input.
func (c command) run(t *testing.T) result {
	t.Helper()
	p := c.start(t)
	_ = p.in.Close()
	return p.wait()
}

// limited is argv run by a shell after a ulimit command.
func limited(ulimit string, argv ...string) []string {
	return append([]string{"/bin/sh", "-c", ulimit + ` && exec "$0" "$@"`}, argv...)
}

// works checks that the binary at argv runs, as far as it needs nothing else.
func works(t *testing.T, c command) {
	t.Helper()
	for _, test := range []struct {
		arg    string
		status int
		out    string
	}{{"true", 0, ""}, {"false", 1, ""}, {"--version", 0, "rescuebox "}, {"--list", 0, "\ntrue\n"}} {
		try := c
		try.argv = append(append([]string{}, c.argv...), test.arg)
		r := try.run(t)
		if r.wait.ExitStatus() != test.status || !strings.Contains(r.out, test.out) || r.err != "" {
			t.Errorf("%s: %v", test.arg, r)
		}
	}
}

// place copies a binary into an otherwise empty folder that anyone may enter.
func place(t *testing.T, binary string) string {
	t.Helper()
	dir, err := os.MkdirTemp(scratch, "root-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	text, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "rescuebox"), text, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
