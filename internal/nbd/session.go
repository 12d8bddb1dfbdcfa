package nbd

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// session is one connection of a server.
type session struct {
	*Server
	ctx  context.Context
	conn net.Conn
	r    *bufio.Reader

	noZeroes   bool
	structured bool

	sending sync.Mutex
	reading sync.WaitGroup
}

func newSession(ctx context.Context, s *Server, conn net.Conn) *session {
	return &session{Server: s, ctx: ctx, conn: conn, r: bufio.NewReader(conn)}
}

// run serves the connection. The error is what the client did wrong.
func (c *session) run() error {
	stop := context.AfterFunc(c.ctx, c.interrupt)
	defer stop()
	c.limit(time.Now().Add(handshakeTime))
	transmit, err := c.negotiate()
	if err != nil || !transmit {
		return hungUp(err)
	}
	c.limit(time.Time{})
	c.open(c.conn.RemoteAddr())
	defer c.close()
	err = c.requests()
	c.settle()
	return hungUp(err)
}

// interrupt ends a wait for the client.
func (c *session) interrupt() { _ = c.conn.SetReadDeadline(time.Unix(1, 0)) }

// limit sets how long the client may take; not beyond the end of ctx.
func (c *session) limit(t time.Time) {
	_ = c.conn.SetDeadline(t)
	if c.ctx.Err() != nil {
		c.interrupt()
	}
}

// hungUp is nil for the error of a connection that simply ended.
func hungUp(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// negotiate is the handshake. It reports whether transmission comes next.
func (c *session) negotiate() (transmit bool, err error) {
	b := be.AppendUint64(nil, magicServer)
	b = be.AppendUint64(b, magicOption)
	b = be.AppendUint16(b, flagFixed|flagNoZeroes)
	if _, err := c.conn.Write(b); err != nil {
		return false, err
	}
	var flags [4]byte
	if _, err := io.ReadFull(c.r, flags[:]); err != nil {
		return false, err
	}
	f := be.Uint32(flags[:])
	if f&^(flagFixed|flagNoZeroes) != 0 {
		return false, protocolError("unknown flags of a client")
	}
	c.noZeroes = f&flagNoZeroes != 0
	for {
		o, err := readOption(c.r)
		if err != nil {
			return false, err
		}
		switch o.kind {
		case optExportName:
			return true, c.exportName(o)
		case optAbort:
			return false, c.reply(o, repAck, nil)
		case optInfo, optGo:
			found, err := c.info(o)
			if err != nil || found && o.kind == optGo {
				return err == nil, err
			}
		default:
			if err := c.option(o); err != nil {
				return false, err
			}
		}
	}
}

// option answers an option that does not end the negotiation.
func (c *session) option(o option) error {
	switch {
	case o.kind != optList && o.kind != optStructuredReply:
		return c.reply(o, repErrUnsup, nil)
	case len(o.data) > 0:
		return c.reply(o, repErrInvalid, nil)
	case o.kind == optList:
		data := be.AppendUint32(nil, uint32(len(c.Name)))
		data = append(append(data, c.Name...), c.Description...)
		if err := c.reply(o, repServer, data); err != nil {
			return err
		}
	default:
		c.structured = true
	}
	return c.reply(o, repAck, nil)
}

func (c *session) reply(o option, kind uint32, data []byte) error {
	_, err := c.conn.Write(optionReply{o.kind, kind, data}.append(nil))
	return err
}

// exportName ends the negotiation the old way.
func (c *session) exportName(o option) error {
	if !c.known(string(o.data)) {
		return errors.New("asked for the unknown export '" + printable(string(o.data)) + "'")
	}
	b := be.AppendUint64(nil, uint64(c.Device.Size()))
	b = be.AppendUint16(b, uint16(c.flags(c.structured)))
	if !c.noZeroes {
		b = append(b, make([]byte, zeroes)...)
	}
	_, err := c.conn.Write(b)
	return err
}

// info answers NBD_OPT_INFO and NBD_OPT_GO. It reports whether the export is ours.
func (c *session) info(o option) (found bool, err error) {
	export, wanted, ok := parseGo(o.data)
	switch {
	case !ok:
		return false, c.reply(o, repErrInvalid, nil)
	case !c.known(export):
		return false, c.reply(o, repErrUnknown, nil)
	}
	b := be.AppendUint16(nil, infoExport)
	b = be.AppendUint64(b, uint64(c.Device.Size()))
	b = be.AppendUint16(b, uint16(c.flags(c.structured)))
	if err := c.reply(o, repInfo, b); err != nil {
		return false, err
	}
	// Each kind once, however often it is asked for.
	told := map[uint16]bool{}
	for _, kind := range wanted {
		if told[kind] {
			continue
		}
		told[kind] = true
		if data := c.infoOf(kind); data != nil {
			if err := c.reply(o, repInfo, data); err != nil {
				return false, err
			}
		}
	}
	return true, c.reply(o, repAck, nil)
}

// infoOf is the data of an information that was asked for; nil for what is not known.
func (c *session) infoOf(kind uint16) []byte {
	b := be.AppendUint16(nil, kind)
	switch kind {
	case infoName:
		return append(b, c.Name...)
	case infoDescription:
		return append(b, c.Description...)
	case infoBlockSize:
		sizes := c.blockSizes()
		b = be.AppendUint32(b, uint32(sizes.Minimum))
		b = be.AppendUint32(b, uint32(sizes.Preferred))
		return be.AppendUint32(b, uint32(sizes.Maximum))
	}
	return nil
}

// settle waits for the replies under way, as long as nobody wants an end.
func (c *session) settle() {
	done := make(chan struct{})
	go func() {
		c.reading.Wait()
		close(done)
	}()
	select {
	case <-done:
		return
	case <-c.ctx.Done():
	}
	select {
	case <-done:
	case <-time.After(grace):
	}
}
