package blockdev

import (
	"strings"

	"rescuebox/internal/errno"
)

// Place is a run of sectors of one device that hold, or are made of, sectors of
// another, in the same order.
type Place struct {
	Device Device
	Sector int64 // the first, on Device; -1 where only the device is known
	Count  int64 // sectors
	From   int64 // the sector, of the device that was asked about, that is the first here
	Copy   int   // which copy, where each sector is in several places; counted from 0
	// Why says what keeps the place from being followed further, or from being
	// known; it is empty where nothing does.
	Why string
}

// maxDepth bounds how many devices may stand on one another: the kernel's limit
// for those of one kind is about 8.
const maxDepth = 24

// Stack answers questions about devices that are made of one another, and
// remembers what it read of them: it is for one short piece of work. It is not for
// several goroutines at a time.
type Stack struct {
	system System
	known  []*known
}

// known is what was read of a device. Each part is read when it is wanted.
type known struct {
	device     Device
	disk       Device // of which it is a partition
	part       bool
	segments   []segment // nil for a device that is made of no others
	partitions []Device
	holders    []Device
	below      bool // disk, part and segments were read
	above      bool // partitions and holders were
}

// Stack returns a new Stack.
func (s System) Stack() *Stack { return &Stack{system: s} }

// Below returns where a range of sectors of a device really is: on whole disks, or
// as far down as that is known (Place.Why then tells). Partitions, md arrays and
// mapped devices are followed; on a mirror there is a place for each copy that is
// current. The places are in the order of From, copies beside one another.
func (s System) Below(d Device, sector, count int64) []Place {
	return s.Stack().Below(d, sector, count)
}

// Above returns what lies on a range of sectors of a disk, as the kernel's log
// names it: the range itself, then the partitions, md arrays and mapped devices
// that hold or use some of it, each with its own sectors, then what stands on
// those. A device that may have sectors in the range, but it is not known which, has
// the Sector -1 and a Why.
func (s System) Above(d Device, sector, count int64) []Place {
	return s.Stack().Above(d, sector, count)
}

// Below is System.Below.
func (t *Stack) Below(d Device, sector, count int64) []Place {
	if !saneRange(sector, count) {
		return nil
	}
	return t.below(nil, Place{Device: d, Sector: sector, Count: count, From: sector}, maxDepth)
}

// Under is Below for one level: the sectors of the devices that d itself is made
// of. It is nil for a whole disk.
func (t *Stack) Under(d Device, sector, count int64) []Place {
	if !saneRange(sector, count) {
		return nil
	}
	return t.under(Place{Device: d, Sector: sector, Count: count, From: sector})
}

func saneRange(sector, count int64) bool {
	return sector >= 0 && count > 0 && sector <= maxSector && count <= maxSector
}

func (t *Stack) below(list []Place, p Place, depth int) []Place {
	under := t.under(p)
	if under == nil || depth == 0 {
		return append(list, p)
	}
	for _, next := range under {
		switch {
		case len(list) >= maxPieces:
			return list
		case next.Why != "":
			list = append(list, next)
		default:
			list = t.below(list, next, depth-1)
		}
	}
	return list
}

// under returns what is directly under a place; nil for a whole disk.
func (t *Stack) under(p Place) []Place {
	k := t.madeOf(p.Device)
	if k.part {
		return []Place{{Device: k.disk, Sector: p.Sector + p.Device.Start, Count: p.Count, From: p.From, Copy: p.Copy}}
	}
	var list []Place
	segments := k.segments
	for i := range segments {
		s := &segments[i]
		if from, to := max(p.Sector, s.start), min(p.Sector+p.Count, s.start+s.length); from < to {
			list = t.underSegment(list, p, s, from, to)
		}
	}
	if list == nil && segments != nil {
		list = []Place{stuck(p, p.Sector, p.Count, "no such sectors in its table")}
	}
	return list
}

// stuck is the part of a place that is not followed.
func stuck(p Place, sector, count int64, why string) Place {
	return Place{Device: p.Device, Sector: sector, Count: count, From: p.From + sector - p.Sector, Copy: p.Copy, Why: why}
}

func (t *Stack) underSegment(list []Place, p Place, s *segment, from, to int64) []Place {
	if s.why != "" {
		return append(list, stuck(p, from, to-from, s.why))
	}
	var found pieces
	s.below(from, to-from, &found)
	if found.clipped {
		return append(list, stuck(p, from, to-from, "too many stripes"))
	}
	for _, x := range found.list {
		l := s.legs[x.leg]
		next := Place{Sector: x.lower, Count: x.count, From: p.From + x.upper - p.Sector, Copy: p.Copy*int(s.copies) + x.copy}
		switch {
		case !l.absent:
			next.Device = t.number(l.major, l.minor)
		case x.copy == 0 && s.lost(x.upper):
			next = stuck(p, x.upper, x.count, "the disk that holds it is missing")
		default:
			continue
		}
		list = append(list, next)
	}
	return list
}

// Above is System.Above.
func (t *Stack) Above(d Device, sector, count int64) []Place {
	if !saneRange(sector, count) {
		return nil
	}
	list := []Place{{Device: d, Sector: sector, Count: count, From: sector}}
	// Each is asked what stands on it; the list grows by that. A loop of devices
	// on one another cannot be, but on a strange sysfs.
	depth, level := 0, len(list)
	for i := 0; i < len(list) && depth < maxDepth && len(list) < maxPieces; i++ {
		if i == level {
			depth, level = depth+1, len(list)
		}
		list = t.over(list, list[i])
	}
	return list
}

// over adds what stands directly on a place.
func (t *Stack) over(list []Place, p Place) []Place {
	k := t.standOn(p.Device)
	for _, part := range k.partitions {
		if p.Sector < 0 {
			list = append(list, p.somewhere(part, p.Why))
			continue
		}
		from := max(p.Sector, part.Start)
		to := min(p.Sector+p.Count, part.Start+part.Sectors)
		if from < to {
			list = append(list, Place{Device: part, Sector: from - part.Start, Count: to - from, From: p.From + from - p.Sector, Copy: p.Copy})
		}
	}
	for _, holder := range k.holders {
		list = t.holder(list, p, holder)
	}
	return list
}

// somewhere is a place in a device on p of which no more than that is known.
func (p Place) somewhere(d Device, why string) Place {
	return Place{Device: d, Sector: -1, From: p.From, Why: why}
}

// holder adds what of a device that stands on the place lies in it.
func (t *Stack) holder(list []Place, p Place, holder Device) []Place {
	if p.Sector < 0 {
		return append(list, p.somewhere(holder, p.Why))
	}
	segments := t.madeOf(holder).segments
	why := "what it is made of is not known"
	var found pieces
	unknown := segments == nil
	for i := range segments {
		s := &segments[i]
		if s.why != "" {
			unknown, why = true, s.why
			continue
		}
		for j, l := range s.legs {
			if l.major == p.Device.Major && l.minor == p.Device.Minor {
				s.above(j, p.Sector, p.Count, &found)
			}
		}
	}
	if found.clipped {
		unknown, why, found.list = true, "too many stripes", nil
	}
	for _, x := range found.list {
		list = append(list, Place{Device: holder, Sector: x.upper, Count: x.count, From: p.From + x.lower - p.Sector, Copy: x.copy})
	}
	if unknown && found.list == nil {
		list = append(list, p.somewhere(holder, why))
	}
	return list
}

// of returns what is known of a device.
func (t *Stack) of(d Device) *known {
	for _, k := range t.known {
		if k.device.Major == d.Major && k.device.Minor == d.Minor {
			return k
		}
	}
	k := &known{device: d}
	t.known = append(t.known, k)
	return k
}

// number describes the block device of a number.
func (t *Stack) number(major, minor uint32) Device {
	k := t.of(Device{Major: major, Minor: minor})
	if !k.device.Known {
		t.system.describe(&k.device, t.system.dir(k.device))
	}
	return k.device
}

// madeOf reads what a device is made of.
func (t *Stack) madeOf(d Device) *known {
	k := t.of(d)
	if !k.below {
		k.below = true
		if k.disk, k.part = t.system.Disk(d); !k.part {
			k.segments = t.system.segments(d)
		}
	}
	return k
}

// standOn reads what stands on a device.
func (t *Stack) standOn(d Device) *known {
	k := t.of(d)
	if k.above {
		return k
	}
	k.above = true
	dir := t.system.dir(d)
	if d.Partition == 0 {
		for _, name := range names(dir) {
			if !exists(dir + "/" + name + "/partition") {
				continue
			}
			part, ok := t.system.at(dir + "/" + name)
			if ok && part.Start <= maxSector && part.Sectors <= maxSector {
				k.partitions = append(k.partitions, part)
			}
		}
	}
	for _, name := range names(dir + "/holders") {
		if holder, ok := t.system.at(dir + "/holders/" + name); ok {
			k.holders = append(k.holders, holder)
		}
	}
	return k
}

func (s System) segments(d Device) []segment {
	dir := s.dir(d)
	unknown := func(why string) []segment {
		return []segment{{length: maxSector, why: why}}
	}
	switch {
	case exists(dir + "/md"):
		return readArray(dir).segments()
	case exists(dir + "/dm"):
		targets, err := s.table(d.Major, d.Minor)
		if err != nil {
			return unknown("table of the device mapper: " + errno.Reason(err))
		}
		var list []segment
		for _, target := range targets {
			list = append(list, target.segment())
		}
		if list == nil {
			return unknown("its table is empty")
		}
		return list
	case len(names(dir+"/slaves")) > 0:
		return unknown("a device of this kind is not followed")
	}
	return nil
}

func (s System) table(major, minor uint32) ([]Target, error) {
	if s.Table != nil {
		return s.Table(major, minor)
	}
	return readTargets(s.dev()+"/mapper/control", major, minor)
}

// dir is the device's folder in sysfs.
func (s System) dir(d Device) string {
	return s.sys() + "/dev/block/" + pair(d.Major, d.Minor)
}

// at describes the device of a folder in sysfs.
func (s System) at(dir string) (Device, bool) {
	text, err := readSmall(dir+"/uevent", 64<<10)
	if err != nil {
		return Device{}, false
	}
	u := ParseUevent(text)
	if u.Major == 0 {
		return Device{}, false
	}
	d := Device{Major: u.Major, Minor: u.Minor}
	s.describe(&d, dir)
	return d, true
}

// Named returns the device that the kernel calls name in its messages: "sda1",
// "dm-0", "cciss/c0d0". ok is false where sysfs does not have it.
func (s System) Named(name string) (d Device, ok bool) {
	if !plainName(name) {
		return Device{}, false
	}
	return s.at(s.sys() + "/class/block/" + strings.ReplaceAll(name, "/", "!"))
}

// MapName returns what a mapped device was named when it was made, as in
// /dev/mapper ("vg-root"); it is empty for other devices.
func (s System) MapName(d Device) string { return word(s.dir(d) + "/dm/name") }

// LoopFile returns the path of the file under a loop device, as it was when that
// was set up; it is empty for other devices.
func (s System) LoopFile(d Device) string {
	text, _ := readSmall(s.dir(d)+"/loop/backing_file", 64<<10)
	return strings.TrimSuffix(text, "\n")
}
