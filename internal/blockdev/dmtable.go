package blockdev

import (
	"encoding/binary"
	"strconv"
	"strings"
	"syscall"
)

// Target is one line of a device-mapper table, as "dmsetup table" shows it.
type Target struct {
	Start, Length int64  // sectors of the mapped device
	Type          string // "linear", "crypt"
	Params        string // depend on Type; those of crypt hold the key
}

// specSize is that of struct dm_target_spec (linux/dm-ioctl.h).
const specSize = 40

// ParseTargets reads what DM_TABLE_STATUS returns: the bytes behind the
// dm_ioctl header, in the machine's byte order, with count targets. The error is
// EINVAL where they are not such a table.
func ParseTargets(data []byte, count int) ([]Target, error) {
	var list []Target
	at := uint64(0)
	for range count {
		if at+specSize > uint64(len(data)) || at%8 != 0 {
			return nil, syscall.EINVAL
		}
		spec := data[at:]
		start, length := binary.NativeEndian.Uint64(spec), binary.NativeEndian.Uint64(spec[8:])
		if start > maxSector || length > maxSector {
			return nil, syscall.EINVAL
		}
		list = append(list, Target{
			Start: int64(start), Length: int64(length),
			Type: untilZero(spec[24:40]), Params: untilZero(spec[specSize:]),
		})
		next := uint64(binary.NativeEndian.Uint32(spec[20:]))
		if next <= at { // counted from the first one, not from this one
			break
		}
		at = next
	}
	if len(list) != count {
		return nil, syscall.EINVAL
	}
	return list, nil
}

func untilZero(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

// segment returns where the target's sectors lie. Its why says what is in the way
// where that is not a matter of arithmetic, or not understood.
// The parameters are those of Documentation/admin-guide/device-mapper.
func (t Target) segment() segment {
	s := segment{start: t.Start, length: t.Length}
	p := params{rest: strings.Fields(t.Params)}
	switch t.Type {
	case "linear", "delay", "flakey", "dust":
		s.legs = p.legs(1)
	case "snapshot-origin":
		s.legs = []leg{p.device()}
	case "verity":
		p.skip(1) // version
		s.legs = []leg{p.device()}
	case "crypt":
		p.skip(3) // cipher, key, offset of the initial vectors
		s.legs = p.legs(1)
	case "striped":
		n := p.count()
		s.chunk = p.number()
		p.bad = p.bad || s.chunk == 0
		s.legs = p.legs(n)
	case "mirror":
		p.skip(1) // kind of log
		p.skip(p.count())
		s.legs = p.legs(p.count())
		s.copies = int64(len(s.legs))
	case "multipath":
		s.legs = p.paths()
		s.copies = int64(len(s.legs))
	case "raid":
		s.legs = p.raid1()
		s.copies = int64(len(s.legs))
	default:
		p.bad = true
	}
	if p.bad || !s.valid() {
		return segment{start: t.Start, length: t.Length, why: "target " + plainWord(t.Type) + " of the device mapper is not followed"}
	}
	return s
}

// plainWord returns a target's type, which comes from a kernel, fit to be shown.
func plainWord(s string) string {
	if s == "" || len(s) > 16 {
		return "?"
	}
	for _, c := range []byte(s) {
		if c < '!' || c > '~' {
			return "?"
		}
	}
	return s
}

// params are the words of a target's parameters that are not read yet.
type params struct {
	rest []string
	bad  bool // they were not what was expected
}

func (p *params) word() string {
	if len(p.rest) == 0 {
		p.bad = true
		return ""
	}
	w := p.rest[0]
	p.rest = p.rest[1:]
	return w
}

func (p *params) skip(n int) {
	if n < 0 || n > len(p.rest) {
		p.bad, n = true, len(p.rest)
	}
	p.rest = p.rest[n:]
}

func (p *params) number() int64 {
	n, err := strconv.ParseInt(p.word(), 10, 64)
	if err != nil || n < 0 || n > maxSector {
		p.bad = true
		return 0
	}
	return n
}

// count is a number of words that follow.
func (p *params) count() int {
	n := p.number()
	if n > int64(len(p.rest)) {
		p.bad = true
		return 0
	}
	return int(n)
}

// device is "8:1"; the kernel writes no names.
func (p *params) device() leg {
	major, minor, ok := parsePair(p.word())
	p.bad = p.bad || !ok
	return leg{major: major, minor: minor}
}

func parsePair(s string) (major, minor uint32, ok bool) {
	a, b, _ := strings.Cut(s, ":")
	x, err := strconv.ParseUint(a, 10, 32)
	y, err2 := strconv.ParseUint(b, 10, 32)
	return uint32(x), uint32(y), err == nil && err2 == nil
}

// legs are n times a device and the sector where its data begin.
func (p *params) legs(n int) []leg {
	var list []leg
	for range n {
		l := p.device()
		l.offset = p.number()
		if p.bad {
			return nil
		}
		list = append(list, l)
	}
	return list
}

// paths are the ways to one disk, each of which is a device with the same sectors.
func (p *params) paths() []leg {
	p.skip(p.count()) // features
	p.skip(p.count()) // handler of the hardware
	groups := p.count()
	p.skip(1) // the group to try first
	var list []leg
	for range groups {
		p.skip(1) // selector
		p.skip(p.count())
		n, words := p.count(), p.count()
		for range n {
			list = append(list, p.device())
			p.skip(words)
			if p.bad {
				return nil
			}
		}
	}
	return list
}

// raid1 are the data devices of a mirror that LVM made ("raid_type #params params
// #devices, each with one for metadata before"); "-" is one that is missing. Other
// levels, and one that is being reshaped, are bad.
func (p *params) raid1() []leg {
	level := p.word()
	n := p.count()
	if p.bad || level != "raid1" {
		p.bad = true
		return nil
	}
	words := p.rest[:n]
	p.skip(n)
	for _, w := range words {
		p.bad = p.bad || w == "data_offset" || w == "delta_disks"
	}
	var list []leg
	for range p.count() {
		p.word()
		if len(p.rest) > 0 && p.rest[0] == "-" {
			p.skip(1)
			list = append(list, leg{absent: true})
			continue
		}
		list = append(list, p.device())
		if p.bad {
			return nil
		}
	}
	return list
}
