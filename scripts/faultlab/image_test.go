package faultlab

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	Main()
	insideMain()
	os.Exit(m.Run())
}

// disk is an attached image with known content, and the loop device opened for
// direct I/O.
type disk struct {
	*Image
	content []byte
	device  *os.File
	path    string
}

func newDisk(t *testing.T, size int) *disk {
	t.Helper()
	content := make([]byte, size)
	random := rand.NewChaCha8([32]byte{1})
	random.Read(content)
	path := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	img, err := NewImage(path)
	if err != nil {
		t.Fatalf("%v (these tests need root)", err)
	}
	t.Cleanup(func() {
		if err := img.Close(); err != nil {
			t.Error(err)
		}
	})
	dev, err := img.Attach()
	if err != nil {
		t.Fatal(err)
	}
	device, err := openRaw(dev, unix.O_RDWR|unix.O_DIRECT)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { device.Close() })
	return &disk{img, content, device, path}
}

// aligned returns n bytes at an address that direct I/O accepts.
func aligned(n int) []byte {
	b := make([]byte, n+4096)
	skip := -int(uintptr(unsafe.Pointer(&b[0]))) & 4095
	return b[skip : skip+n]
}

// read reads count sectors past the page cache.
func (d *disk) read(first int64, count int) ([]byte, error) {
	p := aligned(count * SectorSize)
	n, err := d.device.ReadAt(p, first*SectorSize)
	return p[:n], err
}

// check fails the test unless the sectors read as they were written.
func (d *disk) check(t *testing.T, first int64, count int) {
	t.Helper()
	got, err := d.read(first, count)
	want := d.content[first*SectorSize:][:count*SectorSize]
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("sectors %d+%d: %v, equal %v", first, count, err, bytes.Equal(got, want))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestBadSectors(t *testing.T) {
	d := newDisk(t, 4<<20)
	must(t, d.FailAlways(1000, 3003))
	for s := range int64(8192) {
		if s == 1000 || s == 3003 {
			if _, err := d.read(s, 1); !errors.Is(err, syscall.EIO) {
				t.Errorf("sector %d: %v", s, err)
			}
		} else if s < 10 || s > 990 && s < 1010 || s > 2990 && s < 3010 || s == 8191 {
			d.check(t, s, 1)
		}
	}
	must(t, d.Clear())
	d.check(t, 0, 8192)
}

// A read of any size that touches the sector fails: it is never cut short, filled
// with zeros, or answered from a cache.
func TestLargeReads(t *testing.T) {
	d := newDisk(t, 8<<20)
	for _, bad := range []int64{0, 7, 255, 256, 2047, 2048, 2049, 5000, 16383} {
		must(t, d.FailAlways(bad))
		for _, count := range []int{8, 64, 256, 2048, 2560, 16384} {
			first := min(max(bad-int64(count)/2, 0), 16384-int64(count))
			got, err := d.read(first, count)
			if !errors.Is(err, syscall.EIO) {
				t.Errorf("bad %d, sectors %d+%d: %v", bad, first, count, err)
			}
			if !bytes.Equal(got, d.content[first*SectorSize:][:len(got)]) {
				t.Errorf("bad %d, sectors %d+%d: wrong bytes before the error", bad, first, count)
			}
		}
		must(t, d.Clear())
	}
	d.check(t, 0, 16384)
}

// Through the page cache one bad sector costs its page only, where the kernel is
// told not to read ahead (it would read, and lose, a large folio).
func TestBufferedRead(t *testing.T) {
	d := newDisk(t, 1<<20)
	must(t, d.FailAlways(1001))
	device, err := openRaw(d.device.Name(), unix.O_RDONLY)
	must(t, err)
	defer device.Close()
	must(t, unix.Fadvise(int(device.Fd()), 0, 0, unix.FADV_RANDOM))
	p := make([]byte, 4096)
	for page := range int64(256) {
		n, err := device.ReadAt(p, page*4096)
		if page == 1001/8 {
			if !errors.Is(err, syscall.EIO) {
				t.Errorf("bad page: %v", err)
			}
		} else if err != nil || !bytes.Equal(p[:n], d.content[page*4096:][:4096]) {
			t.Errorf("page %d: %v", page, err)
		}
	}
}

func TestFailSomeTimes(t *testing.T) {
	d := newDisk(t, 1<<20)
	must(t, d.Fail(77, 3))
	for i := range 3 {
		if _, err := d.read(77, 1); !errors.Is(err, syscall.EIO) {
			t.Errorf("read %d: %v", i, err)
		}
		d.check(t, 76, 1)
	}
	d.check(t, 77, 1)
	reads, err := d.ReadsSince(0)
	must(t, err)
	var errs []syscall.Errno
	for _, r := range reads {
		if r.Offset == 77*SectorSize && r.Length == SectorSize {
			errs = append(errs, r.Err)
		}
	}
	if !slices.Equal(errs, []syscall.Errno{syscall.EIO, syscall.EIO, syscall.EIO, 0}) {
		t.Errorf("reads %v", errs)
	}
	if more, err := d.ReadsSince(len(reads)); err != nil || len(more) != 0 {
		t.Errorf("%d more reads, %v", len(more), err)
	}
}

// A read says what it was told to say.
func TestErrno(t *testing.T) {
	d := newDisk(t, 1<<20)
	must(t, d.Add(Fault{Offset: 5 * SectorSize, Length: SectorSize, Times: 1, Errno: syscall.ENXIO}))
	file, err := os.Open(d.Path())
	must(t, err)
	defer file.Close()
	p := make([]byte, SectorSize)
	for _, want := range []error{syscall.ENXIO, nil} {
		if _, err := file.ReadAt(p, 5*SectorSize); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

func TestSlow(t *testing.T) {
	d := newDisk(t, 1<<20)
	const delay = 300 * time.Millisecond
	must(t, d.Slow(40, delay))
	start := time.Now()
	d.check(t, 40, 1)
	if took := time.Since(start); took < delay {
		t.Errorf("took %v", took)
	}
}

func TestWriteAndSync(t *testing.T) {
	d := newDisk(t, 1<<20)
	p := aligned(SectorSize)
	copy(p, "written")
	if _, err := d.device.WriteAt(p, 99*SectorSize); err != nil {
		t.Fatal(err)
	}
	must(t, d.device.Sync())
	copy(d.content[99*SectorSize:], p)
	d.check(t, 98, 3)
	file, err := os.ReadFile(d.path)
	must(t, err)
	if !bytes.Equal(file, d.content) {
		t.Error("the write is not in the file")
	}
}

func TestBlockSizeAndPath(t *testing.T) {
	img, err := NewBlankImage(1 << 20)
	must(t, err)
	defer func() { must(t, img.Close()) }()
	dev, err := img.AttachBlocks(4096)
	must(t, err)
	device, err := openRaw(dev, unix.O_RDONLY)
	must(t, err)
	defer device.Close()
	if size, err := unix.IoctlGetInt(int(device.Fd()), unix.BLKSSZGET); err != nil || size != 4096 {
		t.Errorf("block size %d, %v", size, err)
	}
	must(t, img.FailAlways(8))
	file, err := openRaw(img.Path(), unix.O_RDONLY)
	must(t, err)
	defer file.Close()
	p := make([]byte, 4096)
	if _, err := file.ReadAt(p, 4096-512); !errors.Is(err, syscall.EIO) {
		t.Errorf("read of sectors 7 to 14: %v", err)
	}
	if _, err := file.ReadAt(p, 0); err != nil {
		t.Error(err)
	}
}

// Devices are given back, also when many ask at once.
func TestManyImages(t *testing.T) {
	for range 12 {
		t.Run("image", func(t *testing.T) {
			t.Parallel()
			d := newDisk(t, 64<<10)
			d.check(t, 0, 128)
		})
	}
}
