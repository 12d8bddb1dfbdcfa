package blockdev

// maxSector bounds sector numbers, so that sums of some and their bytes do not
// overflow: 8 EiB, as large as a file or device can be.
const maxSector = 1 << 54

// maxLegs bounds the devices under one other: md has up to 384 (md_p.h, and
// mdadm's MAX_DISKS of 4096), device-mapper's arguments are shorter than that.
const maxLegs = 4096

// maxPieces bounds what one range falls into. Stripes of 64 KiB reach it at 8 GiB.
const maxPieces = 1 << 17

// segment says where a run of sectors of a device made of others lies on those.
// Chunks of it are dealt to the legs like cards, row by row: each to copies
// places that follow one another, or, with parity, once to each place of a row
// that holds no parity. One leg is a linear map; as many copies as legs a mirror.
type segment struct {
	start, length int64 // in sectors of the device
	legs          []leg
	chunk         int64 // sectors; 0 stands for all of the segment
	copies        int64 // 1 or more; 1 with parity
	parity        int64 // places of each row that hold no data: 0, 1, 2
	rotation      int   // of parity: md's layout number
	why           string
}

// leg is a device that holds sectors of another.
type leg struct {
	major, minor uint32
	offset       int64 // where the data begin, in sectors
	absent       bool  // out of order, or not there at all
}

// valid reports whether the numbers can be calculated with. chunk and copies may
// still be zero, and are set.
func (s *segment) valid() bool {
	n := int64(len(s.legs))
	if s.start < 0 || s.length <= 0 || s.start > maxSector || s.length > maxSector {
		return false
	}
	if s.chunk == 0 {
		s.chunk = s.length
	}
	if s.copies == 0 {
		s.copies = 1
	}
	if s.parity == 0 && s.copies == n {
		s.chunk = s.length // the same on all legs, whatever it is cut into
	}
	for _, l := range s.legs {
		if l.offset < 0 || l.offset > maxSector {
			return false
		}
	}
	return n > 0 && n <= maxLegs && s.chunk > 0 && s.copies > 0 && s.copies <= n &&
		s.parity >= 0 && s.parity <= 2 && s.parity < n && (s.parity == 0 || s.copies == 1)
}

// place returns the leg and the row of a copy of a chunk, all counted from 0.
func (s *segment) place(chunk, copy int64) (leg, row int64) {
	n := int64(len(s.legs))
	if s.parity > 0 {
		data := n - s.parity
		row = chunk / data
		return s.rotated(row, chunk%data), row
	}
	// No overflow: copies are many only for a mirror, which has one chunk.
	at := chunk*s.copies + copy
	return at % n, at / n
}

// rotated returns the leg of the k-th data chunk of a row (drivers/md/raid5.c,
// raid5_compute_sector; the numbers of layouts are those of raid5.h).
func (s *segment) rotated(row, k int64) int64 {
	n := int64(len(s.legs))
	if s.rotation == parityFirst {
		return k + s.parity
	}
	if s.rotation == parityLast {
		return k
	}
	p := row % n
	if s.rotation == leftAsymmetric || s.rotation == leftSymmetric {
		p = n - 1 - p
	}
	switch {
	case s.rotation == leftSymmetric || s.rotation == rightSymmetric:
		return (p + s.parity + k) % n
	case s.parity == 2 && p == n-1: // the second one is then at the beginning
		return k + 1
	case k >= p:
		return k + s.parity
	}
	return k
}

const (
	leftAsymmetric  = 0
	rightAsymmetric = 1
	leftSymmetric   = 2
	rightSymmetric  = 3
	parityFirst     = 4
	parityLast      = 5
)

// piece is a run that is contiguous on both sides.
type piece struct {
	leg          int
	copy         int
	upper, lower int64 // first sector of the device, and of the leg's device
	count        int64
}

// pieces collects runs, and makes one of two that follow one another.
type pieces struct {
	list    []piece
	clipped bool // there were more than maxPieces
}

func (p *pieces) add(n piece) bool {
	// What belongs together stands at most one row of copies apart.
	for i := len(p.list) - 1; i >= 0 && i >= len(p.list)-8; i-- {
		last := &p.list[i]
		if last.leg == n.leg && last.copy == n.copy && last.upper+last.count == n.upper && last.lower+last.count == n.lower {
			last.count += n.count
			return true
		}
	}
	if len(p.list) == maxPieces {
		p.clipped = true
		return false
	}
	p.list = append(p.list, n)
	return true
}

// below adds where the part of the range that lies in the segment is.
func (s *segment) below(sector, count int64, out *pieces) {
	from := max(sector, s.start) - s.start
	to := min(sector+count, s.start+s.length) - s.start
	for from < to {
		chunk, in := from/s.chunk, from%s.chunk
		n := min(s.chunk-in, to-from)
		for c := range s.copies {
			leg, row := s.place(chunk, c)
			p := piece{leg: int(leg), copy: int(c), upper: s.start + from, lower: s.legs[leg].offset + row*s.chunk + in, count: n}
			if !out.add(p) {
				return
			}
		}
		from += n
	}
}

// above adds what of the segment lies in a range of a leg's device.
func (s *segment) above(leg int, sector, count int64, out *pieces) {
	offset := s.legs[leg].offset
	from, to := max(sector-offset, 0), min(sector+count-offset, s.rows()*s.chunk)
	for steps := 0; from < to; steps++ {
		if steps == maxPieces { // much of it may be parity
			out.clipped = true
			return
		}
		row, in := from/s.chunk, from%s.chunk
		n := min(s.chunk-in, to-from)
		if chunk, copy, ok := s.at(int64(leg), row); ok {
			upper := chunk*s.chunk + in
			if fit := min(n, s.length-upper); fit > 0 {
				p := piece{leg: leg, copy: int(copy), upper: s.start + upper, lower: offset + from, count: fit}
				if !out.add(p) {
					return
				}
			}
		}
		from += n
	}
}

// lost reports whether no copy of a sector of the segment is on a leg in order.
func (s *segment) lost(sector int64) bool {
	for c := range s.copies {
		if leg, _ := s.place((sector-s.start)/s.chunk, c); !s.legs[leg].absent {
			return false
		}
	}
	return true
}

// rows is how many rows the segment has, the last one perhaps not full.
func (s *segment) rows() int64 {
	chunks := (s.length + s.chunk - 1) / s.chunk
	if s.parity > 0 {
		data := int64(len(s.legs)) - s.parity
		return (chunks + data - 1) / data
	}
	n := int64(len(s.legs))
	return (chunks*s.copies + n - 1) / n
}

// at is the reverse of place; ok is false where there is parity.
func (s *segment) at(leg, row int64) (chunk, copy int64, ok bool) {
	n := int64(len(s.legs))
	if s.parity == 0 {
		at := row*n + leg
		return at / s.copies, at % s.copies, true
	}
	data := n - s.parity
	for k := range data {
		if s.rotated(row, k) == leg {
			return row*data + k, 0, true
		}
	}
	return 0, 0, false
}
