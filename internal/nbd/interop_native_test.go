//go:build amd64

package nbd

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// other is a server of other makers.
type other struct {
	cmd    *exec.Cmd
	socket string
	stderr bytes.Buffer
	ended  chan struct{}
}

// start starts nbdkit or qemu-nbd on a socket, which args name as $SOCKET, and waits
// until it listens.
func start(t *testing.T, name string, args ...string) *other {
	t.Helper()
	o := &other{socket: filepath.Join(t.TempDir(), "s"), ended: make(chan struct{})}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "$SOCKET", o.socket)
	}
	o.cmd = exec.Command(name, args...)
	o.cmd.Stderr = &o.stderr
	if err := o.cmd.Start(); err != nil {
		t.Fatalf("%v (apt-get install nbdkit qemu-utils)", err)
	}
	go func() {
		_ = o.cmd.Wait()
		close(o.ended)
	}()
	t.Cleanup(o.kill)
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("unix", o.socket)
		if err == nil {
			conn.Close()
			return o
		}
		select {
		case <-o.ended:
			t.Fatalf("%s %q: %s", name, args, o.stderr.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s %q does not listen: %v", name, args, err)
		}
	}
}

func (o *other) kill() {
	_ = o.cmd.Process.Kill()
	<-o.ended
}

func (o *other) uri(export string) string {
	return Address{Network: "unix", Address: o.socket, Export: export}.String()
}

func (o *other) dial(t *testing.T, structured bool) *Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := net.Dial("unix", o.socket)
	if err != nil {
		t.Fatal(err)
	}
	c, err := newClient(ctx, conn, "", structured)
	if err != nil {
		t.Fatalf("%v: %s", err, o.stderr.String())
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func nbdkit(t *testing.T, args ...string) *other {
	t.Helper()
	return start(t, "nbdkit", append([]string{"-f", "-r", "--exit-with-parent", "-U", "$SOCKET"}, args...)...)
}

// qemuNBD serves to many clients at a time until it is killed.
func qemuNBD(t *testing.T, args ...string) *other {
	t.Helper()
	return start(t, "qemu-nbd", append([]string{"-r", "-t", "-e", "8", "-k", "$SOCKET"}, args...)...)
}

// diskFile makes an image, of which there are 8192 different sectors.
func diskFile(t *testing.T) (path string, d *disk) {
	t.Helper()
	d = newDisk(4<<20, 512)
	for i := 0; i < len(d.data); i += 512 {
		be.PutUint32(d.data[i:], uint32(i/512))
	}
	path = filepath.Join(t.TempDir(), "disk.img")
	if err := os.WriteFile(path, d.data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, d
}

// readAll reads in parts of a size, several at a time, and returns the sectors at
// which parts failed.
func readAll(t *testing.T, c *Client, want []byte, part int) (failed []int64) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	next := make(chan int64)
	for range 8 {
		wg.Go(func() {
			for off := range next {
				if t.Failed() {
					continue
				}
				p := make([]byte, min(part, len(want)-int(off)))
				n, err := c.ReadAt(p, off)
				if !bytes.Equal(p[:n], want[off:][:n]) {
					t.Errorf("not what is on the disk at %d", off)
				}
				if err != nil {
					if !errors.Is(err, syscall.EIO) || errors.Is(err, ErrGone) {
						t.Errorf("at %d: %v", off, err)
					}
					mu.Lock()
					failed = append(failed, off/512)
					mu.Unlock()
				} else if n != len(p) {
					t.Errorf("at %d: %d", off, n)
				}
			}
		})
	}
	for off := int64(0); off < int64(len(want)); off += int64(part) {
		next <- off
	}
	close(next)
	wg.Wait()
	return failed
}

// We read what others serve, new and old ones, with either kind of replies.
func TestServers(t *testing.T) {
	path, d := diskFile(t)
	for _, s := range []struct {
		name       string
		server     *other
		structured bool
	}{
		{"nbdkit", nbdkit(t, "file", path), true},
		{"nbdkit without structured replies", nbdkit(t, "--no-sr", "file", path), false},
		{"nbdkit without fixed newstyle", nbdkit(t, "--mask-handshake=0", "file", path), false},
		{"nbdkit, oldstyle", nbdkit(t, "-o", "file", path), false},
		{"nbdkit with block sizes", nbdkit(t, "--filter=blocksize-policy", "file", path, "blocksize-minimum=4096", "blocksize-preferred=64K", "blocksize-maximum=1M", "blocksize-error-policy=error"), true},
		{"qemu-nbd", qemuNBD(t, "-f", "raw", path), true},
	} {
		for _, structured := range []bool{true, false} {
			c := s.server.dial(t, structured)
			if c.Size() != d.Size() || c.Info().Structured != (s.structured && structured) || c.Info().Flags&ReadOnly == 0 {
				t.Errorf("%s: %+v", s.name, c.Info())
			}
			for _, part := range []int{4 << 20, 1 << 20, 100_000, 4096} {
				if failed := readAll(t, c, d.data, part); failed != nil {
					t.Errorf("%s, by %d: failed at %v", s.name, part, failed)
				}
			}
			c.Close()
		}
	}
}

func TestServersBlockSizes(t *testing.T) {
	path, _ := diskFile(t)
	c := nbdkit(t, "--filter=blocksize-policy", "file", path, "blocksize-minimum=4096", "blocksize-preferred=64K", "blocksize-maximum=1M").dial(t, true)
	if got := c.BlockSizes(); got != (BlockSizes{4096, 64 << 10, 1 << 20}) {
		t.Errorf("%+v", got)
	}
}

func TestServersExports(t *testing.T) {
	path, d := diskFile(t)
	o := qemuNBD(t, "-f", "raw", "-x", "a disk", path)
	c, err := Dial(context.Background(), o.uri("a disk"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if failed := readAll(t, c, d.data, 1<<20); failed != nil {
		t.Errorf("failed at %v", failed)
	}
	if _, err := Dial(context.Background(), o.uri("sdb")); err == nil || !strings.Contains(err.Error(), "no export of that name") {
		t.Errorf("another name: %v", err)
	}
}

// Of disks whose bad sectors others simulate, these fail and no others.
func TestServersBadSectors(t *testing.T) {
	path, d := diskFile(t)
	mapfile := filepath.Join(t.TempDir(), "map")
	text := "0x00000000 + 1\n" +
		"0x00000000 0x0009A400 +\n0x0009A400 0x00000200 -\n0x0009A600 0x00165A00 +\n0x00200000 0x00000400 -\n0x00200400 0x001FFC00 +\n"
	if err := os.WriteFile(mapfile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	inject := "driver=blkdebug,align=512,image.driver=file,image.filename=" + path
	for i, sector := range []int{1234, 4096, 4097} {
		rule := ",inject-error." + strconv.Itoa(i) + "."
		inject += rule + "event=none" + rule + "iotype=read" + rule + "errno=5" + rule + "sector=" + strconv.Itoa(sector)
	}
	for name, o := range map[string]*other{
		"nbdkit":   nbdkit(t, "--filter=ddrescue", "file", path, "ddrescue-mapfile="+mapfile),
		"qemu-nbd": qemuNBD(t, "--image-opts", inject),
	} {
		for _, structured := range []bool{true, false} {
			c := o.dial(t, structured)
			bad := map[int64]bool{}
			for _, sector := range readAll(t, c, d.data, 512) {
				bad[sector] = true
			}
			if t.Failed() {
				t.Fatalf("%s: %s", name, o.stderr.String())
			}
			if len(bad) != 3 || !bad[1234] || !bad[4096] || !bad[4097] {
				t.Errorf("%s: %d are bad: %.200v", name, len(bad), bad)
			}
			c.Close()
		}
	}
}

// Each error of the protocol arrives as what it is.
func TestServersErrors(t *testing.T) {
	path, _ := diskFile(t)
	for name, want := range map[string]syscall.Errno{
		"EPERM": syscall.EPERM, "EIO": syscall.EIO, "ENOMEM": syscall.ENOMEM, "EINVAL": syscall.EINVAL, "ENOSPC": syscall.ENOSPC, "ESHUTDOWN": syscall.ESHUTDOWN,
	} {
		o := nbdkit(t, "--filter=error", "file", path, "error="+name, "error-pread-rate=100%")
		for _, structured := range []bool{true, false} {
			c := o.dial(t, structured)
			n, err := c.ReadAt(make([]byte, 4096), 8192)
			var read *ReadError
			if n != 0 || !errors.As(err, &read) || read.Err != want || read.Offset != 8192 || read.Length != 4096 || errors.Is(err, ErrGone) != (want == syscall.ESHUTDOWN) {
				t.Errorf("%s: %d, %v", name, n, err)
			}
			c.Close()
		}
	}
}

// Slow answers are waited for at the same time, or no longer than wanted; a server
// that is killed meanwhile is gone.
func TestServersSlow(t *testing.T) {
	path, d := diskFile(t)
	o := nbdkit(t, "--filter=delay", "file", path, "rdelay=2")
	c := o.dial(t, true)
	begin := time.Now()
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			p := make([]byte, 512)
			if _, err := c.ReadAt(p, int64(i)*4096); err != nil || !bytes.Equal(p, d.data[i*4096:][:512]) {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if took := time.Since(begin); took >= 32*time.Second {
		t.Errorf("16 reads of two seconds took %v", took)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if _, err := c.ReadAtContext(ctx, make([]byte, 512), 0); err != context.DeadlineExceeded {
		t.Errorf("%v", err)
	}
	gone := make(chan error)
	go func() {
		_, err := c.ReadAt(make([]byte, 512), 0)
		gone <- err
	}()
	time.Sleep(50 * time.Millisecond) // so that mostly it is under way
	o.kill()
	if err := <-gone; !errors.Is(err, ErrGone) {
		t.Errorf("killed: %v", err)
	}
}
