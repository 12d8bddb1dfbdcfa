package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

// dropLines empties, in a linked Go program, the tables that lead from a program
// counter to a source file and line, and the names of functions: they are a quarter
// of the compressed kit and serve tracebacks alone. A crash is told by the addresses
// of its calls (cmd/rescuebox); the same commit built with symbols names them.
//
// The runtime itself asks whether a name begins with "runtime.", and looks for two
// stubs of package reflect by their names: those stay.
//
// What the runtime needs to unwind a stack stays as it is: stack depths and the
// data of the collector share one table of bytes (pctab) with files and lines, and
// equal entries are stored once, so only bytes that no other entry uses are
// emptied. Nothing moves; the zeros vanish in compression.
//
// The layout is runtime's pcHeader and _func (runtime/symtab.go, runtime2.go),
// whose magic number changes when it does.
func dropLines(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	e, err := elf.NewFile(f)
	if err != nil {
		return err
	}
	section := e.Section(".gopclntab")
	if section == nil {
		return errors.New("no .gopclntab section")
	}
	data, err := section.Data()
	if err != nil {
		return err
	}
	if err := emptyLines(data, e.ByteOrder); err != nil {
		return fmt.Errorf(".gopclntab: %w", err)
	}
	if _, err := f.WriteAt(data, int64(section.Offset)); err != nil {
		return err
	}
	return f.Close()
}

// pclnMagic is abi.Go120PCLnTabMagic.
const pclnMagic = 0xfffffff1

// Offsets into _func of the fields that are used here.
const (
	funcName      = 4
	funcPCSP      = 16
	funcPCFile    = 20
	funcPCLn      = 24
	funcNPCData   = 28
	funcCU        = 32
	funcStartLine = 36
	funcPCData    = 44 // the first of npcdata offsets into pctab
)

// emptyLines is dropLines on the section's bytes.
func emptyLines(data []byte, order binary.ByteOrder) (err error) {
	defer func() {
		// An index past the end means another layout than the one above.
		if recover() != nil {
			err = errors.New("not the layout of this Go release")
		}
	}()
	if order.Uint32(data) != pclnMagic {
		return errors.New("unknown magic number")
	}
	ptr := int(data[7])
	word := func(i int) int {
		if ptr == 4 {
			return int(order.Uint32(data[8+4*i:]))
		}
		return int(order.Uint64(data[8+8*i:]))
	}
	nfunc, nametab, cutab, filetab, pctab, functab := word(0), word(3), word(4), word(5), word(6), word(7)
	if !(nametab < cutab && cutab < filetab && filetab < pctab && pctab < functab && functab < len(data)) {
		return errors.New("tables in an unknown order")
	}

	names := newNames(data[nametab:cutab])
	tables := data[pctab:functab]
	used := make([]bool, len(tables))
	used[0] = true
	for i := range nfunc {
		fn := data[functab+int(order.Uint32(data[functab+8*i+4:])):]
		order.PutUint32(fn[funcName:], names.short(order.Uint32(fn[funcName:])))
		markTable(tables, used, order.Uint32(fn[funcPCSP:]))
		for j := range int(order.Uint32(fn[funcNPCData:])) {
			markTable(tables, used, order.Uint32(fn[funcPCData+4*j:]))
		}
		for _, field := range []int{funcPCFile, funcPCLn, funcCU, funcStartLine} {
			order.PutUint32(fn[field:], 0)
		}
	}
	for i := range tables {
		if !used[i] {
			tables[i] = 0
		}
	}
	clear(data[cutab:pctab])
	names.store()
	return nil
}

// names is the table of the names of functions, each ended by a zero byte, and the
// one that takes its place.
type names struct{ table, kept []byte }

// runtimeName stands for all functions of package runtime. It follows the empty name
// of all others.
const runtimeName = "runtime."

func newNames(table []byte) *names {
	return &names{table, append([]byte{0}, runtimeName+"\x00"...)}
}

// short returns where the name at off is in the table that is kept.
func (n *names) short(off uint32) uint32 {
	name, _, _ := bytes.Cut(n.table[off:], []byte{0})
	switch {
	case bytes.HasPrefix(name, []byte(runtimeName)):
		return 1
	case bytes.HasPrefix(name, []byte("reflect.")):
		n.kept = append(append(n.kept, name...), 0)
		return uint32(len(n.kept) - len(name) - 1)
	}
	return 0
}

func (n *names) store() {
	clear(n.table)
	copy(n.table, n.kept)
}

// markTable marks the bytes of the table at off as used. A table is pairs of
// variable-length numbers, value and pc differences, and ends at a value
// difference of 0 that is not the first (runtime.step).
func markTable(pctab []byte, used []bool, off uint32) {
	if off == 0 {
		return
	}
	p := int(off)
	number := func() {
		for {
			used[p] = true
			p++
			if pctab[p-1] < 0x80 {
				return
			}
		}
	}
	for first := true; first || pctab[p] != 0; first = false {
		number()
		number()
	}
	used[p] = true
}
