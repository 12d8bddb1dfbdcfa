package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
)

// dropLines rewrites, in a linked Go program, the tables that the runtime has of
// its functions, with less in them. They were a third of the compressed kit.
//
// What serves tracebacks alone goes: source files and lines, the names of functions,
// how arguments are printed. A crash is told by the addresses of its calls
// (cmd/rescuebox); the same commit built with symbols names them. The runtime itself
// asks whether a name begins with "runtime.", and looks for two stubs of package
// reflect by their names: those stay.
//
// A goroutine is not preempted between two calls: each table of places where that
// is unsafe (PCDATA_UnsafePoint) becomes the one that says everywhere. Nothing in the
// kit computes for long without a call. Then stacks are walked at calls and at faults
// only, and what the other tables say of other places goes too (table.go).
//
// What is left keeps its meaning, and is stored once and without gaps; the zeros at
// the end vanish in compression. No other part of the program has addresses of it but
// runtime.moduledata, whose tables begin where they did.
//
// The layout is runtime's pcHeader, moduledata and _func (runtime/symtab.go,
// runtime2.go), whose magic number changes when it does.
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
	l, err := readLinked(e)
	if err != nil {
		return err
	}
	if err := shrink(l); err != nil {
		return fmt.Errorf(".gopclntab: %w", err)
	}
	if _, err := f.WriteAt(l.lines, int64(e.Section(".gopclntab").Offset)); err != nil {
		return err
	}
	// The types by their names, which package reflect alone asks for.
	if types := e.Section(".typelink"); types != nil && !bytes.Contains(l.lines, []byte("\x00reflect.")) {
		if _, err := f.WriteAt(make([]byte, types.Size), int64(types.Offset)); err != nil {
			return err
		}
	}
	return f.Close()
}

// linked is what dropLines knows of a program.
type linked struct {
	order    binary.ByteOrder
	lines    []byte // .gopclntab
	gofunc   int    // where in it the funcdata begins, which ends the table of functions
	findfunc int    // where in it the table of buckets of functions begins
	code     []byte // .text, from runtime.text on, where returns are told by their bytes
}

// Words of moduledata.
const (
	modulePCHeader = 0
	moduleFindFunc = 19
	moduleText     = 22
	moduleGoFunc   = 40
)

func readLinked(e *elf.File) (linked, error) {
	l := linked{order: e.ByteOrder}
	section, module, text := e.Section(".gopclntab"), e.Section(".go.module"), e.Section(".text")
	if section == nil || module == nil || text == nil {
		return l, errors.New("no .gopclntab, .go.module or .text section")
	}
	lines, err := section.Data()
	if err != nil {
		return l, err
	}
	words, err := module.Data()
	if err != nil {
		return l, err
	}
	code, err := text.Data()
	if err != nil {
		return l, err
	}
	word := func(i int) uint64 {
		if e.Class == elf.ELFCLASS32 {
			return uint64(l.order.Uint32(words[4*i:]))
		}
		return l.order.Uint64(words[8*i:])
	}
	l.lines = lines
	l.gofunc, l.findfunc = int(word(moduleGoFunc)-section.Addr), int(word(moduleFindFunc)-section.Addr)
	start := int(word(moduleText) - text.Addr)
	if word(modulePCHeader) != section.Addr || !(0 < l.gofunc && l.gofunc <= l.findfunc && l.findfunc < len(lines)) || start < 0 || start > len(code) {
		return l, errors.New("not the module data of this Go release")
	}
	if e.Machine == elf.EM_X86_64 || e.Machine == elf.EM_386 {
		l.code = code[start:]
	}
	return l, nil
}

// pclnMagic is abi.Go120PCLnTabMagic.
const pclnMagic = 0xfffffff1

// shrink is dropLines on the section's bytes.
func shrink(l linked) (err error) {
	defer func() {
		// An index past the end means another layout than the one above.
		if recover() != nil {
			err = errors.New("not the layout of this Go release")
		}
	}()
	data, order := l.lines, l.order
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
	if !(nametab < cutab && cutab < filetab && filetab < pctab && pctab < functab && functab < l.gofunc) {
		return errors.New("tables in an unknown order")
	}

	names := newNames(data[nametab:cutab])
	list := readFunctions(data[functab:l.gofunc], order, nfunc, data[pctab:functab])
	used, unused := map[uint32]bool{}, map[uint32]bool{}
	for i := range list {
		fn := &list[i]
		fn.words[funcName] = names.short(fn.words[funcName])
		for _, field := range []int{funcPCFile, funcPCLn, funcCU, funcStartLine} {
			fn.words[field] = 0
		}
		fn.reduce(l.code)
		fn.dropFuncData(used, unused)
	}
	clear(data[cutab:pctab])
	names.store()
	if err := storeFunctions(data[functab:l.gofunc], order, list, data[pctab:functab]); err != nil {
		return err
	}
	clearUnused(data[l.gofunc:l.findfunc], used, unused)
	clearBuckets(data[l.findfunc:])
	return nil
}

// clearUnused empties the funcdata that is in unused alone. One ends where the next
// begins.
func clearUnused(data []byte, used, unused map[uint32]bool) {
	var starts []uint32
	for off := range used {
		starts = append(starts, off)
	}
	for off := range unused {
		if !used[off] {
			starts = append(starts, off)
		}
	}
	slices.Sort(starts)
	for i, off := range starts[:max(0, len(starts)-1)] {
		if !used[off] {
			clear(data[off:starts[i+1]])
		}
	}
}

// clearBuckets leaves the runtime to count from the first function of each 4096 bytes
// of code (findfuncbucket) and not from that of each 256.
func clearBuckets(data []byte) {
	const bucket, first = 20, 4
	for ; len(data) >= bucket; data = data[bucket:] {
		clear(data[first:bucket])
	}
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
