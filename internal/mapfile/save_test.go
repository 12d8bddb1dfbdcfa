package mapfile

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestSave(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "map")
	m := New(4096)
	m.Set(512, 512, BadSector)
	if err := os.WriteFile(path+Suffix, []byte("left from a save that was killed"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := m.Save(path, Since130); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("map", link); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	m.Set(0, 512, Finished)
	if err := m.Save(link, Since130); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o640 {
		t.Errorf("the mode: %v %v", info, err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := Read(f)
	if err != nil || !slices.Equal(slices.Collect(got.Blocks()), slices.Collect(m.Blocks())) {
		t.Errorf("%v %+v", err, got)
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 2 {
		t.Errorf("%v %v", err, names)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link: %v %v", info, err)
	}
	if err := m.Save(filepath.Join(dir, "missing", "map"), Since130); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is missing: %v", err)
	}
}

// Whether a map can be saved is found out with nothing changed.
func TestCanSave(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "map")
	if err := os.WriteFile(path, []byte("the old one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := New(4096).CanSave(path, Since130); err != nil {
		t.Error(err)
	}
	names, err := os.ReadDir(dir)
	text, err2 := os.ReadFile(path)
	if err != nil || err2 != nil || len(names) != 1 || string(text) != "the old one" {
		t.Errorf("%v %v %v %q", err, err2, names, text)
	}
	if err := New(4096).CanSave(filepath.Join(dir, "missing", "map"), Since130); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is missing: %v", err)
	}
}

// recorder is a store that fails at a step and writes down the others.
type recorder struct {
	failAt int
	steps  []string
}

func (r *recorder) step(what string) error {
	if len(r.steps) == r.failAt {
		r.failAt = -1
		r.steps = append(r.steps, what+" fails")
		return syscall.ENOSPC
	}
	r.steps = append(r.steps, what)
	return nil
}

func (r *recorder) Create(path string) (File, error) { return r, r.step("create " + path) }
func (r *recorder) Write(data []byte) (int, error)   { return len(data), r.step("write") }
func (r *recorder) Sync() error                      { return r.step("sync") }
func (r *recorder) Close() error                     { return r.step("close") }
func (r *recorder) Rename(from, to string) error     { return r.step("rename " + from + " " + to) }
func (r *recorder) Remove(path string) error         { return r.step("remove " + path) }
func (r *recorder) SyncDir(path string) error        { return r.step("sync " + path) }

// What is written is synced before it gets its name, and a failure at any step
// leaves the old map and is told.
func TestSaveOrder(t *testing.T) {
	for failAt, want := range []string{
		"create /d/m.new fails",
		"create /d/m.new, write fails, close, remove /d/m.new",
		"create /d/m.new, write, sync fails, close, remove /d/m.new",
		"create /d/m.new, write, sync, close fails, remove /d/m.new",
		"create /d/m.new, write, sync, close, rename /d/m.new /d/m fails, remove /d/m.new",
		"create /d/m.new, write, sync, close, rename /d/m.new /d/m, sync /d fails",
		"create /d/m.new, write, sync, close, rename /d/m.new /d/m, sync /d",
	} {
		r := &recorder{failAt: failAt}
		err := New(1).SaveIn(r, "/d/m", Since130)
		if got := strings.Join(r.steps, ", "); got != want || errors.Is(err, syscall.ENOSPC) != strings.Contains(want, "fails") {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
}
