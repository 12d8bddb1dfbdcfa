package pkgdb

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"rescuebox/internal/rootfs"
)

func TestLines(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"\n", []string{""}},
		{"a\n\nb", []string{"a", "", "b"}},
		{"a\nb\n", []string{"a", "b"}},
		{long[1:] + "\nb\n", []string{long[1:], "b"}},
		{long + "\nb\n", []string{long, "b"}},
		{long + long + "y\n\nb", []string{long, "", "b"}},
		{long + "y", []string{long}},
	} {
		for _, r := range []io.Reader{strings.NewReader(c.text), iotest.HalfReader(strings.NewReader(c.text)), iotest.DataErrReader(strings.NewReader(c.text))} {
			var problems Problems
			l := NewLines(context.Background(), rootfs.Root{}, &problems)
			l.From("/x", r)
			var got []string
			var offset int64
			for {
				line, ok := l.Next()
				if !ok {
					break
				}
				if l.line < offset || !strings.HasPrefix(c.text[l.line:], string(line)) {
					t.Errorf("%.20q: line %d is not at %d", c.text, len(got), l.line)
				}
				offset = l.line + int64(len(line))
				got = append(got, string(line))
			}
			if !slices.Equal(got, c.want) || problems.Err() != nil {
				t.Errorf("%.20q: %.20q, %v", c.text, got, problems.Err())
			}
		}
	}
}

func TestLinesEnd(t *testing.T) {
	var problems Problems
	ctx, cancel := context.WithCancel(context.Background())
	l := NewLines(ctx, rootfs.Root{}, &problems)
	l.From("/x", io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(syscall.EIO)))
	if line, ok := l.Next(); !ok || string(line) != "a" {
		t.Errorf("%q, %v", line, ok)
	}
	if line, ok := l.Next(); ok {
		t.Errorf("a line that was not read whole: %q", line)
	}
	if err := problems.Err(); !errors.Is(err, syscall.EIO) {
		t.Error(err)
	}
	cancel()
	l.From("/x", strings.NewReader("a\n"))
	if line, ok := l.Next(); ok {
		t.Errorf("after its time: %q", line)
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o644); err != nil {
		t.Fatal(err)
	}
	root := rootfs.New(dir)
	f, err := Open(root, "/f")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if data, err := io.ReadAll(f); string(data) != "text" || err != nil {
		t.Errorf("%q, %v", data, err)
	}
	for path, want := range map[string]error{"/nosuch": syscall.ENOENT, "/": syscall.EINVAL, "/fifo": syscall.EINVAL, "/f/x": syscall.ENOTDIR} {
		if _, err := Open(root, path); !errors.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestProblems(t *testing.T) {
	var p Problems
	p.Add(nil)
	if p.Err() != nil {
		t.Error(p.Err())
	}
	for i := range maxProblems + 5 {
		p.Add(&Error{Path: "/x", Offset: int64(i), Err: syscall.EIO})
	}
	err := p.Err()
	if !errors.Is(err, syscall.EIO) || !strings.HasPrefix(err.Error(), "/x: at byte 0: Input/output error\n") ||
		!strings.HasSuffix(err.Error(), "\nand 5 more problems") {
		t.Error(err)
	}
}
