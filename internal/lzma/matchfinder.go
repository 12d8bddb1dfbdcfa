package lzma

import "math/bits"

// match says that the bytes here were seen distance+1 bytes before, length of them.
type match struct {
	length, distance uint32
}

// matchFinder finds, for every length, the nearest earlier place with the same
// bytes. Places that share a hash of their next four bytes are in a binary tree: the
// newest is the root, those whose bytes are smaller hang on one side of it, greater
// ones on the other. For lengths 2 and 3 the last place of each hash is enough.
type matchFinder struct {
	data  []byte
	depth int // most places looked at

	hash2, hash3, hash4 []int32 // last place plus 1
	shift3, shift4      uint
	children            [][2]int32 // of each place: smaller and greater, plus 1
}

func newMatchFinder(data []byte, depth int) *matchFinder {
	size := uint(max(bits.Len(uint(len(data))), 8))
	bits3, bits4 := min(size, 18), min(size, 24)
	return &matchFinder{
		data: data, depth: depth,
		hash2: make([]int32, 1<<16), hash3: make([]int32, 1<<bits3), hash4: make([]int32, 1<<bits4),
		shift3: 32 - bits3, shift4: 32 - bits4,
		children: make([][2]int32, len(data)),
	}
}

// find appends to found the matches at pos, longer and farther each, and enters the
// place. It must be called for all positions in turn.
func (f *matchFinder) find(pos int, found []match) []match {
	limit := min(len(f.data)-pos, maxMatch)
	if limit < 4 {
		return f.findTail(pos, limit, found)
	}
	word := load32(f.data[pos:])
	h2 := &f.hash2[word&0xffff]
	h3 := &f.hash3[word<<8*0x9e3779b1>>f.shift3]
	h4 := &f.hash4[word*0x9e3779b1>>f.shift4]
	near2, near3, root := int(*h2)-1, int(*h3)-1, *h4
	*h2, *h3, *h4 = int32(pos+1), int32(pos+1), int32(pos+1)

	longest := 1
	if near2 >= 0 {
		longest = common(f.data, near2, pos, limit)
		found = append(found, match{uint32(longest), uint32(pos - near2 - 1)})
	}
	if near3 >= 0 && near3 != near2 {
		if n := common(f.data, near3, pos, limit); n > longest {
			longest = n
			found = append(found, match{uint32(longest), uint32(pos - near3 - 1)})
		}
	}
	return f.descend(pos, root, limit, longest, found)
}

// descend walks down a tree. On the way it takes the tree apart into what is smaller
// than the bytes at pos and what is greater: those become the children of pos.
func (f *matchFinder) descend(pos int, root int32, limit, longest int, found []match) []match {
	data := f.data
	smaller, greater := &f.children[pos][0], &f.children[pos][1]
	nSmaller, nGreater := 0, 0 // bytes that all on that side have in common with pos
	for depth := f.depth; root != 0 && depth > 0; depth-- {
		at := int(root) - 1
		node := &f.children[at]
		n := min(nSmaller, nGreater)
		if data[at+n] == data[pos+n] {
			n += common(data, at+n, pos+n, limit-n)
			if n > longest {
				longest = n
				found = append(found, match{uint32(n), uint32(pos - at - 1)})
			}
			if n == limit { // the same as pos, as far as anybody looks: pos takes its place
				*smaller, *greater = node[0], node[1]
				return found
			}
		}
		if data[at+n] < data[pos+n] {
			*smaller, root = root, node[1]
			smaller, nSmaller = &node[1], n
		} else {
			*greater, root = root, node[0]
			greater, nGreater = &node[0], n
		}
	}
	*smaller, *greater = 0, 0
	return found
}

// findTail is find for the last three bytes, which no tree has.
func (f *matchFinder) findTail(pos, limit int, found []match) []match {
	if limit < minMatch {
		return found
	}
	h2 := &f.hash2[uint(f.data[pos])|uint(f.data[pos+1])<<8]
	if near := int(*h2) - 1; near >= 0 {
		found = append(found, match{uint32(common(f.data, near, pos, limit)), uint32(pos - near - 1)})
	}
	*h2 = int32(pos + 1)
	return found
}

// common counts the bytes that are the same from a and from b on, a < b, up to limit.
func common(data []byte, a, b, limit int) int {
	x, y := data[a:a+limit], data[b:b+limit]
	n := 0
	for ; n+8 <= limit; n += 8 {
		if d := load64(x[n:]) ^ load64(y[n:]); d != 0 {
			return n + bits.TrailingZeros64(d)>>3
		}
	}
	for n < limit && x[n] == y[n] {
		n++
	}
	return n
}

func load64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}
