package powercut

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"rescuebox/internal/mapfile"
	"rescuebox/internal/rescue"
)

var (
	crashSeed   = flag.Uint64("rescue.seed", 1, "of the random power cuts")
	crashStates = flag.Int("rescue.states", 1, "random states of a disk at each power cut")
	crashResume = flag.Int("rescue.resume", 300, "go on from every n-th state that was found")
	crashRuns   = flag.Int("rescue.runs", 3, "rescues of each medium that are cut again and again")
)

// ailing is a medium in memory, some of whose bytes cannot be read.
type ailing struct {
	content  []byte
	physical int64
	bad      []rescue.Read

	lock  sync.Mutex
	reads []ailingRead
	row   int
}

// ailingRead is a read of it.
type ailingRead struct {
	rescue.Read
	row int // failures in a row before it
}

func (a *ailing) Size() int64             { return int64(len(a.content)) }
func (a *ailing) Sectors() (int64, int64) { return 512, a.physical }

func (a *ailing) ReadAt(p []byte, off int64) (int, error) {
	r := rescue.Read{Pos: off, Size: int64(len(p))}
	a.lock.Lock()
	defer a.lock.Unlock()
	a.reads = append(a.reads, ailingRead{r, a.row})
	a.row++
	for _, b := range a.bad {
		if r.Pos < b.End() && b.Pos < r.End() {
			return 0, syscall.EIO
		}
	}
	a.row = 0
	return copy(p, a.content[off:]), nil
}

// count is how many reads there were; some may still be on their way.
func (a *ailing) count() int {
	a.lock.Lock()
	defer a.lock.Unlock()
	return len(a.reads)
}

// twice says what was read though a map had it: one sector may be, behind many
// failures, to know whether anything reads at all.
func (a *ailing) twice(had *mapfile.Map) error {
	a.lock.Lock()
	defer a.lock.Unlock()
	for _, r := range a.reads {
		for b := range had.Range(r.Pos, r.Size) {
			if b.Status == mapfile.Finished && (r.Size > a.physical || r.row < 8) {
				return fmt.Errorf("%+v is read, and %v was finished", r, b)
			}
		}
	}
	return nil
}

// again is the medium, of which nothing was read.
func (a *ailing) again() *ailing {
	return &ailing{content: a.content, physical: a.physical, bad: a.bad}
}

// truth is the map that a whole rescue ends with.
func (a *ailing) truth() []mapfile.Block {
	m := mapfile.New(a.Size())
	m.Set(0, a.Size(), mapfile.Finished)
	for _, b := range a.bad {
		m.Set(b.Pos, b.Size, mapfile.BadSector)
	}
	return slices.Collect(m.Blocks())
}

// blank is a disk before a rescue: the target has something else, there is no map.
func (a *ailing) blank() state {
	garbage := make([]byte, len(a.content))
	for i := range garbage {
		garbage[i] = ^a.content[i]
	}
	return state{target: garbage}
}

const crashSize = 512 << 10

// patient is a medium of the tests, with the strategy that it is read with.
type patient struct {
	name string
	*ailing
	rescue.Strategy
	every time.Duration // between saves
}

// The map is saved at each outcome, or behind some of them.
const (
	each = time.Nanosecond
	some = 300 * time.Microsecond
)

func patients() []patient {
	content := make([]byte, crashSize)
	rand.NewChaCha8([32]byte{7}).Read(content)
	r := rand.New(rand.NewPCG(3, 4))
	scatter := func(n int, size int64) (bad []rescue.Read) {
		for range n {
			bad = append(bad, rescue.Read{Pos: r.Int64N(crashSize/size) * size, Size: size})
		}
		return bad
	}
	var heads []rescue.Read
	for i := range int64(8) {
		heads = append(heads, rescue.Read{Pos: i*64<<10 + 20<<10, Size: 12 << 10})
	}
	zone := append(scatter(8, 512), rescue.Read{Pos: 200 << 10, Size: 96 << 10})
	small := rescue.Strategy{Cluster: 4 << 10, Most: 16 << 10, Back: 32 << 10, Skip: 4 << 10, MaxSkip: 64 << 10}
	return []patient{
		{"scattered", &ailing{content: content, physical: 512, bad: scatter(40, 512)}, rescue.Strategy{}, each},
		{"scattered, fewer saves", &ailing{content: content, physical: 512, bad: scatter(40, 512)}, rescue.Strategy{}, some},
		{"zone", &ailing{content: content, physical: 512, bad: zone}, rescue.Strategy{Retries: 1}, each},
		{"heads", &ailing{content: content, physical: 512, bad: heads}, small, some},
		{"4 KiB sectors", &ailing{content: content, physical: 4096, bad: scatter(20, 4096)}, small, each},
	}
}

// record runs a rescue from what a disk has.
func (p patient) record(t testing.TB, from state, j *journal) error {
	job := rescue.Job{Medium: p.ailing, Target: j, Map: found(t, from, p.Size()), Strategy: p.Strategy, Save: j.save, Every: p.every}
	if err := j.save(job.Map); err != nil {
		return err
	}
	_, err := job.Run(t.Context())
	return err
}

// found is the map on a disk, a new one if there is none.
func found(t testing.TB, s state, size int64) *mapfile.Map {
	t.Helper()
	data, there := s.files[mapPath]
	if !there {
		return mapfile.New(size)
	}
	m, err := mapfile.Read(bytes.NewReader(data))
	if err != nil || m.Size() != size {
		t.Fatalf("a map that cannot be used: %v, %d bytes: %q", err, m.Size(), data[:min(len(data), 200)])
	}
	return m
}

// cuts looks at what power cuts leave of a journal.
type cuts struct {
	patient
	from   state
	random *rand.Rand
	parsed map[*byte]*mapfile.Map // by the first byte of the file
	points int                    // where the power was cut
	states int                    // of disks that were looked at
	ends   int                    // rescues that went on from there
	resume bool
}

func newCuts(p patient, from state, seed uint64) *cuts {
	return &cuts{patient: p, from: from, random: rand.New(rand.NewPCG(seed, 8)), parsed: map[*byte]*mapfile.Map{}}
}

// all cuts the power behind each request of a journal, and returns what is wrong then.
func (c *cuts) all(t testing.TB, j *journal) error {
	return c.each(t, newPlatter(c.from), j, 0)
}

// each is all behind the first so many requests, which the disk has played.
func (c *cuts) each(t testing.TB, disk *platter, j *journal, first int) error {
	var s state
	for n := first; ; n++ {
		c.points++
		for i := range 2 + *crashStates {
			disk.crash(min(cut(i), someKept), c.random, &s)
			if err := c.look(s, j.saved, n); err != nil {
				return fmt.Errorf("cut behind request %d of %d, state %d: %w", n, len(j.ops), i, err)
			}
			if c.states++; c.resume && c.states%*crashResume == 0 {
				c.ends++
				if err := c.goOn(t, s); err != nil {
					return fmt.Errorf("resumed behind request %d of %d, state %d: %w", n, len(j.ops), i, err)
				}
			}
		}
		if n == len(j.ops) {
			return nil
		}
		disk.play(j.ops[n])
	}
}

// look says what is wrong with a disk that is found behind so many requests.
func (c *cuts) look(s state, all []saved, ops int) error {
	least := int64(-1)
	i, _ := slices.BinarySearchFunc(all, ops+1, func(s saved, ops int) int { return s.ops - ops })
	if i > 0 {
		least = all[i-1].finished
	}
	data, there := s.files[mapPath]
	if !there && len(c.from.files) == 0 && least < 0 {
		return nil
	}
	if len(data) == 0 {
		return errors.New("no map, or an empty one")
	}
	m := c.parsed[&data[0]]
	if m == nil {
		var err error
		if m, err = mapfile.Read(bytes.NewReader(data)); err != nil {
			return fmt.Errorf("the map: %w", err)
		}
		c.parsed[&data[0]] = m
	}
	if m.Size() != c.Size() {
		return fmt.Errorf("a map of %d bytes", m.Size())
	}
	if n := m.Sum("+"); n < least {
		return fmt.Errorf("a map of %d bytes finished, and one of %d was saved", n, least)
	}
	return c.lies(m, s.target)
}

// lies says where a map calls finished what the target does not have.
func (c *cuts) lies(m *mapfile.Map, target []byte) error {
	for b := range m.Blocks() {
		if end := b.Pos + b.Size; b.Status == mapfile.Finished && !bytes.Equal(target[b.Pos:end], c.content[b.Pos:end]) {
			return fmt.Errorf("finished and not there: %v", b)
		}
	}
	return nil
}

// goOn ends a rescue from what a disk has.
func (c *cuts) goOn(t testing.TB, s state) error {
	p := patient{c.name, c.again(), c.Strategy, c.every}
	had := found(t, s, p.Size())
	j := &journal{}
	job := rescue.Job{Medium: p.ailing, Target: j, Map: had.Clone(), Strategy: p.Strategy, Save: j.save}
	if _, err := job.Run(t.Context()); err != nil {
		return err
	}
	disk := newPlatter(s)
	for _, o := range j.ops {
		disk.play(o)
	}
	var end state
	disk.crash(allLost, nil, &end)
	if err := p.twice(had); err != nil {
		return err
	}
	return c.whole(t, end)
}

// whole says what is wrong with a disk at the end of a rescue.
func (c *cuts) whole(t testing.TB, end state) error {
	m := found(t, end, c.Size())
	if got := slices.Collect(m.Blocks()); !slices.Equal(got, c.truth()) {
		return fmt.Errorf("the map ends as %v", got)
	}
	return c.lies(m, end.target)
}

// Wherever the power is cut, the disk has a map that says nothing which its data deny,
// and the rescue goes on from there to its end.
func TestPowerCuts(t *testing.T) {
	points, states, ends := 0, 0, 0
	for _, p := range patients() {
		j := &journal{}
		from := p.blank()
		if err := p.record(t, from, j); err != nil {
			t.Fatal(p.name, err)
		}
		c := newCuts(p, from, *crashSeed)
		c.resume = true
		if err := c.all(t, j); err != nil {
			t.Errorf("%s: %v", p.name, err)
		}
		t.Logf("%s: %d reads, %d saves, %d power cuts, %d states of the disk, %d resumed", p.name, p.count(), len(j.saved), c.points, c.states, c.ends)
		points, states, ends = points+c.points, states+c.states, ends+c.ends
	}
	t.Logf("all: %d power cuts, %d states of the disk, %d resumed", points, states, ends)
	if points < 5000 {
		t.Errorf("%d power cuts", points)
	}
}

// A rescue that leaves one of its precautions out is found.
func TestPowerCutsSee(t *testing.T) {
	p := patients()[0]
	j := &journal{}
	from := p.blank()
	if err := p.record(t, from, j); err != nil {
		t.Fatal(err)
	}
	without := func(v verb) (ops []op) {
		return slices.DeleteFunc(slices.Clone(j.ops), func(o op) bool { return o.verb == v })
	}
	inPlace := without(rename)
	for i := range inPlace {
		if inPlace[i].path == mapPath+mapfile.Suffix {
			inPlace[i].path = mapPath
		}
	}
	late := slices.Clone(j.ops) // the target is synced behind the map
	for i := 0; i+1 < len(late); i++ {
		if late[i].verb == syncTarget && late[i+1].verb != writeTarget {
			late[i], late[i+1] = late[i+1], late[i]
		}
	}
	early := slices.Clone(j.ops) // the map is renamed, then synced
	for i := range early {
		if early[i].verb == syncFile && early[i+1].verb == rename {
			early[i], early[i+1] = early[i+1], op{verb: syncFile, path: mapPath}
		}
	}
	for name, ops := range map[string][]op{"no sync of the target": without(syncTarget), "no sync of the map": without(syncFile),
		"written in place": inPlace, "target late": late, "map synced late": early} {
		if err := newCuts(p, from, *crashSeed).all(t, &journal{ops: ops}); err == nil {
			t.Errorf("%s: nothing is wrong", name)
		} else {
			t.Logf("%s: %v", name, err)
		}
	}
	if err := newCuts(p, from, *crashSeed).all(t, &journal{ops: without(syncDir), saved: j.saved}); err == nil {
		t.Error("no sync of the folder: nothing is wrong")
	}
}

// A rescue that is cut again and again, at random places, ends as one that is not.
func TestPowerCutsAgain(t *testing.T) {
	total := 0
	for _, p := range patients() {
		for run := range *crashRuns {
			seed := *crashSeed*1000 + uint64(run)
			n, err := p.again1(t, seed)
			if err != nil {
				t.Errorf("%s, seed %d, cut %d: %v", p.name, seed, n, err)
			}
			total += n
		}
	}
	t.Logf("%d power cuts in %d rescues", total, len(patients())**crashRuns)
}

// again1 is one such rescue. It returns how often it was cut.
func (p patient) again1(t testing.TB, seed uint64) (n int, err error) {
	r := rand.New(rand.NewPCG(seed, 9))
	s := p.blank()
	c := newCuts(p, s, seed)
	for ; n < 1000; n++ {
		off := r.IntN(400 + 50*n) // retries begin anew each time
		j := &journal{deny: func(number int, _ verb, _ int) (int, error) {
			if number >= off {
				return 0, errPower
			}
			return 0, nil
		}}
		q := patient{p.name, p.again(), p.Strategy, p.every}
		had := found(t, s, p.Size())
		err := q.record(t, s, j)
		if err != nil && !errors.Is(err, errPower) {
			return n, err
		}
		if err := q.twice(had); err != nil {
			return n, err
		}
		disk := newPlatter(s)
		for _, o := range j.ops {
			disk.play(o)
		}
		if err == nil {
			disk.crash(allLost, r, &s)
			return n, c.whole(t, s)
		}
		disk.crash(someKept, r, &s)
		if err := c.look(s, j.saved, len(j.ops)); err != nil && (n > 0 || len(s.files) > 0) {
			return n, err
		}
	}
	return n, errors.New("it does not end")
}
