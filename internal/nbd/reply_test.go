package nbd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// playback is a connection to a server that says what it was told to: first what is
// for the negotiation, then, once a request was written, the replies, then nothing.
type playback struct {
	net.Conn // for methods that do nothing here
	mu       sync.Mutex
	cond     *sync.Cond
	now      []byte
	later    []byte
	asked    bool
	closed   bool
}

func script(negotiation, replies []byte) *playback {
	p := &playback{now: negotiation, later: replies}
	p.cond = sync.NewCond(&p.mu)
	return p
}

func (p *playback) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.now) == 0 && len(p.later) > 0 && !p.asked && !p.closed {
		p.cond.Wait()
	}
	switch {
	case p.closed:
		return 0, net.ErrClosed
	case len(p.now) == 0 && p.asked:
		p.now, p.later = p.later, nil
	}
	if len(p.now) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.now)
	p.now = p.now[n:]
	return n, nil
}

func (p *playback) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(b) == requestSize && be.Uint32(b) == magicRequest && be.Uint16(b[6:]) == cmdRead {
		p.asked = true
		p.cond.Broadcast()
	}
	return len(b), nil
}

func (p *playback) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.cond.Broadcast()
	return nil
}

func (p *playback) SetDeadline(time.Time) error      { return nil }
func (p *playback) SetReadDeadline(time.Time) error  { return nil }
func (p *playback) SetWriteDeadline(time.Time) error { return nil }
func (p *playback) RemoteAddr() net.Addr             { return &net.UnixAddr{Net: "unix"} }

// Parts of what a server says.
func greeting(flags uint16) []byte {
	return be.AppendUint16(be.AppendUint64(be.AppendUint64(nil, magicServer), magicOption), flags)
}

func says(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func replies(option uint32, kind uint32, data string) []byte {
	return optionReply{option, kind, []byte(data)}.append(nil)
}

const (
	exportInfo = "\x00\x00" + "\x00\x00\x00\x00\x00\x00\x20\x00" + "\x00\x03" // 8192 bytes, read-only
	blockInfo  = "\x00\x03" + "\x00\x00\x02\x00" + "\x00\x00\x10\x00" + "\x02\x00\x00\x00"
)

// ready is a negotiation up to the transmission with structured replies.
func ready() []byte {
	return says(greeting(flagFixed|flagNoZeroes), replies(optStructuredReply, repAck, ""),
		replies(optGo, repInfo, exportInfo), replies(optGo, repInfo, blockInfo), replies(optGo, repAck, ""))
}

func TestOldServers(t *testing.T) {
	size := be.AppendUint64(nil, 8192)
	for name, server := range map[string][]byte{
		"oldstyle":  says(be.AppendUint64(be.AppendUint64(nil, magicServer), magicOld), size, be.AppendUint32(nil, 3), make([]byte, zeroes)),
		"newstyle":  says(greeting(0), size, []byte{0, 3}, make([]byte, zeroes)),
		"no zeroes": says(greeting(flagNoZeroes), size, []byte{0, 3}),
		"no go":     says(greeting(flagFixed), replies(8, repErrUnsup, "what?"), replies(7, repErrUnsup, ""), size, []byte{0, 3}, make([]byte, zeroes)),
		"no sizes":  says(greeting(flagFixed), replies(8, repErrPolicy, ""), replies(7, repInfo, exportInfo), replies(7, repAck, "")),
		"chatty": says(greeting(flagFixed|1<<15), replies(8, repAck, ""), replies(7, repInfo, "\x00\x01name"), replies(7, repInfo, "\x00\x02\x1b[31mred"),
			replies(7, 99, "?"), replies(7, repInfo, exportInfo), replies(7, repInfo, "\x01\x00"), replies(7, repAck, "")),
	} {
		c, err := NewClient(context.Background(), script(server, nil), "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.Size() != 8192 || c.Info().Flags != HasFlags|ReadOnly || c.BlockSizes() != defaultSizes {
			t.Errorf("%s: %+v", name, c.Info())
		}
		if want := map[string]string{"chatty": "?[31mred"}[name]; c.Info().Description != want {
			t.Errorf("%s: %q", name, c.Info().Description)
		}
		c.Close()
	}
}

// refused is what a server that says no says, and what the client makes of it.
func TestRefusals(t *testing.T) {
	begin := says(greeting(flagFixed), replies(8, repAck, ""))
	for _, c := range []struct {
		says []byte
		gone bool
		text string
	}{
		{nil, true, "it closed the connection"},
		{[]byte("SSH-2.0-OpenSSH_9.2\r\n"), true, "no NBD server"},
		{be.AppendUint64(be.AppendUint64(nil, magicServer), 1), true, "unknown kind of handshake"},
		{greeting(0), true, "perhaps it has no export of that name"},
		{greeting(flagFixed), true, "it closed the connection"},
		{says(greeting(flagFixed), bytes.Repeat([]byte{1}, 20)), true, "magic"},
		{says(greeting(flagFixed), replies(7, repAck, "")), true, "not sent"},
		{says(begin, replies(7, repErrUnknown, "")), false, "the server has no export of that name"},
		{says(begin, replies(7, repErrUnknown, "try\nsda")), false, "the server has no export of that name (try?sda)"},
		{says(begin, replies(7, repErrTLS, "")), false, "the server wants TLS, which is not supported"},
		{says(begin, replies(7, repErrPolicy, "")), false, "the server's policy forbids it"},
		{says(begin, replies(7, repErrPlatform, "")), false, "the server refuses"},
		{says(begin, replies(7, repErrTooBig, "")), false, "the server refuses"},
		{says(begin, replies(7, repErrShutdown, "")), true, "shutting down"},
		{says(begin, replies(7, repAck, "")), true, "did not tell"},
		{says(begin, replies(7, repInfo, "")), true, "without a type"},
		{says(begin, replies(7, repInfo, exportInfo[:11])), true, "wrong length"},
		{says(begin, replies(7, repInfo, "\x00\x00\xff"+exportInfo[3:])), true, "out of range"},
		{says(begin, replies(7, repInfo, blockInfo[:13])), true, "wrong length"},
		{says(begin, replies(7, repInfo, "\x00\x03"+strings.Repeat("\x00", 12))), true, "no sense"},
		{says(begin, replies(7, repInfo, "\x00\x03\x00\x00\x02\x01"+blockInfo[6:])), true, "no sense"},
		{says(begin, replies(7, repInfo, blockInfo[:10]+"\x00\x00\x00\x01")), true, "no sense"},
		{says(begin, bytes.Repeat(replies(7, repInfo, "\x00\x09"), maxReplies)), true, "too many replies"},
		{says(begin, be.AppendUint32(be.AppendUint64(nil, magicReply), 7), []byte{0, 0, 0, 3, 0x7f, 0, 0, 0}), true, "too long"},
	} {
		_, err := NewClient(context.Background(), script(c.says, nil), "")
		if err == nil || errors.Is(err, ErrGone) != c.gone || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%.60q: %v, not %q", c.says, err, c.text)
		}
	}
}

// chunk is one of a structured reply to the first request.
func chunk(flags, kind uint16, payload []byte) []byte {
	h := header{structured: true, flags: flags, kind: kind, handle: 1, length: uint32(len(payload))}
	return append(h.append(nil), payload...)
}

func dataAt(off uint64, n int, b byte) []byte {
	return append(be.AppendUint64(nil, off), bytes.Repeat([]byte{b}, n)...)
}

func holeAt(off uint64, n uint32) []byte { return be.AppendUint32(be.AppendUint64(nil, off), n) }

// A reply may come in any order and in pieces, and have errors among them. Read are
// 1024 bytes at 1024.
func TestStructuredReplies(t *testing.T) {
	for _, c := range []struct {
		name   string
		says   []byte
		n      int
		err    syscall.Errno
		offset int64
	}{
		{"one piece", chunk(1, chunkData, dataAt(1024, 1024, 'a')), 1024, 0, 0},
		{"two pieces", says(chunk(0, chunkData, dataAt(1536, 512, 'a')), chunk(0, chunkData, dataAt(1024, 512, 'a')), chunk(1, chunkNone, nil)), 1024, 0, 0},
		{"an odd piece", says(chunk(0, chunkData, dataAt(1025, 1022, 'a')), chunk(0, chunkData, dataAt(1024, 1, 'a')), chunk(1, chunkData, dataAt(2047, 1, 'a'))), 1024, 0, 0},
		{"an error alone", chunk(1, chunkError, errorChunk(5, "no", 0)[:8]), 0, syscall.EIO, 1024},
		{"an error with an offset", chunk(1, chunkErrorOffset, errorChunk(5, "no", 1536)), 0, syscall.EIO, 1536},
		{"data, then an error", says(chunk(0, chunkData, dataAt(1024, 512, 'a')), chunk(1, chunkErrorOffset, errorChunk(5, "", 1536))), 512, syscall.EIO, 1536},
		{"padded data, then an error in it", says(chunk(0, chunkData, dataAt(1024, 1024, 'a')), chunk(1, chunkErrorOffset, errorChunk(5, "", 1600))), 576, syscall.EIO, 1600},
		{"two errors, the later one first", says(chunk(0, chunkErrorOffset, errorChunk(12, "", 2000)), chunk(0, chunkErrorOffset, errorChunk(5, "", 1100)),
			chunk(1, chunkData, dataAt(1024, 76, 'a'))), 76, syscall.EIO, 1100},
		{"an error without an offset spoils all", says(chunk(0, chunkData, dataAt(1024, 1024, 'a')), chunk(1, chunkError, errorChunk(5, "", 0)[:6])), 0, syscall.EIO, 1024},
		{"an error of an unknown type", says(chunk(0, chunkData, dataAt(1024, 512, 'a')), chunk(0, 1<<15+9, errorChunk(28, "x", 7)), chunk(1, chunkNone, nil)), 0, syscall.ENOSPC, 1024},
		{"an error of an unknown value", chunk(1, chunkErrorOffset, errorChunk(61, "", 1024)), 0, syscall.EINVAL, 1024},
		{"an error of no value", chunk(1, chunkErrorOffset, errorChunk(0, "", 1024)), 0, syscall.EINVAL, 1024},
		{"a simple error all the same", header{code: 5, handle: 1}.append(nil), 0, syscall.EIO, 1024},
	} {
		conn := script(ready(), c.says)
		cl, err := NewClient(context.Background(), conn, "")
		if err != nil {
			t.Fatal(err)
		}
		p := make([]byte, 1024)
		n, err := cl.ReadAt(p, 1024)
		var read *ReadError
		switch {
		case n != c.n || bytes.Count(p[:n], []byte{'a'}) != n || (err == nil) != (c.err == 0):
			t.Errorf("%s: %d, %v", c.name, n, err)
		case err != nil && (!errors.As(err, &read) || read.Err != c.err || read.Offset != c.offset || read.Offset+int64(read.Length) != 2048):
			t.Errorf("%s: %v", c.name, err)
		}
		cl.Close()
	}

	conn := script(ready(), says(chunk(0, chunkHole, holeAt(1024, 1000)), chunk(1, chunkHole, holeAt(2024, 24))))
	cl, err := NewClient(context.Background(), conn, "")
	if err != nil {
		t.Fatal(err)
	}
	p := bytes.Repeat([]byte{1}, 1024)
	if n, err := cl.ReadAt(p, 1024); n != 1024 || err != nil || !bytes.Equal(p, make([]byte, 1024)) {
		t.Errorf("holes: %d, %v", n, err)
	}
	cl.Close()
}

// What is against the protocol ends the connection, and says nothing of the medium.
func TestBadReplies(t *testing.T) {
	many := []byte{}
	for off := range uint64(512) {
		many = append(many, chunk(0, chunkData, dataAt(1024+2*off, 1, 'a'))...)
	}
	for name, reply := range map[string][]byte{
		"nothing":                nil,
		"half a header":          {0x66},
		"no magic":               bytes.Repeat([]byte{'x'}, 20),
		"another's":              header{code: 5, handle: 2}.append(nil),
		"too little":             chunk(1, chunkData, dataAt(1024, 1023, 'a')),
		"nothing of it":          chunk(1, chunkNone, nil),
		"every other byte":       says(many, chunk(1, chunkNone, nil)),
		"before it":              chunk(1, chunkData, dataAt(1023, 1024, 'a')),
		"behind it":              chunk(1, chunkData, dataAt(1025, 1024, 'a')),
		"far away":               chunk(1, chunkData, dataAt(1<<63+5, 1024, 'a')),
		"twice":                  says(chunk(0, chunkData, dataAt(1024, 600, 'a')), chunk(1, chunkData, dataAt(1600, 448, 'a'))),
		"no data":                chunk(1, chunkData, dataAt(1024, 0, 'a')),
		"less than an offset":    chunk(1, chunkData, []byte{1}),
		"an endless chunk":       header{structured: true, kind: chunkData, handle: 1, length: 1<<32 - 1}.append(nil),
		"a long error":           header{structured: true, kind: chunkError, handle: 1, length: 1<<32 - 1}.append(nil),
		"a short error":          chunk(1, chunkError, []byte{0, 0, 0, 5, 0}),
		"a cut message":          chunk(1, chunkError, []byte{0, 0, 0, 5, 0, 9, 'x'}),
		"an error elsewhere":     chunk(1, chunkErrorOffset, errorChunk(5, "", 2048)),
		"an error without place": chunk(1, chunkErrorOffset, errorChunk(5, "", 2048)[:9]),
		"a hole of nothing":      chunk(1, chunkHole, holeAt(1024, 0)),
		"a hole behind it":       chunk(1, chunkHole, holeAt(1024, 1025)),
		"a hole without end":     chunk(1, chunkHole, holeAt(1024, 1<<32-1)),
		"a short hole":           chunk(1, chunkHole, holeAt(1024, 5)[:11]),
		"none, and not the last": chunk(0, chunkNone, nil),
		"none with data":         chunk(1, chunkNone, []byte{1}),
		"an unknown type":        chunk(1, 3, nil),
	} {
		conn := script(ready(), reply)
		cl, err := NewClient(context.Background(), conn, "")
		if err != nil {
			t.Fatal(err)
		}
		var read *ReadError
		if _, err := cl.ReadAt(make([]byte, 1024), 1024); !errors.Is(err, ErrGone) || errors.As(err, &read) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := cl.ReadAt(make([]byte, 1024), 1024); !errors.Is(err, ErrGone) {
			t.Errorf("%s: then %v", name, err)
		}
		cl.Close()
	}
}

// A server that never says anything is waited for no longer than the caller wants.
func TestSilence(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := NewClient(ctx, ours, ""); err != context.Canceled {
		t.Errorf("%v", err)
	}
}

// unfragmented finds the first read too large for one piece.
type unfragmented struct {
	*disk
	once sync.Once
}

func (d *unfragmented) ReadAt(p []byte, off int64) (n int, err error) {
	d.once.Do(func() { err = syscall.EOVERFLOW })
	if err != nil {
		return 0, err
	}
	return d.disk.ReadAt(p, off)
}

func TestTooLargeForOnePiece(t *testing.T) {
	d := newDisk(8192, 512)
	c := client(t, connect(t, &Server{Device: &unfragmented{disk: d}}, true), "", true)
	p := make([]byte, 8192)
	if n, err := c.ReadAt(p, 0); n != 8192 || err != nil || !bytes.Equal(p, d.data) {
		t.Errorf("%d, %v", n, err)
	}
}
