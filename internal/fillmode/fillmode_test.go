package fillmode

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"rescuebox/internal/mapfile"
)

// disk is a target some of whose sectors do not write.
type disk struct {
	content []byte
	fails   map[int64]error // by sector
	unsync  error
	writes  int
}

func (d *disk) WriteAt(p []byte, off int64) (int, error) {
	d.writes++
	for at := off / 512; at*512 < off+int64(len(p)); at++ {
		if err := d.fails[at]; err != nil {
			return 0, err
		}
	}
	return copy(d.content[off:], p), nil
}

func (d *disk) Sync() error { return d.unsync }

// statuses makes a map of one block a letter, of n bytes each.
func statuses(text string, n int64) *mapfile.Map {
	m := mapfile.New(0)
	for i, s := range text {
		m.Set(int64(i)*n, n, mapfile.Status(s))
	}
	return m
}

func whole() mapfile.Domain { return mapfile.NewDomain(0, -1, nil) }

func TestTypes(t *testing.T) {
	for _, c := range []struct {
		name, statuses, types string
		domain                mapfile.Domain
		offset                int64
		want                  string // a byte of each block
	}{
		{"one type", "+-?*/", "-", whole(), 0, ".x..."},
		{"some", "+-?*/", "?*/-", whole(), 0, ".xxxx"},
		{"none is there", "+++++", "-", whole(), 0, "....."},
		{"part", "-----", "-", mapfile.NewDomain(512, 1024, nil), 0, ".xx.."},
		{"shifted", "+-?*/", "-", whole(), 1024, "...x."},
	} {
		d := &disk{content: bytes.Repeat([]byte("."), 5*512)}
		j := Job{Target: d, Map: statuses(c.statuses, 512), Domain: c.domain, Types: c.types, Data: []byte("x"), Sector: 512, Cluster: 65536, Offset: c.offset}
		if _, err := j.Run(t.Context()); err != nil {
			t.Error(c.name, err)
		}
		got := ""
		for i := 0; i < len(d.content); i += 512 {
			part := d.content[i : i+512]
			if n := bytes.Count(part, part[:1]); n != 512 {
				t.Errorf("%s: a block of two kinds", c.name)
			}
			got += string(part[:1])
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Nothing but blocks of those types is touched, whatever the map.
func TestOnlyThose(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 2))
		size := 1 + random.Int64N(9000)
		m := mapfile.New(size)
		for range random.IntN(20) {
			m.Set(random.Int64N(size), 1+random.Int64N(900), mapfile.Status("?*/-+"[random.IntN(5)]))
		}
		types := "?*/-+"[random.IntN(5):]
		domain := mapfile.NewDomain(random.Int64N(size), random.Int64N(size), nil).Crop(0, m.Size())
		d := &disk{content: make([]byte, m.Size())}
		j := Job{Target: d, Map: m, Domain: domain, Types: types, Data: []byte("xyz"), Location: seed%2 == 0, Sector: 512, Cluster: 1024}
		stats, err := j.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		filled := int64(0)
		for b, in := range domain.Pieces(m) {
			want := in && strings.IndexByte(types, byte(b.Status)) >= 0
			for pos := b.Pos; pos < b.Pos+b.Size; pos++ {
				if got := d.content[pos] != 0; got != want {
					t.Fatalf("seed %d: byte %d filled: %v", seed, pos, got)
				}
			}
			if want {
				filled += b.Size
			}
		}
		if stats.Filled != filled || stats.Left != 0 || stats.LeftAreas != 0 {
			t.Errorf("seed %d: %+v, %d filled", seed, stats, filled)
		}
	}
}

// The data begin anew in each cluster, counted from the start of the area; a location
// lies over them.
func TestData(t *testing.T) {
	d := &disk{content: make([]byte, 3000)}
	j := Job{Target: d, Map: statuses("+-", 1500), Domain: whole(), Types: "-", Data: []byte("0123456789"), Sector: 512, Cluster: 1024}
	if _, err := j.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := strings.Repeat("0123456789", 103)[:1024]
	if got := string(d.content[1500:]); got != want+want[:476] {
		t.Error(got)
	}
	j.Location = true
	if _, err := j.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"\n# position 0x000005DC sector 0x00000002 status - 0123", "\n# position 0x000007DC sector 0x00000003 status - 2345"} {
		if got := string(d.content[1500+512*i:]); !strings.HasPrefix(got, want) {
			t.Errorf("%q", got[:60])
		}
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		name     string
		fails    map[int64]error
		ignore   bool
		err      error
		pos      int64
		failed   int64
		unfilled int // sectors
	}{
		{"fatal", map[int64]error{5: syscall.EIO}, false, syscall.EIO, 4 * 512, 0, 6},
		{"ignored", map[int64]error{5: syscall.EIO}, true, nil, 9 * 512, 512, 1},
		{"two", map[int64]error{5: syscall.EIO, 7: syscall.ENODATA}, true, nil, 9 * 512, 1024, 2},
		{"full", map[int64]error{5: syscall.ENOSPC}, true, syscall.ENOSPC, 4 * 512, 0, 6},
		{"gone", map[int64]error{5: syscall.ENODEV}, true, syscall.ENODEV, 4 * 512, 0, 6},
	} {
		d := &disk{content: make([]byte, 5120), fails: c.fails}
		m := statuses("-", 5120)
		j := Job{Target: d, Map: m, Domain: whole(), Types: "-", Data: []byte("x"), Sector: 512, Cluster: 1024, IgnoreErrors: c.ignore}
		stats, err := j.Run(t.Context())
		if !errors.Is(err, c.err) || stats.Failed != c.failed || m.Header.Pos != c.pos {
			t.Errorf("%s: %v, %+v, at %d", c.name, err, stats, m.Header.Pos)
		}
		if n := bytes.Count(d.content, []byte{0}); n != c.unfilled*512 {
			t.Errorf("%s: %d bytes are not filled", c.name, n)
		}
		if want := mapfile.Finished; err != nil {
			var place *Error
			if !errors.As(err, &place) || place.Pos != c.pos || m.Header.Status != mapfile.Filling {
				t.Errorf("%s: %v, %v", c.name, err, m.Header)
			}
		} else if m.Header.Status != want {
			t.Errorf("%s: %v", c.name, m.Header)
		}
	}
}

// What was cut goes on where the map says; what a disk did not take is not said to be
// on it.
func TestResume(t *testing.T) {
	d := &disk{content: make([]byte, 10240)}
	m := statuses("-+-+", 2560)
	ctx, cancel := context.WithCancel(t.Context())
	j := Job{Target: d, Map: m, Domain: whole(), Types: "-", Data: []byte("x"), Sector: 512, Cluster: 512, Watch: func(s Stats) {
		if s.Filled == 1024 {
			cancel()
		}
	}}
	var saved []mapfile.Header
	j.Save = func(m *mapfile.Map) error { saved = append(saved, m.Header); return nil }
	if _, err := j.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if last := saved[len(saved)-1]; last != (mapfile.Header{Pos: 512, Status: mapfile.Filling, Pass: 1}) {
		t.Errorf("%v", last)
	}
	d.writes = 0
	j.Every, d.unsync = time.Nanosecond, syscall.EIO
	if _, err := j.Run(t.Context()); !errors.Is(err, syscall.EIO) || m.Header.Pos != 512 || d.writes != 0 {
		t.Errorf("%v, %v, %d writes", err, m.Header, d.writes)
	}
	d.unsync = nil
	stats, err := j.Run(t.Context())
	if err != nil || stats.Filled != 5120 || d.writes != 9 || bytes.Count(d.content, []byte{'x'}) != 5120 {
		t.Errorf("%v, %+v, %d writes", err, stats, d.writes)
	}
	if got := mapfile.Header(m.Header); got.Status != mapfile.Finished || m.Count("-") != 2 {
		t.Errorf("%v", got)
	}
}
