package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"rescuebox/scripts/faultlab"
)

// insideName is argv[0] of the process that is the broken system's init: the first
// in a mount and a process namespace, so that all ends with it. enterName is that
// of the one which becomes an ordinary user before.
const (
	insideName = "luna-inside"
	enterName  = "luna-enter"
)

// plan is what the init process gets as its one argument.
type plan struct {
	Root    string // the intact system
	At      string // where the broken one is mounted
	Device  string // loop device of it, in root mode
	Fuse    string // the FUSE device's node, in user mode
	Library string
	Offset  int64
	Node    string // device node that only shows where Fuse is
}

// truthFD is where the init process writes who needs the library, as JSON.
const truthFD = 3

// insideMain is that process if the program was started as it, and does not return.
func insideMain() {
	var err error
	switch os.Args[0] {
	default:
		return
	case enterName:
		err = enter()
	case insideName:
		err = inside()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, os.Args[0]+":", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// enter starts the init process in a user namespace.
func enter() error {
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{insideName, os.Args[1]}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{os.NewFile(truthFD, "truth")}
	faultlab.Isolate(cmd)
	return cmd.Run()
}

func inside() error {
	var p plan
	if err := json.Unmarshal([]byte(os.Args[1]), &p); err != nil {
		return err
	}
	if err := faultlab.PrivateMounts(); err != nil {
		return err
	}
	truth := os.NewFile(truthFD, "truth")
	users, err := neededBy(p.Root, p.Library)
	if err == nil {
		err = json.NewEncoder(truth).Encode(users)
	}
	if err := errors.Join(err, truth.Close()); err != nil {
		return err
	}
	if p.Device != "" {
		err = unix.Mount(p.Device, p.At, "ext4", unix.MS_RDONLY, "")
	} else {
		err = showTree(p)
	}
	if err != nil {
		return fmt.Errorf("mount of the system: %w", err)
	}
	if err := mountRest(p.At); err != nil {
		return err
	}
	shell := exec.Command("/bin/bash", "--norc", "--noprofile", "-i")
	shell.Stdin, shell.Stdout, shell.Stderr = os.Stdin, os.Stdout, os.Stderr
	shell.Dir = "/"
	shell.Env = []string{"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "TERM=dumb", "PS1=luna# ", "HOME=/root", "HISTFILE="}
	shell.SysProcAttr = &syscall.SysProcAttr{Chroot: p.At, Setsid: true, Setctty: true}
	return shell.Run()
}

// showTree shows the system with the bad bytes.
func showTree(p plan) error {
	tree, err := faultlab.NewTree(p.Root, p.Fuse)
	if err != nil {
		return err
	}
	return errors.Join(tree.Fail(strings.TrimPrefix(p.Library, "/"), p.Offset, faultlab.SectorSize), tree.Show(p.At))
}

// mountRest mounts what a live system has besides its disk.
func mountRest(at string) error {
	if err := unix.Mount("proc", at+"/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("mount of /proc: %w", err)
	}
	for _, dir := range []string{"/sys", "/dev"} {
		if err := unix.Mount(dir, at+dir, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("mount of %s: %w", dir, err)
		}
	}
	if err := unix.Mount("tmpfs", at+"/tmp", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=1777"); err != nil {
		return fmt.Errorf("mount of /tmp: %w", err)
	}
	return nil
}

// neededBy asks the intact system's own loader, for each program on PATH, whether
// it loads the library.
func neededBy(root, library string) ([]string, error) {
	users := []string{}
	for _, dir := range []string{"/usr/bin", "/usr/sbin"} {
		names, err := filepath.Glob(filepath.Join(root, dir, "*"))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			path := strings.TrimPrefix(name, root)
			if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
				continue
			}
			cmd := exec.Command(path)
			cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
			cmd.Dir, cmd.Env = "/", []string{"LD_TRACE_LOADED_OBJECTS=1"}
			out, err := cmd.Output()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			if loads(root, library, out) {
				users = append(users, path)
			}
		}
	}
	return users, nil
}

// loads says whether a loader's trace names the library ("name => path (address)").
func loads(root, library string, trace []byte) bool {
	for line := range bytes.Lines(trace) {
		_, path, ok := strings.Cut(string(line), " => ")
		if path, _, _ = strings.Cut(path, " ("); !ok {
			continue
		}
		real, err := filepath.EvalSymlinks(filepath.Join(root, path))
		if err == nil && strings.TrimPrefix(real, root) == library {
			return true
		}
	}
	return false
}
