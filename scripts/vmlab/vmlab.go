// Package vmlab runs a script in a virtual machine with disks on a bus of choice:
// for what the machine that tests run on has not got, such as the device mapper,
// md, AHCI or NVMe, and for what must not happen to it.
//
// The machine is QEMU's, emulated in software, so that it is the same everywhere.
// It runs the kernel of Debian's linux-image package and an initramfs that is made
// for the run: busybox, the modules that the disks need, and what else is asked
// for. It starts in ten to twenty seconds, has no network, and ends with the test.
package vmlab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Config is what is run.
type Config struct {
	// Files are copied into the machine: from the path on this one, by the path in
	// the machine.
	Files map[string]string
	// Programs are those of this machine that the script wants, with the libraries
	// they need, under their own paths. Busybox's are there.
	Programs []string
	// Modules of the kernel are loaded, with what they depend on; those that the
	// disks need are anyway. Their names are those of lsmod.
	Modules []string
	Disks   []Disk
	// Script is run by busybox's sh, as root, with PATH set and /proc, /sys, /dev
	// and /tmp there. The disks are /dev/disk0 and so on, in the order of Disks.
	Script  string
	Timeout time.Duration // until the machine is stopped; 0 is eight minutes
	Memory  int           // MiB; 0 is 512
}

// ErrNoEnd says that the machine stopped before the script did.
var ErrNoEnd = errors.New("the virtual machine ended before its script")

// ScriptError says that the script failed.
type ScriptError struct{ Status int }

func (e *ScriptError) Error() string { return "the script's status is " + strconv.Itoa(e.Status) }

// statusMark stands before the script's exit status in the output.
const statusMark = "vmlab: status "

// Run starts a machine, and returns what the script wrote to its standard output
// and error. Writes to disks are in their files when it returns. What the kernel
// said goes into an error that is no ScriptError.
func Run(ctx context.Context, c Config) (output string, err error) {
	dir, err := os.MkdirTemp("", "vmlab")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	kernel, err := findKernel(KernelDir)
	if err != nil {
		return "", err
	}
	initramfs := filepath.Join(dir, "initramfs")
	if err := makeInitramfs(initramfs, kernel, c); err != nil {
		return "", err
	}
	if c.Timeout == 0 {
		c.Timeout = 8 * time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	console := filepath.Join(dir, "console")
	args := arguments(kernel.image, initramfs, console, c)
	warned := make(chan error, 1)
	if settings := warnings(c.Disks); len(settings) > 0 {
		socket := filepath.Join(dir, "monitor")
		args = append(args, "-qmp", "unix:"+comma(socket)+",server=on,wait=off")
		go func() { warned <- set(ctx, socket, settings) }()
	} else {
		warned <- nil
	}
	cmd := exec.CommandContext(ctx, "qemu-system-x86_64", args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	err = runLocked(cmd)
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("%w (apt-get install qemu-system-x86)", err)
	}
	late := ctx.Err()
	cancel()
	if err := <-warned; err != nil {
		return "", fmt.Errorf("vmlab: monitor: %w: %s", err, complaints.String())
	}
	output, status, ended := strings.Cut(strings.ReplaceAll(out.String(), "\r\n", "\n"), statusMark)
	if ended {
		n, err := strconv.Atoi(strings.TrimSpace(status))
		if err == nil && n == 0 {
			return output, nil
		}
		return output, &ScriptError{n}
	}
	said, _ := os.ReadFile(console)
	if late != nil {
		err = late
	}
	return output, fmt.Errorf("%w: %w: %s\n%s", ErrNoEnd, err, complaints.String(), said)
}
