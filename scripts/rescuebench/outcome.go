package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rescuebox/internal/mapfile"
	"rescuebox/scripts/faultlab"
)

// percents are the parts of what is recoverable of which is told when they were in.
var percents = []int{50, 90, 99, 100}

// outcome is what a tool needed.
type outcome struct {
	reads, errors int             // as the disk saw them
	at            map[int]arrival // of percents
	end           float64         // seconds
	limited       bool            // it was stopped at the limit
	status        int             // of exit
	memory        int64           // most of it at once, in KiB
	check         check

	answered, saved, gone float64 // seconds behind Ctrl-C: a word, the map, the end
}

// arrival is when so much was there.
type arrival struct {
	seconds float64
	errors  int // before
}

// look counts reads and errors, and when how much of what is recoverable the disk had
// delivered.
func (c *testCase) look(o *outcome, reads []faultlab.Read, start time.Time) {
	seen := make([]bool, size/sector)
	total := int64(size / sector)
	if c.times == 0 {
		for _, b := range c.bad {
			total -= b.Length / sector
		}
	}
	o.at = map[int]arrival{}
	got := int64(0)
	for _, r := range reads {
		o.reads++
		if r.Err != 0 {
			o.errors++
			continue
		}
		if r.At.IsZero() { // it hangs
			continue
		}
		for at := r.Offset / sector; at < min(size, r.Offset+int64(r.Length))/sector; at++ {
			if !seen[at] {
				seen[at] = true
				got++
			}
		}
		for _, percent := range percents {
			if _, known := o.at[percent]; !known && got*100 >= total*int64(percent) {
				o.at[percent] = arrival{r.At.Sub(start).Seconds(), o.errors}
			}
		}
	}
}

// check is what a map and a copy are worth, in sectors.
type check struct {
	missing int // that the map does not call finished
	good    int // of these, good ones
	bad     int // that the map calls bad
	wrong   int // of these, good ones
	lies    []string
}

func (c check) err() error {
	if len(c.lies) == 0 {
		return nil
	}
	return errors.New("the copy is not as the disk: " + strings.Join(c.lies[:min(5, len(c.lies))], ", "))
}

// verify compares the copy with the disk and the map with the truth.
func (c *testCase) verify(dir string, content []byte) (k check, err error) {
	f, err := os.Open(filepath.Join(dir, "map"))
	if err != nil {
		return k, err
	}
	defer f.Close()
	m, err := mapfile.Read(f)
	if err != nil {
		return k, err
	}
	copied, err := os.ReadFile(filepath.Join(dir, "copy"))
	if err != nil {
		return k, err
	}
	return c.compare(m, copied, content), nil
}

func (c *testCase) compare(m *mapfile.Map, copied, content []byte) (k check) {
	covered := int64(0)
	for b := range m.Blocks() {
		covered += b.Size
		end := b.Pos + b.Size
		if b.Status == mapfile.Finished {
			if end > int64(len(copied)) || !bytes.Equal(copied[b.Pos:end], content[b.Pos:end]) {
				k.lies = append(k.lies, b.String())
			}
			continue
		}
		n, good := int(b.Size/sector), 0
		for at := b.Pos; at < end; at += sector {
			if !c.isBad(at) {
				good++
			}
		}
		k.missing += n
		k.good += good
		if b.Status == mapfile.BadSector {
			k.bad += n
			k.wrong += good
		}
	}
	// What a map does not name was not tried.
	rest := (int64(len(content)) - covered) / sector
	k.missing += int(rest)
	k.good += int(rest)
	return k
}

// isBad says whether a sector can never be read.
func (c *testCase) isBad(at int64) bool {
	return c.times == 0 && slices.ContainsFunc(c.bad, func(r faultlab.Range) bool { return at >= r.Offset && at < r.Offset+r.Length })
}

// middle has the medians of what several runs needed; what happened is of the first.
func middle(all []outcome) outcome {
	o := all[0]
	at := map[int]arrival{}
	for _, percent := range percents {
		seconds := []float64{}
		errs := []int{}
		for _, one := range all {
			if a, ok := one.at[percent]; ok {
				seconds, errs = append(seconds, a.seconds), append(errs, a.errors)
			}
		}
		if len(seconds) == len(all) {
			at[percent] = arrival{median(seconds), median(errs)}
		}
	}
	pick := func(of func(outcome) int64) int64 {
		var list []int64
		for _, one := range all {
			list = append(list, of(one))
		}
		return median(list)
	}
	o.at = at
	o.reads = int(pick(func(o outcome) int64 { return int64(o.reads) }))
	o.errors = int(pick(func(o outcome) int64 { return int64(o.errors) }))
	o.memory = pick(func(o outcome) int64 { return o.memory })
	o.end = float64(pick(func(o outcome) int64 { return int64(o.end * 1e6) })) / 1e6
	for _, one := range all { // the worst of them
		o.limited = o.limited || one.limited
		if one.check.missing > o.check.missing {
			o.check = one.check
		}
	}
	return o
}

func median[T int | int64 | float64](list []T) T {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[len(list)/2]
}
