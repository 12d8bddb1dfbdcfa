//go:build amd64

package find

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"rescuebox/scripts/faultlab"
)

func TestMain(m *testing.M) {
	faultlab.Main()
	os.Exit(m.Run())
}

// run runs a tool of e2fsprogs.
func run(t *testing.T, argv ...string) string {
	t.Helper()
	out, err := exec.Command(argv[0], argv[1:]...).Output()
	if err != nil {
		t.Fatalf("%q: %v (apt-get install e2fsprogs)", argv, err)
	}
	return string(out)
}

// TestBadFolder searches a disk on which the blocks of one folder cannot be read:
// that is said with its path, and everything else is found.
func TestBadFolder(t *testing.T) {
	src := t.TempDir()
	for _, dir := range []string{"a", "bad", "c"} {
		if err := os.Mkdir(filepath.Join(src, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(src, dir, "file"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	disk := filepath.Join(t.TempDir(), "disk")
	run(t, "/sbin/mkfs.ext4", "-q", "-b", "4096", "-O", "^has_journal", "-d", src, disk, "8M")
	block, err := strconv.ParseInt(strings.TrimSpace(run(t, "/sbin/debugfs", "-R", "blocks /bad", disk)), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	img, err := faultlab.NewImage(disk)
	if err != nil {
		t.Fatalf("%v (this test needs root)", err)
	}
	defer func() {
		if err := img.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := img.Fail(block*8, 8); err != nil {
		t.Fatal(err)
	}
	dir, err := img.Mount("ext4")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	var failed []string
	env := testEnv(&out)
	env.Report = func(operand string, err error) {
		if !errors.Is(err, syscall.EIO) && !errors.Is(err, syscall.EUCLEAN) && !errors.Is(err, syscall.EBADMSG) {
			t.Errorf("%s: %v", operand, err)
		}
		failed = append(failed, strings.TrimPrefix(operand, dir))
	}
	q, err := Parse([]string{"-type", "f", "-printf", "%P\\n"}, Options{MaxDepth: -1, Follow: FollowStart}, env)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Run(context.Background(), []string{dir}); err != nil {
		t.Fatal(err)
	}
	found := strings.Fields(out.String())
	slices.Sort(found)
	if !slices.Equal(found, []string{"a/file", "c/file"}) || !slices.Equal(failed, []string{"/bad"}) {
		t.Errorf("found %q, failed %q", found, failed)
	}
}
