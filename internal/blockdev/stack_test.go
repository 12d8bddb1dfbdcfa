package blockdev

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tower makes a folder like /sys: disks sda and sdb, each with a partition 1 from
// sector 2048 on; md0, a mirror of both with data from sector 256 on; dm-0, two
// pieces of md0 in the wrong order; dm-1, a crypt device on dm-0; dm-2, a thin one, with
// dm-3 on it;
// sdc with bcache0; loop0.
func tower(t *testing.T) System {
	t.Helper()
	dir := t.TempDir()
	numbers := map[string]string{
		"sda": "8:0", "sda/sda1": "8:1", "sdb": "8:16", "sdb/sdb1": "8:17", "sdc": "8:32",
		"md0": "9:0", "dm-0": "253:0", "dm-1": "253:1", "dm-2": "253:2", "dm-3": "253:3", "bcache0": "252:0", "loop0": "7:0",
	}
	files := map[string]string{
		"md0/md/level": "raid1\n", "md0/md/array_state": "clean\n", "md0/md/raid_disks": "2\n", "md0/size": "100000\n",
		"md0/md/layout": "0\n", "md0/md/chunk_size": "0\n", "md0/md/reshape_position": "none\n",
		"md0/md/dev-sda1/slot": "0\n", "md0/md/dev-sda1/offset": "256\n", "md0/md/dev-sda1/size": "50000\n", "md0/md/dev-sda1/state": "in_sync\n",
		"md0/md/dev-sdb1/slot": "1\n", "md0/md/dev-sdb1/offset": "512\n", "md0/md/dev-sdb1/size": "50000\n", "md0/md/dev-sdb1/state": "in_sync,write_mostly\n",
		"dm-0/dm/name": "vg-root\n", "dm-1/dm/name": "luks\n", "dm-2/dm/name": "thin\n", "dm-3/dm/name": "on thin\n",
		"loop0/loop/backing_file": "/a file\n",
	}
	for name, number := range numbers {
		major, minor, _ := strings.Cut(number, ":")
		kind := "disk"
		if strings.Contains(name, "/") {
			kind = "partition"
			files[name+"/partition"], files[name+"/start"], files[name+"/size"] = "1\n", "2048\n", "200000\n"
		}
		files[name+"/uevent"] = fmt.Sprintf("MAJOR=%s\nMINOR=%s\nDEVNAME=%s\nDEVTYPE=%s\n", major, minor, filepath.Base(name), kind)
		files[name+"/dev"] = number + "\n"
	}
	for name, text := range files {
		path := filepath.Join(dir, "devices", name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(text), 0o644))
	}
	link := func(from, to string) {
		path := filepath.Join(dir, from)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.Symlink(filepath.Join(dir, "devices", to), path))
	}
	for name, number := range numbers {
		link("dev/block/"+number, name)
		link("class/block/"+filepath.Base(name), name)
	}
	link("devices/md0/md/dev-sda1/block", "sda/sda1")
	link("devices/md0/md/dev-sdb1/block", "sdb/sdb1")
	for _, c := range [][2]string{
		{"sda/sda1", "md0"}, {"sdb/sdb1", "md0"}, {"md0", "dm-0"}, {"dm-0", "dm-1"}, {"md0", "dm-2"}, {"dm-2", "dm-3"}, {"sdc", "bcache0"},
	} {
		link("devices/"+c[0]+"/holders/"+c[1], c[1])
		link("devices/"+c[1]+"/slaves/"+filepath.Base(c[0]), c[0])
	}
	return System{Sys: dir, Dev: "/dev", Mountinfo: dir + "/none", Table: func(major, minor uint32) ([]Target, error) {
		switch minor {
		case 0:
			return []Target{{0, 1000, "linear", "9:0 5000"}, {1000, 1000, "linear", "9:0 4000"}}, nil
		case 1:
			return []Target{{0, 1960, "crypt", "aes-xts-plain64 :64:user:key 0 253:0 40 1 allow_discards"}}, nil
		}
		return []Target{{0, 1000, "thin", "253:9 1"}}, nil
	}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// show writes places as lines.
func show(list []Place) string {
	var b strings.Builder
	for _, p := range list {
		fmt.Fprintf(&b, "%d: %s %d+%d copy %d", p.From, filepath.Base(p.Device.Name), p.Sector, p.Count, p.Copy)
		if p.Why != "" {
			fmt.Fprintf(&b, ": %s", p.Why)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestBelow(t *testing.T) {
	s := tower(t)
	for _, c := range []struct {
		name          string
		sector, count int64
		want          string
	}{
		{"sda", 10, 5, "10: sda 10+5 copy 0\n"},
		{"sda1", 10, 5, "10: sda 2058+5 copy 0\n"},
		{"md0", 7, 2, "7: sda 2311+2 copy 0\n7: sdb 2567+2 copy 1\n"},
		{"dm-0", 990, 20, "990: sda 8294+10 copy 0\n990: sdb 8550+10 copy 1\n1000: sda 6304+10 copy 0\n1000: sdb 6560+10 copy 1\n"},
		{"dm-1", 1, 1, "1: sda 7345+1 copy 0\n1: sdb 7601+1 copy 1\n"},
		{"dm-1", 959, 2, "959: sda 8303+1 copy 0\n959: sdb 8559+1 copy 1\n960: sda 6304+1 copy 0\n960: sdb 6560+1 copy 1\n"},
		{"dm-2", 1, 1, "1: dm-2 1+1 copy 0: target thin of the device mapper is not followed\n"},
		{"dm-0", 5000, 1, "5000: dm-0 5000+1 copy 0: no such sectors in its table\n"},
		{"bcache0", 1, 1, "1: bcache0 1+1 copy 0: a device of this kind is not followed\n"},
		{"loop0", 1, 1, "1: loop0 1+1 copy 0\n"},
		{"sda", -1, 1, ""},
		{"sda", 1, 0, ""},
		{"sda", 1 << 62, 1 << 62, ""},
	} {
		d, ok := s.Named(c.name)
		if got := show(s.Below(d, c.sector, c.count)); got != c.want || !ok {
			t.Errorf("%s %d+%d (%v):\n got %s\nwant %s", c.name, c.sector, c.count, ok, got, c.want)
		}
	}
	d, _ := s.Named("dm-1")
	if got, want := show(s.Stack().Under(d, 0, 1)), "0: dm-0 40+1 copy 0\n"; got != want {
		t.Errorf("one level: got %s, want %s", got, want)
	}
	d, _ = s.Named("dm-0")
	if name := s.MapName(d); name != "vg-root" {
		t.Errorf("mapped as %q", name)
	}
	d, _ = s.Named("loop0")
	if name := s.LoopFile(d); name != "/a file" {
		t.Errorf("loop on %q", name)
	}
	for _, name := range []string{"", "sdz", "../sda", "sda/.."} {
		if d, ok := s.Named(name); ok {
			t.Errorf("%q is %+v", name, d)
		}
	}
}

// A member that is not current is not read, and one that is lost is told of.
func TestBelowDegraded(t *testing.T) {
	s := tower(t)
	must(t, os.WriteFile(s.Sys+"/devices/md0/md/dev-sda1/state", []byte("faulty\n"), 0o644))
	d, _ := s.Named("md0")
	if got, want := show(s.Below(d, 7, 2)), "7: sdb 2567+2 copy 1\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// An error on the disk that was thrown out still has a place in the array.
	sda, _ := s.Named("sda")
	if got := show(s.Above(sda, 2311, 1)); !strings.Contains(got, "2311: md0 7+1 copy 0\n") {
		t.Errorf("above a faulty disk: %s", got)
	}
	must(t, os.WriteFile(s.Sys+"/devices/md0/md/dev-sdb1/state", []byte("faulty\n"), 0o644))
	if got, want := show(s.Below(d, 7, 2)), "7: md0 7+2 copy 0: the disk that holds it is missing\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAbove(t *testing.T) {
	s := tower(t)
	for _, c := range []struct {
		name          string
		sector, count int64
		want          string
	}{
		{"sda", 7340, 10, `7340: sda 7340+10 copy 0
7340: sda1 5292+10 copy 0
7340: md0 5036+10 copy 0
7340: dm-0 36+10 copy 0
7340: dm-2 -1+0 copy 0: target thin of the device mapper is not followed
7344: dm-1 0+6 copy 0
7340: dm-3 -1+0 copy 0: target thin of the device mapper is not followed
`},
		{"sdb", 6560, 1, `6560: sdb 6560+1 copy 0
6560: sdb1 4512+1 copy 0
6560: md0 4000+1 copy 1
6560: dm-0 1000+1 copy 0
6560: dm-2 -1+0 copy 0: target thin of the device mapper is not followed
6560: dm-1 960+1 copy 0
6560: dm-3 -1+0 copy 0: target thin of the device mapper is not followed
`},
		{"sda", 2040, 300, "2040: sda 2040+300 copy 0\n2048: sda1 0+292 copy 0\n2304: md0 0+36 copy 0\n2304: dm-2 -1+0 copy 0: target thin of the device mapper is not followed\n2304: dm-3 -1+0 copy 0: target thin of the device mapper is not followed\n"},
		{"sda", 0, 1, "0: sda 0+1 copy 0\n"},
		{"sdc", 5, 1, "5: sdc 5+1 copy 0\n5: bcache0 -1+0 copy 0: a device of this kind is not followed\n"},
	} {
		d, _ := s.Named(c.name)
		if got := show(s.Above(d, c.sector, c.count)); got != c.want {
			t.Errorf("%s %d+%d:\n got %s\nwant %s", c.name, c.sector, c.count, got, c.want)
		}
	}
}

// Without the control node of the device mapper nothing is claimed.
func TestNoTable(t *testing.T) {
	s := tower(t)
	s.Table, s.Dev = nil, t.TempDir()
	d, _ := s.Named("dm-0")
	if got, want := show(s.Below(d, 0, 1)), "0: dm-0 0+1 copy 0: table of the device mapper: No such file or directory\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	d, _ = s.Named("md0")
	if got := show(s.Above(d, 5000, 1)); !strings.Contains(got, "dm-0 -1+0 copy 0: table of the device mapper: No such file") {
		t.Errorf("above: %s", got)
	}
}
