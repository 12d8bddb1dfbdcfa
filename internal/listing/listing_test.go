package listing

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A directory of several reads gives every name once, with type and number.
func TestDir(t *testing.T) {
	dir := t.TempDir()
	want := []string{".", ".."}
	for i := range 3000 {
		name := "a-name-of-some-length-" + strconv.Itoa(i)
		want = append(want, name)
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var got []string
	reads := 0
	for {
		entries, err := d.Next()
		for _, e := range entries {
			got = append(got, e.Name)
			info, err := d.Stat(e.Name, false)
			if err != nil {
				t.Fatal(err)
			}
			if e.Name != ".." && info.Ino != e.Ino || e.Type != unix.DT_UNKNOWN && e.Type != TypeOf(info.Mode) {
				t.Errorf("%+v, but its inode is %+v", e, info)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		reads++
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || reads < 2 {
		t.Errorf("%d names in %d reads, want %d", len(got), reads, len(want))
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("abc"), 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("a file as a directory: %v", err)
	}
	if _, err := Open(dir + "/none"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("no directory: %v", err)
	}
	if _, err := Stat(dir+"/none", true); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("no file: %v", err)
	}
	if _, err := Readlink(file); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("a file as a link: %v", err)
	}
	info, err := Stat(file, false)
	if err != nil || info.Size != 3 || info.Mode&0o7777 != 0o640 || info.Nlink != 1 {
		t.Errorf("%+v, %v", info, err)
	}
	target := strings.Repeat("x/", 2000)
	if err := os.Symlink(target, dir+"/link"); err != nil {
		t.Fatal(err)
	}
	if got, err := Readlink(dir + "/link"); got != target {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func FuzzParse(f *testing.F) {
	record := make([]byte, 24)
	size := uint16(24)
	copy(record[16:], unsafe.Slice((*byte)(unsafe.Pointer(&size)), 2))
	record[18], record[19] = unix.DT_DIR, 'a'
	f.Add(record)
	f.Add(append(slices.Clone(record), record...))
	f.Add(record[:20])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, buf []byte) {
		entries, err := Parse(buf)
		size := 0
		for _, e := range entries {
			if e.Name == "" || strings.Contains(e.Name, "\x00") {
				t.Errorf("name %q", e.Name)
			}
			size += headerSize + len(e.Name) + 1
		}
		if size > len(buf) || err != nil && err != ErrRecord {
			t.Errorf("%d entries of %d bytes, %v", len(entries), len(buf), err)
		}
	})
}
