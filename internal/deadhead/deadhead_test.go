package deadhead

import (
	"slices"
	"strings"
	"testing"

	"rescuebox/internal/mapfile"
)

// The number and size of bad runs were measured of ddrescuelog 1.30 for the two
// disks of 100 GB: 25 of 966 MiB and 217 of 110 MiB, a quarter of all.
func TestMeasured(t *testing.T) {
	for text, want := range map[string]struct {
		runs int
		mean int64
	}{
		"43400:4:1500-750:FF:1":     {25, 966},
		"43400:4:1500-750,200:FF:1": {217, 110},
	} {
		g, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		m, err := g.Map(512)
		if err != nil {
			t.Fatal(err)
		}
		if n, mean := m.Count("-"), m.Sum("-")/int64(m.Count("-"))>>20; n != want.runs || mean != want.mean {
			t.Errorf("%s: %d runs of %d MiB, want %v", text, n, mean, want)
		}
		if 4*m.Sum("-") != m.Size() {
			t.Errorf("%s: %d of %d bytes are bad", text, m.Sum("-"), m.Size())
		}
	}
}

func TestLayouts(t *testing.T) {
	for text, want := range map[string]string{
		"2:2:3:F:0":       "---+++---+++",
		"2:2:3:FF:0":      "------++++++",
		"2:3:1:F:1":       "+-++-+",
		"2:3:1:FF:2":      "++++--",
		"3:1:2:F:0":       "------",
		"4:2:4-2,2:FF:1":  "++++++++--------++++++------",
		"3:2:4-2,2:FF:0":  "--------++++++++---+++",
		"1_0:1:1-1,5:F:0": "----------",
	} {
		g, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		m, err := g.Map(1)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var got strings.Builder
		for b := range m.Blocks() {
			got.WriteString(strings.Repeat(string(rune(b.Status)), int(b.Size)))
		}
		if got.String() != want {
			t.Errorf("%s: %s, want %s", text, got.String(), want)
		}
	}
}

func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "five fields",
		"1:1:1:F":              "five fields",
		"0:1:1:F:0":            "cylinders of at least 1",
		"1:x:1:F:0":            "heads of at least 1",
		"1:1:1-2:F:0":          "more sectors in inner",
		"1:1:2-0:F:0":          "sectors of at least 1",
		"1:1:2-1,0:F:0":        "tracks of a zone",
		"1:1:1:FBF:0":          "layout 'FBF' is not known",
		"1:1:1:F:1":            "no head 1",
		"1:1:1:F:-1":           "a bad head",
		"99999999:1:1:F:0":     "bad runs",
		"99999999999:1:1:FF:0": "cylinders",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	g, err := Parse("2147483647:2147483647:2147483647:FF:5")
	if err != nil {
		t.Fatal(err)
	}
	if m, err := g.Map(1 << 31); err == nil {
		t.Errorf("a disk of %d bytes", m.Size())
	}
}

func FuzzParse(f *testing.F) {
	f.Add("43400:4:1500-750,200:FF:1")
	f.Add("2:2:3:F:0")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := Parse(text)
		if err != nil || g.Cylinders > 1000 {
			return
		}
		m, err := g.Map(512)
		if err != nil {
			return
		}
		list := slices.Collect(m.Blocks())
		if m.Count("-") == 0 || int64(len(list)) > 2*g.runs()+1 || m.Status(m.Size()) != mapfile.NonTried {
			t.Fatalf("%s: %d blocks", text, len(list))
		}
	})
}
