package salvage

// parts are those of a whole file: sorted, without gaps, no two neighbours alike.
type parts []Part

// newParts is a file of which nothing is known.
func newParts(size int64) parts {
	if size <= 0 {
		return nil
	}
	return parts{{Length: size}}
}

// set gives the bytes of a part, which lie in the file, another origin.
func (l *parts) set(p Part) {
	var out parts
	end := p.Offset + p.Length
	placed := p.Length <= 0
	for _, o := range *l {
		oEnd := o.Offset + o.Length
		if before := min(oEnd, p.Offset) - o.Offset; before > 0 {
			out.add(Part{o.Offset, before, o.From, o.Path})
		}
		if !placed && oEnd > p.Offset {
			placed = true
			out.add(p)
		}
		if from := max(o.Offset, end); from < oEnd {
			out.add(Part{from, oEnd - from, o.From, o.Path})
		}
	}
	*l = out
}

// add appends a part that starts where the last one ends.
func (l *parts) add(p Part) {
	if n := len(*l); n > 0 {
		last := &(*l)[n-1]
		if last.From == p.From && last.Path == p.Path {
			last.Length += p.Length
			return
		}
	}
	*l = append(*l, p)
}

// missing returns the parts that are missing.
func (l parts) missing() []Part { return l.missingIn(0, 1<<62) }

// missingIn returns what is missing of a range.
func (l parts) missingIn(off, length int64) []Part {
	var list []Part
	for _, p := range l {
		from, to := max(p.Offset, off), min(p.Offset+p.Length, off+length)
		if p.From == Missing && from < to {
			list = append(list, Part{Offset: from, Length: to - from})
		}
	}
	return list
}

// known returns what is not missing of a range.
func (l parts) known(off, length int64) []Part {
	var list []Part
	for _, p := range l {
		from, to := max(p.Offset, off), min(p.Offset+p.Length, off+length)
		if p.From != Missing && from < to {
			list = append(list, Part{from, to - from, p.From, p.Path})
		}
	}
	return list
}
