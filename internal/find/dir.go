package find

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// maxBatch bounds the raw directory entries held at a time, about 100,000 names.
// A folder is read as far as that before its entries are visited, so that what
// an -exec creates in it is not met again and again.
const maxBatch = 4 << 20

// dirent is one entry of a folder.
type dirent struct {
	name string
	kind byte // letter of -type, 0 when the file system does not tell
	ino  uint64
}

// openDir opens a folder for reading without changing its access time where
// that is allowed: on a dying disk a read should not cause a write.
func openDir(dirfd int, name string, follow bool) (int, error) {
	flags := unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC | unix.O_NONBLOCK
	if !follow {
		flags |= unix.O_NOFOLLOW
	}
	fd, err := openat(dirfd, name, flags|unix.O_NOATIME)
	if err == unix.EPERM {
		fd, err = openat(dirfd, name, flags)
	}
	return fd, err
}

func openat(dirfd int, name string, flags int) (int, error) {
	for {
		fd, err := unix.Openat(dirfd, name, flags, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// readDir returns the next entries of the folder without . and .., at most
// maxBatch of raw bytes. Nothing and no error is the end. With an error comes
// what was read before it.
func readDir(fd int) ([]dirent, error) {
	var entries []dirent
	buf := make([]byte, 32<<10)
	for total := 0; total < maxBatch; {
		n, err := unix.Getdents(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return entries, err
		}
		if n <= 0 {
			break
		}
		total += n
		entries = parseDirents(entries, buf[:n])
	}
	return entries, nil
}

// parseDirents appends the struct linux_dirent64 records of b, see getdents(2):
// inode 8 bytes, offset 8, record length 2, type 1, name up to a zero byte.
func parseDirents(to []dirent, b []byte) []dirent {
	const header = 19
	for len(b) >= header {
		length := int(binary.NativeEndian.Uint16(b[16:]))
		if length < header || length > len(b) {
			return to
		}
		name := b[header:length]
		if end := bytes.IndexByte(name, 0); end >= 0 {
			name = name[:end]
		}
		d := dirent{name: string(name), kind: kindOfType(b[18]), ino: binary.NativeEndian.Uint64(b)}
		if d.name != "." && d.name != ".." && d.name != "" {
			to = append(to, d)
		}
		b = b[length:]
	}
	return to
}

func kindOfType(t byte) byte {
	if t == unix.DT_UNKNOWN {
		return 0
	}
	// The DT constants are the type bits of st_mode.
	return kindOfMode(uint32(t) << 12)
}
