package staticlab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Nobody is a user without rights.
const Nobody = 65534

// Tmp is what an environment has as /tmp.
type Tmp int

// The kinds of /tmp.
const (
	NoTmp Tmp = iota
	NoexecTmp
	ExecTmp
)

// Env is a root in which nothing is but what is said here, the packed file, and
// the folder of Data as /data. It is read-only but for /tmp.
type Env struct {
	Name string
	Dev  bool // null, zero, full, random, urandom
	Proc bool
	Tmp  Tmp
	UID  int
}

// Environments are what is tested: the hosts on which nothing else works.
var Environments = []Env{
	{Name: "empty"},
	{Name: "dev", Dev: true},
	{Name: "proc", Dev: true, Proc: true},
	{Name: "noexec tmp", Dev: true, Proc: true, Tmp: NoexecTmp},
	{Name: "tmp", Dev: true, Proc: true, Tmp: ExecTmp},
	{Name: "empty, nobody", UID: Nobody},
	{Name: "proc, nobody", Proc: true, UID: Nobody},
}

// Packed is a packed program.
type Packed struct {
	File    string // on this machine
	Argv0   string // what it is called as; empty means by its path
	Args    []string
	Env     []string // added to the usual few variables, or in their stead
	Stdin   io.Reader
	WorkDir string // empty means /data
}

// Result is what a program did.
type Result struct {
	Stdout, Stderr string
	Status         int // 128 plus its number for a signal, as shells have it
}

// lvm complains of each descriptor that it was started with, those of the test's
// own caller too.
var environment = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "LC_ALL=C", "TERM=dumb", "LVM_SUPPRESS_FD_WARNINGS=1"}

// Native runs the installed program as the user uid.
func (p Program) Native(ctx context.Context, data Data, uid int) (Result, error) {
	cmd := exec.CommandContext(ctx, p.Path, p.Args...)
	cmd.Args[0] = p.Base()
	cmd.Dir = data.Dir
	cmd.Env = append(environment[:len(environment):len(environment)], p.Env...)
	if p.LibraryPath != "" {
		cmd.Env = append(cmd.Env, "LD_LIBRARY_PATH="+p.LibraryPath)
	}
	cmd.SysProcAttr = attributes(uid)
	return collect(cmd)
}

func attributes(uid int) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if uid != 0 {
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}
	}
	return attr
}

// Run runs a packed program.
func (e Env) Run(ctx context.Context, data Data, p Packed) (Result, error) {
	root, err := os.MkdirTemp("", "staticlab-")
	if err != nil {
		return Result{}, err
	}
	// In every namespace but that of the run it is an empty folder.
	defer os.Remove(root)
	type answer struct {
		result Result
		err    error
	}
	done := make(chan answer)
	go func() {
		// Never unlocked: the thread ends with the goroutine, and the namespace
		// with the thread.
		runtime.LockOSThread()
		r, err := e.run(ctx, root, data, p)
		done <- answer{r, err}
	}()
	a := <-done
	return a.result, a.err
}

func (e Env) run(ctx context.Context, root string, data Data, p Packed) (Result, error) {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return Result{}, fmt.Errorf("unshare: %w (run as root)", err)
	}
	if err := e.mount(root, data, p); err != nil {
		return Result{}, err
	}
	path := "/" + filepath.Base(p.File)
	cmd := exec.CommandContext(ctx, path, p.Args...)
	if p.Argv0 != "" {
		cmd.Args[0] = p.Argv0
	}
	cmd.Env = append(environment[:len(environment):len(environment)], p.Env...)
	cmd.Stdin = p.Stdin
	cmd.Dir = "/data"
	if p.WorkDir != "" {
		cmd.Dir = p.WorkDir
	}
	cmd.SysProcAttr = attributes(e.UID)
	cmd.SysProcAttr.Chroot = root
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	return collect(cmd)
}

// collect runs cmd to its end, and ends what it left running.
func collect(cmd *exec.Cmd) (Result, error) {
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		return Result{}, err
	}
	err := cmd.Wait()
	// The group is still this one's: its leader's number is not given away while
	// the group has members.
	_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return Result{}, err
	}
	r := Result{Stdout: out.String(), Stderr: errs.String(), Status: cmd.ProcessState.ExitCode()}
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		r.Status = 128 + int(ws.Signal())
	}
	return r, nil
}

func mountAt(source, target, fstype string, flags uintptr, options string) error {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(source, target, fstype, flags, options); err != nil {
		return &os.PathError{Op: "mount", Path: target, Err: err}
	}
	return nil
}

// mount makes the root, in a namespace of this thread alone.
func (e Env) mount(root string, data Data, p Packed) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return os.NewSyscallError("mount", err)
	}
	if err := mountAt("staticlab", root, "tmpfs", 0, "mode=755,size=16m"); err != nil {
		return err
	}
	if err := mountAt(data.Dir, root+"/data", "", unix.MS_BIND, ""); err != nil {
		return err
	}
	file := filepath.Join(root, filepath.Base(p.File))
	if err := os.WriteFile(file, nil, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(p.File, file, "", unix.MS_BIND, ""); err != nil {
		return &os.PathError{Op: "mount", Path: file, Err: err}
	}
	if e.Dev {
		if err := devices(root + "/dev"); err != nil {
			return err
		}
	}
	if e.Proc {
		if err := mountAt("/proc", root+"/proc", "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return err
		}
	}
	if e.Tmp != NoTmp {
		var flags uintptr
		if e.Tmp == NoexecTmp {
			flags = unix.MS_NOEXEC
		}
		if err := mountAt("staticlab", root+"/tmp", "tmpfs", flags, "mode=1777"); err != nil {
			return err
		}
	}
	err := unix.Mount("", root, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")
	return os.NewSyscallError("mount", err)
}

func devices(dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for name, minor := range map[string]uint32{"null": 3, "zero": 5, "full": 7, "random": 8, "urandom": 9} {
		path := filepath.Join(dir, name)
		if err := unix.Mknod(path, unix.S_IFCHR|0o666, int(unix.Mkdev(1, minor))); err != nil {
			return &os.PathError{Op: "mknod", Path: path, Err: err}
		}
		if err := os.Chmod(path, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// Differs says how two results differ, and is empty when they do not.
func Differs(got, want Result) string {
	if got == want {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "status %d, native %d", got.Status, want.Status)
	for _, s := range []struct{ name, got, want string }{{"stdout", got.Stdout, want.Stdout}, {"stderr", got.Stderr, want.Stderr}} {
		if s.got != s.want {
			fmt.Fprintf(&b, "\n%s: %.300q\nnative: %.300q", s.name, s.got, s.want)
		}
	}
	return b.String()
}
