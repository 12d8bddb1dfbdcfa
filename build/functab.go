package main

import (
	"encoding/binary"
	"errors"
)

// Words of _func that are used here. The last has single bytes, of which the last is
// the number of funcdata. The offsets into pctab of npcdata tables follow, and those of
// funcdata.
const (
	funcName      = 1
	funcPCSP      = 4
	funcPCFile    = 5
	funcPCLn      = 6
	funcNPCData   = 7
	funcCU        = 8
	funcStartLine = 9
	funcBytes     = 10
	funcWords     = 11
)

// Kinds of pcdata and funcdata (internal/abi/symtab.go).
const (
	unsafePoint  = 0
	stackMap     = 1
	argLiveIndex = 3

	localsMaps = 1
	argInfo    = 5 // this, ArgLiveInfo and WrapInfo serve tracebacks and traces
	noFuncData = ^uint32(0)
)

// function is a _func with its tables by content: "" is one that it does not have.
type function struct {
	words    [funcWords]uint32
	ids      [3]byte // of the last word
	depth    string  // of the stack
	pcdata   []string
	funcdata []uint32 // offsets
}

func readFunctions(tab []byte, order binary.ByteOrder, n int, pctab []byte) []function {
	list := make([]function, n)
	for i := range list {
		fn := &list[i]
		rec := tab[order.Uint32(tab[8*i+4:]):]
		word := func(k int) uint32 { return order.Uint32(rec[4*k:]) }
		for k := range fn.words {
			fn.words[k] = word(k)
		}
		copy(fn.ids[:], rec[4*funcBytes:])
		npcdata, nfuncdata := int(fn.words[funcNPCData]), int(rec[4*funcBytes+3])
		fn.depth = tableAt(pctab, fn.words[funcPCSP])
		for k := range npcdata {
			fn.pcdata = append(fn.pcdata, tableAt(pctab, word(funcWords+k)))
		}
		for k := range nfuncdata {
			fn.funcdata = append(fn.funcdata, word(funcWords+npcdata+k))
		}
	}
	return list
}

// reduce leaves in the tables what holds at calls and faults.
func (fn *function) reduce(code []byte) {
	if fn.depth != "" && code != nil {
		fn.depth = withoutReturns(decode(fn.depth), code[fn.words[0]:])
	}
	hasMaps := len(fn.funcdata) > localsMaps && fn.funcdata[localsMaps] != noFuncData
	if hasMaps && len(fn.pcdata) == 0 {
		fn.pcdata = []string{""}
	}
	for k, table := range fn.pcdata {
		switch {
		case k == unsafePoint && (table != "" || hasMaps):
			fn.pcdata[k] = unsafeEverywhere
		case k == stackMap && table != "":
			fn.pcdata[k] = withoutPrologue(decode(table))
		case k == argLiveIndex:
			fn.pcdata[k] = ""
		}
	}
	for n := len(fn.pcdata); n > 0 && fn.pcdata[n-1] == ""; n-- {
		fn.pcdata = fn.pcdata[:n-1]
	}
}

// dropFuncData drops what serves tracebacks, and tells which offsets it has kept and
// which it has dropped.
func (fn *function) dropFuncData(used, unused map[uint32]bool) {
	for k, off := range fn.funcdata {
		switch {
		case off == noFuncData:
		case k >= argInfo:
			unused[off], fn.funcdata[k] = true, noFuncData
		default:
			used[off] = true
		}
	}
	for n := len(fn.funcdata); n > 0 && fn.funcdata[n-1] == noFuncData; n-- {
		fn.funcdata = fn.funcdata[:n-1]
	}
}

// storeFunctions writes the functions into tab and their tables into pctab. Tables of
// a kind stand together, as they compress best with their likes.
func storeFunctions(tab []byte, order binary.ByteOrder, list []function, pctab []byte) error {
	tables := newTables(list)
	if len(tables.data) > len(pctab) {
		return errors.New("the tables have grown")
	}
	end := order.Uint32(tab[8*len(list):])
	index := make([]byte, 8*len(list)+8)
	var records []byte
	word := func(w uint32) {
		var b [4]byte
		order.PutUint32(b[:], w)
		records = append(records, b[:]...)
	}
	for i, fn := range list {
		order.PutUint32(index[8*i:], fn.words[0])
		order.PutUint32(index[8*i+4:], uint32(len(index)+len(records)))
		fn.words[funcPCSP] = tables.offset[fn.depth]
		fn.words[funcNPCData] = uint32(len(fn.pcdata))
		for _, w := range fn.words[:funcBytes] {
			word(w)
		}
		records = append(append(records, fn.ids[:]...), byte(len(fn.funcdata)))
		for _, table := range fn.pcdata {
			word(tables.offset[table])
		}
		for _, off := range fn.funcdata {
			word(off)
		}
	}
	order.PutUint32(index[8*len(list):], end)
	if len(index)+len(records) > len(tab) {
		return errors.New("the functions have grown")
	}
	clear(tab)
	copy(tab[copy(tab, index):], records)
	clear(pctab)
	copy(pctab, tables.data)
	return nil
}

// tables is a pctab: tables by their content. Offset 0 is for none.
type tables struct {
	data   []byte
	offset map[string]uint32
}

func newTables(list []function) *tables {
	t := &tables{[]byte{0}, map[string]uint32{"": 0}}
	kinds := 0
	for _, fn := range list {
		t.add(fn.depth)
		kinds = max(kinds, len(fn.pcdata))
	}
	for k := range kinds {
		for _, fn := range list {
			if k < len(fn.pcdata) {
				t.add(fn.pcdata[k])
			}
		}
	}
	return t
}

func (t *tables) add(table string) {
	if _, ok := t.offset[table]; !ok {
		t.offset[table] = uint32(len(t.data))
		t.data = append(t.data, table...)
	}
}
