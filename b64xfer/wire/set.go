package wire

import (
	"errors"
	"strconv"
	"strings"
)

// Range is chunks from the first to the last number, both of it.
type Range struct{ First, Last int }

// Set is chunks, as ranges in rising order that do not touch.
type Set []Range

// maxRanges is how many ranges a set is written with.
const maxRanges = 20

// String writes a set as people repeat it: "3,17-19".
func (s Set) String() string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(r.First))
		if r.Last > r.First {
			b.WriteString("-" + strconv.Itoa(r.Last))
		}
	}
	return b.String()
}

// Len returns the number of chunks.
func (s Set) Len() int {
	n := 0
	for _, r := range s {
		n += r.Last - r.First + 1
	}
	return n
}

// ParseSet reads what String writes, in any order, with spaces allowed. Numbers have
// at most eight digits.
func ParseSet(text string) (Set, error) {
	var s Set
	for field := range strings.SplitSeq(text, ",") {
		first, last, two := strings.Cut(strings.TrimSpace(field), "-")
		if !two {
			last = first
		}
		a, err := strconv.ParseUint(first, 10, 27)
		b, err2 := strconv.ParseUint(last, 10, 27)
		if err != nil || err2 != nil || a > b {
			return nil, errors.New("chunks '" + text + "': not numbers as in 3,17-19")
		}
		s = s.add(Range{int(a), int(b)})
	}
	return s, nil
}

// add returns the set with a range more.
func (s Set) add(r Range) Set {
	var out Set
	i := 0
	for ; i < len(s) && s[i].Last < r.First-1; i++ {
		out = append(out, s[i])
	}
	for ; i < len(s) && s[i].First <= r.Last+1; i++ {
		r.First, r.Last = min(r.First, s[i].First), max(r.Last, s[i].Last)
	}
	return append(append(out, r), s[i:]...)
}

// Brief returns a set of at most 20 ranges that contains this one: the last of them
// reaches to the last chunk. A person has to type it.
func (s Set) Brief(last int) Set {
	if len(s) <= maxRanges {
		return s
	}
	brief := append(Set(nil), s[:maxRanges]...)
	brief[maxRanges-1].Last = last
	return brief
}
