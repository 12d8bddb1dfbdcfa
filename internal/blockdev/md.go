package blockdev

import (
	"os"
	"strconv"
	"strings"

	"rescuebox/internal/order"
)

// Array is an md array as its folder "md" in sysfs describes it
// (Documentation/admin-guide/md.rst).
type Array struct {
	Level   string // "raid1", "linear"
	State   string // array_state: "clean", "inactive"
	Disks   int    // raid_disks
	Layout  int64  // of raid10 and with parity: md's number
	Chunk   int64  // bytes; 0 where there are none
	Reshape bool   // its layout is changing: no one map is right
	Sectors int64  // size of the array
	Members []Member
}

// Member is a device of an array.
type Member struct {
	Major, Minor uint32
	Slot         int   // place in the array; -1 for a spare
	Offset       int64 // sector where the data begin
	Sectors      int64 // size of the data
	Sync         bool  // it holds current data, and is in use
}

// array reads the folder of a device in sysfs.
func readArray(dir string) Array {
	a := Array{Level: word(dir + "/md/level"), State: word(dir + "/md/array_state")}
	disks, _ := readNumber(dir + "/md/raid_disks")
	a.Disks = int(min(disks, maxLegs+1))
	a.Layout, _ = readNumber(dir + "/md/layout")
	a.Chunk, _ = readNumber(dir + "/md/chunk_size")
	a.Sectors, _ = readNumber(dir + "/size")
	if position := word(dir + "/md/reshape_position"); position != "" && position != "none" {
		a.Reshape = true
	}
	for _, name := range names(dir + "/md") {
		if !strings.HasPrefix(name, "dev-") || len(a.Members) == maxLegs {
			continue
		}
		if m, ok := readMember(dir + "/md/" + name); ok {
			a.Members = append(a.Members, m)
		}
	}
	return a
}

func readMember(dir string) (Member, bool) {
	m := Member{Slot: -1}
	var ok bool
	m.Major, m.Minor, ok = parsePair(word(dir + "/block/dev"))
	if n, known := readNumber(dir + "/slot"); known && n < maxLegs {
		m.Slot = int(n)
	}
	m.Offset, _ = readNumber(dir + "/offset")
	size, _ := readNumber(dir + "/size") // KiB
	m.Sectors = min(size, maxSector/2) * 2
	for state := range strings.SplitSeq(word(dir+"/state"), ",") {
		m.Sync = m.Sync || state == "in_sync"
	}
	return m, ok
}

// Word returns what a file of sysfs says, without the end of the line.
func word(path string) string {
	text, _ := readSmall(path, 4096)
	return strings.TrimSpace(text)
}

// names are those in a folder, sorted.
func names(dir string) []string {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	list, _ := f.Readdirnames(-1)
	order.Strings(list)
	return list
}

// segments returns where the array's sectors lie. Where that is not known there is
// one segment that says why.
func (a Array) segments() []segment {
	legs, sizes := a.legs()
	unknown := func(why string) []segment {
		return []segment{{length: maxSector, why: why}}
	}
	switch {
	case a.State == "inactive" || a.State == "clear":
		return unknown("the array is " + a.State)
	case a.Reshape:
		return unknown("the array is being reshaped")
	case legs == nil:
		return unknown("the array's members are not known")
	}
	s := segment{length: a.Sectors, legs: legs, chunk: a.Chunk / SectorSize, copies: 1}
	switch a.Level {
	case "raid1":
		s.chunk, s.copies = 0, int64(len(legs))
	case "linear":
		return concatenated(legs, sizes)
	case "raid0":
		return striped(s, sizes)
	case "raid10":
		// Copies near to one another only; far ones and offset ones are dealt
		// otherwise (drivers/md/raid10.c, setup_geo).
		s.copies = a.Layout & 0xff
		if a.Layout>>8 != 1 {
			return unknown("raid10 of layout " + strconv.FormatInt(a.Layout, 10) + " is not followed")
		}
	case "raid4":
		s.parity, s.rotation = 1, parityLast
	case "raid5", "raid6":
		s.parity, s.rotation = 1, int(min(a.Layout, 99))
		if a.Level == "raid6" {
			s.parity = 2
		}
		if s.rotation > parityLast || s.rotation > rightSymmetric && s.parity == 2 {
			return unknown(a.Level + " of layout " + strconv.FormatInt(a.Layout, 10) + " is not followed")
		}
	default:
		return unknown("md level " + plainWord(a.Level) + " is not followed")
	}
	if a.Level != "raid1" && a.Chunk < SectorSize || !s.valid() {
		return unknown(a.Level + " of unknown geometry")
	}
	return []segment{s}
}

// legs returns the members in their places, and their sizes; those that are missing
// are absent. It is nil when there are none.
func (a Array) legs() ([]leg, []int64) {
	if a.Disks <= 0 || a.Disks > maxLegs {
		return nil, nil
	}
	legs, sizes := make([]leg, a.Disks), make([]int64, a.Disks)
	for i := range legs {
		legs[i].absent = true
	}
	for _, m := range a.Members {
		// A replacement has its original's slot; the one in sync counts.
		if m.Slot < 0 || m.Slot >= a.Disks || !legs[m.Slot].absent {
			continue
		}
		legs[m.Slot] = leg{major: m.Major, minor: m.Minor, offset: m.Offset, absent: !m.Sync}
		sizes[m.Slot] = m.Sectors
	}
	return legs, sizes
}

// concatenated is md's linear: one member after the other.
func concatenated(legs []leg, sizes []int64) []segment {
	var list []segment
	at := int64(0)
	for i := range legs {
		s := segment{start: at, length: sizes[i], legs: legs[i : i+1]}
		if !s.valid() {
			return append(list, segment{start: at, length: maxSector - at, why: "the array's members are not known"})
		}
		list = append(list, s)
		at += sizes[i]
	}
	return list
}

// striped is raid0. Where all members have chunks there is one zone; behind the
// end of the smallest, zones of fewer members follow, which kernels lay out in two
// ways (drivers/md/raid0.c).
func striped(s segment, sizes []int64) []segment {
	smallest := int64(maxSector)
	for _, n := range sizes {
		smallest = min(smallest, n)
	}
	total := s.length
	if s.chunk > 0 {
		s.length = min(total, smallest/s.chunk*s.chunk*min(int64(len(sizes)), maxLegs))
	}
	if s.chunk == 0 || !s.valid() {
		return []segment{{length: maxSector, why: "raid0 of unknown geometry"}}
	}
	list := []segment{s}
	if s.length < total {
		list = append(list, segment{start: s.length, length: total - s.length, why: "raid0 is not followed behind the end of its smallest member"})
	}
	return list
}
