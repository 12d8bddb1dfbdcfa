package nbd

import (
	"io"
	"net"
	"syscall"
	"time"

	"rescuebox/internal/errno"
	"rescuebox/internal/medium"
)

// requests takes requests until the client has none any more.
func (c *session) requests() error {
	for {
		q, err := readRequest(c.r)
		if err != nil {
			return err
		}
		switch q.kind {
		case cmdDisconnect:
			return nil
		case cmdRead:
			err = c.start(q)
		case cmdWrite:
			if q.length > MaxRequest {
				return protocolError("a write that is too long")
			}
			if _, err := io.CopyN(io.Discard, c.r, int64(q.length)); err != nil {
				return err
			}
			err = c.refuse(q, codeEPERM)
		case cmdTrim, cmdWriteZeroes:
			err = c.refuse(q, codeEPERM)
		default:
			err = c.refuse(q, codeEINVAL)
		}
		if err != nil {
			return err
		}
	}
}

// start lets a read be done while the next request is taken.
func (c *session) start(q request) error {
	allowed := uint16(0)
	if c.structured {
		allowed = cmdFlagDF // there never is more than one chunk of data
	}
	size := uint64(c.Device.Size())
	if q.flags&^allowed != 0 || q.length == 0 || q.length > MaxRequest || q.offset > size || uint64(q.length) > size-q.offset {
		return c.refuse(q, codeEINVAL)
	}
	block := int64(c.Device.Block())
	start := int64(q.offset) / block * block
	stop := (int64(q.offset) + int64(q.length) + block - 1) / block * block
	units := c.take(c.ctx, int(stop-start))
	if units == 0 {
		return net.ErrClosed
	}
	c.reading.Go(func() {
		defer c.give(units)
		buffer, free := c.buffer(int(stop - start))
		defer free()
		got, bad := c.read(buffer, start, int64(q.offset)+int64(q.length))
		skip := int(int64(q.offset) - start)
		data := buffer[min(skip, got):min(got, skip+int(q.length))]
		if bad != nil && c.Failed != nil && bad.Err != syscall.ESHUTDOWN {
			c.Failed(c.conn.RemoteAddr(), bad)
		}
		if err := c.answer(q, data, bad); err != nil {
			// Half a reply may be out: nothing else can follow it.
			_ = c.conn.Close()
		}
	})
	return nil
}

// buffer returns n bytes, and how to give them back.
func (c *session) buffer(n int) (buffer []byte, free func()) {
	if n > unit {
		return medium.AlignedBuffer(n), func() {}
	}
	b := c.buffers.Get().(*[]byte)
	return (*b)[:n], func() { c.buffers.Put(b) }
}

// read fills the buffer from start on. It returns how much was read up to the first
// error: there it stops, for each error may cost a disk seconds and some of its life,
// and the client knows best where to go on. Bytes from end on may be missing.
func (c *session) read(buffer []byte, start, end int64) (got int, bad *ReadError) {
	block := c.Device.Block()
	for got < len(buffer) && start+int64(got) < end {
		n := min(unit, len(buffer)-got)
		select {
		case c.reads <- struct{}{}:
		case <-c.ctx.Done():
			return got, &ReadError{Offset: start + int64(got), Length: n, Err: syscall.ESHUTDOWN}
		}
		read, err := c.Device.ReadAt(buffer[got:got+n], start+int64(got))
		<-c.reads
		read = max(0, min(read, n))
		got += read
		if start+int64(got) >= end {
			break
		}
		if read == n {
			continue
		}
		// What comes before an error stands, in whole blocks; the error is met
		// again by a read that starts at it.
		whole := read - read%block
		got -= read - whole
		if whole > 0 {
			continue
		}
		code := errno.Of(err)
		if code == 0 {
			// Nothing read, and no reason: the device is shorter than it was.
			code = syscall.EIO
		}
		return got, &ReadError{Offset: start + int64(got), Length: n, Err: code}
	}
	return got, nil
}

// refuse answers a request with an error alone.
func (c *session) refuse(q request, code uint32) error {
	if !c.structured || q.kind != cmdRead {
		return c.send(header{code: code, handle: q.handle}.append(nil))
	}
	payload := be.AppendUint32(nil, code)
	payload = be.AppendUint16(payload, 0)
	h := header{structured: true, flags: chunkDone, kind: chunkError, handle: q.handle, length: uint32(len(payload))}
	return c.send(h.append(nil), payload)
}

// answer sends what was read, and the error that ended it. A simple reply has room
// for only one of them.
func (c *session) answer(q request, data []byte, bad *ReadError) error {
	if !c.structured {
		if bad != nil {
			return c.refuse(q, toCode(bad.Err))
		}
		return c.send(header{handle: q.handle}.append(nil), data)
	}
	var parts [][]byte
	if len(data) > 0 {
		h := header{structured: true, kind: chunkData, handle: q.handle, length: uint32(8 + len(data))}
		if bad == nil {
			h.flags = chunkDone
		}
		parts = append(parts, be.AppendUint64(h.append(nil), q.offset), data)
	}
	if bad != nil {
		// A block that had to be read whole may begin before the request.
		payload := errorChunk(toCode(bad.Err), errno.Reason(bad.Err), max(bad.Offset, int64(q.offset)))
		h := header{structured: true, flags: chunkDone, kind: chunkErrorOffset, handle: q.handle, length: uint32(len(payload))}
		parts = append(parts, h.append(nil), payload)
	}
	return c.send(parts...)
}

// send writes one reply.
func (c *session) send(parts ...[]byte) error {
	c.sending.Lock()
	defer c.sending.Unlock()
	_ = c.conn.SetWriteDeadline(time.Now().Add(replyTime))
	buffers := net.Buffers(parts)
	_, err := buffers.WriteTo(c.conn)
	return err
}
