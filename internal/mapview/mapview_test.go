package mapview

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"rescuebox/internal/mapfile"
)

func whole() mapfile.Domain { return mapfile.NewDomain(0, -1, nil) }

func TestGrid(t *testing.T) {
	for _, c := range []struct {
		blocks string // a status a byte
		count  int
		unit   int64
		cell   int64
		want   string
	}{
		{"", 10, 512, 512, ""},
		{"+", 10, 1, 1, "+"},
		{"++++-+++", 4, 1, 2, "++-+"},
		{"++++-+++", 8, 1, 1, "++++-+++"},
		{"++++-+++", 80, 1, 1, "++++-+++"},
		{"++++-+++", 3, 1, 3, "+-+"},
		{"++++-+++", 8, 4, 4, "+-"},
		{"?+*?/*-/", 4, 1, 2, "?*/-"},
		{"?+*?/*-/", 1, 1, 8, "-"},
		{"++-", 1, 2, 4, "-"},
	} {
		m := mapfile.New(0)
		for i, s := range c.blocks {
			m.Set(int64(i), 1, mapfile.Status(s))
		}
		g := New(m, whole(), c.count, c.unit)
		got := ""
		for _, s := range g.Cells {
			got += string(rune(s))
		}
		if got != c.want || g.Cell != c.cell {
			t.Errorf("%s in %d: %s of %d, want %s of %d", c.blocks, c.count, got, g.Cell, c.want, c.cell)
		}
	}
}

// Cells beside a count byte by byte.
func TestGridBesideNaive(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		size := 1 + random.Int64N(500)
		m := mapfile.New(size)
		for range random.IntN(40) {
			m.Set(random.Int64N(size), 1+random.Int64N(30), mapfile.Status("?*/-+"[random.IntN(5)]))
		}
		from, length := random.Int64N(size), random.Int64N(size)
		g := New(m, mapfile.NewDomain(from, length, nil), 1+random.IntN(60), 1+random.Int64N(8))
		if n := (m.Size() + g.Cell - 1) / g.Cell; int64(len(g.Cells)) != n {
			t.Fatalf("seed %d: %d cells of %d for %d bytes", seed, len(g.Cells), g.Cell, m.Size())
		}
		for i, got := range g.Cells {
			want := Outside
			for pos := int64(i) * g.Cell; pos < min(int64(i+1)*g.Cell, m.Size()); pos++ {
				if s := m.Status(pos); pos >= from && pos < from+length && rank(s) > rank(want) {
					want = s
				}
			}
			if got != want {
				t.Fatalf("seed %d: cell %d is %c, want %c", seed, i, got, want)
			}
		}
	}
}

// The largest map that a file can hold is drawn too.
func TestHuge(t *testing.T) {
	m := mapfile.New(math.MaxInt64)
	m.Set(math.MaxInt64-1, 1, mapfile.BadSector)
	for _, unit := range []int64{1, 512, math.MaxInt32, math.MaxInt64} {
		g := New(m, whole(), 960, unit)
		if len(g.Cells) == 0 || len(g.Cells) > 960 || g.Cells[len(g.Cells)-1] != mapfile.BadSector {
			t.Errorf("unit %d: %d cells of %d", unit, len(g.Cells), g.Cell)
		}
		var out strings.Builder
		if err := g.WriteSVG(&out, "huge", Totals(m, whole())); err != nil {
			t.Error(err)
		}
	}
}

func TestRows(t *testing.T) {
	m := mapfile.New(7)
	m.Set(0, 3, mapfile.Finished)
	m.Set(2, 1, mapfile.BadSector)
	g := New(m, mapfile.NewDomain(0, 6, nil), 7, 1)
	if got := strings.Join(g.Rows(4, false), "|"); got != "..-?|?? " {
		t.Errorf("%q", got)
	}
	if got := strings.Join(g.Rows(4, true), "|"); got != "\x1b[0;32m..\x1b[0;1;31m-\x1b[0m?\x1b[0m|\x1b[0m?? \x1b[0m" {
		t.Errorf("%q", got)
	}
}
