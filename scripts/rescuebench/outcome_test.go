package main

import (
	"bytes"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"rescuebox/internal/mapfile"
	"rescuebox/scripts/faultlab"
)

// What was read twice counts once, what failed not at all, and a hanging read did not
// come.
func TestLook(t *testing.T) {
	c := &testCase{bad: []faultlab.Range{{Offset: 0, Length: 32 * mib}}}
	start := time.Now()
	read := func(at int, offset, length int64, err syscall.Errno) faultlab.Read {
		r := faultlab.Read{Offset: offset, Length: int(length), Err: err}
		if at > 0 {
			r.At = start.Add(time.Duration(at) * time.Second)
		}
		return r
	}
	reads := []faultlab.Read{
		read(1, 32*mib, 16*mib, 0),
		read(2, 40*mib, 8*mib, 0), // again
		read(3, 0, 32*mib, syscall.EIO),
		read(4, 48*mib, 13*mib, 0),
		read(0, 61*mib, 3*mib, 0), // hangs
		read(6, 61*mib, 4*mib, 0), // past the end
	}
	var o outcome
	c.look(&o, reads, start)
	if o.reads != 6 || o.errors != 1 {
		t.Errorf("%d reads, %d errors", o.reads, o.errors)
	}
	for percent, want := range map[int]arrival{50: {1, 0}, 90: {4, 1}, 99: {6, 1}, 100: {6, 1}} {
		if got := o.at[percent]; got != want {
			t.Errorf("%d %%: %v, want %v", percent, got, want)
		}
	}
	c.times, o = 3, outcome{} // all of it can come in the end: half of that is later
	c.look(&o, reads, start)
	if got := o.at[50]; got != (arrival{6, 1}) {
		t.Errorf("50 %% of all: %v", got)
	}
}

func TestCompare(t *testing.T) {
	content := bytes.Repeat([]byte("abcdefgh"), 8*sector/8)
	c := &testCase{bad: []faultlab.Range{{Offset: 2 * sector, Length: sector}}}
	read := func(lines string) *mapfile.Map {
		t.Helper()
		m, err := mapfile.Read(strings.NewReader("0x0 + 1\n" + lines))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	damaged := slices.Clone(content)
	damaged[7*sector]++
	for _, one := range []struct {
		name, lines string
		copied      []byte
		want        check
	}{
		{"as it is", "0 1024 +\n1024 512 -\n1536 2560 +\n", content, check{missing: 1, bad: 1}},
		{"too much is bad", "0 512 +\n512 1536 -\n2048 2048 +\n", content, check{missing: 3, good: 2, bad: 3, wrong: 2}},
		{"not all is tried", "0 1024 +\n1024 3072 ?\n", content, check{missing: 6, good: 5}},
		{"not all is named", "0 1024 +\n1024 512 -\n", content, check{missing: 6, good: 5, bad: 1}},
		{"another byte", "0 1024 +\n1024 512 -\n1536 2560 +\n", damaged, check{missing: 1, bad: 1, lies: []string{""}}},
		{"too short", "0 1024 +\n1024 512 -\n1536 2560 +\n", content[:3*sector], check{missing: 1, bad: 1, lies: []string{""}}},
	} {
		got := c.compare(read(one.lines), one.copied, content)
		if len(got.lies) != len(one.want.lies) || (got.err() == nil) != (len(got.lies) == 0) {
			t.Errorf("%s: %v", one.name, got.lies)
		}
		got.lies, one.want.lies = nil, nil
		if got.missing != one.want.missing || got.good != one.want.good || got.bad != one.want.bad || got.wrong != one.want.wrong {
			t.Errorf("%s: %+v, want %+v", one.name, got, one.want)
		}
	}
}

func TestMiddle(t *testing.T) {
	run := func(reads int, end float64, missing int, at float64) outcome {
		return outcome{reads: reads, end: end, check: check{missing: missing}, at: map[int]arrival{50: {at, reads}}}
	}
	o := middle([]outcome{run(3, 1.5, 1, 3), run(9, 0.5, 4, 1), run(5, 2.5, 1, 2)})
	if o.reads != 5 || o.end != 1.5 || o.check.missing != 4 || o.at[50] != (arrival{2, 5}) || len(o.at) != 1 {
		t.Errorf("%+v", o)
	}
	if one := middle([]outcome{run(3, 1.25, 1, 3)}); one.reads != 3 || one.end != 1.25 || one.at[50] != (arrival{3, 3}) {
		t.Errorf("%+v", one)
	}
}
