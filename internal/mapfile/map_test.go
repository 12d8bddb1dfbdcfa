package mapfile

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// naive is a map that keeps a status for each byte.
type naive []byte

func (n *naive) set(pos, size int, s Status) {
	for len(*n) < pos+size {
		*n = append(*n, '?')
	}
	for i := range size {
		(*n)[pos+i] = byte(s)
	}
}

func (n naive) blocks() (list []Block) {
	for i, s := range n {
		if k := len(list); k > 0 && list[k-1].Status == Status(s) {
			list[k-1].Size++
			continue
		}
		list = append(list, Block{int64(i), 1, Status(s)})
	}
	return list
}

// same compares a map with what it should be, its sums and its inner order too.
func same(t *testing.T, m *Map, n naive) {
	t.Helper()
	want := n.blocks()
	if got := slices.Collect(m.Blocks()); !slices.Equal(got, want) || m.Size() != int64(len(n)) {
		t.Fatalf("got  %v\nwant %v", got, want)
	}
	for k, s := range order {
		count, sum := 0, int64(0)
		for _, b := range want {
			if b.Status == Status(s) {
				count, sum = count+1, sum+b.Size
			}
		}
		if m.Count(string(s)) != count || m.Sum(string(s)) != sum {
			t.Fatalf("%c: %d blocks of %d bytes, want %d of %d", s, m.Count(string(s)), m.Sum(string(s)), count, sum)
		}
		has := 0
		for _, c := range m.chunks {
			has += c.has[k]
			if len(c.list) == 0 || len(c.list) > chunkMax {
				t.Fatalf("a chunk of %d", len(c.list))
			}
		}
		if has != count {
			t.Fatalf("%c: chunks count %d, want %d", s, has, count)
		}
	}
}

func TestSetBesideNaive(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 1))
		size := 1 + random.IntN(3000)
		m, n := New(int64(size)), naive(strings.Repeat("?", size))
		longest := 1 + random.IntN(20)
		if seed%3 == 0 {
			longest = size
		}
		for step := range 4000 {
			pos, length, s := random.IntN(size), random.IntN(longest), Status(order[random.IntN(kinds)])
			switch {
			case random.IntN(2000) == 0: // bigger or smaller
				size = 1 + random.IntN(3000)
				m.Resize(int64(size))
				if size > len(n) {
					n.set(len(n), size-len(n), '?')
				}
				n = n[:size]
				continue
			case random.IntN(1000) != 0:
				length = min(length, size-pos)
			}
			m.Set(int64(pos), int64(length), s)
			if length > 0 {
				n.set(pos, length, s)
			}
			size = len(n)
			if step%250 == 0 {
				same(t, m, n)
			}
		}
		same(t, m, n)
		copied, was := m.Clone(), slices.Clone(n)
		m.Set(0, int64(len(n)/2), BadSector)
		same(t, copied, was)
		m = copied
		lookUp(t, random, m, n)
	}
}

func lookUp(t *testing.T, random *rand.Rand, m *Map, n naive) {
	t.Helper()
	list := n.blocks()
	for range 200 {
		pos, statuses := int64(random.IntN(len(n)+10)-5), []string{"+", "-", "?*/-", "", "*/"}[random.IntN(5)]
		holds := func(b Block) bool { return strings.ContainsRune(statuses, rune(b.Status)) }
		var next, prev Block
		for _, b := range list {
			if holds(b) && b.Pos+b.Size > pos && next.Size == 0 {
				next = b
			}
			if holds(b) && b.Pos < pos {
				prev = b
			}
		}
		if got, ok := m.Next(pos, statuses); got != next || ok != (next.Size > 0) {
			t.Fatalf("next %q of %d: %v, want %v", statuses, pos, got, next)
		}
		if got, ok := m.Prev(pos, statuses); got != prev || ok != (prev.Size > 0) {
			t.Fatalf("previous %q of %d: %v, want %v", statuses, pos, got, prev)
		}
		want := NonTried
		if pos >= 0 && pos < int64(len(n)) {
			want = Status(n[pos])
		}
		if got := m.Status(pos); got != want {
			t.Fatalf("status at %d: %c, want %c", pos, got, want)
		}
		from, size := max(pos, 0), int64(random.IntN(300))
		to := min(from+size, int64(len(n)))
		var part naive
		for b := range m.Range(pos, size+from-pos) {
			if b.Pos != from+int64(len(part)) {
				t.Fatalf("range from %d: %v behind %d", pos, b, len(part))
			}
			part.set(len(part), int(b.Size), b.Status)
		}
		if from < to && string(part) != string(n[from:to]) || from >= to && len(part) > 0 {
			t.Fatalf("range [%d, %d): %s, want %s", from, to, part, n[from:to])
		}
	}
}

var manyBlocks = flag.Int64("mapfile.blocks", 200_000, "blocks of a big map")

// A big map stays fast: local updates as of a pass over the disk, and random ones.
// The guard is for what moves the whole map at each of them, which takes minutes.
func TestBigMap(t *testing.T) {
	blocks := *manyBlocks
	m := New(0)
	for i := range blocks {
		m.push(i*512, (i+1)*512, Status("-+"[i%2]))
	}
	start := time.Now()
	for i := range blocks {
		if i%2 == 0 {
			m.Set(i*512+128, 128, NonScraped)
		}
	}
	if m.Count("-/+") != int(2*blocks) {
		t.Errorf("%d blocks", m.Count("-/+"))
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range blocks / 10 {
		m.Set(random.Int64N(blocks)*512, 512, Status(order[random.IntN(kinds)]))
	}
	for pos := int64(0); ; {
		b, ok := m.Next(pos, "-/*?")
		if !ok {
			break
		}
		pos = b.Pos + b.Size
		m.Set(b.Pos, b.Size, Finished)
	}
	if took := time.Since(start); m.Count("+") != 1 || took > 120*time.Second {
		t.Errorf("%d blocks, %v", m.Count("+"), took)
	}
}

func TestCompact(t *testing.T) {
	for before, after := range map[string]string{
		"++++----": "++++----",
		"++-/----": "++//----",
		"?*-/----": "????----",
		"*-/+----": "***+----",
		"-----*++": "----**++",
		"------+*": "----**+*",
		"-----*":   "----**",
		"++++--*-": "++++****",
	} {
		var n naive
		m := New(0)
		for i, c := range before {
			n.set(i, 1, Status(c))
			m.Set(int64(i), 1, Status(c))
		}
		m.Compact(4)
		want := naive(after)
		if got := slices.Collect(m.Blocks()); !slices.Equal(got, want.blocks()) {
			t.Errorf("%s: %v, want %s", before, got, want)
		}
	}
}

func TestReadWrite(t *testing.T) {
	m, err := Read(strings.NewReader(classic))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Comments) != 5 || m.Comment("Start time") != "2026-11-20 10:00:00" || m.Comment("Start") != "" || m.Size() != 0x200100200+0xE00 {
		t.Errorf("%d %q", m.Size(), m.Comments)
	}
	var out bytes.Buffer
	if err := m.Write(&out, Since130); err != nil || out.String() != strings.ReplaceAll(classic, "  # half", "") {
		t.Errorf("%v: %s", err, out.String())
	}
	m.SetComment("Current time", "now\nor\tnever")
	m.SetComment("Source", "QEMU HARDDISK, serial 1")
	m.SetComment("Start time", "")
	m.SetComment("Nothing", "")
	m.Header = Header{0x10, Sweeping, 3}
	out.Reset()
	if err := m.Write(&out, AllReaders); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# Current time: now?or?never\n", "# Source:       QEMU HARDDISK, serial 1\n# current_pos", "\n0x00000010     ?               1\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in %s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "Start time") || strings.Contains(out.String(), "Nothing") {
		t.Errorf("%s", out.String())
	}
	again, err := Read(&out)
	if err != nil || again.Comment("Source") != "QEMU HARDDISK, serial 1" {
		t.Errorf("%v %+v", err, again)
	}
	out.Reset()
	if err := m.Write(&out, Since130); err != nil || !strings.Contains(out.String(), "\n0x00000010     %               3\n") {
		t.Errorf("%v %s", err, out.String())
	}
	out.Reset()
	if err := New(0).Write(&out, Since130); err != nil || !strings.HasSuffix(out.String(), "\n0x00000000  0x00000000  ?\n") {
		t.Errorf("%v %s", err, out.String())
	}
	displaced, err := Read(strings.NewReader("0 ?\n0x1000 0x100 ?\n0x1100 0x100 +\n"))
	if err != nil || displaced.Start != 0x1000 || displaced.Sum("?") != 0x1100 {
		t.Errorf("%v %+v", err, displaced)
	}
	out.Reset()
	if err := displaced.Write(&out, Since130); err != nil || !strings.HasSuffix(out.String(), "status\n0x00001000  0x00000100  ?\n0x00001100  0x00000100  +\n") {
		t.Errorf("%v %s", err, out.String())
	}
}

func TestReadLoose(t *testing.T) {
	for text, want := range map[string]string{
		"0 ?\n8 2 -\n0 4 +\n2 4 +\n": "++++++//--",
		"0 ?\n0 0 ?\n":               "",
		"0 ?\n1 2 +\n1 1 +":          "/++",
		"0 ?\n0 4 +\n2 4 -\n":        "line 3: Blocks of different status overlap",
		"0 ?\n2 4 +\n0 4 -\n":        "line 2: Blocks of different status overlap",
		"0 ?\n2 0 +\n":               "line 2: Bad block line in list",
		"":                           "line 1: No status line: not a map of ddrescue",
	} {
		m, err := ReadLoose(strings.NewReader(text), NonScraped)
		if err != nil {
			if err.Error() != want {
				t.Errorf("%q: %v, want %s", text, err, want)
			}
			continue
		}
		if got := slices.Collect(m.Blocks()); !slices.Equal(got, naive(want).blocks()) {
			t.Errorf("%q: %v, want %s", text, got, want)
		}
	}
}
