package tarball

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/accounts"
)

// ExtractOptions say how members become files.
type ExtractOptions struct {
	Keep         bool // a file that exists is an error
	SkipOld      bool // a file that exists is left alone
	KeepNewer    bool // so is one that is newer
	Mode         bool // set the mode exactly instead of through the umask
	Owner        bool // set the owner
	NumericOwner bool // by number, not by name
	NoTimes      bool
	Absolute     bool // targets of hard links may lie anywhere
	Names        *accounts.Accounts
}

// Extractor makes files of members below one folder.
type Extractor struct {
	tree  *tree
	opts  ExtractOptions
	later []folder
}

// folder is a folder whose mode and time are set last: until then things are
// put into it.
type folder struct {
	name string
	id   FileID
	h    *tar.Header
	mode uint32
}

// ErrKept is not a failure: SkipOld or KeepNewer applied.
var ErrKept = errors.New("exists; kept")

// NewExtractor returns an extractor into dir.
func NewExtractor(dir string, opts ExtractOptions) (*Extractor, error) {
	t, err := newTree(dir)
	if err != nil {
		return nil, err
	}
	return &Extractor{tree: t, opts: opts}, nil
}

// Extract makes the file name of the member h, whose content data gives. Name is
// below the extractor's folder unless it is absolute.
func (x *Extractor) Extract(h *tar.Header, name string, data io.Reader) error {
	dir, base, err := x.tree.parent(name, true)
	if err != nil {
		return err
	}
	if base == "" || base == "." {
		if h.Typeflag == tar.TypeDir {
			return x.folder(dir, ".", name, h)
		}
		return unix.EISDIR
	}
	if h.Typeflag == tar.TypeDir {
		return x.folder(dir, base, name, h)
	}
	if err := x.existing(dir, base, h); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeLink:
		return x.hardLink(dir, base, h)
	case tar.TypeSymlink:
		err = x.make(dir, base, func() error { return unix.Symlinkat(h.Linkname, dir, base) })
		if err == nil {
			err = x.tree.note(dir, base)
		}
		if err == nil {
			err = x.dress(dir, base, h)
		}
		return err
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return x.node(dir, base, h)
	}
	return x.file(dir, base, h, data)
}

// existing applies the options for files that are there already.
func (x *Extractor) existing(dir int, base string, h *tar.Header) error {
	if !x.opts.Keep && !x.opts.SkipOld && !x.opts.KeepNewer {
		return nil
	}
	var st unix.Stat_t
	if unix.Fstatat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
		return nil
	}
	switch {
	case x.opts.SkipOld, x.opts.KeepNewer && !time.Unix(int64(st.Mtim.Sec), 0).Before(h.ModTime.Truncate(time.Second)):
		return ErrKept
	case x.opts.Keep:
		return unix.EEXIST
	}
	return nil
}

// make runs create, and once more after removing what is in its way: nothing is
// ever written into a file that exists.
func (x *Extractor) make(dir int, base string, create func() error) error {
	err := retry(create)
	if err != unix.EEXIST {
		return err
	}
	if err := unix.Unlinkat(dir, base, 0); err != nil {
		if err == unix.EISDIR || err == unix.EPERM {
			// An empty folder may be replaced, one with something in it not.
			err = unix.Unlinkat(dir, base, unix.AT_REMOVEDIR)
		}
		if err != nil {
			return err
		}
	}
	return retry(create)
}

func (x *Extractor) file(dir int, base string, h *tar.Header, data io.Reader) error {
	var fd int
	err := x.make(dir, base, func() (err error) {
		flags := unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC
		mode := uint32(h.Mode) & 0o777
		if x.opts.Owner {
			mode &= 0o700 // nobody else's until it has its owner
		}
		fd, err = unix.Openat(dir, base, flags, mode)
		return err
	})
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), base)
	if err := copyContent(f, data, sparse(h)); err != nil {
		f.Close()
		// Half a file is worth keeping, with the time that tells its age.
		return errors.Join(err, x.dress(dir, base, h))
	}
	if err := f.Close(); err != nil {
		return err
	}
	return x.dress(dir, base, h)
}

// sparse reports whether the member was archived with holes.
func sparse(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for k := range h.PAXRecords {
		if strings.HasPrefix(k, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// copyContent writes data to f, with holes for blocks of zeros when holes is set.
func copyContent(f *os.File, data io.Reader, holes bool) error {
	buf := make([]byte, 64<<10)
	size, written := int64(0), int64(0)
	for {
		n, err := io.ReadFull(data, buf)
		if n > 0 && !(holes && allZero(buf[:n])) {
			if _, werr := f.WriteAt(buf[:n], size); werr != nil {
				return werr
			}
			written = size + int64(n)
		}
		size += int64(n)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			if written < size {
				return f.Truncate(size)
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// hardLink links to a member that was extracted before, found as carefully.
func (x *Extractor) hardLink(dir int, base string, h *tar.Header) error {
	target := h.Linkname
	if !x.opts.Absolute {
		target, _ = Relative(target)
	}
	i := strings.LastIndexByte(target, '/')
	from, err := x.tree.open(target[:i+1], false)
	if err != nil {
		return &LinkError{h.Linkname, err}
	}
	defer unix.Close(from)
	var a, b unix.Stat_t
	if unix.Fstatat(from, target[i+1:], &a, unix.AT_SYMLINK_NOFOLLOW) == nil &&
		unix.Fstatat(dir, base, &b, unix.AT_SYMLINK_NOFOLLOW) == nil && a.Dev == b.Dev && a.Ino == b.Ino {
		return nil
	}
	err = x.make(dir, base, func() error { return unix.Linkat(from, target[i+1:], dir, base, 0) })
	if err != nil {
		return &LinkError{h.Linkname, err}
	}
	return nil
}

// LinkError says that a hard link could not be made.
type LinkError struct {
	Target string
	Err    error
}

func (e *LinkError) Error() string { return "hard link to " + e.Target + ": " + e.Err.Error() }
func (e *LinkError) Unwrap() error { return e.Err }

func (x *Extractor) node(dir int, base string, h *tar.Header) error {
	kind := uint32(unix.S_IFIFO)
	switch h.Typeflag {
	case tar.TypeChar:
		kind = unix.S_IFCHR
	case tar.TypeBlock:
		kind = unix.S_IFBLK
	}
	dev := unix.Mkdev(uint32(h.Devmajor), uint32(h.Devminor))
	mode := kind | uint32(h.Mode)&0o777
	if err := x.make(dir, base, func() error { return unix.Mknodat(dir, base, mode, int(dev)) }); err != nil {
		return err
	}
	return x.dress(dir, base, h)
}
