package dd

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rescuebox/internal/rescue/device"
)

// file is an input or output: one system call for each Read and Write, which package
// os would turn into several, and hold back from a pipe.
type file struct {
	name string // as messages show it
	path string // empty for a standard stream
	fd   int
	own  bool // closed at the end
	stat unix.Stat_t
	at   int64 // where it stood, of those that seek
	seek bool

	nocache       bool // what was copied is dropped from the page cache
	done, dropped int64

	buffer []byte // of a file that is read in larger pieces; its capacity is that of one
	next   int    // what was taken of it
}

func (f *file) Read(p []byte) (n int, err error) {
	if len(p) >= cap(f.buffer) {
		return f.read(p)
	}
	if f.next == len(f.buffer) {
		f.next = 0
		n, err = f.read(f.buffer[:cap(f.buffer)])
		if f.buffer = f.buffer[:n]; err != nil {
			return 0, err
		}
	}
	n = copy(p, f.buffer[f.next:])
	f.next += n
	// The next piece belongs to the same block.
	if n < len(p) {
		more, err := f.Read(p[n:])
		if err == io.EOF {
			err = nil
		}
		return n + more, err
	}
	return n, nil
}

func (f *file) read(p []byte) (n int, err error) {
	for {
		// A closure would cost as much as a short read.
		if n, err = unix.Read(f.fd, p); err != unix.EINTR {
			break
		}
	}
	if err == nil && n == 0 {
		err = io.EOF
	}
	f.forget(n, nocacheStep)
	return max(n, 0), err
}

func (f *file) Write(p []byte) (n int, err error) {
	for {
		if n, err = unix.Write(f.fd, p); err != unix.EINTR {
			break
		}
	}
	f.forget(n, nocacheStep)
	return max(n, 0), err
}

func (f *file) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekCurrent {
		offset -= int64(len(f.buffer) - f.next)
	}
	at, err := unix.Seek(f.fd, offset, whence)
	if err == nil {
		f.buffer, f.next = f.buffer[:0], 0
		f.done, f.dropped = at, at
	}
	return at, err
}

// nocacheStep is how many bytes are dropped from the page cache at a time.
const nocacheStep = 1 << 20

// forget drops what was copied from the page cache, once it is so much.
func (f *file) forget(n int, step int64) {
	f.done += int64(max(n, 0))
	if f.nocache && f.done-f.dropped >= step {
		_ = unix.Fadvise(f.fd, f.dropped, f.done-f.dropped, unix.FADV_DONTNEED)
		f.dropped = f.done
	}
}

func retry(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}

func (f *file) kind() uint32   { return f.stat.Mode & unix.S_IFMT }
func (f *file) regular() bool  { return f.kind() == unix.S_IFREG }
func (f *file) isDevice() bool { return f.kind() == unix.S_IFBLK }

// seeker is the file where it has offsets.
func (f *file) seeker() io.Seeker {
	if !f.seek {
		return nil
	}
	return f
}

// learn finds out what was opened.
func (f *file) learn() error {
	if err := unix.Fstat(f.fd, &f.stat); err != nil {
		return err
	}
	at, err := f.Seek(0, io.SeekCurrent)
	f.at, f.seek = at, err == nil
	return nil
}

// size is where a file or device ends, in bytes; 0 is unknown.
func (f *file) size() int64 {
	switch {
	case f.regular():
		return int64(f.stat.Size)
	case !f.isDevice():
		return 0
	}
	end, err := f.Seek(0, io.SeekEnd)
	if _, back := f.Seek(f.at, io.SeekStart); err != nil || back != nil {
		return 0
	}
	return end
}

// again is a path of what is open, or the one that was given where /proc is not there.
func (f *file) again() string {
	path := "/proc/self/fd/" + strconv.Itoa(f.fd)
	if _, err := os.Stat(path); err != nil && f.path != "" {
		return f.path
	}
	return path
}

// flags are those of open(2) that a list of words asks for.
func flags(s set) int {
	bits := 0
	for word, bit := range map[string]int{
		"append": unix.O_APPEND, "direct": unix.O_DIRECT, "directory": unix.O_DIRECTORY, "dsync": unix.O_DSYNC,
		"sync": unix.O_SYNC, "nonblock": unix.O_NONBLOCK, "noatime": unix.O_NOATIME, "noctty": unix.O_NOCTTY,
		"nofollow": unix.O_NOFOLLOW,
	} {
		if s[word] {
			bits |= bit
		}
	}
	return bits
}

// setFlags gives a standard stream those that can still be changed.
func (f *file) setFlags(s set) error {
	bits := flags(s) &^ (unix.O_NOCTTY | unix.O_NOFOLLOW)
	if bits&unix.O_DIRECTORY != 0 && f.kind() != unix.S_IFDIR {
		return unix.ENOTDIR
	}
	if bits &^= unix.O_DIRECTORY; bits == 0 {
		return nil
	}
	old, err := unix.FcntlInt(uintptr(f.fd), unix.F_GETFL, 0)
	if err == nil {
		_, err = unix.FcntlInt(uintptr(f.fd), unix.F_SETFL, old|bits)
	}
	return err
}

// dropDirect goes on through the page cache.
func (f *file) dropDirect() {
	if old, err := unix.FcntlInt(uintptr(f.fd), unix.F_GETFL, 0); err == nil {
		_, _ = unix.FcntlInt(uintptr(f.fd), unix.F_SETFL, old&^unix.O_DIRECT)
	}
}

func open(path string, flags int) (fd int, err error) {
	err = retry(func() error {
		fd, err = unix.Open(path, flags|unix.O_CLOEXEC|unix.O_LARGEFILE, 0o666)
		return err
	})
	return fd, err
}

// openOutput opens the file that is written. A device is opened for this program
// alone, for which the kernel refuses those that are mounted or part of others.
func openOutput(f *file, o *options) error {
	mode := unix.O_WRONLY | flags(o.oflag)
	var stat unix.Stat_t
	err := unix.Stat(f.path, &stat)
	if err == unix.ENOENT && noDevice(f.path) && !o.oflag["force"] && !o.conv["nocreat"] {
		return errors.New("failed to open " + quote(f.name) + ": there is no such device; oflag=force makes a file of that name, in memory")
	}
	if err == nil && stat.Mode&unix.S_IFMT == unix.S_IFBLK {
		if !o.oflag["force"] {
			mode |= unix.O_EXCL
		}
	} else {
		if !o.conv["nocreat"] {
			mode |= unix.O_CREAT
		}
		if o.conv["excl"] {
			mode |= unix.O_EXCL
		}
	}
	fd, err := open(f.path, mode)
	if err != nil {
		if err == unix.EBUSY {
			return inUse(uint64(stat.Rdev))
		}
		return errors.New("failed to open " + quote(f.name) + ": " + reason(err))
	}
	f.fd, f.own = fd, true
	if err := f.learn(); err != nil {
		return err
	}
	if f.isDevice() && mode&unix.O_CREAT != 0 {
		return errors.New("failed to open " + quote(f.name) + ": it has become a device")
	}
	return nil
}

// noDevice reports whether a path that does not exist is where devices are: a name
// mistyped there would be a file that fills the memory.
func noDevice(path string) bool {
	path = filepath.Clean(path)
	return strings.HasPrefix(path, "/dev/") && !strings.HasPrefix(path, "/dev/shm/")
}

// claim keeps a device that the shell has opened to this program alone. The
// descriptor is to be held until the end; it is -1 where there is nothing to hold.
func claim(f *file) (int, error) {
	if !f.isDevice() {
		return -1, nil
	}
	fd, err := open("/proc/self/fd/"+strconv.Itoa(f.fd), unix.O_WRONLY|unix.O_EXCL)
	if err == unix.EBUSY {
		return -1, inUse(uint64(f.stat.Rdev))
	}
	if err != nil {
		return -1, nil // without /proc nothing is known
	}
	return fd, nil
}

func inUse(number uint64) error {
	text := "it is in use"
	if users := device.Users(number); len(users) > 0 {
		text = users[0]
		if len(users) > 1 {
			text += ", and " + strconv.Itoa(len(users)-1) + " more"
		}
	}
	return errors.New(text + "; oflag=force writes to it all the same")
}
