package generatemode

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"syscall"
	"testing"

	"rescuebox/internal/mapfile"
)

// torn is a copy some of whose sectors do not read.
type torn struct {
	*bytes.Reader
	fails map[int64]bool
}

func (c torn) ReadAt(p []byte, off int64) (int, error) {
	for at := off / 512; at*512 < off+int64(len(p)); at++ {
		if c.fails[at] {
			return 0, syscall.EIO
		}
	}
	return c.Reader.ReadAt(p, off)
}

// The map is what a naive look at each sector says.
func TestBesideNaive(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 3))
		size, offset, sector := 1+random.Int64N(20000), random.Int64N(3000), int64(512)<<random.IntN(3)
		content := make([]byte, random.Int64N(25000))
		for range random.IntN(30) {
			if len(content) > 0 {
				content[random.IntN(len(content))] = 1
			}
		}
		fails := map[int64]bool{random.Int64N(40): seed%4 == 0}
		domain := mapfile.NewDomain(random.Int64N(size), random.Int64N(size), nil).Crop(0, size)
		m := mapfile.New(size)
		j := Job{Copy: torn{bytes.NewReader(content), fails}, Size: int64(len(content)), Map: m, Domain: domain, Sector: sector, Cluster: 4096, Offset: offset,
			Save: func(*mapfile.Map) error { return nil }}
		if _, err := j.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := mapfile.New(size)
		begin, end, _, _ := domain.Extent()
		n := int64(0)
		for pos := begin; pos < end; pos += n {
			n = sector
			if first := begin + 4096 - (begin+4096)%sector; pos < first {
				n = min(n, first-pos)
			}
			for at := pos; at < min(pos+n, end) && at+offset < int64(len(content)); at++ {
				if content[at+offset] != 0 {
					want.Set(pos, min(n, end-pos, int64(len(content))-offset-pos), mapfile.Finished)
				}
			}
			for at := pos; at < min(pos+n, end); at++ {
				if fails[(at+offset)/512] {
					want.Set(pos, min(n, end-pos), mapfile.NonTried)
				}
			}
		}
		want.Header = m.Header
		var a, b bytes.Buffer
		if err := errors.Join(m.Write(&a, mapfile.AllReaders), want.Write(&b, mapfile.AllReaders)); err != nil {
			t.Fatal(err)
		}
		if a.String() != b.String() {
			t.Fatalf("seed %d: %s\nwant %s", seed, &a, &b)
		}
	}
}

func TestResume(t *testing.T) {
	content := bytes.Repeat([]byte{1}, 5<<20)
	m := mapfile.New(5 << 20)
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	j := Job{Copy: bytes.NewReader(content), Size: 5 << 20, Map: m, Domain: mapfile.NewDomain(0, -1, nil), Sector: 512, Cluster: 65536,
		Save: func(*mapfile.Map) error { return nil }, Watch: func(s Stats) {
			if seen++; seen == 3 {
				cancel()
			}
		}}
	if _, err := j.Run(ctx); !errors.Is(err, context.Canceled) || m.Header != (mapfile.Header{Pos: 2 << 20, Status: mapfile.Generating, Pass: 1}) {
		t.Fatal(err, m.Header)
	}
	stats, err := j.Run(t.Context())
	if err != nil || stats.Seen != 3<<20 || m.Sum("+") != 5<<20 || m.Header.Status != mapfile.Finished {
		t.Errorf("%v, %+v, %v", err, stats, m.Header)
	}
}

func TestSaveFails(t *testing.T) {
	j := Job{Copy: bytes.NewReader([]byte{1}), Size: 1, Map: mapfile.New(1), Domain: mapfile.NewDomain(0, -1, nil), Sector: 512, Cluster: 65536,
		Save: func(*mapfile.Map) error { return syscall.ENOSPC }}
	if _, err := j.Run(t.Context()); !errors.Is(err, syscall.ENOSPC) {
		t.Error(err)
	}
}
