package nbd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// raw is a client that sends what it likes.
type raw struct {
	t testing.TB
	net.Conn
}

// hail answers the server's greeting.
func hail(t *testing.T, s *Server, flags uint32) raw {
	t.Helper()
	conn := connect(t, s, false)
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	c := raw{t, conn}
	hello := c.take(18)
	if be.Uint64(hello) != magicServer || be.Uint64(hello[8:]) != magicOption || be.Uint16(hello[16:]) != flagFixed|flagNoZeroes {
		t.Fatalf("% x", hello)
	}
	c.put(be.AppendUint32(nil, flags))
	return c
}

func (c raw) put(b []byte) {
	c.t.Helper()
	if _, err := c.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

func (c raw) take(n int) []byte {
	c.t.Helper()
	b := make([]byte, n)
	if _, err := io.ReadFull(c, b); err != nil {
		c.t.Fatal(err)
	}
	return b
}

// closed checks that the server hangs up.
func (c raw) closed() {
	c.t.Helper()
	if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, context.DeadlineExceeded) {
		c.t.Errorf("the server did not hang up: %d, %v", n, err)
	}
}

// option sends one and returns the replies up to the last.
func (c raw) option(kind uint32, data []byte) []optionReply {
	c.t.Helper()
	c.put(option{kind, data}.append(nil))
	var all []optionReply
	for {
		reply, err := readOptionReply(c)
		if err != nil || reply.option != kind {
			c.t.Fatalf("%+v, %v", reply, err)
		}
		all = append(all, reply)
		if reply.kind == repAck || reply.kind&repError != 0 {
			return all
		}
	}
}

func kinds(replies []optionReply) []uint32 {
	var list []uint32
	for _, r := range replies {
		list = append(list, r.kind)
	}
	return list
}

// The server answers every option, known or not, and goes on.
func TestOptions(t *testing.T) {
	d := newDisk(8192, 512)
	c := hail(t, &Server{Device: d, Name: "sda", Description: "disk"}, flagFixed)
	for _, o := range []struct {
		kind uint32
		data []byte
		want uint32
	}{
		{optStructuredReply, []byte{1}, repErrInvalid},
		{optList, []byte{1}, repErrInvalid},
		{4, nil, repErrUnsup}, // NBD_OPT_PEEK_EXPORT
		{5, nil, repErrUnsup}, // NBD_OPT_STARTTLS
		{10, make([]byte, 100), repErrUnsup},
		{1 << 31, nil, repErrUnsup},
		{optGo, nil, repErrInvalid},
		{optGo, goOption("sda")[:8], repErrInvalid},
		{optGo, append(goOption("sda"), 0), repErrInvalid},
		{optInfo, be.AppendUint32(nil, 1<<32-1), repErrInvalid},
		{optInfo, goOption("sdb"), repErrUnknown},
		{optGo, goOption("sdb", infoBlockSize), repErrUnknown},
		{optStructuredReply, nil, repAck},
	} {
		if got := c.option(o.kind, o.data); len(got) != 1 || got[0].kind != o.want || len(got[0].data) != 0 {
			t.Errorf("%+v: %+v", o, got)
		}
	}
	list := c.option(optList, nil)
	if len(list) != 2 || string(list[0].data) != "\x00\x00\x00\x03sdadisk" {
		t.Errorf("list: %+v", list)
	}
	info := c.option(optInfo, goOption("", infoName, infoBlockSize, 77, infoExport, infoBlockSize))
	want := [][]byte{
		be.AppendUint16(be.AppendUint64([]byte{0, 0}, 8192), uint16(HasFlags|ReadOnly|MultiConn|SendDF)),
		[]byte("\x00\x01sda"),
		{0, 3, 0, 0, 2, 0, 0, 1, 0, 0, 2, 0, 0, 0},
	}
	if len(info) != 4 {
		t.Fatalf("info: %v", kinds(info))
	}
	for i, w := range want {
		if info[i].kind != repInfo || !bytes.Equal(info[i].data, w) {
			t.Errorf("info: % x, not % x", info[i].data, w)
		}
	}
	// In transmission after that.
	if got := c.option(optGo, goOption("sda")); len(got) != 2 {
		t.Errorf("go: %v", kinds(got))
	}
	c.put(request{kind: cmdRead, handle: 5, offset: 4096, length: 512}.append(nil))
	if got := c.take(20 + 8 + 512); be.Uint32(got) != magicStructured || be.Uint64(got[8:]) != 5 || !bytes.Equal(got[28:], d.data[4096:][:512]) {
		t.Errorf("% x", got[:28])
	}
	c.put(request{kind: cmdDisconnect}.append(nil))
	c.closed()
}

func TestAbort(t *testing.T) {
	c := hail(t, &Server{Device: newDisk(512, 512)}, flagFixed|flagNoZeroes)
	if got := c.option(optAbort, []byte("bye")); len(got) != 1 || got[0].kind != repAck {
		t.Errorf("%+v", got)
	}
	c.closed()
}

// Older clients choose by NBD_OPT_EXPORT_NAME, and know no flags.
func TestExportNameOption(t *testing.T) {
	for _, flags := range []uint32{0, flagFixed, flagNoZeroes} {
		d := newDisk(8192, 512)
		c := hail(t, &Server{Device: d, Name: "sda"}, flags)
		c.put(option{optExportName, []byte("sda")}.append(nil))
		if got := c.take(10); be.Uint64(got) != 8192 || Flags(be.Uint16(got[8:])) != HasFlags|ReadOnly|MultiConn {
			t.Errorf("% x", got)
		}
		if flags&flagNoZeroes == 0 && !bytes.Equal(c.take(zeroes), make([]byte, zeroes)) {
			t.Error("no zeros")
		}
		// Their reads need not be of whole sectors.
		c.put(request{kind: cmdRead, handle: 1, offset: 700, length: 11}.append(nil))
		if got := c.take(16 + 11); be.Uint32(got) != magicSimple || be.Uint32(got[4:]) != 0 || !bytes.Equal(got[16:], d.data[700:][:11]) {
			t.Errorf("% x", got)
		}
	}
	c := hail(t, &Server{Device: newDisk(512, 512), Name: "sda"}, flagFixed)
	c.put(option{optExportName, []byte("sdb")}.append(nil))
	c.closed()
}

// What is no handshake ends the connection.
func TestBadHandshakes(t *testing.T) {
	s := &Server{Device: newDisk(512, 512)}
	c := hail(t, s, 4)
	c.closed()
	c = hail(t, s, flagFixed)
	c.put(bytes.Repeat([]byte("GET / HTTP/1.1\r\n"), 2))
	c.closed()
	c = hail(t, s, flagFixed)
	c.put(be.AppendUint32(be.AppendUint32(be.AppendUint64(nil, magicOption), optList), 1<<31))
	c.closed()
}

// Requests that are refused, and what for; the connection goes on.
func TestRefusedRequests(t *testing.T) {
	for _, structured := range []bool{true, false} {
		d := newDisk(8192, 512)
		c := hail(t, &Server{Device: d}, flagFixed)
		df := uint16(0)
		if structured {
			c.option(optStructuredReply, nil)
			df = cmdFlagDF
		}
		c.option(optGo, goOption(""))
		for i, q := range []struct {
			request
			code uint32
		}{
			{request{kind: cmdRead, offset: 8192, length: 1}, codeEINVAL},
			{request{kind: cmdRead, offset: 8191, length: 2}, codeEINVAL},
			{request{kind: cmdRead, offset: 1<<64 - 1, length: 2}, codeEINVAL},
			{request{kind: cmdRead, offset: 1 << 63, length: 1<<32 - 1}, codeEINVAL},
			{request{kind: cmdRead, length: MaxRequest + 1}, codeEINVAL},
			{request{kind: cmdRead}, codeEINVAL},
			{request{kind: cmdRead, flags: 1, length: 512}, codeEINVAL},
			{request{kind: cmdRead, flags: cmdFlagDF ^ df, length: 512}, codeEINVAL | uint32(df)<<16},
			{request{kind: cmdWrite, length: 512}, codeEPERM},
			{request{kind: cmdWrite, offset: 1 << 63, length: 100_000}, codeEPERM},
			{request{kind: cmdTrim, length: 512}, codeEPERM},
			{request{kind: cmdWriteZeroes, length: 512}, codeEPERM},
			{request{kind: 3}, codeEINVAL},              // NBD_CMD_FLUSH
			{request{kind: 5, length: 512}, codeEINVAL}, // NBD_CMD_CACHE
			{request{kind: 7, length: 512}, codeEINVAL}, // NBD_CMD_BLOCK_STATUS
			{request{kind: 8}, codeEINVAL},              // NBD_CMD_RESIZE
			{request{kind: 1<<16 - 1}, codeEINVAL},
		} {
			if q.code>>16 != 0 {
				continue // DF alone, which is allowed
			}
			q.handle = uint64(i) << 40
			b := q.append(nil)
			if q.kind == cmdWrite {
				b = append(b, make([]byte, q.length)...)
			}
			c.put(b)
			h, err := readHeader(c, structured)
			if err != nil || h.handle != q.handle {
				t.Fatalf("%+v: %+v, %v", q, h, err)
			}
			code := h.code
			if structured && q.kind == cmdRead {
				if !h.structured || h.flags != chunkDone || h.kind != chunkError {
					t.Errorf("%+v: %+v", q, h)
				}
				code, _, _, _ = parseErrorChunk(c.take(int(h.length)))
			}
			if code != q.code {
				t.Errorf("%+v: error %d", q, code)
			}
		}
		c.put(request{kind: cmdRead, flags: df, handle: 9, length: 8192}.append(nil))
		n := 16
		if structured {
			n = 28
		}
		if got := c.take(n + 8192); !bytes.Equal(got[n:], d.data) {
			t.Error("not what is on the disk")
		}
		c.put(request{kind: cmdWrite, length: MaxRequest + 1}.append(nil))
		c.closed()
	}
}
