// Package tarball reads and makes tar archives on hosts that may be broken: a
// damaged archive gives all that can be had of it, a file on a bad sector is
// archived with zeros in that place, and nothing that an archive says makes
// extraction leave the folder it was given.
package tarball

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"strconv"
)

// blockSize is the unit of a tar archive in bytes (POSIX.1-2017, pax,
// "ustar Interchange Format").
const blockSize = 512

// Damage is a place in an archive that makes no sense.
type Damage struct {
	Off  int64 // byte offset in the plain archive where it begins
	Next int64 // where reading goes on, -1 when nothing that makes sense follows
	Err  error
}

func (d *Damage) Error() string {
	if d.Err == ErrNoTar && d.Next < 0 {
		return d.Err.Error()
	}
	at := d.Err.Error() + " at byte " + strconv.FormatInt(d.Off, 10)
	if d.Next < 0 {
		return at + ": nothing readable follows"
	}
	return at + ": went on at byte " + strconv.FormatInt(d.Next, 10)
}

func (d *Damage) Unwrap() error { return d.Err }

// The kinds of damage, and what an archive of another kind is.
var (
	ErrHeader  = errors.New("damaged: bad header")
	ErrNoTar   = errors.New("this does not look like a tar archive")
	ErrEnds    = errors.New("archive is cut off")
	errTrailer = errors.New("members behind the end mark (a zeroed sector, or archives joined: -i reads them)")
)

// Reader reads the members of an archive, also behind damage.
type Reader struct {
	src *source
	tar *tar.Reader

	// Damaged is told of damage. It is set before the first Next.
	Damaged func(*Damage)
	// IgnoreZeros reads on behind an end mark, as for archives joined together.
	IgnoreZeros bool
	// Gaps, when set, says whether parts of the archive could not be read and
	// came as zeros. What looks like an end mark may then be none.
	Gaps func() bool

	offset int64 // of the current member's header
	any    bool  // a member has been read
	end    int64
}

// NewReader returns a reader of the plain archive r. Where r can seek, the
// content of members that nobody reads is passed over.
func NewReader(r io.Reader) *Reader {
	t := &Reader{src: &source{r: r}}
	t.restart()
	return t
}

func (t *Reader) restart() {
	// archive/tar seeks where its reader can, which a pipe only pretends to.
	if s, ok := t.src.r.(io.Seeker); ok {
		if _, err := s.Seek(0, io.SeekCurrent); err == nil {
			t.tar = tar.NewReader(seekSource{t.src, s})
			return
		}
	}
	t.tar = tar.NewReader(t.src)
}

// Offset is where the current member's header lies, in bytes from the start of
// the plain archive.
func (t *Reader) Offset() int64 { return t.offset }

// End is where the end mark lies, or the archive's length without one, after
// Next has returned io.EOF.
func (t *Reader) End() int64 { return t.end }

// Read reads the content of the current member.
func (t *Reader) Read(p []byte) (int, error) {
	n, err := t.tar.Read(p)
	if err == io.ErrUnexpectedEOF {
		err = t.cut()
	}
	return n, err
}

func (t *Reader) cut() error {
	if t.src.err != nil {
		return t.src.err
	}
	if !t.any {
		return &Damage{Off: 0, Next: -1, Err: ErrNoTar}
	}
	return &Damage{Off: t.src.off, Next: -1, Err: ErrEnds}
}

// Next advances to the next member. It returns io.EOF at the end; every other
// error ends the reading too.
func (t *Reader) Next() (*tar.Header, error) {
	for {
		before := t.src.off
		h, err := t.tar.Next()
		switch {
		case err == nil:
			t.any = true
			t.offset = t.src.off - blockSize
			return h, nil
		case t.src.err != nil:
			return nil, t.src.err
		case err == io.EOF:
			if h, err := t.behindEnd(); h == nil {
				return nil, err
			}
		case err == io.ErrUnexpectedEOF:
			return nil, t.cut()
		default:
			if err := t.resync(max(before, t.src.off-blockSize)); err != nil {
				return nil, err
			}
		}
	}
}

// behindEnd looks for members behind an end mark. Where they are wanted it
// returns a sign to go on.
func (t *Reader) behindEnd() (goOn *Damage, err error) {
	t.end = t.src.off
	if t.src.zeros {
		// archive/tar has taken two zero blocks.
		t.end = max(0, t.src.off-2*blockSize)
	}
	next, err := t.seekHeader()
	if err != nil || next < 0 {
		return nil, io.EOF
	}
	if t.Gaps != nil && t.Gaps() {
		d := &Damage{Off: t.end, Next: next, Err: ErrHeader}
		t.tell(d)
		return d, nil
	}
	if t.IgnoreZeros {
		return &Damage{}, nil
	}
	t.tell(&Damage{Off: t.end, Next: next, Err: errTrailer})
	return nil, io.EOF
}

// resync passes over what is no header up to the next one.
func (t *Reader) resync(off int64) error {
	d := &Damage{Off: off, Err: ErrHeader}
	if !t.any {
		d.Err = ErrNoTar
	}
	if t.src.zerosBefore && isHeader(t.src.last[:]) {
		// A lone block of zeros is what archive/tar does not like.
		d.Off -= blockSize
		t.src.unread(t.src.last[:])
	}
	var err error
	d.Next, err = t.seekHeader()
	if err != nil {
		return err
	}
	if d.Next < 0 {
		return d
	}
	t.tell(d)
	return nil
}

func (t *Reader) tell(d *Damage) {
	if t.Damaged != nil {
		t.Damaged(d)
	}
}

// seekHeader reads up to the next block that is a header, puts it back and
// returns its offset, or -1 at the end.
func (t *Reader) seekHeader() (int64, error) {
	// Headers lie at multiples of a block; the last read may have ended anywhere.
	var block [blockSize]byte
	if skip := -t.src.off & (blockSize - 1); skip > 0 {
		if _, err := io.ReadFull(t.src, block[:skip]); err != nil {
			return -1, t.src.err
		}
	}
	for {
		off := t.src.off
		if _, err := io.ReadFull(t.src, block[:]); err != nil {
			return -1, t.src.err
		}
		if isHeader(block[:]) {
			t.src.unread(block[:])
			t.restart()
			return off, nil
		}
	}
}

// isHeader reports whether b is a ustar or GNU header whose checksum is right.
func isHeader(b []byte) bool {
	if !bytes.Equal(b[257:262], []byte("ustar")) {
		return false
	}
	sum := int64(0)
	for i, c := range b {
		if i >= 148 && i < 156 {
			c = ' '
		}
		sum += int64(c)
	}
	text := string(bytes.Trim(b[148:156], " \x00"))
	want, err := strconv.ParseInt(text, 8, 64)
	return err == nil && want == sum
}

// source counts what is read of the archive and remembers its error.
type source struct {
	r    io.Reader
	back []byte // put back
	off  int64
	err  error // of the medium: neither nil nor an end

	// The last block that was read as one, and whether it and the one before
	// it were all zeros.
	last               [blockSize]byte
	zeros, zerosBefore bool
}

func (s *source) Read(p []byte) (int, error) {
	n, err := 0, error(nil)
	switch {
	case len(s.back) > 0:
		n = copy(p, s.back)
		s.back = s.back[n:]
	case len(p) == blockSize:
		if n, err = io.ReadFull(s.r, p); n > 0 && err == io.ErrUnexpectedEOF {
			err = nil
		}
	default:
		n, err = s.r.Read(p)
	}
	s.off += int64(n)
	if n == blockSize {
		copy(s.last[:], p)
		s.zerosBefore, s.zeros = s.zeros, allZero(p[:n])
	}
	if err != nil && err != io.EOF {
		s.err = err
		// archive/tar takes this one for what it is.
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (s *source) unread(b []byte) {
	s.back = append([]byte(nil), b...)
	s.off -= int64(len(b))
}

func allZero(p []byte) bool {
	for _, c := range p {
		if c != 0 {
			return false
		}
	}
	return true
}

// seekSource lets archive/tar pass over content.
type seekSource struct {
	*source
	seeker io.Seeker
}

func (s seekSource) Seek(off int64, whence int) (int64, error) {
	if whence != io.SeekCurrent || off < 0 {
		return 0, errors.ErrUnsupported
	}
	step := min(off, int64(len(s.back)))
	s.back = s.back[step:]
	if _, err := s.seeker.Seek(off-step, io.SeekCurrent); err != nil {
		return 0, err
	}
	s.off += off
	return s.off, nil
}
