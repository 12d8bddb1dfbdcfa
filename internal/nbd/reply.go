package nbd

import (
	"io"
	"sync"
)

// pending is a read that was asked for and is not answered in full. Only the
// receiving goroutine uses it, but for p, and for n and err once done is closed.
type pending struct {
	offset int64
	length int
	done   chan struct{}
	n      int
	err    error

	mu sync.Mutex
	p  []byte // nil when nobody wants it any more

	got     spans
	code    uint32 // of the error at failed; 0 for none
	message string
	failed  int64 // offset of the first byte known to be bad
	vague   bool  // an error was without an offset
	errors  int   // chunks
}

// abandon lets go of the buffer.
func (q *pending) abandon() {
	q.mu.Lock()
	q.p = nil
	q.mu.Unlock()
}

// finish ends the waiting. It is called once.
func (q *pending) finish(n int, err error) {
	q.n, q.err = n, err
	close(q.done)
}

// store copies data to its place in the buffer, if it is still wanted. A nil data of
// n bytes is zeros.
func (q *pending) store(at int64, data []byte, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.p == nil {
		return
	}
	place := q.p[at-q.offset:][:n]
	if data == nil {
		clear(place)
		return
	}
	copy(place, data)
}

// take reads the payload of a reply or chunk. It reports whether that was the last.
func (q *pending) take(h header, r io.Reader, scratch []byte) (last bool, err error) {
	if h.structured {
		return h.flags&chunkDone != 0, q.chunk(h, r, scratch)
	}
	if h.code != 0 {
		q.fail(h.code, "", q.offset, true)
		return true, nil
	}
	return true, q.data(q.offset, q.length, r, scratch)
}

// chunk takes a chunk by "Structured reply types".
func (q *pending) chunk(h header, r io.Reader, scratch []byte) error {
	switch {
	case h.kind == chunkNone:
		if h.length != 0 || h.flags&chunkDone == 0 {
			return protocolError("a chunk without data has some, or is not the last")
		}
		return nil
	case h.kind == chunkData:
		if h.length <= 8 || h.length-8 > MaxRequest {
			return protocolError("a chunk of data has an impossible length")
		}
		at, err := readOffset(r)
		if err != nil {
			return err
		}
		return q.data(at, int(h.length-8), r, scratch)
	case h.kind == chunkHole:
		return q.hole(h, r)
	case h.kind&chunkErrorBit != 0:
		return q.errorChunk(h, r)
	}
	return protocolError("a chunk of an unknown type")
}

func readOffset(r io.Reader) (int64, error) {
	var b [8]byte
	_, err := io.ReadFull(r, b[:])
	return int64(be.Uint64(b[:])), err
}

// add accounts for n bytes at an offset, which must be new and the request's.
func (q *pending) add(at int64, n int) error {
	if n <= 0 || at < q.offset || at-q.offset > int64(q.length-n) {
		return protocolError("data that was not asked for")
	}
	if !q.got.add(at-q.offset, int64(n)) {
		return protocolError("data that overlaps, or in too many pieces")
	}
	return nil
}

func (q *pending) data(at int64, n int, r io.Reader, scratch []byte) error {
	if err := q.add(at, n); err != nil {
		return err
	}
	for n > 0 {
		part := scratch[:min(n, len(scratch))]
		if _, err := io.ReadFull(r, part); err != nil {
			return err
		}
		q.store(at, part, len(part))
		at += int64(len(part))
		n -= len(part)
	}
	return nil
}

func (q *pending) hole(h header, r io.Reader) error {
	var b [12]byte
	if h.length != uint32(len(b)) {
		return protocolError("a hole of a wrong length")
	}
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return err
	}
	at, n := int64(be.Uint64(b[:])), be.Uint32(b[8:])
	if n > MaxRequest {
		return protocolError("data that was not asked for")
	}
	if err := q.add(at, int(n)); err != nil {
		return err
	}
	q.store(at, nil, int(n))
	return nil
}

// maxErrors bounds the error chunks of one reply: one for each sector.
const maxErrors = MaxRequest / 512

func (q *pending) errorChunk(h header, r io.Reader) error {
	if q.errors++; q.errors > maxErrors || h.length > 2*maxString {
		return protocolError("too many errors, or too long a one")
	}
	payload := make([]byte, h.length)
	if _, err := io.ReadFull(r, payload); err != nil {
		return err
	}
	code, message, rest, ok := parseErrorChunk(payload)
	if !ok {
		return protocolError("an error that is too short")
	}
	if code == 0 {
		code = codeEINVAL // "MUST be nonzero"
	}
	at, vague := q.offset, true
	if h.kind == chunkErrorOffset {
		if len(rest) != 8 {
			return protocolError("an error of a wrong length")
		}
		at, vague = int64(be.Uint64(rest)), false
		if at < q.offset || at-q.offset >= int64(q.length) {
			return protocolError("an error at an offset that was not asked for")
		}
	}
	q.fail(code, message, at, vague)
	return nil
}

// fail keeps the error of the lowest offset. That the server shuts down outweighs
// the rest.
func (q *pending) fail(code uint32, message string, at int64, vague bool) {
	if q.code == 0 || code == codeESHUTDOWN || at < q.failed && q.code != codeESHUTDOWN {
		q.code, q.message, q.failed = code, printable(message), at
	}
	q.vague = q.vague || vague
}

// result judges a reply that is complete. What lies before the first error stands,
// if all errors told where they are ("NBD_CMD_READ").
func (q *pending) result() (n int, err error) {
	n = int(q.got.prefix())
	if q.code == 0 {
		if n < q.length {
			return 0, &goneError{protocolError("a reply without all of the data")}
		}
		return n, nil
	}
	n = min(n, int(q.failed-q.offset))
	if q.vague {
		n, q.failed = 0, q.offset
	}
	at := q.offset + int64(n)
	if !q.vague {
		at = q.failed
	}
	read := &ReadError{Offset: at, Length: q.length - int(at-q.offset), Err: fromCode(q.code), Message: q.message}
	if q.code == codeESHUTDOWN {
		return n, &goneError{read}
	}
	return n, read
}

// maxSpans bounds the pieces with gaps between them that a reply is kept in.
const maxSpans = 4096

// spans are ranges of bytes, sorted and with gaps between them.
type spans []span

type span struct{ start, end int64 }

// add adds n bytes at an offset. It is false when some are there already, or the
// ranges become too many.
func (s *spans) add(at, n int64) bool {
	list := *s
	i := len(list)
	for i > 0 && list[i-1].start > at {
		i--
	}
	end := at + n
	if i > 0 && list[i-1].end > at || i < len(list) && list[i].start < end {
		return false
	}
	left := i > 0 && list[i-1].end == at
	right := i < len(list) && list[i].start == end
	switch {
	case left && right:
		list[i-1].end = list[i].end
		list = append(list[:i], list[i+1:]...)
	case left:
		list[i-1].end = end
	case right:
		list[i].start = at
	case len(list) == maxSpans:
		return false
	default:
		list = append(list, span{})
		copy(list[i+1:], list[i:])
		list[i] = span{at, end}
	}
	*s = list
	return true
}

// prefix returns up to where there is no gap from 0 on.
func (s spans) prefix() int64 {
	if len(s) == 0 || s[0].start != 0 {
		return 0
	}
	return s[0].end
}
