//go:build amd64

package ddrescue

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creack/pty"

	"rescuebox/internal/applet"
	"rescuebox/internal/diskread"
	"rescuebox/internal/mapfile"
	"rescuebox/internal/multicall"
	"rescuebox/internal/nbd"
	"rescuebox/scripts/faultlab"
)

func startLab() { faultlab.Main() }

// guard ends what hangs; nothing is measured by it.
const guard = 2 * time.Minute

// disk is an attached image of random bytes.
type disk struct {
	*faultlab.Image
	content []byte
	device  string
	dir     string
}

func newDisk(t *testing.T, size int, block uint32) *disk {
	t.Helper()
	d := &disk{content: make([]byte, size), dir: t.TempDir()}
	rand.NewChaCha8([32]byte{9}).Read(d.content)
	path := filepath.Join(d.dir, "disk")
	if err := os.WriteFile(path, d.content, 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if d.Image, err = faultlab.NewImage(path); err != nil {
		t.Fatalf("%v (these tests need root)", err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if d.device, err = d.AttachBlocks(block); err != nil {
		t.Fatal(err)
	}
	return d
}

// call runs the applet on the disk, with a target and a map in its folder.
func (d *disk) call(ctx context.Context, args ...string) (out, errs string, status int) {
	var stdout, stderr bytes.Buffer
	s := applet.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr, Name: "ddrescue", Dir: d.dir, LookupEnv: os.LookupEnv}
	status = multicall.Run(ctx, &Applet, s, append(args, d.device, "copy", "map"), "test")
	return stdout.String(), stderr.String(), status
}

// missing reads the map, fails for what it says wrongly, and returns what is not
// rescued.
func (d *disk) missing(t *testing.T) (blocks []mapfile.Block) {
	t.Helper()
	f, err := os.Open(filepath.Join(d.dir, "map"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := mapfile.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := os.ReadFile(filepath.Join(d.dir, "copy"))
	if err != nil {
		t.Fatal(err)
	}
	for b := range m.Blocks() {
		if b.Status != mapfile.Finished {
			blocks = append(blocks, b)
		} else if end := b.Pos + b.Size; end > int64(len(copied)) || !bytes.Equal(copied[b.Pos:end], d.content[b.Pos:end]) {
			t.Errorf("not as the disk: %v", b)
		}
	}
	return blocks
}

// One bad sector costs one sector: of 512 bytes, or of 4096 where the disk has those.
func TestBadSectors(t *testing.T) {
	for _, block := range []uint32{512, 4096} {
		d := newDisk(t, 16<<20, block)
		sectors := []int64{0, 5000, 5001, 20000}
		if err := d.FailAlways(sectors...); err != nil {
			t.Fatal(err)
		}
		var want []mapfile.Block
		for _, s := range sectors {
			pos := s * 512 / int64(block) * int64(block)
			if n := len(want); n > 0 && want[n-1].Pos+want[n-1].Size >= pos {
				want[n-1].Size = pos + int64(block) - want[n-1].Pos
				continue
			}
			want = append(want, mapfile.Block{Pos: pos, Size: int64(block), Status: mapfile.BadSector})
		}
		out, errs, status := d.call(t.Context())
		if status != 0 || errs != "" || !strings.Contains(out, " areas; read errors ") {
			t.Errorf("status %d, %s%s", status, out, errs)
		}
		if got := d.missing(t); !slices.Equal(got, want) {
			t.Errorf("blocks of %d: %v, want %v", block, got, want)
		}
	}
}

// A drive that dies has a status of its own, and nothing is bad for that. When it is
// back, the same command goes on.
func TestDies(t *testing.T) {
	d := newDisk(t, 64<<20, 512)
	all := faultlab.Fault{Length: 64 << 20, Times: 0, Delay: 4 * time.Millisecond}
	if err := d.Add(all); err != nil {
		t.Fatal(err)
	}
	died := make(chan error, 1)
	go func() {
		for {
			reads, err := d.Reads()
			if err != nil || len(reads) > 30 {
				all.Times, all.Delay = faultlab.Always, 0
				died <- d.Add(all)
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	_, errs, status := d.call(t.Context(), "-q")
	if err := <-died; err != nil {
		t.Fatal(err)
	}
	if status != dead || !strings.Contains(errs, "the drive has stopped reading") || !strings.Contains(errs, "are untried again") {
		t.Errorf("status %d, %s", status, errs)
	}
	for _, b := range d.missing(t) {
		if b.Status != mapfile.NonTried {
			t.Errorf("marked: %v", b)
		}
	}
	if err := d.Clear(); err != nil {
		t.Fatal(err)
	}
	if _, errs, status := d.call(t.Context(), "-q"); status != 0 || len(d.missing(t)) > 0 {
		t.Errorf("status %d, %s", status, errs)
	}
}

// While a read hangs, Ctrl-C saves the map and ends.
func TestHangs(t *testing.T) {
	t.Parallel() // it waits most of the time
	d := newDisk(t, 16<<20, 512)
	const hang = 8 * time.Second
	if err := d.Slow(20000, hang); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pressed := make(chan time.Time, 1)
	go func() {
		for end := time.Now().Add(guard); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if reads, err := d.Reads(); err != nil || len(reads) > 0 && slices.ContainsFunc(reads, func(r faultlab.Read) bool {
				return r.Offset <= 20000*512 && 20000*512 < r.Offset+int64(r.Length)
			}) {
				break
			}
		}
		time.Sleep(300 * time.Millisecond) // the others are done
		pressed <- time.Now()
		cancel()
	}()
	_, errs, status := d.call(ctx)
	took := time.Since(<-pressed)
	if status != 130 || !strings.Contains(errs, "interrupted; go on with the same command") {
		t.Errorf("status %d, %s", status, errs)
	}
	if took > hang/2 {
		t.Errorf("it waited %v for the read", took)
	}
	t.Logf("%v from Ctrl-C to the end", took)
	missing := d.missing(t)
	if len(missing) == 0 || len(missing) > 3 {
		t.Errorf("%v", missing)
	}
}

// What a block device is used for keeps it from being a target.
func TestTargets(t *testing.T) {
	d := newDisk(t, 1<<20, 512)
	other := newDisk(t, 1<<20, 512)
	small := newDisk(t, 512<<10, 512)
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{d.device, other.device}, "it is a block device, all of which will be overwritten: --force"},
		{[]string{"-f", d.device, d.device}, "it is on the disk that is rescued"},
		{[]string{"-f", d.device, small.device}, "it has less room than is needed (--override=smaller)"},
	} {
		var stderr bytes.Buffer
		s := applet.Streams{In: strings.NewReader(""), Out: io.Discard, Err: &stderr, Dir: d.dir, LookupEnv: os.LookupEnv}
		if status := multicall.Run(t.Context(), &Applet, s, c.args, "test"); status != 1 || !strings.Contains(stderr.String(), c.says) {
			t.Errorf("%v: status %d, %s", c.args, status, stderr.String())
		}
	}
	s := applet.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Dir: d.dir, LookupEnv: os.LookupEnv}
	if status := multicall.Run(t.Context(), &Applet, s, []string{"-f", d.device, other.device}, "test"); status != 0 {
		t.Errorf("status %d", status)
	}
	if got, err := os.ReadFile(other.device); err != nil || !bytes.Equal(got, d.content) {
		t.Errorf("%v, another content", err)
	}
}

// A target that is full is named, with what to type; when there is room the same
// command goes on.
func TestFull(t *testing.T) {
	path, err := exec.LookPath("ddrescue") // this test's binary, by applettest.Main
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	content := make([]byte, 3<<20)
	rand.NewChaCha8([32]byte{8}).Read(content)
	if err := os.WriteFile(filepath.Join(dir, "source"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	script := `mkdir small && mount -t tmpfs -o size=1m none small || exit
		! $DDRESCUE -q --no-wait source small/copy map || exit
		$DDRESCUE source small/copy map >/dev/null &
		sleep 1; ! grep -q + map || exit # nothing of it is on a disk
		mount -o remount,size=8m small && wait $! && cmp source small/copy && exec $DDRESCUE -q -C source small/copy map`
	cmd := exec.Command("unshare", "-m", "sh", "-c", script)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "LC_ALL=C", "DDRESCUE="+path)
	out, err := cmd.CombinedOutput()
	want := "ddrescue: small/copy: No space left on device; make room; go on with the same command\n" +
		"ddrescue: small/copy: it is full. Waiting till there is room\nddrescue: small/copy: there is room again\n"
	if err != nil || string(out) != want {
		t.Errorf("%v: %s", err, out)
	}
}

// Maps go both ways between this ddrescue and GNU's.
func TestPeer(t *testing.T) {
	d := newDisk(t, 8<<20, 512)
	if err := d.FailAlways(3000, 9000); err != nil {
		t.Fatal(err)
	}
	gnu := func(args ...string) {
		t.Helper()
		cmd := exec.Command("/usr/bin/ddrescue", args...)
		cmd.Dir = d.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v (apt-get install gddrescue)\n%s", args, err, out)
		}
	}
	gnu("-q", "-d", "-n", "-N", "-s", "2M", d.device, "copy", "map")
	if _, errs, status := d.call(t.Context(), "-q", "-s", "4M", "-n"); status != 0 {
		t.Fatalf("status %d, %s", status, errs)
	}
	gnu("-q", "-d", d.device, "copy", "map")
	want := []mapfile.Block{{Pos: 3000 * 512, Size: 512, Status: '-'}, {Pos: 9000 * 512, Size: 512, Status: '-'}}
	if got := d.missing(t); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// served gives block devices to a server of NBD.
type served struct{ *diskread.Disk }

// Over a network a bad sector is one, and a server that hangs up is a drive that has
// disappeared: with another one it goes on.
func TestNBD(t *testing.T) {
	t.Parallel() // it waits most of the time
	d := newDisk(t, 32<<20, 512)
	if err := d.FailAlways(3000, 9000); err != nil {
		t.Fatal(err)
	}
	disk, err := diskread.Open(d.device, diskread.Direct)
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	socket := filepath.Join(d.dir, "socket")
	serve := func(after int) (stop func()) {
		t.Helper()
		l, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		left := int64(after)
		s := &nbd.Server{Device: ending{served{disk}, &left, cancel}}
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(ctx, l) }()
		return func() { cancel(); l.Close(); <-ended }
	}
	device := d.device
	d.device = "nbd+unix:///?socket=" + socket
	stop := serve(20)
	if _, errs, status := d.call(t.Context(), "-q", "--no-wait"); status != dead || !strings.Contains(errs, "the drive has disappeared") {
		t.Errorf("status %d, %s", status, errs)
	}
	stop()
	for _, b := range d.missing(t) {
		holds := func(sector int64) bool { return b.Pos <= sector*512 && sector*512 < b.Pos+b.Size }
		if b.Status != mapfile.NonTried && !holds(3000) && !holds(9000) {
			t.Errorf("marked: %v", b)
		}
	}
	stop = serve(20)
	back := make(chan func())
	go func() {
		time.Sleep(1500 * time.Millisecond)
		stop()
		back <- serve(1 << 30)
	}()
	_, errs, status := d.call(t.Context())
	defer (<-back)()
	gone, here := strings.Index(errs, "it has disappeared. Waiting till it is back"), strings.Index(errs, "it is back, and goes on")
	if status != 0 || gone < 0 || here < gone {
		t.Errorf("status %d, %s", status, errs)
	}
	d.device = device
	want := []mapfile.Block{{Pos: 3000 * 512, Size: 512, Status: '-'}, {Pos: 9000 * 512, Size: 512, Status: '-'}}
	if got := d.missing(t); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// ending ends the server after some reads.
type ending struct {
	served
	left *int64
	end  func()
}

func (e ending) ReadAt(p []byte, off int64) (int, error) {
	if atomic.AddInt64(e.left, -1) == 0 {
		e.end()
	}
	return e.served.ReadAt(p, off)
}

// On a terminal of 80 by 24 the lines neither wrap nor scroll.
func TestScreen(t *testing.T) {
	t.Parallel() // it waits most of the time
	d := newDisk(t, 32<<20, 512)
	if err := d.Add(faultlab.Fault{Length: 32 << 20, Delay: 30 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	path, err := exec.LookPath("ddrescue") // this test's binary, by applettest.Main
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, d.device, "copy", "map")
	cmd.Dir, cmd.Env = d.dir, append(os.Environ(), "TERM=vt100", "NO_COLOR=")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	out, _ := io.ReadAll(terminal) // EIO when the other end is closed
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	frames := strings.Split(string(out), "A\x1b"[:1])
	if len(frames) < 2 || !strings.Contains(string(out), "rescued 100%") || !strings.Contains(string(out), "\x1b[0;32m") {
		t.Errorf("%q", out)
	}
	for line := range strings.Lines(string(out)) {
		if shown := plain(line); len(shown) > 79 {
			t.Errorf("%d columns: %q", len(shown), shown)
		}
	}
	if len(d.missing(t)) > 0 {
		t.Error("something is missing")
	}
}

// plain is a line without escape sequences and its end.
func plain(line string) string {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		if line[i] == 0x1b {
			for i++; i < len(line) && (line[i] < 'A' || line[i] > 'Z' && line[i] < 'a'); i++ {
			}
			continue
		}
		if line[i] >= ' ' {
			b.WriteByte(line[i])
		}
	}
	return b.String()
}
