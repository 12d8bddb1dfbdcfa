package deflate

import (
	"math/bits"

	"rescuebox/internal/order"
)

// code is a canonical Huffman code (RFC 1951, 3.2.2), its bits reversed as they are
// written.
type code struct {
	lengths []uint8
	codes   []uint16
}

// newCode returns the best code for symbols that occur so often with no length over
// limit. There are at least two symbols in it: decoders differ about codes of one.
func newCode(counts []uint32, limit int) code {
	type leaf struct {
		symbol int
		count  uint32
	}
	var leaves []leaf
	for s, n := range counts {
		if n > 0 {
			leaves = append(leaves, leaf{s, n})
		}
	}
	for s := 0; len(leaves) < 2; s++ {
		if counts[s] == 0 {
			leaves = append(leaves, leaf{s, 1})
		}
	}
	order.Stable(leaves, func(a, b *leaf) bool {
		return a.count < b.count || a.count == b.count && a.symbol < b.symbol
	})
	weights := make([]uint32, len(leaves))
	for i, l := range leaves {
		weights[i] = l.count
	}
	perLength := limitLengths(lengthCounts(weights), limit)
	c := code{lengths: make([]uint8, len(counts)), codes: make([]uint16, len(counts))}
	// The rarest symbols get the longest codes.
	i := 0
	for length := limit; length > 0; length-- {
		for range perLength[length] {
			c.lengths[leaves[i].symbol] = uint8(length)
			i++
		}
	}
	c.assign(perLength)
	return c
}

// lengthCounts returns how many leaves of a Huffman tree over sorted weights lie at
// each depth.
func lengthCounts(weights []uint32) []int {
	n := len(weights)
	type node struct {
		weight uint32
		parent int
	}
	nodes := make([]node, 0, 2*n-1)
	for _, w := range weights {
		nodes = append(nodes, node{weight: w})
	}
	// Both the leaves and the inner nodes come in order of weight.
	leaf, inner := 0, n
	least := func() int {
		if leaf < n && (inner >= len(nodes) || nodes[leaf].weight <= nodes[inner].weight) {
			leaf++
			return leaf - 1
		}
		inner++
		return inner - 1
	}
	for len(nodes) < 2*n-1 {
		a, b := least(), least()
		nodes = append(nodes, node{weight: nodes[a].weight + nodes[b].weight})
		nodes[a].parent, nodes[b].parent = len(nodes)-1, len(nodes)-1
	}
	depth := make([]int, len(nodes))
	counts := make([]int, n+1)
	for i := len(nodes) - 2; i >= 0; i-- {
		depth[i] = depth[nodes[i].parent] + 1
		if i < n {
			counts[depth[i]]++
		}
	}
	return counts
}

// limitLengths moves leaves that lie too deep up to limit and, to make up for it,
// others down, so that the code stays complete.
func limitLengths(counts []int, limit int) []int {
	out := make([]int, limit+1)
	sum := 0 // of 2^-length, in units of 2^-limit
	for length, n := range counts {
		out[min(length, limit)] += n
		if length > 0 {
			sum += n << (limit - min(length, limit))
		}
	}
	for sum > 1<<limit {
		// Lengthening one code of length i by one frees 2^(limit-i-1) units.
		i := limit - 1
		for out[i] == 0 {
			i--
		}
		out[i]--
		out[i+1]++
		sum -= 1 << (limit - i - 1)
	}
	// The last step may have freed too much: shorten codes while there is room.
	for i := limit; sum < 1<<limit && i > 1; {
		if free := 1 << (limit - i); out[i] > 0 && sum+free <= 1<<limit {
			out[i]--
			out[i-1]++
			sum += free
		} else {
			i--
		}
	}
	return out
}

func (c *code) assign(perLength []int) {
	next := make([]uint16, len(perLength)+1)
	for length := 1; length < len(perLength); length++ {
		next[length+1] = (next[length] + uint16(perLength[length])) << 1
	}
	for s, length := range c.lengths {
		if length > 0 {
			c.codes[s] = bits.Reverse16(next[length]) >> (16 - length)
			next[length]++
		}
	}
}

// used returns how many symbols up to the last one in use the code has, and at
// least the number given.
func (c *code) used(least int) int {
	n := len(c.lengths)
	for n > least && c.lengths[n-1] == 0 {
		n--
	}
	return n
}

func (c *code) write(w *writer, symbol int) {
	w.put(uint32(c.codes[symbol]), c.lengths[symbol])
}
