package blockdev

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
)

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
