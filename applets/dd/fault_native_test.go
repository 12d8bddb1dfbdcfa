//go:build amd64

package dd

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rescuebox/scripts/faultlab"
)

const diskSize = 4 << 20

// disk is one whose sectors tell their number, under a loop device.
func disk(t *testing.T, blocks uint32, bad ...int64) (img *faultlab.Image, device string, data []byte) {
	t.Helper()
	data = make([]byte, diskSize)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range data {
		data[i] = byte(rng.Uint32()) | 1
	}
	path := filepath.Join(t.TempDir(), "disk")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	img, err := faultlab.NewImage(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := img.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := img.FailAlways(bad...); err != nil {
		t.Fatal(err)
	}
	if device, err = img.AttachBlocks(blocks); err != nil {
		t.Fatal(err)
	}
	return img, device, data
}

// program runs the applet as a process of its own.
func program(t *testing.T, line string, args ...any) (stdout, stderr string, status int) {
	t.Helper()
	path, err := exec.LookPath("dd")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, strings.Fields(fmt.Sprintf(line, args...))...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	_ = cmd.Run()
	return out.String(), said.String(), cmd.ProcessState.ExitCode()
}

// Whatever the size of blocks, only the bad sectors are lost, and all else is in its
// place.
func TestOnlyBadSectors(t *testing.T) {
	bad := []int64{1000, 1001, 1003, 5000, 8191}
	_, device, data := disk(t, 512, bad...)
	for _, b := range bad {
		clear(data[b*512 : b*512+512])
	}
	for _, operands := range []string{
		"bs=512", "bs=4096", "bs=1M", "bs=64K", "bs=3M", "ibs=1000 obs=4096", "ibs=7000 obs=1M", "bs=1M iflag=direct",
		"bs=1M oflag=direct", "bs=100000", "ibs=512 obs=64K iflag=fullblock", "bs=8M",
	} {
		out := filepath.Join(t.TempDir(), "out")
		_, stderr, status := program(t, "if=%s of=%s conv=noerror,sync %s", device, out, operands)
		got, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) < len(data) || !bytes.Equal(got[:len(data)], data) || len(bytes.Trim(got[len(data):], "\x00")) > 0 {
			t.Errorf("%s: %d bytes, not what is on the disk\n%s", operands, len(got), stderr)
		}
		if status != 1 || !strings.Contains(stderr, "dd: "+device+": 2560 bytes in ") {
			t.Errorf("%s: status %d\n%s", operands, status, stderr)
		}
	}
}

func TestMessages(t *testing.T) {
	_, device, _ := disk(t, 512, 2048, 4100, 4101, 4102)
	_, stderr, _ := program(t, "if=%s of=/dev/null bs=1M conv=noerror,sync", device)
	for _, want := range []string{
		"read error at byte 1048576 (sector 2048): ", "read errors at bytes 2099200-2100735 (sectors 4100-4102): ",
	} {
		if !strings.Contains(stderr, "dd: "+device+": "+want) {
			t.Errorf("no %q in\n%s", want, stderr)
		}
	}
	for _, want := range []string{
		"2048 bytes in 2 places are missing; zeros are in their place\n2+2 records in\n4+0 records out\n4194304 bytes (4.2 MB, 4.0 MiB) copied",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no %q in\n%s", want, stderr)
		}
	}
}

// Without noerror the copy ends at the very sector, not a page or a block before it.
func TestStopsAtTheSector(t *testing.T) {
	_, device, data := disk(t, 512, 4101)
	stdout, stderr, status := program(t, "if=%s bs=64K", device)
	if stdout != string(data[:4101*512]) || status != 1 || !strings.HasPrefix(stderr, "dd: "+device+": read error at byte 2099712 (sector 4101): ") {
		t.Errorf("status %d, %d bytes\n%s", status, len(stdout), stderr)
	}
}

// With noerror alone a block that fails is left out, as by GNU dd.
func TestNoerrorAlone(t *testing.T) {
	_, device, data := disk(t, 512, 4100)
	const block = 4096
	at := 4100 * 512 / block * block
	stdout, stderr, status := program(t, "if=%s bs=%d iflag=direct conv=noerror", device, block)
	if stdout != string(data[:at])+string(data[at+block:]) || status != 1 {
		t.Errorf("status %d, %d bytes\n%s", status, len(stdout), stderr)
	}
	theirs := exec.Command("/usr/bin/dd", "if="+device, "bs=4096", "iflag=direct", "conv=noerror")
	if out, _ := theirs.Output(); string(out) != stdout {
		t.Errorf("GNU dd has %d bytes, ours %d", len(out), len(stdout))
	}
}

// Fewer reads fail than sectors are bad, and a few: each may take a disk seconds.
func TestFewErrors(t *testing.T) {
	img, device, _ := disk(t, 512, 3000)
	_, stderr, _ := program(t, "if=%s of=/dev/null bs=1M conv=noerror,sync", device)
	reads, err := img.Reads()
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, r := range reads {
		if r.Err != 0 {
			failed++
		}
	}
	t.Logf("%d of %d reads failed", failed, len(reads))
	if failed > 24 {
		t.Errorf("%d of %d reads failed\n%s", failed, len(reads), stderr)
	}
}

// A disk with larger sectors loses one of those.
func TestLargeSectors(t *testing.T) {
	_, device, data := disk(t, 4096, 803)
	clear(data[800*512 : 808*512])
	stdout, stderr, status := program(t, "if=%s bs=1M conv=noerror,sync", device)
	if stdout != string(data) || status != 1 || !strings.Contains(stderr, "read errors at bytes 409600-413695 (sectors 800-807): ") {
		t.Errorf("status %d, %d bytes\n%s", status, len(stdout), stderr)
	}
}

// A file on a file system that reports errors is read in the same way.
func TestFile(t *testing.T) {
	img, _, data := disk(t, 512, 100, 300)
	for _, b := range []int{100, 300} {
		clear(data[b*512 : b*512+512])
	}
	out := filepath.Join(t.TempDir(), "out")
	_, stderr, status := program(t, "if=%s of=%s bs=64K conv=noerror,sync", img.Path(), out)
	got, err := os.ReadFile(out)
	if err != nil || !bytes.Equal(got, data) || status != 1 || !strings.Contains(stderr, "read error at byte 51200: Input/output error") {
		t.Errorf("%v, status %d, %d bytes\n%s", err, status, len(got), stderr)
	}
}

// Standard input is left where the reading ended.
func TestStandardInput(t *testing.T) {
	_, device, data := disk(t, 512, 10)
	clear(data[10*512 : 11*512])
	path, err := exec.LookPath("dd")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", path+" bs=8192 count=3 conv=noerror,sync; /usr/bin/dd bs=512 count=1 2>/dev/null")
	in, err := os.Open(device)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	cmd.Stdin = in
	out, _ := cmd.Output()
	if string(out) != string(data[:3*8192+512]) {
		t.Errorf("%d bytes", len(out))
	}
}

// A disk with something on it that is in use is not written to, by name or by the shell.
func TestInUse(t *testing.T) {
	_, device, data := disk(t, 512)
	if out, err := exec.Command("mkfs.ext4", "-qF", device).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.ext4 (apt-get install e2fsprogs): %v: %s", err, out)
	}
	path, err := exec.LookPath("dd")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mounted := func(line string) (string, error) {
		// Private mounts end with the shell.
		cmd := exec.Command("unshare", "-m", "sh", "-c", "mount "+device+" "+dir+" && { "+line+"; }")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, line := range []string{path + " if=/dev/zero bs=512 count=1 of=" + device, path + " if=/dev/zero bs=512 count=1 >" + device} {
		out, err := mounted(line)
		name := strings.TrimPrefix(device, "/dev/")
		if err == nil || !strings.Contains(out, name+" is mounted at "+dir+"; oflag=force ") {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
	if out, err := mounted(path + " if=/dev/zero bs=512 count=1 seek=8000 oflag=force of=" + device); err != nil {
		t.Errorf("forced: %v\n%s", err, out)
	}
	if _, stderr, status := program(t, "if=%s of=%s", device, device); status != 1 || !strings.Contains(stderr, "it is the input itself") {
		t.Errorf("onto itself: status %d\n%s", status, stderr)
	}
	image := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(image, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, stderr, status := program(t, "if=%s of=%s bs=1M conv=fsync", image, device); status != 0 {
		t.Errorf("free: status %d\n%s", status, stderr)
	}
	if stdout, _, _ := program(t, "if=%s bs=1M iflag=direct", device); stdout != string(data) {
		t.Error("not what was written")
	}
	if _, stderr, status := program(t, "if=/dev/zero of=%s bs=1M", device); status != 1 || !strings.Contains(stderr,
		"dd: "+device+": write error at byte 4194304 (sector 8192): No space left on device\n5+0 records in\n4+0 records out\n") {
		t.Errorf("full: status %d\n%s", status, stderr)
	}
}

// A read that hangs keeps neither USR1 nor Ctrl-C from telling how far it is.
func TestHang(t *testing.T) {
	path, err := exec.LookPath("dd")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "bs=64K", "of=/dev/null")
	// The process ends with the read, and that with the disk.
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	img, _, _ := disk(t, 512)
	if err := img.Slow(4000, 2*time.Minute); err != nil {
		t.Fatal(err)
	}
	cmd.Args = append(cmd.Args, "if="+img.Path(), "iflag=direct")
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for {
		reads, err := img.Reads()
		if err != nil {
			t.Fatal(err)
		}
		if n := len(reads); n > 0 && reads[n-1].Offset+int64(reads[n-1].Length) > 4000*512 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	stderr := bufio.NewReader(said)
	const want = "31+0 records in\n31+0 records out\n2031616 bytes (2.0 MB, 1.9 MiB) copied, "
	if got := statistics(t, cmd, stderr); !strings.HasPrefix(got, want) {
		t.Errorf("USR1: %s", got)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		line, err := stderr.ReadString('\n')
		if err != nil {
			t.Errorf("interrupt: %q: %v", line, err)
		}
	}
}
