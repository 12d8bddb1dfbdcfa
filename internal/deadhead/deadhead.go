// Package deadhead makes the map of a disk one of whose heads reads nothing, for tests
// of a rescue: which bytes are good depends on how the disk lays its blocks out over
// its surfaces (H. Wong, "Discovering Hard Disk Physical Geometry through
// Microbenchmarking", 2019; ddrescuelog --make-test of ddrescue 1.30).
package deadhead

import (
	"errors"
	"strconv"
	"strings"

	"rescuebox/internal/mapfile"
)

// Layout is the order in which the tracks of a zone follow each other.
type Layout int

const (
	// Cylinders go through all heads at each cylinder, as old disks do ("F").
	Cylinders Layout = iota
	// Surfaces go through all tracks of the zone with one head, then with the next
	// one, forward each ("FF").
	Surfaces
)

// Geometry is how a disk is laid out. Zones are runs of cylinders whose tracks have
// the same number of sectors; it falls from the outer zone on.
type Geometry struct {
	Cylinders, Heads int64
	Outer, Inner     int64 // sectors in a track of the first zone, and toward the last one
	ZoneTracks       int64 // tracks of a zone on each surface
	Layout           Layout
	BadHead          int64 // counted from 0
}

// zones is the number of zones of a disk of which only the range of sectors is known.
const zones = 25

// maxRuns bounds the runs of bad bytes, and so the memory of a map.
const maxRuns = 1 << 22

// Parse reads CYLINDERS:HEADS:OUTER[-INNER[,ZONETRACKS]]:LAYOUT:BADHEAD. Without INNER
// there is one zone; without ZONETRACKS there are 25.
func Parse(text string) (g Geometry, err error) {
	fields := strings.Split(text, ":")
	if len(fields) != 5 {
		return g, errors.New("five fields are needed, as 43400:4:1500-750:FF:1")
	}
	sectors, tracks, hasTracks := strings.Cut(fields[2], ",")
	outer, inner, hasInner := strings.Cut(sectors, "-")
	number := func(text, what string, least int64) (n int64) {
		n, e := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 32)
		if err == nil && (e != nil || n < least) {
			err = errors.New(what + " of at least " + strconv.FormatInt(least, 10) + " are needed, not '" + text + "'")
		}
		return n
	}
	g.Cylinders = number(fields[0], "cylinders", 1)
	g.Heads = number(fields[1], "heads", 1)
	g.Outer = number(outer, "sectors", 1)
	g.Inner, g.ZoneTracks = g.Outer, g.Cylinders
	if hasInner {
		g.Inner, g.ZoneTracks = number(inner, "sectors", 1), (g.Cylinders+zones-1)/zones
	}
	if hasTracks {
		g.ZoneTracks = number(tracks, "tracks of a zone", 1)
	}
	g.BadHead = number(fields[4], "a bad head", 0)
	switch fields[3] {
	case "F":
	case "FF":
		g.Layout = Surfaces
	default:
		return g, errors.New("the layout '" + fields[3] + "' is not known: F is cylinder by cylinder, FF surface by surface in each zone")
	}
	switch {
	case err != nil:
	case g.Inner > g.Outer:
		err = errors.New("more sectors in inner tracks than in outer ones")
	case g.BadHead >= g.Heads:
		err = errors.New("there is no head " + fields[4] + ": they are counted from 0")
	case g.runs() > maxRuns:
		err = errors.New("more than " + strconv.Itoa(maxRuns) + " bad runs")
	}
	return g, err
}

func (g Geometry) zoneCount() int64 { return (g.Cylinders + g.ZoneTracks - 1) / g.ZoneTracks }

func (g Geometry) runs() int64 {
	if g.Layout == Cylinders {
		return g.Cylinders
	}
	return g.zoneCount()
}

// Map is the map of the disk: finished what can be read, bad what the head would have
// to read. sector is a size in bytes.
func (g Geometry) Map(sector int64) (*mapfile.Map, error) {
	m, pos := mapfile.New(0), int64(0)
	m.Header.Status = mapfile.Finished
	add := func(sectors int64, s mapfile.Status) error {
		size := sectors * sector
		if sectors > (1<<62-pos)/sector {
			return errors.New("the disk is larger than a position can be")
		}
		err := m.Append(mapfile.Block{Pos: pos, Size: size, Status: s})
		pos += size
		return err
	}
	count := g.zoneCount()
	for zone := range count {
		tracks := min(g.ZoneTracks, g.Cylinders-zone*g.ZoneTracks)
		track := g.Outer - (g.Outer-g.Inner)*zone/count
		rounds, run := int64(1), tracks*track
		if g.Layout == Cylinders {
			rounds, run = tracks, track
		}
		for range rounds {
			for _, part := range [...]struct {
				heads int64
				s     mapfile.Status
			}{{g.BadHead, mapfile.Finished}, {1, mapfile.BadSector}, {g.Heads - g.BadHead - 1, mapfile.Finished}} {
				if part.heads > 0 && run > (1<<62)/part.heads {
					return nil, errors.New("the disk is larger than a position can be")
				}
				if err := add(part.heads*run, part.s); err != nil {
					return nil, err
				}
			}
		}
	}
	return m, nil
}
