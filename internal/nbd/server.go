package nbd

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"rescuebox/internal/medium"
)

const (
	// maxSessions is how many connections are served at a time; more wait.
	maxSessions = 64
	// maxReads is how many reads of the device are under way at a time.
	maxReads = 16
	// unit is what memory for replies is counted in, and the most that is read of
	// the device at once, in bytes.
	unit = medium.Chunk
	// maxUnits bounds the memory for replies of all connections together.
	maxUnits = 64

	// handshakeTime is how long a client may take to come to the point.
	handshakeTime = 60 * time.Second
	// replyTime is how long a client may take to accept one reply.
	replyTime = 120 * time.Second
	// grace is how long reads under way may hold up the end.
	grace = 2 * time.Second
)

// Device is what is served. Its ReadAt is called from several goroutines, with
// offsets and lengths that are multiples of Block, and into memory of
// medium.AlignedBuffer; a read may reach past the end. Its errors have a
// syscall.Errno in their chain, or are io.EOF.
type Device interface {
	io.ReaderAt
	Size() int64 // bytes
	Block() int  // the smallest unit that can be read, in bytes; a power of two of at most 1 MiB
}

// Server serves one device, to any number of clients, for reading. The fields are
// set before the first call of a method and not changed after it.
type Server struct {
	Device      Device
	Name        string // of the export; the empty name of the default export always works
	Description string // for a person who looks at the export
	Rotational  bool   // the device takes time to move its heads
	// Once ends Serve when the first client has gone, with all its connections.
	Once bool

	// These are told what happens, if set, from several goroutines. A connection is
	// opened when its client has chosen the export. One that is closed before, or
	// with an error, is told of with that; a client that hangs up is no error.
	Opened func(client net.Addr)
	Closed func(client net.Addr, err error)
	Failed func(client net.Addr, err *ReadError)

	once    sync.Once
	reads   chan struct{} // one for each read of the device under way
	turn    chan struct{} // held while units are taken, so that two do not wait for each other
	units   chan struct{}
	buffers sync.Pool // of *[]byte, aligned, of one unit

	mu     sync.Mutex
	opened int // sessions in transmission
	end    context.CancelFunc
}

func (s *Server) init() {
	s.once.Do(func() {
		s.reads = make(chan struct{}, maxReads)
		s.turn = make(chan struct{}, 1)
		s.units = make(chan struct{}, maxUnits)
		s.buffers.New = func() any {
			b := medium.AlignedBuffer(unit)
			return &b
		}
	})
}

// Serve accepts connections and serves them, until ctx is cancelled or the listener
// fails. It closes the listener, and returns when all connections are closed; reads
// that hang do not keep it. The error is the listener's.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	s.init()
	ctx, end := context.WithCancel(ctx)
	defer end()
	s.mu.Lock()
	s.end = end
	s.mu.Unlock()
	defer l.Close()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	var sessions sync.WaitGroup
	defer sessions.Wait()
	room := make(chan struct{}, maxSessions)
	for {
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		conn, err := accept(ctx, l)
		if err != nil {
			end()
			return err
		}
		if conn == nil {
			return nil
		}
		sessions.Go(func() {
			s.ServeConn(ctx, conn)
			<-room
		})
	}
}

// accept returns nil when ctx is cancelled. What passes, as having too many files
// open, is waited for.
func accept(ctx context.Context, l net.Listener) (net.Conn, error) {
	for {
		conn, err := l.Accept()
		if err == nil {
			return conn, nil
		}
		if ctx.Err() != nil {
			return nil, nil
		}
		if errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, nil
		}
	}
}

// ServeConn serves one connection, until the client goes or ctx is cancelled, and
// closes it.
func (s *Server) ServeConn(ctx context.Context, conn net.Conn) {
	s.init()
	err := newSession(ctx, s, conn).run()
	_ = conn.Close()
	if ctx.Err() != nil {
		err = nil
	}
	if s.Closed != nil {
		s.Closed(conn.RemoteAddr(), err)
	}
}

// open and close count the sessions in transmission.
func (s *Server) open(client net.Addr) {
	s.mu.Lock()
	s.opened++
	s.mu.Unlock()
	if s.Opened != nil {
		s.Opened(client)
	}
}

func (s *Server) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened--; s.opened == 0 && s.Once && s.end != nil {
		s.end()
	}
}

// take waits for memory of n bytes. It returns the units taken; 0 when ctx was
// cancelled.
func (s *Server) take(ctx context.Context, n int) (units int) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return 0
	}
	defer func() { <-s.turn }()
	for want := (n + unit - 1) / unit; units < want; units++ {
		select {
		case s.units <- struct{}{}:
		case <-ctx.Done():
			s.give(units)
			return 0
		}
	}
	return units
}

func (s *Server) give(units int) {
	for range units {
		<-s.units
	}
}

// known reports whether an export's name is one of ours.
func (s *Server) known(export string) bool { return export == "" || export == s.Name }

func (s *Server) flags(structured bool) Flags {
	f := HasFlags | ReadOnly | MultiConn
	if s.Rotational {
		f |= Rotational
	}
	if structured {
		f |= SendDF
	}
	return f
}

// blockSizes are those that are told. Requests that do not keep to the minimum are
// answered all the same: older clients cannot know it.
func (s *Server) blockSizes() BlockSizes {
	b := BlockSizes{Minimum: s.Device.Block(), Maximum: MaxRequest}
	if s.Device.Size()%int64(b.Minimum) != 0 {
		// An image of any length, whose end would be out of reach.
		b.Minimum = 1
	}
	b.Preferred = max(64<<10, b.Minimum)
	return b
}
