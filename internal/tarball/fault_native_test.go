//go:build amd64

package tarball

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"rescuebox/internal/skipread"
	"rescuebox/scripts/faultlab"
)

func TestMain(m *testing.M) {
	faultlab.Main()
	os.Exit(m.Run())
}

// badTree shows dir with the chosen bytes of name failing with EIO.
func badTree(t *testing.T, dir, name string, off, length int64) *faultlab.Tree {
	t.Helper()
	tree, err := faultlab.NewTree(dir, "/dev/fuse")
	if err != nil {
		t.Fatalf("%v (these tests need root and /dev/fuse)", err)
	}
	t.Cleanup(func() {
		if err := tree.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := tree.Fail(name, off, length); err != nil {
		t.Fatal(err)
	}
	return tree
}

// TestCreateBadSector: of a file with a bad sector everything else is archived,
// and the archive stays readable behind it.
func TestCreateBadSector(t *testing.T) {
	dir := t.TempDir()
	content := bytes.Repeat([]byte("0123456789abcdef"), 4096)
	for _, name := range []string{"bad", "good"} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree := badTree(t, dir, "bad", 8192, 4096)
	var problems []error
	var b bytes.Buffer
	c := NewCreator(&b, CreateOptions{Format: tar.FormatGNU, Problem: func(_ string, err error, fatal bool) {
		if !fatal {
			t.Errorf("%v is no reason for a bad status", err)
		}
		problems = append(problems, err)
	}})
	if err := errors.Join(c.Add(tree.Dir()+"/.", "d"), c.Close(0)); err != nil {
		t.Fatal(err)
	}
	var bad *BadBytesError
	if len(problems) != 1 || !errors.As(problems[0], &bad) || !errors.Is(problems[0], syscall.EIO) || bad.Off != 8192 || bad.Len != 4096 {
		t.Errorf("problems %v", problems)
	}
	want := bytes.Clone(content)
	clear(want[8192:12288])
	r := NewReader(&b)
	for _, expect := range []struct {
		name string
		data []byte
	}{{"d/", nil}, {"d/bad", want}, {"d/good", content}} {
		h, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if h.Name != expect.name || err != nil || !bytes.Equal(data, expect.data) {
			t.Errorf("%s: %d bytes, %v", h.Name, len(data), err)
		}
	}
}

// TestReadBadSector: a bad sector of the archive under a header costs the members
// whose headers it holds, and is not even read when it holds only content that
// nobody wants.
func TestReadBadSector(t *testing.T) {
	var members []member
	for i := range 8 {
		members = append(members, member{strconv.Itoa(i), "", string(bytes.Repeat([]byte{'x'}, 128<<10)), tar.TypeReg})
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.tar"), archive(t, members...), 0o644); err != nil {
		t.Fatal(err)
	}
	const step = 512 + 128<<10
	for _, c := range []struct {
		off     int64
		want    string
		missing bool
	}{{3*step/4096*4096 + 0, "0124567", true}, {3*step + 96<<10, "01234567", false}} {
		off := c.off / 4096 * 4096
		tree := badTree(t, dir, "a.tar", off, 4096)
		f, err := os.Open(filepath.Join(tree.Dir(), "a.tar"))
		if err != nil {
			t.Fatal(err)
		}
		missing := false
		r := NewReader(NewMedium(f, 8*step+1024, func(skipread.Range) { missing = true }))
		r.Gaps = func() bool { return missing }
		got := ""
		for {
			h, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got += h.Name
		}
		if got != c.want || missing != c.missing {
			t.Errorf("bad at %d: got %q, missing %v", off, got, missing)
		}
		f.Close()
	}
}
