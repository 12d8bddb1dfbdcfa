package nbd

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"
	"time"
)

func TestExportNames(t *testing.T) {
	for _, structured := range []bool{true, false} {
		s := &Server{Device: newDisk(8192, 512), Name: "sda"}
		for _, name := range []string{"", "sda"} {
			client(t, connect(t, s, false), name, structured)
		}
		_, err := newClient(context.Background(), connect(t, s, false), "sdb", structured)
		if err == nil || errors.Is(err, ErrGone) || err.Error() != "the server has no export of that name" {
			t.Errorf("another name: %v", err)
		}
	}
}

// Serve ends when it is told to, though a read hangs, and after one client if asked.
func TestServe(t *testing.T) {
	d := newDisk(1<<20, 512)
	d.stall = make(chan struct{})
	defer close(d.stall)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	opened := make(chan net.Addr, 1)
	s := &Server{Device: d, Opened: func(a net.Addr) { opened <- a }}
	go func() { ended <- s.Serve(ctx, l) }()
	c, err := Dial(context.Background(), "nbd://"+l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	<-opened
	gone := make(chan error)
	go func() {
		_, err := c.ReadAt(make([]byte, 512), 0)
		gone <- err
	}()
	for started := false; !started; time.Sleep(time.Millisecond) {
		d.mu.Lock()
		started = d.reads > 0
		d.mu.Unlock()
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := <-gone; !errors.Is(err, ErrGone) {
		t.Error(err)
	}
	if _, err := Dial(context.Background(), "nbd://"+l.Addr().String()); err == nil {
		t.Error("still served")
	}
}

func TestOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	s := &Server{Device: newDisk(1<<20, 512), Once: true}
	go func() { ended <- s.Serve(context.Background(), l) }()
	uri := "nbd+unix:///?socket=" + path
	// One that does not choose the export does not count.
	idle, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	idle.Close()
	a, err := Dial(context.Background(), uri)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Dial(context.Background(), uri)
	if err != nil {
		t.Fatal(err)
	}
	a.Close()
	if n, err := b.ReadAt(make([]byte, 512), 0); n != 512 || err != nil {
		t.Errorf("after the first connection: %d, %v", n, err)
	}
	b.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
