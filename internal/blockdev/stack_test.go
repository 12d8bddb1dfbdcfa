package blockdev

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
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

func TestTargetSegments(t *testing.T) {
	two := []leg{{major: 8, minor: 1, offset: 10}, {major: 8, minor: 2, offset: 20}}
	data := []leg{{major: 8, minor: 2}, {major: 8, minor: 4}}
	for _, c := range []struct {
		kind, params string
		want         segment
	}{
		{"linear", "8:1 10", segment{legs: two[:1], chunk: 100, copies: 1}},
		{"flakey", "8:1 10 5 5", segment{legs: two[:1], chunk: 100, copies: 1}},
		{"striped", "2 16 8:1 10 8:2 20", segment{legs: two, chunk: 16, copies: 1}},
		{"mirror", "core 2 1024 nosync 2 8:1 10 8:2 20 1 handle_errors", segment{legs: two, chunk: 100, copies: 2}},
		{"crypt", "aes-cbc-essiv:sha256 00ff 0 8:1 10", segment{legs: two[:1], chunk: 100, copies: 1}},
		{"snapshot-origin", "8:2", segment{legs: data[:1], chunk: 100, copies: 1}},
		{"verity", "1 8:2 8:3 4096 4096 10 1 sha256 aa bb", segment{legs: data[:1], chunk: 100, copies: 1}},
		{"raid", "raid1 3 0 region_size 1024 2 8:1 8:2 8:3 8:4", segment{legs: data, chunk: 100, copies: 2}},
		{"raid", "raid1 3 0 region_size 1024 2 8:1 8:2 - -", segment{legs: []leg{{major: 8, minor: 2}, {absent: true}}, chunk: 100, copies: 2}},
		{"multipath", "0 0 2 1 round-robin 0 1 1 8:2 1000 round-robin 0 1 1 8:4 1000", segment{legs: data, chunk: 100, copies: 2}},
		{"multipath", "1 queue_if_no_path 1 alua 1 1 service-time 0 2 2 8:2 1 1 8:4 1 1", segment{legs: data, chunk: 100, copies: 2}},
	} {
		want := c.want
		want.start, want.length = 7, 100
		got := Target{Start: 7, Length: 100, Type: c.kind, Params: c.params}.segment()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s %s:\n got %+v\nwant %+v", c.kind, c.params, got, want)
		}
	}
	for _, c := range [][2]string{
		{"linear", ""}, {"linear", "8:1"}, {"linear", "8:1 -1"}, {"linear", "sda 1"}, {"linear", "8:1 99999999999999999"},
		{"striped", "0 16"}, {"striped", "1 0 8:1 0"}, {"striped", "999999999 16 8:1 0"}, {"striped", "2 16 8:1 0"},
		{"mirror", "core"}, {"mirror", "core 9 1 2 8:1 0"}, {"raid", "raid5_ls 3 128 region_size 1024 1 - 8:1"},
		{"raid", "raid1 5 0 region_size 1024 data_offset 2048 2 8:1 8:2 8:3 8:4"},
		{"thin", "253:0 1"}, {"error", ""}, {"zero", ""}, {"cache", "8:1 8:2 8:3 512 0 default 0"}, {"snapshot", "8:1 8:2 P 16"}, {"", ""}, {"\x1b[2J", ""},
	} {
		if got := (Target{Length: 100, Type: c[0], Params: c[1]}).segment(); got.why == "" || got.legs != nil || strings.ContainsAny(got.why, "\x1b") {
			t.Errorf("%q %q: %+v", c[0], c[1], got)
		}
	}
}

// What lies where in arrays with parity, as drawn in the comments of
// drivers/md/raid5.c and in md(4): chunks of row after row, by disk; P and Q are
// parity.
func TestRotations(t *testing.T) {
	for _, c := range []struct {
		level  string
		layout int64
		disks  int
		want   string
	}{
		{"raid5", leftAsymmetric, 4, "0 1 2 P|3 4 P 5|6 P 7 8|P 9 10 11"},
		{"raid5", rightAsymmetric, 4, "P 0 1 2|3 P 4 5|6 7 P 8|9 10 11 P"},
		{"raid5", leftSymmetric, 4, "0 1 2 P|4 5 P 3|8 P 6 7|P 9 10 11"},
		{"raid5", rightSymmetric, 4, "P 0 1 2|5 P 3 4|7 8 P 6|9 10 11 P"},
		{"raid5", parityFirst, 4, "P 0 1 2|P 3 4 5"},
		{"raid4", 0, 4, "0 1 2 P|3 4 5 P"},
		{"raid6", leftAsymmetric, 4, "P 0 1 P|2 3 P P|4 P P 5|P P 6 7"},
		{"raid6", rightAsymmetric, 4, "P P 0 1|2 P P 3|4 5 P P|P 6 7 P"},
		{"raid6", leftSymmetric, 4, "P 0 1 P|2 3 P P|5 P P 4|P P 6 7"},
		{"raid6", rightSymmetric, 4, "P P 0 1|3 P P 2|4 5 P P|P 6 7 P"},
		{"raid10", 0x102, 3, "0 0 1|1 2 2|3 3 4"},
		{"raid10", 0x102, 4, "0 0 1 1|2 2 3 3"},
		{"raid0", 0, 3, "0 1 2|3 4 5"},
	} {
		a := Array{Level: c.level, State: "clean", Disks: c.disks, Layout: c.layout, Chunk: 8 * SectorSize}
		rows := strings.Split(c.want, "|")
		a.Sectors = 1 << 20
		for i := range c.disks {
			a.Members = append(a.Members, Member{Major: 8, Minor: uint32(i), Slot: i, Offset: 64, Sectors: 1 << 20, Sync: true})
		}
		segments := a.segments()
		if len(segments) != 1 || segments[0].why != "" {
			t.Fatalf("%s: %+v", c.level, segments)
		}
		s := &segments[0]
		var got []string
		for row := range rows {
			var cells []string
			for disk := range c.disks {
				var found pieces
				s.above(disk, 64+int64(row)*8, 8, &found)
				cell := "P"
				if len(found.list) > 0 {
					cell = fmt.Sprint(found.list[0].upper / 8)
				}
				cells = append(cells, cell)
			}
			got = append(got, strings.Join(cells, " "))
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s layout %d:\n got %s\nwant %s", c.level, c.layout, strings.Join(got, "|"), c.want)
		}
	}
}

func TestUnknownArrays(t *testing.T) {
	whole := Array{Level: "raid0", State: "clean", Disks: 2, Chunk: 4096, Sectors: 300, Members: []Member{
		{Major: 8, Minor: 0, Slot: 0, Sectors: 100, Sync: true}, {Major: 8, Minor: 1, Slot: 1, Sectors: 200, Sync: true}}}
	zones := whole.segments()
	if len(zones) != 2 || zones[0].length != 192 || zones[0].why != "" || zones[1].start != 192 || zones[1].length != 108 || zones[1].why == "" {
		t.Errorf("zones: %+v", zones)
	}
	linear := whole
	linear.Level, linear.Chunk = "linear", 0
	if s := linear.segments(); len(s) != 2 || s[1].start != 100 || s[1].length != 200 || s[1].legs[0].minor != 1 {
		t.Errorf("linear: %+v", s)
	}
	for name, change := range map[string]func(*Array){
		"inactive":                       func(a *Array) { a.State = "inactive" },
		"reshaped":                       func(a *Array) { a.Reshape = true },
		"of no members":                  func(a *Array) { a.Disks = 0 },
		"too many":                       func(a *Array) { a.Disks = maxLegs + 1 },
		"far":                            func(a *Array) { a.Level, a.Layout = "raid10", 0x201 },
		"of ddf":                         func(a *Array) { a.Level, a.Layout = "raid6", 8 },
		"faulty":                         func(a *Array) { a.Level = "faulty" },
		"of no chunks":                   func(a *Array) { a.Chunk = 0 },
		"of an offset out of all bounds": func(a *Array) { a.Members = []Member{{Offset: 1 << 62, Sectors: 100, Sync: true}} },
	} {
		a := whole
		change(&a)
		if s := a.segments(); len(s) != 1 || s[0].why == "" {
			t.Errorf("an array %s: %+v", name, s)
		}
	}
}

// below and above are the reverse of each other.
func TestThereAndBack(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		s := randomSegment(random)
		if !s.valid() {
			continue
		}
		sector, count := random.Int64N(s.start+s.length+5), random.Int64N(200)+1
		var down pieces
		s.below(sector, count, &down)
		covered := map[int64]int64{}
		for _, p := range down.list {
			for i := range p.count {
				covered[p.upper+i]++
				var up pieces
				s.above(p.leg, p.lower+i, 1, &up)
				if len(up.list) != 1 || up.list[0].upper != p.upper+i || up.list[0].copy != p.copy || up.list[0].lower != p.lower+i {
					t.Fatalf("%+v: %+v and back: %+v", s, p, up.list)
				}
			}
		}
		for i := range count {
			want := s.copies
			if at := sector + i; at < s.start || at >= s.start+s.length {
				want = 0
			}
			if covered[sector+i] != want {
				t.Fatalf("%+v: sector %d is in %d places", s, sector+i, covered[sector+i])
			}
		}
	}
}

func randomSegment(random *rand.Rand) segment {
	s := segment{start: random.Int64N(100), length: random.Int64N(3000) + 1, chunk: random.Int64N(20)}
	n := random.Int64N(6) + 1
	for range n {
		s.legs = append(s.legs, leg{offset: random.Int64N(50)})
	}
	switch random.IntN(4) {
	case 0:
		s.copies = random.Int64N(n) + 1
	case 1:
		s.parity, s.rotation = random.Int64N(3), random.IntN(4)
	case 2:
		s.parity, s.rotation = 1, 4+random.IntN(2)
	}
	return s
}

// A range too large for its stripes is refused, in finite time.
func TestTooManyStripes(t *testing.T) {
	s := segment{length: maxSector, chunk: 1, legs: make([]leg, 3), parity: 1, rotation: parityFirst}
	if !s.valid() {
		t.Fatal("invalid")
	}
	var down, up, parity pieces
	s.below(0, maxSector, &down)
	s.above(1, 0, maxSector, &up)
	s.above(0, 0, maxSector, &parity)
	if !down.clipped || !up.clipped || !parity.clipped || len(parity.list) != 0 {
		t.Errorf("clipped: %v %v %v", down.clipped, up.clipped, parity.clipped)
	}
}

func TestParseTargets(t *testing.T) {
	want := []Target{{0, 1000, "linear", "8:1 2048"}, {1000, 24, "striped", "2 16 8:1 0 8:2 0"}}
	data := spell(want)
	got, err := ParseTargets(data, 2)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := ParseTargets(data, 3); err != syscall.EINVAL {
		t.Errorf("too many: %v", err)
	}
	for n := range len(data) {
		ParseTargets(data[:n], 2)
	}
	if got := withoutKey("aes-xts-plain64 0123abcd 0 8:1 4096"); got != "aes-xts-plain64 00000000 0 8:1 4096" {
		t.Errorf("key: %q", got)
	}
}

// spell writes a table as the kernel does.
func spell(list []Target) []byte {
	var out []byte
	for _, target := range list {
		spec := make([]byte, specSize, specSize+len(target.Params)+8)
		copy(spec[24:], target.Type)
		spec = append(append(spec, target.Params...), 0)
		for len(spec)%8 != 0 {
			spec = append(spec, 0)
		}
		native.PutUint64(spec, uint64(target.Start))
		native.PutUint64(spec[8:], uint64(target.Length))
		native.PutUint32(spec[20:], uint32(len(out)+len(spec)))
		out = append(out, spec...)
	}
	return out
}

func FuzzParseTargets(f *testing.F) {
	f.Add(spell([]Target{{0, 1000, "linear", "8:1 2048"}, {1000, 24, "striped", "2 16 8:1 0 8:2 0"}}), 2)
	f.Add(make([]byte, 100), 2)
	f.Fuzz(func(t *testing.T, data []byte, count int) {
		list, err := ParseTargets(data, count)
		if err == nil && len(list) != max(count, 0) {
			t.Fatalf("%d of %d", len(list), count)
		}
		for _, target := range list {
			target.segment()
		}
	})
}

func FuzzTarget(f *testing.F) {
	for _, c := range [][2]string{
		{"linear", "8:1 10"}, {"striped", "2 16 8:1 10 8:2 20"}, {"mirror", "core 2 1024 nosync 2 8:1 10 8:2 20 1 handle_errors"},
		{"crypt", "aes 00 0 8:1 10"}, {"raid", "raid1 3 0 region_size 1024 2 8:1 8:2 - -"}, {"verity", "1 8:2 8:3"},
		{"multipath", "1 queue_if_no_path 1 alua 1 1 service-time 0 2 2 8:2 1 1 8:4 1 1"},
	} {
		f.Add(c[0], c[1], int64(3), int64(50))
	}
	f.Fuzz(func(t *testing.T, kind, text string, sector, count int64) {
		s := Target{Start: 1, Length: 1 << 12, Type: kind, Params: text}.segment()
		if s.why != "" || !saneRange(sector, count) {
			return
		}
		var down pieces
		s.below(sector, min(count, 1<<12), &down)
		for _, p := range down.list {
			if p.upper < sector || p.upper+p.count > min(sector+count, 1+1<<12) || p.lower < 0 || p.count <= 0 {
				t.Fatalf("%+v: %+v", s, p)
			}
		}
		for i := range s.legs {
			var up pieces
			s.above(i, sector, min(count, 1<<12), &up)
		}
	})
}

func FuzzArray(f *testing.F) {
	f.Add("raid5", int64(2), int64(4096), int64(3), int64(100), int64(7), int64(9))
	f.Add("raid10", int64(0x102), int64(4096), int64(3), int64(100), int64(7), int64(9))
	f.Add("linear", int64(0), int64(0), int64(2), int64(100), int64(7), int64(90))
	f.Fuzz(func(t *testing.T, level string, layout, chunk, disks, size, sector, count int64) {
		a := Array{Level: level, State: "clean", Layout: layout, Chunk: chunk, Disks: int(disks & 0xff), Sectors: size}
		for i := range a.Disks {
			a.Members = append(a.Members, Member{Slot: i, Offset: 8, Sectors: size / 2, Sync: i != 1})
		}
		if !saneRange(sector, count) {
			return
		}
		for _, s := range a.segments() {
			if s.why != "" {
				continue
			}
			var down, up pieces
			s.below(sector, min(count, 5000), &down)
			s.above(0, sector, min(count, 5000), &up)
			for _, p := range slices.Concat(down.list, up.list) {
				if p.upper < s.start || p.upper+p.count > s.start+s.length || p.lower < 8 || p.count <= 0 {
					t.Fatalf("%+v: %+v", s, p)
				}
				s.lost(p.upper)
			}
		}
	})
}

var native = binary.NativeEndian
