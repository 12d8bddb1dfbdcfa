//go:build amd64

package ddrescue

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/mapfile"
	"rescuebox/scripts/faultlab"
)

var (
	killsFlag   = flag.Int("ddrescue.kills", 40, "times that a rescue is killed")
	cutsFlag    = flag.Int("ddrescue.cuts", 8, "power cuts of each file system")
	systemsFlag = flag.String("ddrescue.systems", "ext4,ext2", "file systems of the power cuts: xfs and btrfs, too")
	crashSeed   = flag.Uint64("ddrescue.seed", 1, "of when that is")
)

// victim is a rescue, as a program, that something will end.
type victim struct {
	source  string
	content []byte
	target  string
	mapfile string
	log     string // what it writes to standard error
	*exec.Cmd
}

// start starts the rescue.
func (v *victim) start(t *testing.T, args ...string) {
	t.Helper()
	path, err := exec.LookPath("ddrescue") // this test's binary, by applettest.Main
	if err != nil {
		t.Fatal(err)
	}
	v.log = filepath.Join(t.TempDir(), "log")
	log, err := os.Create(v.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	v.Cmd = exec.Command(path, append(args, v.source, v.target, v.mapfile)...)
	v.Env, v.Stderr = append(os.Environ(), "LC_ALL=C"), log
	v.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := v.Start(); err != nil {
		t.Fatal(err)
	}
}

// began waits until the rescue has saved its map once more, or has ended.
func (v *victim) began(t *testing.T, before time.Time) {
	t.Helper()
	for end := time.Now().Add(guard); !changed(v.mapfile).After(before); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no map: %s", v.said())
		}
		if v.over() {
			return
		}
	}
}

// over reports whether it has ended.
func (v *victim) over() bool {
	state, err := os.ReadFile("/proc/" + strconv.Itoa(v.Process.Pid) + "/stat")
	return err != nil || bytes.Contains(state, []byte(") Z "))
}

func changed(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// kill is kill -9. It reports whether the rescue had not ended before.
func (v *victim) kill(t *testing.T) bool {
	t.Helper()
	if err := v.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	err := v.Wait()
	if err == nil {
		return false
	}
	if status, ok := v.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() {
		t.Fatalf("%v: %s", err, v.said())
	}
	return true
}

// rescued reads a map and a copy, fails for what the map says and the copy has not, and
// returns how many bytes are rescued.
func (v *victim) rescued(t *testing.T, mapfilePath, target string) int64 {
	t.Helper()
	text, err := os.ReadFile(mapfilePath)
	if errors.Is(err, fs.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	m, err := mapfile.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v: %q", err, text[:min(len(text), 500)])
	}
	copied, err := os.ReadFile(target)
	if err != nil && m.Sum("+") > 0 {
		t.Fatal(err)
	}
	for b := range m.Blocks() {
		if end := b.Pos + b.Size; b.Status == mapfile.Finished && (end > int64(len(copied)) || !bytes.Equal(copied[b.Pos:end], v.content[b.Pos:end])) {
			t.Errorf("not as the disk: %v", b)
		}
	}
	return m.Sum("+")
}

// A rescue that is killed again and again, at any moment, ends as one that is not.
func TestKilled(t *testing.T) {
	t.Parallel() // it waits most of the time
	apart(t)
	d := newDisk(t, 8<<20, 512)
	d.dir = memory(t)
	r := rand.New(rand.NewPCG(*crashSeed, 1))
	bad := map[int64]bool{}
	for range 24 {
		bad[r.Int64N(8<<11)] = true
	}
	for s := range bad {
		if err := d.FailAlways(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Add(faultlab.Fault{Length: 8 << 20, Delay: 4 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	v := &victim{source: d.device, content: d.content, target: filepath.Join(d.dir, "copy"), mapfile: filepath.Join(d.dir, "map")}
	kills, steps, last := 0, 0, int64(0)
	for range *killsFlag * 2 {
		before := changed(v.mapfile)
		v.start(t, "-q", "--mapfile-interval="+[]string{"0", "1"}[kills%8/7], "-c", "64")
		if kills%5 != 4 { // else while it opens
			v.began(t, before)
		}
		time.Sleep(time.Duration(r.Int64N(int64(120 * time.Millisecond))))
		if !v.kill(t) {
			break
		}
		kills++
		n := v.rescued(t, v.mapfile, v.target)
		if n < last {
			t.Errorf("kill %d: %d bytes, and it had %d", kills, n, last)
		}
		if n > last {
			steps++
		}
		if last = n; kills == *killsFlag {
			break
		}
	}
	if err := d.Clear(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d kills, %d with progress, %d bytes before the last run", kills, steps, last)
	if kills < *killsFlag/2 || steps < 5 {
		t.Error("too few")
	}
	if _, errs, status := d.call(t.Context(), "-q", "-M", "-r1"); status != 0 {
		t.Errorf("status %d, %s", status, errs)
	}
	if missing := d.missing(t); len(missing) > 0 {
		t.Errorf("%v", missing)
	}
	if copied, err := os.ReadFile(v.target); err != nil || !bytes.Equal(copied, d.content) {
		t.Errorf("%v, another content", err)
	}
}

// mounted mounts a file system in a new folder, for this thread and what it starts.
func mounted(t *testing.T, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", append(args, dir)...).CombinedOutput(); err != nil {
		t.Fatalf("mount %v: %v (as root) %s", args, err, out)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// apart keeps mounts of a test from all others.
func apart(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // and it ends with the test
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		t.Fatal(err)
	}
	if err := faultlab.PrivateMounts(); err != nil {
		t.Fatal(err)
	}
}

// plainSource is a file with random bytes to rescue.
func plainSource(t *testing.T, size int) *victim {
	t.Helper()
	v := &victim{source: filepath.Join(t.TempDir(), "source"), content: make([]byte, size)}
	rand.NewChaCha8([32]byte{5}).Read(v.content)
	if err := os.WriteFile(v.source, v.content, 0o600); err != nil {
		t.Fatal(err)
	}
	return v
}

// said is what it wrote to standard error so far.
func (v *victim) said() string {
	text, err := os.ReadFile(v.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// waits starts a rescue, and waits until it waits for room.
func (v *victim) waits(t *testing.T) {
	t.Helper()
	v.start(t, "--mapfile-interval=0", "-c", "64")
	for end := time.Now().Add(guard); !strings.Contains(v.said(), "it is full. Waiting till there is room"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) || v.over() {
			t.Fatalf("it does not say that the target is full: %s", v.said())
		}
	}
}

// memory is a folder in memory: a rescue that saves its map behind each read waits for
// nothing but syncs.
func memory(t *testing.T) string {
	t.Helper()
	return mounted(t, "-t", "tmpfs", "-o", "size=1g", "none")
}

// image makes a file system in a file.
func image(t *testing.T, dir, kind string, size int64) string {
	t.Helper()
	path := filepath.Join(dir, kind)
	if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, size)); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs."+kind, "-q", path).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.%s: %v %s", kind, err, out)
	}
	return path
}

// A rescue that waits for room, with its map on the same full disk, may be killed, and
// goes on when there is room.
func TestFullKilled(t *testing.T) {
	t.Parallel() // it waits most of the time
	apart(t)
	tmpfs, ext4 := mounted(t, "-t", "tmpfs", "-o", "size=9m", "none"), mounted(t, "-o", "loop", image(t, memory(t), "ext4", 16<<20))
	for _, dir := range []string{tmpfs, ext4} {
		var stat unix.Statfs_t
		if err := unix.Statfs(dir, &stat); err != nil {
			t.Fatal(err)
		}
		other := filepath.Join(dir, "other")
		taken := int64(stat.Bfree)*stat.Bsize - 2<<20
		if err := os.WriteFile(other, make([]byte, taken), 0o600); err != nil {
			t.Fatal(err)
		}
		v := plainSource(t, 6<<20)
		v.target, v.mapfile = filepath.Join(dir, "copy"), filepath.Join(dir, "map")
		for i := range 3 {
			v.waits(t)
			time.Sleep(time.Duration(i) * 600 * time.Millisecond)
			if !v.kill(t) {
				t.Fatalf("%s: it did not wait: %s", dir, v.said())
			}
			if n := v.rescued(t, v.mapfile, v.target); n < 1<<20 {
				t.Errorf("killed with %d bytes", n)
			}
			taken -= 512 << 10 // else there is no room for the first map
			if err := os.Truncate(other, taken); err != nil {
				t.Fatal(err)
			}
		}
		v.waits(t)
		if err := os.Remove(other); err != nil {
			t.Fatal(err)
		}
		if err := v.Wait(); err != nil || !strings.HasSuffix(v.said(), "there is room again\n") {
			t.Errorf("%v: %s", err, v.said())
		}
		if n := v.rescued(t, v.mapfile, v.target); n != int64(len(v.content)) {
			t.Errorf("%d bytes", n)
		}
	}
}

// Wherever the power is cut, the map that is found then, behind the file system's own
// repair, says nothing that is not found in the copy. What is found is what the kernel
// had given to the disk at that moment.
func TestPowerCuts(t *testing.T) {
	t.Parallel() // it waits most of the time
	apart(t)
	sizes := map[string]int64{"ext4": 14 << 20, "ext2": 14 << 20, "xfs": 300 << 20, "btrfs": 128 << 20}
	for i, kind := range strings.Split(*systemsFlag, ",") {
		disk := image(t, memory(t), kind, sizes[kind])
		dir := mounted(t, "-t", kind, "-o", "loop", disk)
		d := newDisk(t, 8<<20, 512)
		if err := d.FailAlways(100, 101, 5000, 9000, 9001); err != nil {
			t.Fatal(err)
		}
		if err := d.Add(faultlab.Fault{Length: 8 << 20, Delay: 5 * time.Millisecond}); err != nil {
			t.Fatal(err)
		}
		v := &victim{source: d.device, content: d.content, target: filepath.Join(dir, "copies", "copy"), mapfile: filepath.Join(dir, "maps", "map")}
		if err := errors.Join(os.Mkdir(filepath.Join(dir, "copies"), 0o700), os.Mkdir(filepath.Join(dir, "maps"), 0o700)); err != nil {
			t.Fatal(err)
		}
		unix.Sync()
		r := rand.New(rand.NewPCG(*crashSeed, uint64(i)))
		cuts, some := 0, 0
		for cuts < *cutsFlag {
			v.start(t, "-q", "--mapfile-interval=0", "-c", "64")
			v.began(t, time.Time{})
			for ended := false; !ended && cuts < *cutsFlag; cuts++ {
				time.Sleep(time.Duration(r.Int64N(int64(150 * time.Millisecond))))
				n := v.cut(t, kind, disk)
				if n > 0 {
					some++
				}
				ended = v.over()
			}
			v.kill(t)
			if err := errors.Join(os.Remove(v.target), os.Remove(v.mapfile)); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("%s: %d power cuts, %d with something rescued", kind, cuts, some)
		if some == 0 {
			t.Error("too few")
		}
	}
}

// cut stops the rescue, looks at what the disk has then, and lets it go on. It returns how
// many bytes are rescued on it.
func (v *victim) cut(t *testing.T, kind, disk string) int64 {
	t.Helper()
	if err := v.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer v.Process.Signal(syscall.SIGCONT)
	var found []byte
	for again := []byte{0}; !bytes.Equal(found, again); { // nothing is written meanwhile
		var err error
		if found, err = os.ReadFile(disk); err != nil {
			t.Fatal(err)
		}
		if again, err = os.ReadFile(disk); err != nil {
			t.Fatal(err)
		}
	}
	copied := disk + ".cut"
	if err := os.WriteFile(copied, found, 0o600); err != nil {
		t.Fatal(err)
	}
	options := "loop"
	if kind == "xfs" {
		options += ",nouuid"
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", kind, "-o", options, copied, dir).CombinedOutput(); err != nil {
		t.Fatalf("mount: %v %s", err, out)
	}
	n := v.rescued(t, filepath.Join(dir, "maps", "map"), filepath.Join(dir, "copies", "copy"))
	if err := errors.Join(unix.Unmount(dir, 0), os.Remove(copied)); err != nil {
		t.Fatal(err)
	}
	return n
}

// What the kernel could not write it forgets to write, and still has in memory: it is not
// taken for what the disk has.
func TestCompareLost(t *testing.T) {
	d := newDisk(t, 2<<20, 512)
	v := plainSource(t, 2<<20)
	v.target, v.mapfile = d.device, filepath.Join(d.dir, "map")
	rescue := func(args ...string) {
		t.Helper()
		v.start(t, append(args, "-q", "-f")...)
		if err := errors.Join(v.Wait(), os.Remove(v.mapfile)); err != nil {
			t.Fatalf("%v: %s", err, v.said())
		}
	}
	rescue()
	disk := filepath.Join(d.dir, "disk")
	if got, err := os.ReadFile(disk); err != nil || !bytes.Equal(got, v.content) {
		t.Fatalf("%v, another content", err)
	}
	if err := os.WriteFile(disk, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	rescue("--compare-before-write")
	if got, err := os.ReadFile(disk); err != nil || !bytes.Equal(got, v.content) {
		t.Errorf("%v, another content", err)
	}
}
