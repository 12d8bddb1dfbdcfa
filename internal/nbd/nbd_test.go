package nbd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what takes no time unless it is stuck.
const patience = 120 * time.Second

// disk is a medium whose bad sectors fail, and with them every read that touches one.
type disk struct {
	data  []byte
	block int
	fault syscall.Errno // of bad sectors

	mu    sync.Mutex
	bad   map[int64]bool
	most  int // bytes that one read returns; 0 for all
	stall chan struct{}
	reads int
}

func newDisk(size, block int, bad ...int64) *disk {
	d := &disk{data: make([]byte, size), block: block, fault: syscall.EIO, bad: map[int64]bool{}}
	for i := range d.data {
		d.data[i] = byte(i*7>>3 ^ i>>13)
	}
	for _, b := range bad {
		d.bad[b] = true
	}
	return d
}

func (d *disk) Size() int64 { return int64(len(d.data)) }
func (d *disk) Block() int  { return d.block }

func (d *disk) ReadAt(p []byte, off int64) (int, error) {
	d.mu.Lock()
	stall, most, fault := d.stall, d.most, d.fault
	d.reads++
	bad := false
	for b := off / int64(d.block); b*int64(d.block) < off+int64(len(p)); b++ {
		bad = bad || d.bad[b]
	}
	d.mu.Unlock()
	if stall != nil {
		<-stall
	}
	switch {
	case off%int64(d.block) != 0 || len(p)%d.block != 0:
		return 0, syscall.EINVAL
	case bad:
		return 0, fault
	case off >= d.Size():
		return 0, io.EOF
	case most > 0:
		p = p[:min(most, len(p))]
	}
	return copy(p, d.data[off:]), nil
}

// connect serves over a pair of connected sockets, or a pipe in memory.
func connect(t testing.TB, s *Server, memory bool) net.Conn {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ours, theirs := net.Pipe()
	if !memory {
		l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if ours, err = net.Dial("unix", l.Addr().String()); err != nil {
			t.Fatal(err)
		}
		if theirs, err = l.Accept(); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	go func() {
		s.ServeConn(ctx, theirs)
		close(done)
	}()
	t.Cleanup(func() {
		ours.Close()
		cancel()
		select {
		case <-done:
		case <-time.After(patience):
			t.Error("the server does not end")
		}
	})
	return ours
}

func client(t testing.TB, conn net.Conn, export string, structured bool) *Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := newClient(ctx, conn, export, structured)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// each runs a test by both kinds of replies and of connections.
func each(t *testing.T, test func(t *testing.T, structured, memory bool)) {
	for _, structured := range []bool{true, false} {
		for _, memory := range []bool{true, false} {
			name := "simple"
			if structured {
				name = "structured"
			}
			if memory {
				name += "/pipe"
			} else {
				name += "/socket"
			}
			t.Run(name, func(t *testing.T) { test(t, structured, memory) })
		}
	}
}

func TestRead(t *testing.T) {
	each(t, func(t *testing.T, structured, memory bool) {
		for _, block := range []int{512, 4096} {
			d := newDisk(3<<20+block, block)
			c := client(t, connect(t, &Server{Device: d, Rotational: true, Description: "a disk\x1b"}, memory), "", structured)
			if c.Size() != d.Size() || c.Block() != block || c.BlockSizes() != (BlockSizes{block, 64 << 10, MaxRequest}) {
				t.Fatalf("size %d, blocks %v", c.Size(), c.BlockSizes())
			}
			want := HasFlags | ReadOnly | Rotational | MultiConn
			if structured {
				want |= SendDF
			}
			if i := c.Info(); i.Flags != want || i.Structured != structured || i.Description != "a disk?" {
				t.Errorf("%+v", i)
			}
			for _, r := range [][2]int64{{0, 512}, {0, 3 << 20}, {1, 1}, {511, 2}, {5000, 100_000}, {3<<20 - 1, 2}, {1 << 20, 2 << 20}, {0, 0}} {
				p := make([]byte, r[1])
				if n, err := c.ReadAt(p, r[0]); n != len(p) || err != nil || !bytes.Equal(p, d.data[r[0]:r[0]+r[1]]) {
					t.Errorf("%v: %d, %v", r, n, err)
				}
			}
			p := make([]byte, 1000)
			n, err := c.ReadAt(p, d.Size()-300)
			if n != 300 || err != io.EOF || !bytes.Equal(p[:n], d.data[len(d.data)-300:]) {
				t.Errorf("at the end: %d, %v", n, err)
			}
			if n, err := c.ReadAt(p, d.Size()); n != 0 || err != io.EOF {
				t.Errorf("behind the end: %d, %v", n, err)
			}
			if _, err := c.ReadAt(p, -1); !errors.Is(err, syscall.EINVAL) {
				t.Errorf("before the start: %v", err)
			}
		}
	})
}

// An image's length may be any.
func TestOddSize(t *testing.T) {
	each(t, func(t *testing.T, structured, memory bool) {
		d := newDisk(100_001, 4096)
		c := client(t, connect(t, &Server{Device: d}, memory), "", structured)
		if c.Block() != 1 {
			t.Errorf("blocks of %d", c.Block())
		}
		p := make([]byte, d.Size())
		if n, err := c.ReadAt(p, 0); n != len(p) || err != nil || !bytes.Equal(p, d.data) {
			t.Errorf("%d, %v", n, err)
		}
		if n, err := c.ReadAt(p[:7], d.Size()-7); n != 7 || err != nil || !bytes.Equal(p[:7], d.data[len(d.data)-7:]) {
			t.Errorf("%d, %v", n, err)
		}
	})
}

// Sector by sector, the bad ones fail and no others.
func TestBadSectors(t *testing.T) {
	each(t, func(t *testing.T, structured, memory bool) {
		d := newDisk(256<<10, 512, 0, 3, 100, 101, 511)
		var mu sync.Mutex
		var failed []int64
		s := &Server{Device: d, Failed: func(_ net.Addr, e *ReadError) {
			mu.Lock()
			defer mu.Unlock()
			failed = append(failed, e.Offset/512)
		}}
		c := client(t, connect(t, s, memory), "", structured)
		p := make([]byte, 512)
		for sector := range int64(512) {
			n, err := c.ReadAt(p, sector*512)
			var read *ReadError
			if d.bad[sector] {
				if n != 0 || !errors.As(err, &read) || read.Offset != sector*512 || read.Length != 512 || read.Err != syscall.EIO || errors.Is(err, ErrGone) {
					t.Errorf("sector %d: %d, %v", sector, n, err)
				}
			} else if n != 512 || err != nil || !bytes.Equal(p, d.data[sector*512:][:512]) {
				t.Errorf("sector %d: %d, %v", sector, n, err)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if len(failed) != len(d.bad) {
			t.Errorf("server told of %v", failed)
		}
	})
}

// A structured reply brings what lies before the error, and says where that is.
func TestErrorOffset(t *testing.T) {
	each(t, func(t *testing.T, structured, memory bool) {
		d := newDisk(4<<20, 512, 5000)
		d.most = 64 << 10 // as a disk under a kernel that gives what comes before
		c := client(t, connect(t, &Server{Device: d}, memory), "", structured)
		p := make([]byte, 4<<20)
		n, err := c.ReadAt(p, 0)
		var read *ReadError
		if !errors.As(err, &read) || read.Err != syscall.EIO {
			t.Fatalf("%d, %v", n, err)
		}
		// The first read of a megabyte that has sector 5000 in it begins here.
		want := int64(0)
		if structured {
			want = 24 * 64 << 10
		}
		if int64(n) != read.Offset || read.Offset != want || read.Offset+int64(read.Length) != 4<<20 || !bytes.Equal(p[:n], d.data[:n]) {
			t.Errorf("%d bytes, then %v", n, err)
		}
		if structured && read.Message != "Input/output error" || !structured && read.Message != "" {
			t.Errorf("%q", read.Message)
		}
		if n, err := c.ReadAt(p[:512], 5001*512); n != 512 || err != nil {
			t.Errorf("the next sector: %d, %v", n, err)
		}
	})
}

func TestErrnos(t *testing.T) {
	for _, e := range []struct{ device, client syscall.Errno }{
		{syscall.EIO, syscall.EIO}, {syscall.ENODATA, syscall.EIO}, {syscall.EILSEQ, syscall.EIO}, {syscall.ETIMEDOUT, syscall.EIO},
		{syscall.ENOMEM, syscall.ENOMEM}, {syscall.EPERM, syscall.EPERM}, {syscall.EACCES, syscall.EPERM}, {syscall.EINVAL, syscall.EINVAL},
		{syscall.ENOSPC, syscall.ENOSPC}, {syscall.EOVERFLOW, syscall.EOVERFLOW}, {syscall.EOPNOTSUPP, syscall.EOPNOTSUPP},
		{syscall.ENODEV, syscall.ESHUTDOWN}, {syscall.ENXIO, syscall.ESHUTDOWN}, {syscall.ESHUTDOWN, syscall.ESHUTDOWN},
	} {
		each(t, func(t *testing.T, structured, memory bool) {
			d := newDisk(8192, 512, 1)
			d.fault = e.device
			c := client(t, connect(t, &Server{Device: d}, memory), "", structured)
			_, err := c.ReadAt(make([]byte, 512), 512)
			var read *ReadError
			if !errors.As(err, &read) || read.Err != e.client || read.Offset != 512 || errors.Is(err, ErrGone) != (e.client == syscall.ESHUTDOWN) {
				t.Errorf("%v became %v", e.device, err)
			}
			_, err = c.ReadAt(make([]byte, 512), 0)
			if errors.Is(err, ErrGone) != (e.client == syscall.ESHUTDOWN) {
				t.Errorf("then %v", err)
			}
		})
	}
	for _, code := range []uint32{2, 61, 1 << 31} {
		if got := fromCode(code); got != syscall.EINVAL {
			t.Errorf("%d became %v", code, got)
		}
	}
}

// Many requests are under way at a time, and each reader gets its own bytes.
func TestParallel(t *testing.T) {
	each(t, func(t *testing.T, structured, memory bool) {
		d := newDisk(4<<20, 512, 777)
		c := client(t, connect(t, &Server{Device: d}, memory), "", structured)
		var wg sync.WaitGroup
		for g := range 100 {
			wg.Go(func() {
				for i := range 20 {
					size := 1 + (g*131+i*977)%40000
					off := (g*99991 + i*31337) % (len(d.data) - size)
					p := make([]byte, size)
					_, err := c.ReadAt(p, int64(off))
					if off < 778*512 && off+size > 777*512 {
						if !errors.Is(err, syscall.EIO) {
							t.Errorf("%d bytes at %d: %v", size, off, err)
						}
					} else if err != nil || !bytes.Equal(p, d.data[off:off+size]) {
						t.Errorf("%d bytes at %d: %v", size, off, err)
					}
				}
			})
		}
		wg.Wait()
	})
}

// While some reads hang, others are answered; those who wait may give up.
func TestHang(t *testing.T) {
	each(t, func(t *testing.T, structured, memory bool) {
		d := newDisk(4<<20, 512)
		stall := make(chan struct{})
		d.stall = stall
		c := client(t, connect(t, &Server{Device: d}, memory), "", structured)
		ctx, cancel := context.WithCancel(context.Background())
		gaveUp := make(chan error)
		p := make([]byte, 1<<20)
		go func() {
			_, err := c.ReadAtContext(ctx, p, 0)
			gaveUp <- err
		}()
		for started := false; !started; time.Sleep(time.Millisecond) {
			d.mu.Lock()
			if started = d.reads > 0; started {
				d.stall = nil
			}
			d.mu.Unlock()
		}
		q := make([]byte, 512)
		if n, err := c.ReadAt(q, 4096); n != 512 || err != nil {
			t.Errorf("beside a read that hangs: %d, %v", n, err)
		}
		cancel()
		if err := <-gaveUp; err != context.Canceled {
			t.Errorf("gave up with %v", err)
		}
		// The late answer goes nowhere: the buffer is the reader's again.
		close(stall)
		for i := range p {
			p[i] = 1
		}
		for range 100 {
			if n, err := c.ReadAt(q, 4096); n != 512 || err != nil {
				t.Errorf("after it: %d, %v", n, err)
			}
		}
		if bytes.Count(p, []byte{1}) != len(p) {
			t.Error("a buffer was written to after its reader gave up")
		}
	})
}

// A connection that times out does not look like a disk that does.
func TestGone(t *testing.T) {
	for _, cause := range []error{syscall.ETIMEDOUT, syscall.EIO, &net.OpError{Op: "read", Err: syscall.ETIMEDOUT}} {
		var e syscall.Errno
		if err := gone(cause); !errors.Is(err, ErrGone) || errors.As(err, &e) || gone(err) != err {
			t.Errorf("%v: %v", err, e)
		}
	}
}

// A server that vanishes is no bad sector.
func TestVanished(t *testing.T) {
	each(t, func(t *testing.T, structured, memory bool) {
		d := newDisk(4<<20, 512)
		d.stall = make(chan struct{})
		defer close(d.stall)
		s := &Server{Device: d}
		ours, theirs := net.Pipe()
		go s.ServeConn(context.Background(), theirs)
		c := client(t, ours, "", structured)
		failed := make(chan error)
		for i := range 10 {
			go func() {
				_, err := c.ReadAt(make([]byte, 4096), int64(i)*4096)
				failed <- err
			}()
		}
		for started := 0; started < 10; time.Sleep(time.Millisecond) {
			d.mu.Lock()
			started = d.reads
			d.mu.Unlock()
		}
		theirs.Close()
		var read *ReadError
		for range 10 {
			if err := <-failed; !errors.Is(err, ErrGone) || errors.As(err, &read) {
				t.Errorf("%v", err)
			}
		}
		if _, err := c.ReadAt(make([]byte, 1), 0); !errors.Is(err, ErrGone) {
			t.Errorf("then %v", err)
		}
	})
}
