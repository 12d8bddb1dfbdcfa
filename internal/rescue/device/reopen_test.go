package device

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// reopening is a source of which the reads can be made to fail.
func reopening(t *testing.T, path string) (r *Reopening, opens *int, fail func()) {
	t.Helper()
	s, err := OpenSource(path, true)
	if err != nil {
		t.Fatal(err)
	}
	r = NewReopening(s)
	opens = new(int)
	open := r.open
	r.open = func() (*Source, error) { *opens++; return open() }
	return r, opens, func() {
		l, err := r.take()
		if err != nil {
			t.Fatal(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		l.old = true
		if l.users--; l.users == 0 {
			r.drop(l)
		}
	}
}

func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "source")
	write(t, path, "0123456789")
	r, opens, fail := reopening(t, path)
	read := func(want int, err error) {
		t.Helper()
		p := make([]byte, 4)
		if n, got := r.ReadAt(p, 3); !errors.Is(got, err) || *opens != want || err == nil && string(p[:n]) != "3456" {
			t.Errorf("%s, %v, opened %d times more", p[:n], got, *opens)
		}
	}
	read(0, nil)
	read(0, nil)
	fail()
	read(1, nil)
	read(1, nil)

	// Another file of that name is another disk, and so is none.
	fail()
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	read(2, syscall.ENODEV)
	write(t, path, "0123456789")
	read(3, syscall.ENODEV)
	if err := os.Rename(path+".old", path); err != nil {
		t.Fatal(err)
	}
	read(4, nil)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// Readers that meet an error at once each read from something open.
func TestReopenAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "source")
	write(t, path, "0123456789")
	r, _, fail := reopening(t, path)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			p := make([]byte, 10)
			for n := range 200 {
				if n%8 == i {
					fail()
				}
				if n, err := r.ReadAt(p, 0); n != 10 || err != nil {
					t.Errorf("%d, %v", n, err)
					return
				}
			}
		})
	}
	wait.Wait()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
