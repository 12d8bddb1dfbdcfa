package blockdev

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// sysfs makes a folder like /sys with a disk of 8:0, its second partition 8:2, a
// mapped device 252:0, and one without a name.
func sysfs(t *testing.T) System {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"sys/devices/sda/uevent":                   "MAJOR=8\nMINOR=0\nDEVNAME=sda\nDEVTYPE=disk\nDISKSEQ=9\n",
		"sys/devices/sda/size":                     "1000000\n",
		"sys/devices/sda/queue/logical_block_size": "4096\n",
		"sys/devices/sda/sda2/uevent":              "MAJOR=8\nMINOR=2\nDEVNAME=sda2\nDEVTYPE=partition\nPARTN=2\n",
		"sys/devices/sda/sda2/start":               "2048\n",
		"sys/devices/sda/sda2/size":                "5000\n",
		"sys/devices/sda/sda2/partition":           "2\n",
		"sys/devices/dm-0/uevent":                  "MAJOR=252\nMINOR=0\nDEVNAME=dm-0\nDEVTYPE=disk\n",
		"sys/devices/dm-0/dm/name":                 "vg-root\n",
		"sys/devices/bare/uevent":                  "MAJOR=9\nMINOR=9\n",
		"mountinfo":                                "22 1 0:30 / /mnt\\040x rw shared:1 - btrfs /dev/sd\\040b rw\n23 1 0:31 / /t rw - tmpfs tmpfs rw\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "sys/dev/block"), 0o755); err != nil {
		t.Fatal(err)
	}
	for number, target := range map[string]string{"8:0": "sda", "8:2": "sda/sda2", "252:0": "dm-0", "9:9": "bare"} {
		if err := os.Symlink("../../devices/"+target, filepath.Join(dir, "sys/dev/block", number)); err != nil {
			t.Fatal(err)
		}
	}
	return System{Sys: filepath.Join(dir, "sys"), Dev: filepath.Join(dir, "dev"), Mountinfo: filepath.Join(dir, "mountinfo")}
}

func TestLookup(t *testing.T) {
	s := sysfs(t)
	disk := Device{Major: 8, Name: s.Dev + "/sda", Known: true, Sectors: 1000000, Block: 4096}
	part := Device{Major: 8, Minor: 2, Name: s.Dev + "/sda2", Known: true, Partition: 2, Start: 2048, Sectors: 5000, Block: 4096}
	for _, c := range []struct {
		major, minor uint32
		want, disk   Device
	}{
		{8, 0, disk, Device{}},
		{8, 2, part, disk},
		{252, 0, Device{Major: 252, Name: s.Dev + "/dm-0", Known: true, Mapped: true}, Device{}},
		{9, 9, Device{Major: 9, Minor: 9, Name: "block device 9:9", Known: true}, Device{}},
		{77, 1, Device{Major: 77, Minor: 1, Name: "block device 77:1"}, Device{}},
		{0, 30, Device{Minor: 30, Name: "/dev/sd b", Anonymous: true}, Device{}},
		{0, 31, Device{Minor: 31, Anonymous: true}, Device{}},
	} {
		got := s.Lookup(unix.Mkdev(c.major, c.minor))
		if got != c.want {
			t.Errorf("%d:%d: got %+v, want %+v", c.major, c.minor, got, c.want)
		}
		if disk, ok := s.Disk(got); disk != c.disk || ok != (c.disk.Name != "") {
			t.Errorf("%d:%d: disk %+v, %v", c.major, c.minor, disk, ok)
		}
	}
}

func TestExtentsOfRange(t *testing.T) {
	l := extents{at: 1000, end: 10000}
	for _, e := range []fiemapExtent{
		{logical: 0, physical: 50_000, length: 2000},
		{logical: 2000, physical: 52_000, length: 100},           // contiguous
		{logical: 2100, physical: 99_000, length: 100},           // elsewhere
		{logical: 3000, physical: 77, length: 500, flags: 0x8},   // compressed
		{logical: 3500, physical: 99, length: 500, flags: 0x200}, // inline
		{logical: 3200, physical: 1, length: 100},                // overlaps
		{logical: 1 << 63, physical: 1, length: 1 << 63},         // nonsense
		{logical: 9000, physical: 200_000, length: 1 << 40},      // past the end
		{logical: 20_000, physical: 200_000, length: 512},        // behind it
	} {
		l.add(e)
	}
	l.hole(l.end)
	want := []Extent{
		{1000, 1100, 51_000, true}, {2100, 100, 99_000, true}, {2200, 6800, 0, false}, {9000, 1000, 200_000, true},
	}
	if !slices.Equal(l.done, want) {
		t.Errorf("\n got %v\nwant %v", l.done, want)
	}
}

func FuzzUevent(f *testing.F) {
	f.Add("MAJOR=8\nMINOR=2\nDEVNAME=sda2\nDEVTYPE=partition\nPARTN=2\n")
	f.Add("DEVNAME=../../etc/passwd\nMAJOR=-1\nPARTN=99999999999\n=\n\x00")
	f.Add("DEVNAME=/dev/mapper/a\n")
	f.Fuzz(func(t *testing.T, text string) {
		u := ParseUevent(text)
		if filepath.Join("/dev", u.Name) != strings.TrimSuffix("/dev/"+u.Name, "/") || u.Partition < 0 {
			t.Fatalf("%+v", u)
		}
	})
}

func FuzzMountSource(f *testing.F) {
	f.Add("22 1 0:30 / /mnt\\040x rw shared:1 - btrfs /dev/sd\\040b rw\n", uint32(0), uint32(30))
	f.Add("- - 0:30 - \\999 /\\40", uint32(0), uint32(30))
	f.Fuzz(func(t *testing.T, text string, major, minor uint32) {
		if source := MountSource(text, major, minor); source != "" && source[0] != '/' {
			t.Fatalf("%q", source)
		}
	})
}
