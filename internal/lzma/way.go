package lzma

// way is how to get to a position.
type way struct {
	price uint32
	reps  [reps]uint32
	last  op
	// tail, if not 0, says that last was followed by a literal and by so many bytes at
	// the same distance. What is cheap as a whole need not be so in its parts.
	tail  uint16
	from  uint8 // which of the ways at the position before last
	state uint8
}

// length is how many bytes the last step made.
func (w *way) length() int {
	if w.tail == 0 {
		return int(w.last.length)
	}
	return int(w.last.length) + 1 + int(w.tail)
}

// maxWays is how many are kept at each position. Twice as many take twice the time
// and save 0.05 %.
const maxWays = 4

// wayList has the cheapest first. Of ways with the same distance to repeat first
// there is only the cheapest.
type wayList struct {
	way   [maxWays]way
	count int
}

// add keeps a way if it is among the cheapest, and returns what the next one must
// cost less than.
func (l *wayList) add(w *way) uint32 {
	i := 0
	for ; i < l.count && l.way[i].price <= w.price; i++ {
		if l.way[i].reps[0] == w.reps[0] {
			return l.bound()
		}
	}
	drop := i
	for drop < l.count && l.way[drop].reps[0] != w.reps[0] {
		drop++
	}
	if drop == l.count {
		if l.count == maxWays {
			drop--
		} else {
			l.count++
		}
	}
	if i < maxWays {
		copy(l.way[i+1:drop+1], l.way[i:drop])
		l.way[i] = *w
	}
	return l.bound()
}

func (l *wayList) bound() uint32 {
	if l.count < maxWays {
		return noBound
	}
	return l.way[maxWays-1].price
}
