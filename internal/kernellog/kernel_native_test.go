//go:build amd64

package kernellog

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/scripts/faultlab"
)

func TestMain(m *testing.M) {
	faultlab.Main()
	os.Exit(m.Run())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The running kernel reads a bad sector, and its log says which, both as records
// and as text.
func TestRunningKernel(t *testing.T) {
	img, err := faultlab.NewBlankImage(1 << 20)
	must(t, err)
	defer func() { must(t, img.Close()) }()
	must(t, img.FailAlways(1234))
	path, err := img.Attach()
	must(t, err)
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECT|unix.O_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(fd)
	buffer, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	must(t, err)
	defer unix.Munmap(buffer)

	// No more than ten errors are logged in five seconds, and others make some.
	want := "dev " + filepath.Base(path) + ", sector 1234 "
	var since int64
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if since == 0 {
			var now unix.Timespec
			must(t, unix.ClockGettime(unix.CLOCK_MONOTONIC, &now))
			since = now.Nano()/1000 - 1e6
		}
		if _, err := unix.Pread(fd, buffer[:512], 1234*512); err != unix.EIO {
			t.Fatalf("read: %v", err)
		}
		var l Log
		must(t, l.ReadKernel("/dev/kmsg"))
		if found(t, &l, filepath.Base(path), want, since) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no such event in /dev/kmsg (needs root)")
		}
	}
	// A host without /dev has the system call.
	var l Log
	must(t, l.ReadKernel(t.TempDir()+"/none"))
	if !found(t, &l, filepath.Base(path), want, since) {
		t.Error("no such event from syslog(2)")
	}
}

func found(t *testing.T, l *Log, device, text string, since int64) bool {
	for _, e := range l.Events {
		if e.Device == device && e.Sector == 1234 && e.Time >= since {
			if e.Kind != Disk || e.Reason != "I/O" || e.Write || !strings.Contains(e.Text, text) || bytes.ContainsRune([]byte(e.Text), '\n') {
				t.Errorf("%+v", e)
			}
			return true
		}
	}
	return false
}
