package faultlab

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Image is a disk with bad sectors. Its methods may be called from several
// goroutines, and sectors may change while the disk is read, but Attach, Mount and
// Close are for one goroutine.
type Image struct {
	server *server
	mount  *os.File // the FUSE mount
	file   *os.File // the file in it
	loop   *loop
	dirs   []*os.File // mounts of the loop device

	partitions []partition
}

// images makes the names of image files unique in the process.
var images atomic.Int64

// NewImage makes a disk of the file path, whose size must be a multiple of the
// sector size. Writes to the disk go into the file. It needs root.
func NewImage(path string) (*Image, error) {
	backing, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return newImage(backing)
}

// NewBlankImage makes a disk of size bytes, all zero, kept in memory.
func NewBlankImage(size int64) (*Image, error) {
	fd, err := unix.MemfdCreate("faultlab", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	backing := os.NewFile(uintptr(fd), "faultlab")
	if err := backing.Truncate(size); err != nil {
		return nil, errors.Join(err, backing.Close())
	}
	return newImage(backing)
}

func newImage(backing *os.File) (*Image, error) {
	defer backing.Close()
	name := fmt.Sprintf("faultlab-%d-%d.img", os.Getpid(), images.Add(1))
	device, mount, err := mountFUSE("faultlab", "/dev/fuse")
	if err != nil {
		return nil, err
	}
	server, err := startServer(device, backing, "image", name)
	if err != nil {
		return nil, errors.Join(err, mount.Close())
	}
	img := &Image{server: server, mount: mount}
	if img.file, err = openAt(mount, name, unix.O_RDWR); err != nil {
		return nil, errors.Join(err, img.Close())
	}
	return img, nil
}

// Path names the disk as a plain file of the same size, with the same faults, for
// any process of the same user while the image is open.
func (img *Image) Path() string { return descriptorPath(img.file) }

// Fail lets the next n reads that touch the sector fail; Always as n, all of them.
// A buffered read of the kernel may try a sector more than once.
func (img *Image) Fail(sector int64, n int) error {
	return img.server.add(Fault{Offset: sector * SectorSize, Length: SectorSize, Times: n})
}

// FailAlways lets every read that touches one of the sectors fail.
func (img *Image) FailAlways(sectors ...int64) error {
	var list []Fault
	for _, s := range sectors {
		list = append(list, Fault{Offset: s * SectorSize, Length: SectorSize, Times: Always})
	}
	return img.server.add(list...)
}

// Slow lets every read that touches the sector take d longer.
func (img *Image) Slow(sector int64, d time.Duration) error {
	return img.server.add(Fault{Offset: sector * SectorSize, Length: SectorSize, Delay: d})
}

// Add adds faults of any size.
func (img *Image) Add(list ...Fault) error { return img.server.add(list...) }

// Clear makes all sectors good and fast.
func (img *Image) Clear() error { return img.server.clear() }

// Drive gives the disk a head, so that reads take as long as those of a real one.
func (img *Image) Drive(d Drive) error { return img.server.drive(d) }

// Reads returns every read of the disk so far, in the order of their start.
func (img *Image) Reads() ([]Read, error) { return img.server.since(0) }

// ReadsSince returns the reads from the n-th on (counted from 0).
func (img *Image) ReadsSince(n int) ([]Read, error) { return img.server.since(n) }

// Attach puts the disk under a free loop device with blocks of 512 bytes, and
// returns its name. A second call returns the same.
func (img *Image) Attach() (string, error) { return img.AttachBlocks(SectorSize) }

// AttachBlocks is Attach with blocks of size bytes, 512 to 4096.
func (img *Image) AttachBlocks(size uint32) (string, error) {
	if img.loop == nil {
		l, err := attachLoop(img.file, size)
		if err != nil {
			return "", err
		}
		img.loop = l
	}
	return img.loop.path(), nil
}

// Mount mounts the disk's file system read-only and returns the path of its root.
// The mount is in no mount table: it ends with the image, or with the process. A
// child process may chroot into it.
func (img *Image) Mount(fstype string) (string, error) {
	dev, err := img.Attach()
	if err != nil {
		return "", err
	}
	dir, err := mountDevice(fstype, dev)
	if err != nil {
		return "", err
	}
	img.dirs = append(img.dirs, dir)
	return descriptorPath(dir), nil
}

// Close ends mounts, loop device and disk. It fails when something else still uses
// the loop device.
func (img *Image) Close() error {
	var errs []error
	for _, dir := range img.dirs {
		errs = append(errs, dir.Close())
	}
	for _, p := range img.partitions {
		errs = append(errs, p.close(img.loop.device))
	}
	if img.loop != nil {
		errs = append(errs, img.loop.close())
	}
	if img.file != nil {
		errs = append(errs, img.file.Close())
	}
	errs = append(errs, closeAll(img.mount), img.server.close())
	return errors.Join(errs...)
}

// descriptorPath names an open file for this process's user.
func descriptorPath(f *os.File) string {
	return "/proc/" + strconv.Itoa(os.Getpid()) + "/fd/" + strconv.Itoa(int(f.Fd()))
}
