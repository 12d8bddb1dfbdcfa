package tarball

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/accounts"
	"rescuebox/internal/skipread"
)

// CreateOptions say what goes into an archive.
type CreateOptions struct {
	Dereference   bool // what links lead to instead of links
	OneFileSystem bool // do not enter mount points
	NoRecursion   bool // folders without what they hold
	AbsoluteNames bool // keep a leading / and ..
	NumericOwner  bool // numbers only
	Exclude       []string
	Format        tar.Format         // of headers; tar.FormatGNU as a rule
	Names         *accounts.Accounts // of owners
	Output        FileID             // the archive itself, which is not archived

	// Added is called before a member is written.
	Added func(h *tar.Header)
	// Problem is told what is not, or not well, archived. Fatal problems are
	// those after which the archive lacks something.
	Problem func(path string, err error, fatal bool)
}

// FileID tells files apart.
type FileID struct{ Dev, Ino uint64 }

// The problems that have no errno.
var (
	ErrSocket  = errors.New("socket ignored")
	ErrSelf    = errors.New("file is the archive; not dumped")
	ErrChanged = errors.New("file changed as we read it")
	ErrRemoved = errors.New("file removed before we read it")
)

// ShrankError says that a file was shorter when it was read than just before.
type ShrankError struct{ Missing int64 }

func (e *ShrankError) Error() string {
	return "File shrank by " + strconv.FormatInt(e.Missing, 10) + " bytes; padding with zeros"
}

// BadBytesError is a range of a file that could not be read.
type BadBytesError struct{ skipread.Range }

func (e *BadBytesError) Error() string {
	return strconv.FormatInt(e.Len, 10) + " bytes at byte " + strconv.FormatInt(e.Off, 10) + " could not be read; zeros in their place"
}

func (e *BadBytesError) Unwrap() error { return e.Err }

// Creator writes an archive.
type Creator struct {
	w       *tar.Writer
	out     *countingWriter
	opts    CreateOptions
	links   map[FileID]string
	started int64 // device of the operand, for OneFileSystem
}

// NewCreator returns a creator that writes to w.
func NewCreator(w io.Writer, opts CreateOptions) *Creator {
	out := &countingWriter{w: w}
	return &Creator{w: tar.NewWriter(out), out: out, opts: opts, links: map[FileID]string{}}
}

type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// recordSize is the multiple in bytes of which GNU tar makes an archive.
const recordSize = 20 * blockSize

// Close writes the end mark and fills the last record. Before is the length in
// bytes of an archive that was appended to.
func (c *Creator) Close(before int64) error {
	if err := c.w.Close(); err != nil {
		return err
	}
	if rest := (before + c.out.n) % recordSize; rest > 0 {
		_, err := c.out.Write(make([]byte, recordSize-rest))
		return err
	}
	return nil
}

// Add archives the file at path, and what is below it, as name. The error is of
// writing the archive; all other trouble goes to Problem.
func (c *Creator) Add(path, name string) error {
	c.started = -1
	return c.add(path, name)
}

func (c *Creator) add(path, name string) error {
	if Excluded(c.opts.Exclude, name) {
		return nil
	}
	var st unix.Stat_t
	stat := unix.Lstat
	if c.opts.Dereference {
		stat = unix.Stat
	}
	if err := retry(func() error { return stat(path, &st) }); err != nil {
		c.opts.Problem(name, err, true)
		return nil
	}
	id := FileID{uint64(st.Dev), st.Ino}
	if id == c.opts.Output {
		c.opts.Problem(name, ErrSelf, false)
		return nil
	}
	h, err := c.header(path, name, &st)
	if err != nil {
		c.opts.Problem(name, err, err != ErrSocket)
		return nil
	}
	if first, ok := c.links[id]; ok && st.Nlink > 1 && h.Typeflag != tar.TypeDir {
		h.Typeflag, h.Linkname, h.Size = tar.TypeLink, first, 0
	}
	if h.Typeflag == tar.TypeReg {
		err = c.file(path, name, h, &st)
	} else {
		err = c.put(h)
	}
	if err != nil {
		return err
	}
	if st.Nlink > 1 && h.Typeflag != tar.TypeDir && h.Typeflag != tar.TypeLink {
		c.links[id] = h.Name
	}
	if h.Typeflag == tar.TypeDir && !c.opts.NoRecursion {
		return c.folder(path, name, &st)
	}
	return nil
}

func (c *Creator) put(h *tar.Header) error {
	if c.opts.Added != nil {
		c.opts.Added(h)
	}
	return c.w.WriteHeader(h)
}

func retry(f func() error) error {
	for {
		if err := f(); err != unix.EINTR {
			return err
		}
	}
}

// header describes a file. ErrSocket is the error of what tar cannot hold.
func (c *Creator) header(path, name string, st *unix.Stat_t) (*tar.Header, error) {
	h := &tar.Header{
		Name: name, Mode: int64(st.Mode) & 0o7777, Uid: int(st.Uid), Gid: int(st.Gid), Format: c.opts.Format,
		ModTime: time.Unix(int64(st.Mtim.Sec), int64(st.Mtim.Nsec)),
	}
	if c.opts.Format != tar.FormatPAX {
		// archive/tar would round up, into the future.
		h.ModTime = time.Unix(int64(st.Mtim.Sec), 0)
	}
	if !c.opts.AbsoluteNames {
		h.Name, _ = Relative(name)
	}
	if c.opts.Names != nil && !c.opts.NumericOwner {
		h.Uname, _ = c.opts.Names.Users.Name(st.Uid)
		h.Gname, _ = c.opts.Names.Groups.Name(st.Gid)
	}
	switch uint32(st.Mode) & unix.S_IFMT {
	case unix.S_IFREG:
		h.Typeflag, h.Size = tar.TypeReg, st.Size
	case unix.S_IFDIR:
		h.Typeflag = tar.TypeDir
		h.Name = strings.TrimRight(h.Name, "/") + "/"
	case unix.S_IFLNK:
		target, err := os.Readlink(path)
		if err != nil {
			return nil, err
		}
		h.Typeflag, h.Linkname = tar.TypeSymlink, target
	case unix.S_IFIFO:
		h.Typeflag = tar.TypeFifo
	case unix.S_IFCHR, unix.S_IFBLK:
		h.Typeflag = tar.TypeChar
		if uint32(st.Mode)&unix.S_IFMT == unix.S_IFBLK {
			h.Typeflag = tar.TypeBlock
		}
		h.Devmajor, h.Devminor = int64(unix.Major(uint64(st.Rdev))), int64(unix.Minor(uint64(st.Rdev)))
	default:
		return nil, ErrSocket
	}
	return h, nil
}

// file archives a regular file: as many bytes as it had when it was opened, with
// zeros for what can no longer, or not at all, be read.
func (c *Creator) file(path, name string, h *tar.Header, st *unix.Stat_t) error {
	flags := unix.O_NONBLOCK | unix.O_NOFOLLOW
	if c.opts.Dereference {
		flags = unix.O_NONBLOCK
	}
	f, err := os.OpenFile(path, os.O_RDONLY|flags, 0)
	if err != nil {
		if errors.Is(err, unix.ENOENT) {
			err = ErrRemoved
		}
		c.opts.Problem(name, err, err != ErrRemoved)
		return nil
	}
	defer f.Close()
	var open unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &open); err != nil || open.Ino != st.Ino || uint32(open.Mode)&unix.S_IFMT != unix.S_IFREG {
		c.opts.Problem(name, ErrChanged, true)
		return nil
	}
	h.Size = open.Size
	if err := c.put(h); err != nil {
		return err
	}
	bad := func(r skipread.Range) { c.opts.Problem(name, &BadBytesError{r}, true) }
	src := &skipread.Reader{Src: skipread.NewFile(int(f.Fd())), Size: open.Size, Missing: bad}
	n, rerr, werr := c.content(src, open.Size)
	switch {
	case werr != nil:
		return werr
	case rerr != nil:
		c.opts.Problem(name, &BadBytesError{skipread.Range{Off: n, Len: open.Size - n, Err: rerr}}, true)
	case n < open.Size:
		c.opts.Problem(name, &ShrankError{open.Size - n}, false)
	}
	if err := c.pad(open.Size - n); err != nil {
		return err
	}
	var after unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &after); err == nil && (after.Size != open.Size || after.Mtim != open.Mtim) && n == open.Size {
		c.opts.Problem(name, ErrChanged, false)
	}
	return nil
}

// content copies at most size bytes from r and tells errors of either side apart.
func (c *Creator) content(r io.Reader, size int64) (n int64, rerr, werr error) {
	buf := make([]byte, 64<<10)
	for n < size {
		m, err := r.Read(buf[:min(size-n, int64(len(buf)))])
		if _, werr := c.w.Write(buf[:m]); werr != nil {
			return n, nil, werr
		}
		n += int64(m)
		if err == io.EOF {
			break
		}
		if err != nil {
			return n, err, nil
		}
	}
	return n, nil, nil
}

// pad writes n zero bytes of content.
func (c *Creator) pad(n int64) error {
	zeros := make([]byte, min(n, 64<<10))
	for n > 0 {
		m, err := c.w.Write(zeros[:min(n, int64(len(zeros)))])
		if err != nil {
			return err
		}
		n -= int64(m)
	}
	return nil
}

// folder archives what a folder holds, in the order of names so that the same
// tree gives the same archive.
func (c *Creator) folder(path, name string, st *unix.Stat_t) error {
	if c.opts.OneFileSystem {
		if c.started < 0 {
			c.started = int64(st.Dev)
		}
		if int64(st.Dev) != c.started {
			return nil
		}
	}
	f, err := os.Open(path)
	if err != nil {
		c.opts.Problem(name, err, true)
		return nil
	}
	entries, err := f.Readdirnames(-1)
	f.Close()
	if err != nil {
		// What was read before the error is still archived.
		c.opts.Problem(name, err, true)
	}
	slices.Sort(entries)
	for _, e := range entries {
		if err := c.add(join(path, e), join(name, e)); err != nil {
			return err
		}
	}
	return nil
}

func join(dir, name string) string {
	if strings.HasSuffix(dir, "/") {
		return dir + name
	}
	return dir + "/" + name
}
