package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// leftOver fails if a mount, a loop device or a process of a rescue in dir, or of
// this process, still exists.
func leftOver(dir string) error {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	if bytes.Contains(mounts, []byte(dir)) {
		return fmt.Errorf("a mount is left in %s", dir)
	}
	devices, _ := filepath.Glob("/sys/block/loop*/loop/backing_file")
	mine := []byte("faultlab-" + strconv.Itoa(os.Getpid()) + "-")
	for _, name := range devices {
		if b, err := os.ReadFile(name); err == nil && bytes.Contains(b, mine) {
			return fmt.Errorf("a loop device is left: %s", name)
		}
	}
	processes, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range processes {
		b, err := os.ReadFile(name)
		if err == nil && (bytes.Contains(b, []byte(dir)) || bytes.Contains(b, mine)) {
			return fmt.Errorf("a process is left: %s: %q", name, b)
		}
	}
	return nil
}
