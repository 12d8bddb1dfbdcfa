package powercut

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rescuebox/internal/mapfile"
)

var (
	seedFlag   = flag.Uint64("rescue.seed", 1, "of the random power cuts")
	statesFlag = flag.Int("rescue.states", 1, "random states of a disk at each power cut, besides the four extreme ones")
	resumeFlag = flag.Int("rescue.resume", 60, "go on from the worst state of every n-th map that is found on a disk")
	runsFlag   = flag.Int("rescue.runs", 1, "rescues of each medium that are cut again and again")
)

// cuts looks at what power cuts leave of a journal.
type cuts struct {
	patient
	from   state
	random *rand.Rand
	parsed map[string]*mapfile.Map
	resume int // from every n-th map; 0: from none
	counts
}

// counts are what was tried.
type counts struct {
	points int // where the power was cut
	states int // of disks that were looked at
	lies   int // of them that were wrong
	maps   int // different ones on them
	ends   int // rescues that went on from one of them
}

func (c *counts) add(d counts) {
	*c = counts{c.points + d.points, c.states + d.states, c.lies + d.lies, c.maps + d.maps, c.ends + d.ends}
}

func (c counts) String() string {
	return fmt.Sprintf("%d power cuts, %d states of the disk, %d lies; %d maps, %d resumed to the end", c.points, c.states, c.lies, c.maps, c.ends)
}

func newCuts(p patient, from state, seed uint64) *cuts {
	return &cuts{patient: p, from: from, random: rand.New(rand.NewPCG(seed, 8)), parsed: map[string]*mapfile.Map{}}
}

// all cuts the power behind each request of a journal, and returns the first thing that
// is wrong then.
func (c *cuts) all(t *testing.T, j *journal) error {
	return c.each(t, newPlatter(c.from), j, 0)
}

// each is all behind the first so many requests, which the disk has played.
func (c *cuts) each(t *testing.T, disk *platter, j *journal, first int) (wrong error) {
	note := func(n int, world cut, err error) {
		if err != nil {
			c.lies++
			wrong = errors.Join(wrong, fmt.Errorf("cut behind request %d of %d, state %d: %w", n, len(j.ops), world, err))
		}
	}
	var s state
	for n := first; ; n++ {
		c.points++
		before := len(c.parsed)
		for world := range someKept + cut(*statesFlag) {
			disk.crash(min(world, someKept), c.random, &s)
			c.states++
			note(n, world, c.look(s, j.saved, n))
			if c.lies > 3 {
				return wrong
			}
		}
		if fresh := len(c.parsed) > before; fresh && c.resume > 0 && len(c.parsed)%c.resume == 0 {
			disk.crash(mapKept, c.random, &s)
			c.ends++
			note(n, mapKept, c.goOn(t, s))
		}
		if n == len(j.ops) {
			c.maps += len(c.parsed)
			return wrong
		}
		disk.play(j.ops[n])
	}
}

// allowed are the maps that may be found behind so many requests: the last one that was
// saved, and what was being saved then. None at all is allowed before the first one.
func (c *cuts) allowed(all []saved, ops int) (texts [][]byte, none bool) {
	end, _ := slices.BinarySearchFunc(all, ops+1, func(s saved, ops int) int { return s.begun - ops })
	for i := end - 1; i >= 0; i-- {
		texts = append(texts, all[i].text)
		if all[i].ended >= 0 && all[i].ended <= ops {
			return texts, false
		}
	}
	if old, there := c.from.files[mapPath]; there {
		return append(texts, old), false
	}
	return texts, true
}

// look says what is wrong with a disk that is found behind so many requests.
func (c *cuts) look(s state, all []saved, ops int) error {
	texts, none := c.allowed(all, ops)
	data, there := s.files[mapPath]
	if !there && none {
		return nil
	}
	if len(data) == 0 {
		return errors.New("no map, or an empty one")
	}
	m := c.parsed[string(data)]
	if m == nil {
		var err error
		if m, err = found(s, c.Size()); err != nil {
			return fmt.Errorf("the map: %w", err)
		}
		c.parsed[string(data)] = m
	}
	if !slices.ContainsFunc(texts, func(text []byte) bool { return bytes.Equal(text, data) }) {
		return errors.New("an older map, or none that was saved")
	}
	return lies(m, s.target)
}

// lies says where a map calls finished what the target does not have.
func lies(m *mapfile.Map, target sectors) error {
	for b := range m.Blocks() {
		if b.Status != mapfile.Finished {
			continue
		}
		if slices.Contains(target[b.Pos/unit:(b.Pos+b.Size+unit-1)/unit], false) {
			return fmt.Errorf("finished and not there: %v", b)
		}
	}
	return nil
}

// goOn ends a rescue from what a disk has, and looks whether all is there then.
func (c *cuts) goOn(t *testing.T, s state) error {
	p := c.afresh()
	had, err := found(s, p.Size())
	if err != nil {
		return err
	}
	j := &journal{}
	job := p.job(had.Clone(), j)
	job.Every = 0
	if err := p.run(t, job); err != nil {
		return err
	}
	if err := p.twice(had); err != nil {
		return err
	}
	return c.whole(j.left(s, allLost, nil))
}

// left is what is found on a disk behind all that a journal has.
func (j *journal) left(from state, world cut, r *rand.Rand) (end state) {
	disk := newPlatter(from)
	for _, o := range j.ops {
		disk.play(o)
	}
	disk.crash(world, r, &end)
	return end
}

// whole says what is wrong with a disk at the end of a rescue.
func (c *cuts) whole(end state) error {
	m, err := found(end, c.Size())
	if err != nil {
		return err
	}
	if got := slices.Collect(m.Blocks()); !slices.Equal(got, c.truth()) {
		return fmt.Errorf("the map ends as %v", got)
	}
	return lies(m, end.target)
}

// Wherever the power is cut, the disk has a map that says nothing which its data deny,
// and the rescue goes on from there to its end.
func TestPowerCuts(t *testing.T) {
	var all counts
	for _, p := range patients() {
		j := &journal{}
		from := p.blank()
		if err := p.record(t, from, j); err != nil {
			t.Fatal(p.name, err)
		}
		c := newCuts(p, from, *seedFlag)
		c.resume = *resumeFlag
		if err := c.all(t, j); err != nil {
			t.Errorf("%s: %v", p.name, err)
		}
		c.ends++
		if err := c.goOn(t, j.left(from, allLost, nil)); err != nil {
			t.Errorf("%s, gone on from its end: %v", p.name, err)
		}
		t.Logf("%s: %d reads, %d saves; %v", p.name, p.count(), len(j.saved), c.counts)
		all.add(c.counts)
	}
	t.Logf("all: %v", all)
	if all.points < 20000 || all.states < 5*all.points || all.maps < 3000 || all.ends < 50 || all.lies > 0 {
		t.Errorf("too few: %v", all)
	}
}

// A rescue that leaves one of its precautions out is found.
func TestPowerCutsSee(t *testing.T) {
	p := patients()[1]
	without := func(v verb) *journal {
		j := &journal{omit: []verb{v}}
		if err := p.afresh().record(t, p.blank(), j); err != nil {
			t.Fatal(err)
		}
		return j
	}
	inPlace, late, early := without(rename), without(nothing), without(nothing)
	for i := range inPlace.ops {
		if inPlace.ops[i].path == mapPath+mapfile.Suffix {
			inPlace.ops[i].path = mapPath
		}
	}
	for i, o := range late.ops[:len(late.ops)-1] { // the target is synced behind the map
		if next := late.ops[i+1]; o.verb == syncTarget && next.verb != writeTarget {
			late.ops[i], late.ops[i+1] = next, o
		}
	}
	for i, o := range early.ops { // the map is renamed, then synced
		if o.verb == syncFile && o.path != mapPath {
			early.ops[i], early.ops[i+1] = early.ops[i+1], op{verb: syncFile, path: mapPath}
		}
	}
	for name, j := range map[string]*journal{"no sync of the target": without(syncTarget), "no sync of the map": without(syncFile),
		"no sync of the folder": without(syncDir), "written in place": inPlace, "target late": late, "map synced late": early} {
		c := newCuts(p, p.blank(), *seedFlag)
		if err := c.all(t, j); err == nil {
			t.Errorf("%s: nothing is wrong", name)
		} else {
			first, _, _ := strings.Cut(err.Error(), "\n")
			t.Logf("%s: %s", name, first)
		}
	}
}

// A rescue that is cut again and again, at random places, ends as one that is not.
func TestPowerCutsAgain(t *testing.T) {
	total := 0
	for _, p := range patients() {
		for run := range *runsFlag {
			seed := *seedFlag*1000 + uint64(run)
			n, err := p.againAndAgain(t, seed)
			if err != nil {
				t.Errorf("%s, seed %d, cut %d: %v", p.name, seed, n, err)
			}
			total += n
		}
	}
	t.Logf("%d power cuts in %d rescues", total, len(patients())**runsFlag)
	if total < 50 {
		t.Error("too few")
	}
}

// againAndAgain is one such rescue. It returns how often it was cut.
func (p patient) againAndAgain(t *testing.T, seed uint64) (n int, err error) {
	r := rand.New(rand.NewPCG(seed, 9))
	s := p.blank()
	for ; n < 1000; n++ {
		off := r.IntN(400 + 50*n) // retries begin anew each time
		j := &journal{deny: func(number int, _ verb, _ int) (int, error) {
			if number >= off {
				return 0, errPower
			}
			return 0, nil
		}}
		q := p.afresh()
		had, err := found(s, p.Size())
		if err != nil {
			return n, err
		}
		c := newCuts(q, s, seed)
		err = q.record(t, s, j)
		if err != nil && !errors.Is(err, errPower) {
			return n, err
		}
		if err := q.twice(had); err != nil {
			return n, err
		}
		if err == nil {
			return n, c.whole(j.left(s, allLost, r))
		}
		s = j.left(s, someKept, r)
		if err := c.look(s, j.saved, len(j.ops)); err != nil {
			return n, err
		}
	}
	return n, errors.New("it does not end")
}
