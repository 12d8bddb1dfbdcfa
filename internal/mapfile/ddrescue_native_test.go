//go:build amd64

package mapfile

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"rescuebox/scripts/faultlab"
)

func TestMain(m *testing.M) {
	faultlab.Main()
	os.Exit(m.Run())
}

// GNU ddrescue copies a disk with bad sectors; its map is read as what is bad.
func TestDdrescue(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	img, err := faultlab.NewBlankImage(4 << 20)
	must(err)
	defer func() { must(img.Close()) }()
	must(img.FailAlways(1000, 1001, 5000))
	device, err := img.Attach()
	must(err)
	dir := t.TempDir()
	out, err := exec.Command("ddrescue", "-q", "-d", device, dir+"/image", dir+"/map").CombinedOutput()
	if err != nil {
		t.Fatalf("ddrescue (apt-get install gddrescue): %v: %s", err, out)
	}
	for statuses, want := range map[string][]Block{
		"-": {{1000 * 512, 1024, BadSector}, {5000 * 512, 512, BadSector}},
		"+": {{0, 1000 * 512, Finished}, {1002 * 512, 3998 * 512, Finished}, {5001 * 512, 3191 * 512, Finished}},
	} {
		f, err := os.Open(dir + "/map")
		must(err)
		got, err := Ranges(f, statuses)
		f.Close()
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %+v, %v, want %+v", statuses, got, err, want)
		}
	}
}

// Older versions read what is written for them, under any comments, and refuse the
// phase of sweeping.
func TestReadByOlder(t *testing.T) {
	m := New(1 << 40)
	for i := range int64(1000) {
		m.Set(i*i*4096, 4096+i, Status(order[i%kinds]))
	}
	m.Header = Header{12345, Sweeping, 1}
	m.SetComment("Source", strings.Repeat("0x0 0x100 + ", 40)+"\n0x0 0x100 +")
	path := t.TempDir() + "/map"
	for readers, want := range map[Readers]int{Since130: 2, AllReaders: 0} {
		if err := m.Save(path, readers); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("ddrescuelog", "--shift", path)
		out, err := cmd.Output()
		if cmd.ProcessState == nil {
			t.Fatalf("ddrescuelog (apt-get install gddrescue): %v", err)
		}
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Errorf("%v: status %d, want %d: %v", readers, got, want, err)
		}
		if want != 0 {
			continue
		}
		again, err := Read(bytes.NewReader(out))
		if err != nil || !slices.Equal(slices.Collect(again.Blocks()), slices.Collect(m.Blocks())) || again.Header != (Header{12345, NonTried, 1}) {
			t.Errorf("%v: read as %+v", err, again.Header)
		}
	}
}
