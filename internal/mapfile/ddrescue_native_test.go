//go:build amd64

package mapfile

import (
	"os"
	"os/exec"
	"slices"
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
