// Package narrow decides in which pieces a read that failed is tried again, until it
// is known to the block what cannot be read. A failing read may take a disk many
// seconds, and good ones little: few large strides towards a bad block beat halving.
package narrow

// steps are the sizes in bytes of pieces, before single blocks.
var steps = [...]int64{64 << 10, 4 << 10}

// State is how far a reading, from lower offsets to higher ones, is narrowed down. The
// zero State with a Block is that of one without errors so far.
type State struct {
	// Block is the smallest unit in bytes in which the medium fails; a power of two.
	Block int64

	// ends are where larger pieces that failed end: up to ends[i], reads are no larger
	// than size(i).
	ends [len(steps) + 1]int64
}

// size is that of pieces by step i.
func (s *State) size(i int) int64 {
	if i < len(steps) {
		return max(steps[i], s.Block)
	}
	return s.Block
}

// Next returns how many of the length bytes from off on to read at once. Where errors
// are near, the piece ends at a multiple of its size.
func (s *State) Next(off, length int64) int64 {
	for i := len(s.ends) - 1; i >= 0; i-- {
		if off < s.ends[i] {
			size := s.size(i)
			return min(length, size-off%size)
		}
	}
	return length
}

// Failed takes note that the read of length bytes from off on failed. It reports
// whether they are of one block, which then is bad; else Next has a smaller piece.
func (s *State) Failed(off, length int64) (bad bool) {
	if length <= s.Block-off%s.Block {
		return true
	}
	step := 0
	for step < len(s.ends)-1 && s.size(step) >= length {
		step++
	}
	s.ends[step] = off + length
	return false
}
