package ldcache

// Query is what a loader would take.
type Query struct {
	Flags  int32    // of its ABI
	Other  int32    // of another ABI that it takes as well; 0: none
	Levels []string // glibc-hwcaps subfolders that it looks into, best first
	// Legacy is set for glibc up to 2.36: it takes libraries of the old subfolders,
	// if the processor has their capabilities (bits of AT_HWCAP) and is of their
	// platform (a bit of platformBits, 0 when it has none).
	Legacy                 bool
	Capabilities, Platform uint64
}

const (
	tlsBit       = 1 << 63
	platformBits = 0xf << 48 // glibc's sysdeps/x86/dl-procinfo.h
)

// Lookup returns the entry that the loader takes for name: the one for the best
// level, else the first that the processor can use. It is search_cache of glibc's
// elf/dl-cache.c and finds nothing either where an unsorted cache misleads that.
func (c *Cache) Lookup(name string, q Query) (Entry, bool) {
	best, bestRank := -1, len(q.Levels)
	for i := c.first(name); i < len(c.entries) && compare(name, c.entries[i].Name) == 0; i++ {
		e := &c.entries[i]
		if e.Flags != q.Flags && (q.Other == 0 || e.Flags != q.Other) {
			continue
		}
		if e.Level != "" {
			if rank := index(q.Levels, e.Level); rank >= 0 && rank < bestRank && e.ISA <= len(q.Levels) {
				best, bestRank = i, rank
			}
			continue
		}
		// Levels come first: what was found there is better than what follows.
		if best >= 0 && !c.old {
			break
		}
		if !q.usable(e.Legacy) {
			continue
		}
		best = i
		if e.Flags == q.Flags {
			break
		}
	}
	if best < 0 {
		return Entry{}, false
	}
	return c.entries[best], true
}

// usable reports whether a library of the old subfolders is one for the processor.
func (q *Query) usable(legacy uint64) bool {
	if legacy == 0 {
		return true
	}
	if !q.Legacy || legacy&^(q.Capabilities|platformBits|tlsBit) != 0 {
		return false
	}
	return legacy&platformBits == 0 || legacy&platformBits == q.Platform
}

// first returns the index of the first entry of a name, or the number of entries.
func (c *Cache) first(name string) int {
	left, right := 0, len(c.entries)-1
	for left <= right {
		middle := (left + right) / 2
		switch order := compare(name, c.entries[middle].Name); {
		case order < 0: // the greatest name is the first
			left = middle + 1
		case order > 0:
			right = middle - 1
		default:
			for middle > 0 && compare(name, c.entries[middle-1].Name) == 0 {
				middle--
			}
			return middle
		}
	}
	return len(c.entries)
}

// compare orders names as ldconfig sorts them: runs of digits by their value, the
// rest byte by byte (_dl_cache_libcmp). Names that it calls equal are one name.
func compare(a, b string) int {
	i, j := 0, 0
	for i < len(a) {
		digitA, digitB := isDigit(a[i]), j < len(b) && isDigit(b[j])
		switch {
		case digitA && digitB:
			var x, y int32
			x, i = number(a, i)
			y, j = number(b, j)
			if x != y {
				return int(x) - int(y)
			}
		case digitA:
			return 1
		case digitB:
			return -1
		case j == len(b):
			return 1
		case a[i] != b[j]:
			return int(a[i]) - int(b[j])
		default:
			i, j = i+1, j+1
		}
	}
	if j < len(b) {
		return -1
	}
	return 0
}

// number returns the value of the digits at s[i:] and where they end. It wraps
// around where glibc's does.
func number(s string, i int) (n int32, end int) {
	for ; i < len(s) && isDigit(s[i]); i++ {
		n = n*10 + int32(s[i]-'0')
	}
	return n, i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func index(list []string, s string) int {
	for i, v := range list {
		if v == s {
			return i
		}
	}
	return -1
}
