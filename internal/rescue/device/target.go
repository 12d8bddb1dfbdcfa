package device

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"rescuebox/internal/diskread"
)

// Override names a danger that is accepted.
type Override string

// What a target is refused for unless it is overridden.
const (
	InUse    Override = "in-use"    // mounted, swap, or part of an array, a volume or a mapped device
	SameDisk Override = "same-disk" // a file on the disk that is rescued
	Smaller  Override = "smaller"   // a device with too little room
)

// Overrides are all of them.
func Overrides() []Override { return []Override{InUse, SameDisk, Smaller} }

// Refusal is why a target is not written to.
type Refusal struct {
	Override Override // what accepts it; empty: nothing does
	Reason   string
}

func (r *Refusal) Error() string { return r.Reason }

// TargetOptions say what may be written.
type TargetOptions struct {
	Device    bool // a block device may be overwritten
	Truncate  bool
	Sparse    bool // blocks of zeros are not written
	Sync      bool // each write waits for the disk
	Direct    bool // writes go past the page cache, where they can
	Compare   bool // what is there already is not written
	SameFile  bool // the source may be the target
	Override  []Override
	Size      int64 // bytes that will be needed
	Unwritten bool  // nothing is there yet: a new rescue
}

// Target is a file or a block device that is written.
type Target struct {
	Path   string
	file   *os.File
	size   int64    // of the file so far
	past   *os.File // writes past the page cache; nil: no
	unit   int64    // bytes of such writes
	buffer []byte   // what is compared
	isNew  bool     // its name is not known to be on the disk yet
	TargetOptions
}

// OpenTarget opens a path to write, and makes the file if there is none. The source is
// nil when it is no device or file of this machine. Errors are of type *Refusal or
// *os.PathError.
func OpenTarget(path string, from *Source, o TargetOptions) (*Target, error) {
	var stat unix.Stat_t
	err := unix.Stat(path, &stat)
	flags := os.O_RDWR | os.O_CREATE
	switch kind := stat.Mode & unix.S_IFMT; {
	case err == unix.ENOENT && besideDevices(path):
		return nil, &Refusal{Reason: "there is no such device: a file of that name would fill the memory"}
	case err == unix.ENOENT:
	case err != nil:
		return nil, &os.PathError{Op: "stat", Path: path, Err: err}
	case kind == unix.S_IFBLK:
		flags = os.O_RDWR | unix.O_EXCL
		if err := o.device(path, from, uint64(stat.Rdev)); err != nil {
			return nil, err
		}
	case kind == unix.S_IFCHR && path == os.DevNull:
		flags = os.O_RDWR
	case kind != unix.S_IFREG:
		return nil, &Refusal{Reason: "it is neither a file nor a block device"}
	}
	if o.Truncate && stat.Mode&unix.S_IFMT == unix.S_IFREG {
		flags |= os.O_TRUNC
	}
	if o.Sync {
		flags |= os.O_SYNC
	}
	if err := o.sameFile(from, stat); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if errors.Is(err, unix.EBUSY) {
		return nil, &Refusal{Reason: "it is in use"}
	}
	if err != nil {
		return nil, err
	}
	t := &Target{Path: path, file: f, TargetOptions: o, isNew: stat.Mode == 0}
	if err := t.opened(from); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

// syncFolder puts the names of a folder on its disk, where its file system can.
func syncFolder(path string) {
	if dir, err := os.Open(path); err == nil {
		_ = dir.Sync()
		dir.Close()
	}
}

// besideDevices reports whether a new file would be one among the devices, in memory.
func besideDevices(path string) bool {
	path = filepath.Clean(path)
	return strings.HasPrefix(path, "/dev/") && !strings.HasPrefix(path, "/dev/shm/")
}

// opened looks at what only an open file shows.
func (t *Target) opened(from *Source) error {
	info, err := t.file.Stat()
	if err != nil {
		return err
	}
	t.size = info.Size()
	t.forget()
	if t.Direct {
		if err := t.openPast(); err != nil {
			return err
		}
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	var stat unix.Stat_t
	if err := unix.Fstat(int(t.file.Fd()), &stat); err != nil {
		return &os.PathError{Op: "stat", Path: t.Path, Err: err}
	}
	if from != nil && from.IsDevice() {
		theirs := disks(uint64(from.Stat().Rdev))
		for _, disk := range disks(uint64(stat.Dev)) {
			if slices.Contains(theirs, disk) {
				return t.unless(SameDisk, "it lies on "+disk+", the disk that is rescued")
			}
		}
	}
	return nil
}

// unless is a refusal that is not overridden.
func (o TargetOptions) unless(name Override, reason string) error {
	if slices.Contains(o.Override, name) {
		return nil
	}
	return &Refusal{name, reason}
}

func (o TargetOptions) sameFile(from *Source, stat unix.Stat_t) error {
	if from == nil || stat.Mode&unix.S_IFMT != unix.S_IFREG || o.SameFile {
		return nil
	}
	if source := from.Stat(); stat.Dev == source.Dev && stat.Ino == source.Ino {
		return &Refusal{Reason: "it is what is rescued: --same-file"}
	}
	return nil
}

// device refuses a block device that must not be overwritten.
func (o TargetOptions) device(path string, from *Source, number uint64) error {
	if !o.Device {
		return &Refusal{Reason: "it is a block device, all of which will be overwritten: --force"}
	}
	if from != nil && from.IsDevice() {
		mine, _ := whole(number)
		theirs, _ := whole(uint64(from.Stat().Rdev))
		if mine == theirs && mine != "" && !(o.SameFile && number == uint64(from.Stat().Rdev)) {
			return &Refusal{Reason: "it is on the disk that is rescued"}
		}
	}
	if reasons := users(number); len(reasons) > 0 {
		if err := o.unless(InUse, strings.Join(reasons, "; ")); err != nil {
			return err
		}
	}
	disk, err := diskread.Open(path, diskread.Buffered)
	if err != nil {
		return err
	}
	if err := disk.Close(); err != nil {
		return err
	}
	if disk.Size() < o.Size {
		return o.unless(Smaller, "it has less room than is needed")
	}
	return nil
}

// Extend makes a file at least so long.
func (t *Target) Extend(size int64) error {
	info, err := t.file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() >= size {
		return err
	}
	return t.file.Truncate(size)
}

// Allocate reserves room for a file of so many bytes: fallocate(2).
func (t *Target) Allocate(size int64) error {
	info, err := t.file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() >= size {
		return err
	}
	if err := unix.Fallocate(int(t.file.Fd()), 0, 0, size); err != nil {
		return &os.PathError{Op: "fallocate", Path: t.Path, Err: err}
	}
	return nil
}

// ReadAt reads what was written.
func (t *Target) ReadAt(p []byte, off int64) (int, error) { return t.file.ReadAt(p, off) }

// Length is how many bytes it has: of a device its size, 0 where that is not known.
func (t *Target) Length() int64 {
	n, err := t.file.Seek(0, io.SeekEnd)
	if err != nil {
		return 0
	}
	return n
}

// Sync implements rescue.Target.
func (t *Target) Sync() error {
	if t.isNew { // a map must not be on the disk before the copy's name is
		syncFolder(filepath.Dir(t.Path))
		t.isNew = false
	}
	err := t.file.Sync()
	if errors.Is(err, unix.EINVAL) {
		return nil // /dev/null
	}
	if err != nil {
		t.forget()
	}
	return err
}

// forget lets comparisons read the disk. Pages that the kernel could not write are clean
// then, and still have what the disk has not (fsync(2), NOTES).
func (t *Target) forget() {
	if t.Compare {
		_ = unix.Fadvise(int(t.file.Fd()), 0, 0, unix.FADV_DONTNEED) // /dev/null has none
	}
}

// Close closes it.
func (t *Target) Close() error {
	if t.past != nil {
		return errors.Join(t.past.Close(), t.file.Close())
	}
	return t.file.Close()
}
