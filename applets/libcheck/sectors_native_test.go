//go:build amd64

package libcheck

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rescuebox/internal/applettest"
)

// located is the JSON of the way back from sectors to files.
type located struct {
	Bad []struct {
		Device string
		Sector int64
		Files  []string
	}
	report
}

func bySector(t *testing.T, stdin string, args ...string) (located, applettest.Result) {
	t.Helper()
	got := applettest.Call(&Applet, applettest.Command{Args: append([]string{"--json"}, args...), Env: []string{"PATH=/usr/bin"}, Stdin: stdin})
	var r located
	if err := json.Unmarshal([]byte(got.Stdout), &r); err != nil {
		t.Fatalf("%v: %s%s", err, got.Stdout, got.Stderr)
	}
	return r, got
}

// Sectors lead back to the file, the byte, and the programs, whether they are named,
// taken from a kernel's log, or from a map; nothing of the files is read.
func TestSectors(t *testing.T) {
	dir, libc := system(t)
	if err := os.WriteFile(filepath.Join(dir, "notes"), []byte(strings.Repeat("some notes\n", 1000)), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"ext4-4k", "xfs"} {
		t.Run(kind, func(t *testing.T) {
			l := mountLab(t, kind, dir)
			const offset = 0x80000 + 3*512
			sector := sectorOf(t, l, libc, offset)
			notes := sectorOf(t, l, "/notes", 4096)
			if err := l.FailAlways(sector); err != nil {
				t.Fatal(err)
			}
			log := fmt.Sprintf("[  12.345678] blk_update_request: critical medium error, dev %s, sector %d op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0\n",
				filepath.Base(l.device), sector)
			file := filepath.Join(t.TempDir(), "log")
			if err := os.WriteFile(file, []byte("other\n"+log+log), 0o600); err != nil {
				t.Fatal(err)
			}
			rescue := filepath.Join(t.TempDir(), "map")
			text := fmt.Sprintf("# Mapfile. Created by GNU ddrescue version 1.27\n0x0 + 1\n0x0 0x%X +\n0x%X 0x200 -\n0x%X 0x1000 +\n", sector*512, sector*512, sector*512+512)
			if err := os.WriteFile(rescue, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{
				{"--sector", fmt.Sprintf("%s:%d", l.device, sector)},
				{"--sector", fmt.Sprintf("%s:%d-%d", l.device, sector, sector)},
				{"--kernel-log=" + file}, {"--kernel-log=-"}, {"--map", l.device + ":" + rescue},
			} {
				got, raw := bySector(t, log, append([]string{"--root", l.dir}, args...)...)
				if raw.Status != 1 || len(got.Damaged) != 1 || len(got.Bad) != 1 || got.Bad[0].Sector != sector {
					t.Fatalf("%v: status %d: %s%s", args, raw.Status, raw.Stdout, raw.Stderr)
				}
				d := got.Damaged[0]
				if d.Path != libc || len(d.Ranges) != 1 || d.Ranges[0].Offset != offset || d.Ranges[0].Length != 512 ||
					*d.Ranges[0].Sector != sector || d.Ranges[0].Section != ".text" || len(d.NeededBy) != 4 || got.Bad[0].Files[0] != libc {
					t.Errorf("%v: %s", args, raw.Stdout)
				}
			}
			got, raw := bySector(t, "", "--root", l.dir, "--sector", fmt.Sprintf("%s:%d", l.device, notes))
			if raw.Status != 0 || len(got.Damaged) != 0 || len(got.Bad) != 1 {
				t.Errorf("notes are no program: status %d: %s%s", raw.Status, raw.Stdout, raw.Stderr)
			}
			got, raw = bySector(t, "", "--root", l.dir, "--sector", fmt.Sprintf("%s:%d", l.device, notes), "-a", "/")
			if raw.Status != 1 || len(got.Damaged) != 1 || got.Damaged[0].Path != "/notes" || got.Damaged[0].Ranges[0].Offset != 4096 {
				t.Errorf("notes: status %d: %s%s", raw.Status, raw.Stdout, raw.Stderr)
			}
			human := applettest.Call(&Applet, applettest.Command{Env: []string{"PATH=/usr/bin"},
				Args: []string{"--root", l.dir, "--kernel-log=" + file, "--sector", fmt.Sprintf("%s:%d", l.device, notes)}})
			for _, want := range []string{
				fmt.Sprintf("bad: %s sector %d ([  12.345678] blk_update_request: critical medium error", l.device, sector),
				"in no file that was looked at", "DAMAGED " + libc + "\n", "2 bad places; 1 file of ",
			} {
				if !strings.Contains(human.Stdout, want) {
					t.Errorf("no %q in %s%s", want, human.Stdout, human.Stderr)
				}
			}
		})
	}
}
