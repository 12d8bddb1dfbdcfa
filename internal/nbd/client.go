package nbd

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// inFlight is how many requests a client has under way at most, those whose
	// reader gave up included.
	inFlight = 64
	// silence is how long a machine that does not even acknowledge is taken to be
	// alive. A disk that takes its time is something else: its machine does.
	silence = 60 * time.Second
	// farewell is how long a last word may take to send.
	farewell = time.Second
)

// Client reads an export over one connection. Its methods may be called from several
// goroutines; their requests are under way at the same time.
type Client struct {
	conn net.Conn
	r    *bufio.Reader
	info Info

	slots   chan struct{} // one for each request under way
	sending chan struct{} // held while a request is written
	ended   chan struct{} // closed when nothing is received any more

	mu      sync.Mutex
	pending map[uint64]*pending
	handle  uint64 // of the last request
	err     error  // why nothing is sent any more
}

// Dial connects to an export by its URI (see ParseURI). ctx is for the dialling alone.
func Dial(ctx context.Context, uri string) (*Client, error) {
	a, err := ParseURI(uri)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Control: userTimeout}
	conn, err := d.DialContext(ctx, a.Network, a.Address)
	if err != nil {
		return nil, err
	}
	return NewClient(ctx, conn, a.Export)
}

// userTimeout notices a machine that died with a request on the way; keep-alive is
// for those that die while it waits for the answer.
func userTimeout(network, _ string, raw syscall.RawConn) error {
	if network == "unix" {
		return nil
	}
	return raw.Control(func(fd uintptr) {
		// Without it the kernel gives up after a quarter of an hour.
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(silence/time.Millisecond))
	})
}

// NewClient opens an export on a fresh connection, which is the client's from then on
// and is closed on errors. ctx is for the negotiation alone.
func NewClient(ctx context.Context, conn net.Conn, export string) (*Client, error) {
	return newClient(ctx, conn, export, true)
}

func newClient(ctx context.Context, conn net.Conn, export string, structured bool) (*Client, error) {
	c := &Client{
		conn: conn, r: bufio.NewReaderSize(conn, 64<<10),
		slots: make(chan struct{}, inFlight), sending: make(chan struct{}, 1),
		ended: make(chan struct{}), pending: map[uint64]*pending{},
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	var err error
	c.info, err = negotiate(conn, c.r, export, structured)
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	go c.receive()
	return c, nil
}

// Info returns what the server told about the export.
func (c *Client) Info() Info { return c.info }

// Size returns the export's size in bytes.
func (c *Client) Size() int64 { return c.info.Size }

// Block returns the smallest unit that is read, in bytes: mostly the disk's sector.
func (c *Client) Block() int { return c.info.Blocks.Minimum }

// BlockSizes returns the limits of a read. ReadAt takes any; it pays to keep to them.
func (c *Client) BlockSizes() BlockSizes { return c.info.Blocks }

// Close tells the server and hangs up. Reads under way fail.
func (c *Client) Close() error {
	c.bye()
	_ = c.fail(net.ErrClosed)
	<-c.ended
	return nil
}

// bye tells the server that nothing more will come. One that does not take it gets
// no second chance.
func (c *Client) bye() {
	_ = c.conn.SetWriteDeadline(time.Now().Add(farewell))
	c.sending <- struct{}{}
	_, _ = c.conn.Write(request{kind: cmdDisconnect}.append(nil))
	<-c.sending
}

// ReadAt implements io.ReaderAt, as ReadAtContext does without a limit.
func (c *Client) ReadAt(p []byte, off int64) (int, error) {
	return c.ReadAtContext(context.Background(), p, off)
}

// ReadAtContext reads len(p) bytes from off on. The error is a *ReadError where the
// server says that they cannot be read, an ErrGone where it says nothing any more,
// io.EOF at the end, or the cause of ctx. What n counts was read all the same.
func (c *Client) ReadAtContext(ctx context.Context, p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, &ReadError{Offset: off, Length: len(p), Err: syscall.EINVAL}
	}
	if off >= c.info.Size {
		return 0, io.EOF
	}
	short := int64(len(p)) > c.info.Size-off
	if short {
		p = p[:c.info.Size-off]
	}
	for n < len(p) {
		got, err := c.piece(ctx, p[n:], off+int64(n))
		n += got
		if err != nil {
			return n, err
		}
	}
	if short {
		return n, io.EOF
	}
	return n, nil
}

// piece reads what one request can of p at off. A request begins and ends where the
// server's blocks do; the last one ends with the export.
func (c *Client) piece(ctx context.Context, p []byte, off int64) (int, error) {
	unit := int64(c.info.Blocks.Minimum)
	start := off - off%unit
	end := min(off+int64(len(p)), start+int64(c.info.Blocks.Maximum))
	stop := min((end+unit-1)/unit*unit, c.info.Size)
	p = p[:end-off]
	if start == off && stop == end {
		return c.request(ctx, p, off)
	}
	whole := make([]byte, stop-start)
	n, err := c.request(ctx, whole, start)
	n = copy(p, whole[min(off-start, int64(n)):n])
	if n == len(p) {
		err = nil
	}
	return n, err
}

// request reads what is aligned. It asks for one chunk of data where it can: qemu-nbd
// 7.2 hangs up on a bad sector that it would have sent in fragments, instead of telling
// of it. A server may find that too much at a time, though.
func (c *Client) request(ctx context.Context, p []byte, off int64) (int, error) {
	if !c.info.Structured || c.info.Flags&SendDF == 0 {
		return c.transact(ctx, 0, p, off)
	}
	n, err := c.transact(ctx, cmdFlagDF, p, off)
	if errors.Is(err, syscall.EOVERFLOW) {
		n, err = c.transact(ctx, 0, p, off)
	}
	return n, err
}

// transact has one read under way.
func (c *Client) transact(ctx context.Context, flags uint16, p []byte, off int64) (int, error) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	case <-c.ended:
		return 0, c.cause()
	}
	q := &pending{p: p, offset: off, length: len(p), done: make(chan struct{})}
	handle, err := c.register(q)
	if err != nil {
		return 0, err
	}
	if err := c.send(request{flags: flags, kind: cmdRead, handle: handle, offset: uint64(off), length: uint32(len(p))}); err != nil {
		return 0, err
	}
	select {
	case <-q.done:
		return q.n, q.err
	case <-ctx.Done():
		q.abandon()
		return 0, context.Cause(ctx)
	}
}

func (c *Client) register(q *pending) (handle uint64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, c.err
	}
	c.handle++
	c.pending[c.handle] = q
	return c.handle, nil
}

// send writes a request, whole.
func (c *Client) send(q request) error {
	c.sending <- struct{}{}
	_, err := c.conn.Write(q.append(nil))
	<-c.sending
	if err != nil {
		return c.fail(err)
	}
	return nil
}

// fail ends the connection and all that waits for it, for the first reason that is
// found.
func (c *Client) fail(reason error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = gone(reason)
		_ = c.conn.Close()
	}
	for handle, q := range c.pending {
		delete(c.pending, handle)
		q.abandon()
		q.finish(0, c.err)
	}
	return c.err
}

func (c *Client) cause() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// receive takes replies until the connection ends.
func (c *Client) receive() {
	defer close(c.ended)
	scratch := make([]byte, 64<<10)
	for {
		h, err := readHeader(c.r, c.info.Structured)
		if err == nil {
			err = c.reply(h, scratch)
		}
		if err != nil {
			_ = c.fail(err)
			return
		}
	}
}

// reply takes a reply, or a chunk of one. Its errors are the connection's.
func (c *Client) reply(h header, scratch []byte) error {
	c.mu.Lock()
	q := c.pending[h.handle]
	c.mu.Unlock()
	if q == nil {
		return protocolError("a reply to a request that was not sent")
	}
	last, err := q.take(h, c.r, scratch)
	if err != nil || !last {
		return err
	}
	n, err := q.result()
	c.mu.Lock()
	waited := c.pending[h.handle] == q // unless fail was there first
	delete(c.pending, h.handle)
	c.mu.Unlock()
	if waited {
		q.finish(n, err)
	}
	<-c.slots
	if errors.Is(err, ErrGone) {
		// After ESHUTDOWN the client must hang up in order, says "Terminating the
		// transmission phase"; after what is against the protocol it may.
		c.bye()
		return err
	}
	return nil
}
