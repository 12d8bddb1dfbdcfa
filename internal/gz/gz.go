// Package gz unpacks gzip data (RFC 1952) member by member, so that what is
// behind the last one is seen and damage is told with its place.
package gz

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"errors"
	"hash/crc32"
	"io"
	"strconv"
	"strings"
	"time"

	"rescuebox/internal/errno"
)

// The errors without a place.
var (
	ErrFormat   = errors.New("not in gzip format")
	ErrTrailing = errors.New("decompression OK, trailing garbage ignored")
)

// DamageError says that data went bad.
type DamageError struct {
	In  int64 // packed bytes that were taken up to then, at most a buffer too many
	Out int64 // unpacked bytes that came out before
	Err error
}

func (e *DamageError) Error() string {
	return reason(e.Err) + " near byte " + strconv.FormatInt(e.In, 10) + ": " +
		strconv.FormatInt(e.Out, 10) + " bytes could be unpacked"
}

func (e *DamageError) Unwrap() error { return e.Err }

func reason(err error) string {
	switch err {
	case io.ErrUnexpectedEOF:
		return "unexpected end of file"
	case gzip.ErrChecksum:
		return "crc or length error"
	case gzip.ErrHeader:
		return "bad header"
	}
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) {
		return "invalid compressed data"
	}
	return errno.Reason(err)
}

// Info is what was found in packed data.
type Info struct {
	Name    string    // of the first member, its last part only; often empty
	ModTime time.Time // of the first member; zero when it has none
	In, Out int64     // bytes packed and unpacked
	CRC     uint32    // of the last member
	Framing int64     // packed bytes that are headers and trailers
}

// Magic reports whether b begins as gzip data does.
func Magic(b []byte) bool { return len(b) >= 2 && b[0] == 0x1f && b[1] == 0x8b }

// Unpack writes what r holds to w. Head, when set, is called with the name and
// time of the first member before anything is written. An error of w comes as it
// is, one of r too; others are ErrFormat, ErrTrailing (after everything was
// written) or a *DamageError.
func Unpack(w io.Writer, r io.Reader, head func(Info) error) (Info, error) {
	u := &unpacker{in: &input{r: r}, out: &output{w: w}}
	u.buf = bufio.NewReaderSize(u.in, 64<<10)
	err := u.run(head)
	u.info.In, u.info.Out = u.in.n-int64(u.buf.Buffered()), u.out.n
	return u.info, err
}

type unpacker struct {
	in   *input
	buf  *bufio.Reader
	out  *output
	info Info
}

func (u *unpacker) run(head func(Info) error) error {
	magic, err := u.buf.Peek(2)
	switch {
	case u.in.err != nil:
		return u.in.err
	case err != nil && len(magic) == 0:
		return u.damage(io.ErrUnexpectedEOF)
	case !Magic(magic):
		return ErrFormat
	}
	z, err := gzip.NewReader(u.buf)
	if err != nil {
		return u.damage(err)
	}
	u.info.Name, u.info.ModTime = baseName(z.Name), z.ModTime
	if head != nil {
		if err := head(u.info); err != nil {
			return err
		}
	}
	for {
		z.Multistream(false)
		u.info.Framing += framing(z.Header)
		sum := &summing{r: z}
		if _, err := io.Copy(u.out, sum); err != nil {
			return u.damage(err)
		}
		u.info.CRC = sum.crc
		more, err := u.next()
		if !more {
			return err
		}
		if err := z.Reset(u.buf); err != nil {
			return u.damage(err)
		}
	}
}

// framing is the length of a member's header and trailer (RFC 1952, 2.3).
func framing(h gzip.Header) int64 {
	n := 10 + 8
	for _, text := range []string{h.Name, h.Comment} {
		if text != "" {
			n += len([]rune(text)) + 1
		}
	}
	if len(h.Extra) > 0 {
		n += len(h.Extra) + 2
	}
	return int64(n)
}

// next reports whether another member follows; zeros, with which tapes are
// filled up, are the end too.
func (u *unpacker) next() (more bool, err error) {
	for {
		b, err := u.buf.Peek(2)
		switch {
		case u.in.err != nil:
			return false, u.damage(u.in.err)
		case Magic(b):
			return true, nil
		case len(b) == 0 && err != nil:
			return false, nil
		case b[0] != 0:
			return false, ErrTrailing
		}
		if _, err := u.buf.Discard(1); err != nil {
			return false, u.damage(err)
		}
	}
}

func (u *unpacker) damage(err error) error {
	switch {
	case u.out.err != nil:
		return u.out.err
	case u.in.err != nil:
		err = u.in.err
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return &DamageError{In: u.in.n - int64(u.buf.Buffered()), Out: u.out.n, Err: err}
}

// baseName turns a name of compress/gzip, which takes bytes for Latin-1, back
// into bytes, and drops folders: an archive does not choose where its file goes.
func baseName(s string) string {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r))
	}
	name := string(b)
	return name[strings.LastIndexByte(name, '/')+1:]
}

// HeaderName is the inverse of baseName: bytes as compress/gzip wants them.
func HeaderName(name string) string {
	name = name[strings.LastIndexByte(name, '/')+1:]
	runes := make([]rune, len(name))
	for i := range len(name) {
		runes[i] = rune(name[i])
	}
	return string(runes)
}

type input struct {
	r   io.Reader
	n   int64
	err error
}

func (i *input) Read(p []byte) (int, error) {
	n, err := i.r.Read(p)
	i.n += int64(n)
	if err != nil && err != io.EOF {
		i.err = err
	}
	return n, err
}

type output struct {
	w   io.Writer
	n   int64
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	o.n += int64(n)
	if err != nil {
		o.err = err
	}
	return n, err
}

// summing computes the checksum that compress/gzip keeps to itself.
type summing struct {
	r   io.Reader
	crc uint32
}

func (s *summing) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.crc = crc32.Update(s.crc, crc32.IEEETable, p[:n])
	return n, err
}
