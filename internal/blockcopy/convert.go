package blockcopy

import "rescuebox/internal/ebcdic"

// Conversion is what becomes of the bytes between input and output.
type Conversion struct {
	Table *ebcdic.Table // of characters; nil leaves them
	Swap  bool          // each pair of bytes
	// Record is the length in bytes of records that Block makes of lines, and
	// Unblock lines of.
	Record         int
	Block, Unblock bool
	// Space pads records, and Newline ends lines, in the characters that the table
	// maps to.
	Space, Newline byte

	// Cut counts lines that were longer than a record.
	Cut int64

	odd     bool // a byte of a pair is held back
	held    byte
	column  int // of the record or line
	spaces  int // held back: they may end the record
	swapped []byte
	scratch []byte
}

// none reports whether the bytes go through as they are.
func (c *Conversion) none() bool { return c.Table == nil && !c.Swap && !c.Block && !c.Unblock }

// do passes what p becomes to emit; p is overwritten.
func (c *Conversion) do(p []byte, emit func([]byte) error) error {
	if c.Table != nil {
		for i, b := range p {
			p[i] = c.Table[b]
		}
	}
	if c.Swap {
		p = c.swap(p)
	}
	return c.records(p, emit)
}

// end passes on what was held back.
func (c *Conversion) end(emit func([]byte) error) error {
	if c.odd {
		c.odd = false
		if err := c.records([]byte{c.held}, emit); err != nil {
			return err
		}
	}
	c.scratch = c.scratch[:0]
	switch {
	case c.Block && c.column > 0:
		c.pad()
	case c.Unblock && c.column > 0:
		c.scratch = append(c.scratch, c.Newline)
	}
	return emit(c.scratch)
}

// swap exchanges pairs, over the ends of blocks too. The last byte of an odd number
// stays where it is.
func (c *Conversion) swap(p []byte) []byte {
	c.swapped = c.swapped[:0]
	for _, b := range p {
		if c.odd {
			c.swapped = append(c.swapped, b, c.held)
		}
		c.odd, c.held = !c.odd, b
	}
	return c.swapped
}

func (c *Conversion) records(p []byte, emit func([]byte) error) error {
	switch {
	case c.Block:
		p = c.block(p)
	case c.Unblock:
		p = c.unblock(p)
	}
	return emit(p)
}

// block pads lines to records, and cuts longer ones.
func (c *Conversion) block(p []byte) []byte {
	c.scratch = c.scratch[:0]
	for _, b := range p {
		switch {
		case b == c.Newline:
			c.pad()
			c.column = 0
			continue
		case c.column == c.Record:
			c.Cut++
		case c.column < c.Record:
			c.scratch = append(c.scratch, b)
		}
		c.column++
	}
	return c.scratch
}

func (c *Conversion) pad() {
	for i := c.column; i < c.Record; i++ {
		c.scratch = append(c.scratch, c.Space)
	}
}

// unblock makes a line of each record, without the spaces at its end.
func (c *Conversion) unblock(p []byte) []byte {
	c.scratch = c.scratch[:0]
	for _, b := range p {
		if c.column == c.Record {
			c.column, c.spaces = 0, 0
			c.scratch = append(c.scratch, c.Newline)
		}
		c.column++
		if b == c.Space {
			c.spaces++
			continue
		}
		for ; c.spaces > 0; c.spaces-- {
			c.scratch = append(c.scratch, c.Space)
		}
		c.scratch = append(c.scratch, b)
	}
	return c.scratch
}
