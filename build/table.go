package main

import "encoding/binary"

// stretch is a piece of code with one value in a pc-value table, whose value before
// all of them is -1. A table is pairs of variable-length numbers, differences of value and
// of pc, and ends at a difference of value of 0 that is not the first (runtime.step).
type stretch struct {
	value  int32
	length uint64 // in steps of the pc
}

// tableAt cuts the table at off out of pctab: "" for offset 0, which is none.
func tableAt(pctab []byte, off uint32) string {
	if off == 0 {
		return ""
	}
	end := int(off)
	number := func() {
		for pctab[end] >= 0x80 {
			end++
		}
		end++
	}
	for first := true; first || pctab[end] != 0; first = false {
		number()
		number()
	}
	return string(pctab[off : end+1])
}

func decode(table string) []stretch {
	var list []stretch
	value := int32(-1)
	for p := []byte(table); len(p) > 1; {
		diff, n := binary.Varint(p)
		length, m := binary.Uvarint(p[n:])
		value += int32(diff)
		list = append(list, stretch{value, length})
		p = p[n+m:]
	}
	return list
}

func encode(list []stretch) string {
	var table []byte
	last := int32(-1)
	for i := 0; i < len(list); {
		value, length := list[i].value, uint64(0)
		for ; i < len(list) && list[i].value == value; i++ {
			length += list[i].length
		}
		table = binary.AppendVarint(table, int64(value-last))
		table = binary.AppendUvarint(table, length)
		last = value
	}
	return string(append(table, 0))
}

// unsafeEverywhere has the value abi.UnsafePointUnsafe for more code than there is.
var unsafeEverywhere = encode([]stretch{{-2, 1 << 27}})

// withoutPrologue returns a table of indices of stack maps that has 0 for -1, as the
// runtime does (getStackMap), and none where it is 0 throughout.
func withoutPrologue(list []stretch) string {
	zero := true
	for i := range list {
		list[i].value = max(list[i].value, 0)
		zero = zero && list[i].value == 0
	}
	if zero {
		return ""
	}
	return encode(list)
}

// x86 instructions of one byte.
const (
	popBP = 0x5d
	ret   = 0xc3
)

// withoutReturns returns a table of stack depths that does not have the instructions
// POP BP and RET amid a function, at which no call returns and no fault is: they get
// the depth of what is before them.
func withoutReturns(list []stretch, code []byte) string {
	pc := uint64(0)
	for i := range list {
		inside := i > 0 && i < len(list)-1 && list[i].length == 1
		is := func(b byte) bool { return inside && code[pc] == b }
		switch {
		case is(ret) && list[i].value == 0:
			list[i].value = list[i-1].value
		case is(popBP) && list[i+1].length == 1 && list[i+1].value == 0 && code[pc+1] == ret && i+2 < len(list):
			list[i].value = list[i-1].value
		}
		pc += list[i].length
	}
	return encode(list)
}
