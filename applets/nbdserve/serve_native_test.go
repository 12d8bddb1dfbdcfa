//go:build amd64

package nbdserve

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rescuebox/internal/applet"
	"rescuebox/internal/nbd"
	"rescuebox/scripts/faultlab"
)

func startLab() { faultlab.Main() }

// patience is how long a test waits for what takes no time unless it is stuck.
const patience = 120 * time.Second

// output is a stream that is looked at while it grows.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// running is an applet that serves.
type running struct {
	uri      string
	out, err output
	cancel   context.CancelFunc
	done     chan error
}

// serve starts the applet on a free port, or what args say, and waits until it says
// what to type.
func serve(t *testing.T, args ...string) *running {
	t.Helper()
	r := &running{done: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	s := applet.Streams{Out: &r.out, Err: &r.err, Name: "nbdserve", LookupEnv: os.LookupEnv}
	if !slices.Contains(args, "--unix") {
		args = append([]string{"--port", "0"}, args...)
	}
	go func() { r.done <- run(ctx, s, args) }()
	t.Cleanup(func() { r.stop(t) })
	found := regexp.MustCompile(`ssh -fNL 127\.0\.0\.1:10809:(\S+) `)
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if m := found.FindStringSubmatch(r.out.String()); m != nil {
			r.uri = "nbd://" + m[1] + "/"
			if m[1][0] == '/' {
				r.uri = "nbd+unix:///?socket=" + m[1]
			}
			return r
		}
		select {
		case err := <-r.done:
			t.Fatalf("%v: %s", err, r.err.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("not served: %q, %q", r.out.String(), r.err.String())
		}
	}
}

// stop ends it as Ctrl-C does.
func (r *running) stop(t *testing.T) {
	t.Helper()
	if r.cancel == nil {
		return
	}
	r.cancel()
	r.cancel = nil
	r.wait(t)
}

func (r *running) wait(t *testing.T) {
	t.Helper()
	select {
	case err := <-r.done:
		if err != nil {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(patience):
		t.Error("it does not end")
	}
}

// tool runs a program of other makers, and returns what it said.
func tool(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		t.Fatalf("%v (apt-get install nbdkit libnbd-bin qemu-utils)", err)
	}
	return string(out), err
}

// image makes a file of some megabytes, no two sectors of which are the same.
func image(t *testing.T, size int) (path string, data []byte) {
	t.Helper()
	data = make([]byte, size)
	for i := 0; i < size; i += 512 {
		copy(data[i:], strings.Repeat("sector "+strconv.Itoa(i/512)+"\n", 60))
	}
	path = filepath.Join(t.TempDir(), "disk.img")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, data
}

func same(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: not what is on the disk (%v, %d bytes)", path, err, len(got))
	}
}

// Their clients read what we serve.
func TestClients(t *testing.T) {
	path, data := image(t, 8<<20)
	dir := t.TempDir()
	for _, args := range [][]string{{path}, {"--direct", path}, {"--name", "a disk", path}, {"--unix", filepath.Join(dir, "s"), path}} {
		r := serve(t, args...)
		copied := filepath.Join(dir, "copy")
		if out, err := tool(t, "nbdcopy", r.uri, copied); err != nil {
			t.Errorf("%q: nbdcopy: %v: %s", args, err, out)
		}
		same(t, copied, data)
		if out, err := tool(t, "qemu-img", "convert", "-f", "raw", "-O", "raw", r.uri, copied); err != nil {
			t.Errorf("%q: qemu-img: %v: %s", args, err, out)
		}
		same(t, copied, data)
		if out, err := tool(t, "nbdinfo", "--size", r.uri); err != nil || out != strconv.Itoa(len(data))+"\n" {
			t.Errorf("%q: nbdinfo: %v: %s", args, err, out)
		}
		r.stop(t)
		if log := r.err.String(); !strings.HasSuffix(log, "nbdserve: ended; no read failed\n") {
			t.Errorf("%q: %s", args, log)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "s")); err == nil {
		t.Error("the socket is still there")
	}
}

// nbdinfo sees what the export is, lists it, and does not find another.
func TestInfo(t *testing.T) {
	path, _ := image(t, 1<<20)
	r := serve(t, "--name", "sda", path)
	out, err := tool(t, "nbdinfo", r.uri+"sda")
	for _, want := range []string{
		"newstyle-fixed without TLS, using structured packets", "export=\"sda\":", "description: " + path, "export-size: 1048576 ", "is_read_only: true", "can_multi_conn: true",
		"can_df: true", "is_rotational: false", "can_trim: false", "can_zero: false", "can_flush: false",
		"block_size_minimum: 512", "block_size_preferred: 65536", "block_size_maximum: 33554432",
	} {
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("no %q in %v: %s", want, err, out)
		}
	}
	if out, err := tool(t, "nbdinfo", "--list", r.uri); err != nil || !strings.Contains(out, "export=\"sda\":") {
		t.Errorf("list: %v: %s", err, out)
	}
	if out, err := tool(t, "nbdinfo", r.uri+"sdb"); err == nil {
		t.Errorf("another name: %s", out)
	}
	if out, err := tool(t, "qemu-img", "info", r.uri+"sda"); err != nil || !strings.Contains(out, "virtual size: 1 MiB (1048576 bytes)") {
		t.Errorf("qemu-img: %v: %s", err, out)
	}
}

// Nobody writes to it.
func TestWrites(t *testing.T) {
	path, data := image(t, 1<<20)
	r := serve(t, path)
	for _, command := range []string{"write 0 512", "write -z 0 512", "discard 0 512"} {
		if out, err := tool(t, "qemu-io", "-f", "raw", "-c", command, r.uri); err == nil || !strings.Contains(out, "Permission denied") {
			t.Errorf("%s: %v: %s", command, err, out)
		}
	}
	if out, err := tool(t, "nbdcopy", path, r.uri); err == nil {
		t.Errorf("nbdcopy: %s", out)
	}
	same(t, path, data)
}

func TestOnce(t *testing.T) {
	path, data := image(t, 1<<20)
	r := serve(t, "--once", path)
	copied := filepath.Join(t.TempDir(), "copy")
	if out, err := tool(t, "nbdcopy", r.uri, copied); err != nil {
		t.Errorf("nbdcopy: %v: %s", err, out)
	}
	same(t, copied, data)
	r.wait(t)
	r.cancel = nil
}

// faulty makes a disk of which some sectors fail, in the kernel's own eyes.
func faulty(t *testing.T, block uint32, bad ...int64) (device string, img *faultlab.Image, data []byte) {
	t.Helper()
	path, data := image(t, 4<<20)
	img, err := faultlab.NewImage(path)
	if err != nil {
		t.Fatalf("%v (as root: modprobe fuse loop)", err)
	}
	t.Cleanup(func() {
		if err := img.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := img.FailAlways(bad...); err != nil {
		t.Fatal(err)
	}
	device, err = img.AttachBlocks(block)
	if err != nil {
		t.Fatal(err)
	}
	return device, img, data
}

// Of a disk with bad sectors, exactly these fail, and all others are had: by our
// client, sector by sector, and by qemu-img, which narrows errors down by itself.
func TestBadSectors(t *testing.T) {
	bad := []int64{0, 1000, 1001, 5555, 8191}
	device, _, data := faulty(t, 512, bad...)
	r := serve(t, device)
	c, err := nbd.Dial(context.Background(), r.uri)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Block() != 512 || c.Size() != int64(len(data)) {
		t.Errorf("%d bytes in sectors of %d", c.Size(), c.Block())
	}
	p := make([]byte, 512)
	for sector := range int64(len(data) / 512) {
		n, err := c.ReadAt(p, sector*512)
		var read *nbd.ReadError
		if slices.Contains(bad, sector) {
			if n != 0 || !errors.As(err, &read) || read.Err != syscall.EIO || read.Offset != sector*512 {
				t.Errorf("bad sector %d: %d, %v", sector, n, err)
			}
		} else if n != 512 || err != nil || !bytes.Equal(p, data[sector*512:][:512]) {
			t.Errorf("good sector %d: %d, %v", sector, n, err)
		}
	}
	log := r.err.String()
	for _, sector := range bad {
		want := "nbdserve: " + device + ": bytes " + strconv.FormatInt(sector*512, 10) + "-" + strconv.FormatInt(sector*512+511, 10) +
			", sector " + strconv.FormatInt(sector, 10) + ": Input/output error\n"
		if strings.Count(log, want) != 1 {
			t.Errorf("no %q in %s", want, log)
		}
	}
	if n := strings.Count(log, "Input/output error"); n != len(bad) {
		t.Errorf("%d errors were told of", n)
	}

	// All others with zeros in place of the bad ones.
	for _, sector := range bad {
		clear(data[sector*512:][:512])
	}
	copied := filepath.Join(t.TempDir(), "copy")
	if out, err := tool(t, "qemu-img", "convert", "--salvage", "-f", "raw", "-O", "raw", r.uri, copied); err != nil {
		t.Errorf("qemu-img: %v: %s", err, out)
	}
	same(t, copied, data)
	if out, err := tool(t, "nbdcopy", r.uri, copied); err == nil || !strings.Contains(out, "Input/output error") {
		t.Errorf("nbdcopy: %v: %s", err, out)
	}
}

// nbdcopy gets all of a part without bad sectors, though they are next to it.
func TestBesideBadSectors(t *testing.T) {
	device, _, data := faulty(t, 512, 999, 3000)
	r := serve(t, device)
	dir := t.TempDir()
	for _, run := range [][2]int64{{0, 999}, {1000, 2000}, {3001, 5191}} {
		// nbdkit takes the part, as a client of ours, and is a server to nbdcopy.
		copied := filepath.Join(dir, "part")
		out, err := tool(t, "nbdkit", "-U", "-", "--filter=offset", "nbd", "uri="+r.uri,
			"offset="+strconv.FormatInt(run[0]*512, 10), "range="+strconv.FormatInt(run[1]*512, 10), "--run", "nbdcopy $uri "+copied)
		if err != nil {
			t.Errorf("%v: %v: %s", run, err, out)
		}
		same(t, copied, data[run[0]*512:][:run[1]*512])
	}
	if log := r.err.String(); strings.Contains(log, "Input/output error") {
		t.Errorf("%s", log)
	}
}

// A disk with sectors of 4096 bytes loses one of these for a bad place.
func TestLargeSectors(t *testing.T) {
	device, _, data := faulty(t, 4096, 801)
	r := serve(t, device)
	c, err := nbd.Dial(context.Background(), r.uri)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Block() != 4096 {
		t.Errorf("sectors of %d", c.Block())
	}
	p := make([]byte, 4096)
	for sector := range int64(len(data) / 4096) {
		_, err := c.ReadAt(p, sector*4096)
		if (sector == 100) != errors.Is(err, syscall.EIO) || sector != 100 && !bytes.Equal(p, data[sector*4096:][:4096]) {
			t.Errorf("sector %d: %v", sector, err)
		}
	}
	if want := ": bytes 409600-413695, sectors 800-807: Input/output error\n"; strings.Count(r.err.String(), want) != 1 {
		t.Errorf("no %q in %s", want, r.err.String())
	}
}

// What is cached of a bad sector can still be had through the cache, and only so.
func TestBuffered(t *testing.T) {
	device, img, data := faulty(t, 512)
	f, err := os.Open(device)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := make([]byte, 4096)
	if _, err := f.ReadAt(p, 1<<20); err != nil {
		t.Fatal(err)
	}
	if err := img.FailAlways(2048); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"--direct", "--buffered"} {
		r := serve(t, mode, device)
		c, err := nbd.Dial(context.Background(), r.uri)
		if err != nil {
			t.Fatal(err)
		}
		n, err := c.ReadAt(p[:512], 1<<20)
		if mode == "--direct" && !errors.Is(err, syscall.EIO) || mode == "--buffered" && (n != 512 || !bytes.Equal(p[:512], data[1<<20:][:512])) {
			t.Errorf("%s: %d, %v", mode, n, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if what := map[string]string{"--direct": "past", "--buffered": "through"}[mode]; !strings.Contains(r.out.String(), what+" the page cache") {
			t.Errorf("%s: %s", mode, r.out.String())
		}
		r.stop(t)
	}
}

// A read that hangs neither holds others up nor keeps Ctrl-C waiting.
func TestHang(t *testing.T) {
	// Not the loop device: that has one read under way at a time.
	_, img, data := faulty(t, 512)
	if err := img.Slow(4000, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	r := serve(t, "--direct", img.Path())
	c, err := nbd.Dial(context.Background(), r.uri)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	hung := make(chan error, 1)
	go func() {
		_, err := c.ReadAt(make([]byte, 512), 4000*512)
		hung <- err
	}()
	for slow := false; !slow; time.Sleep(time.Millisecond) {
		p := make([]byte, 4096)
		if n, err := c.ReadAt(p, 1<<20); n != len(p) || err != nil || !bytes.Equal(p, data[1<<20:][:4096]) {
			t.Fatalf("beside it: %d, %v", n, err)
		}
		reads, err := img.Reads()
		if err != nil {
			t.Fatal(err)
		}
		slow = slices.ContainsFunc(reads, func(r faultlab.Read) bool { return r.Offset == 4000*512 })
	}
	r.stop(t)
	if err := <-hung; !errors.Is(err, nbd.ErrGone) {
		t.Errorf("it ended with %v", err)
	}
}
