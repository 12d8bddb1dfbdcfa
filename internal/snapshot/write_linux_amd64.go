package snapshot

import (
	_ "embed" // the stub
	"encoding/binary"
	"errors"
	"io"
	"strings"

	"golang.org/x/sys/unix"
)

// stubCode is the stub and, from vdsoAt on, the stand-in for the vdso.
//
//go:generate stub/build stub.bin
//go:embed stub.bin
var stubCode []byte

// Offsets in struct params of stub.c, which ends at paramsEnd. A word of the stub's
// own follows, and the tables begin at tablesAt.
const (
	paramEntry    = 0
	paramStart    = 8
	paramFS       = 16
	paramTID      = 24
	paramRobust   = 32 // and its size
	paramGuard    = 48
	paramDigest   = 56
	paramSegments = 64 // address and count, as all that follow
	paramFixups   = 80
	paramGuarded  = 96
	paramEnv      = 112
	paramAux      = 128
	paramNeed     = 144
	paramName     = 200 // addresses of two strings
	paramsEnd     = 0x100
	tablesAt      = 0x200
)

// parameters is the page of struct params and the tables it points to.
type parameters struct{ bytes []byte }

func (p *parameters) set(offset int, values ...uint64) {
	for i, v := range values {
		binary.LittleEndian.PutUint64(p.bytes[offset+8*i:], v)
	}
}

// table appends words, and stores their address and count/width at offset.
func (p *parameters) table(offset, width int, words []uint64) {
	p.set(offset, paramsAt+uint64(len(p.bytes)), uint64(len(words)/width))
	for _, w := range words {
		p.bytes = binary.LittleEndian.AppendUint64(p.bytes, w)
	}
}

// text appends a string and returns its address.
func (p *parameters) text(s string) uint64 {
	at := paramsAt + uint64(len(p.bytes))
	p.bytes = append(p.bytes, s...)
	p.bytes = append(p.bytes, make([]byte, 8-len(s)%8)...)
	return at
}

// write writes the image as an ELF file. need are the bits of CPUID that the stub
// asks for.
func (m *image) write(out io.Writer, in Input, need [4]uint32) error {
	params := m.parameters(in, need)
	tables := uint64(len(params.bytes)) + uint64(len(m.segments)+5)*16 // with that of what the digest is of
	size := roundUp(tables)
	if size > tablesTo-paramsAt {
		return errors.New("too many segments")
	}
	all := m.inOrder(
		segment{start: stubAt, end: stubAt + uint64(len(stubCode)), stored: uint64(len(stubCode)), prot: unix.PROT_READ | unix.PROT_EXEC, data: stubCode},
		segment{start: paramsAt, end: paramsAt + size, stored: size, prot: unix.PROT_READ | unix.PROT_WRITE},
		segment{start: stackAt, end: stackTop, stored: stackBytes, prot: unix.PROT_READ | unix.PROT_WRITE},
	)
	headers, err := m.headers(all)
	if err != nil {
		return err
	}
	head := segment{start: headersAt, end: headersAt + uint64(len(headers)), stored: uint64(len(headers)), prot: unix.PROT_READ, data: headers}
	all = append([]segment{head}, all...)
	if err := m.seal(params, size, all); err != nil {
		return err
	}
	for _, s := range all {
		err := m.each(s, func(_ uint64, p []byte) error {
			_, err := out.Write(p)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// seal completes the parameters, which size bytes hold, with the digest of all.
func (m *image) seal(params *parameters, size uint64, all []segment) error {
	var table []uint64
	for _, s := range all {
		switch {
		case s.start == paramsAt:
			table = append(table, paramsAt, paramsEnd, paramsAt+tablesAt, size-tablesAt)
		case s.stored > 0:
			table = append(table, s.start, s.stored)
		}
	}
	params.table(paramSegments, 2, table)
	params.bytes = append(params.bytes, make([]byte, size-uint64(len(params.bytes)))...)
	for i := range all {
		if all[i].start == paramsAt {
			all[i].data = params.bytes
		}
	}
	sum, err := m.digest(all)
	params.set(paramDigest, sum)
	return err
}

// inOrder merges the packer's segments into those of the program by address, as a
// loader of ELF files may expect.
func (m *image) inOrder(own ...segment) []segment {
	var all []segment
	for _, s := range m.segments {
		if s.start > base && len(own) > 0 {
			all, own = append(all, own...), nil
		}
		all = append(all, s)
	}
	return append(all, own...)
}

// parameters fills in all but what depends on the file.
func (m *image) parameters(in Input, need [4]uint32) *parameters {
	p := &parameters{bytes: make([]byte, tablesAt)}
	p.set(paramEntry, m.left.entry)
	p.set(paramStart, m.left.start)
	p.set(paramFS, m.left.fs)
	p.set(paramTID, m.left.tid)
	p.set(paramRobust, m.left.robust, m.left.robustSize)
	p.set(paramGuard, packGuard)
	p.set(paramNeed, uint64(need[1])<<32|uint64(need[0]), uint64(need[3])<<32|uint64(need[2]))
	p.table(paramFixups, 1, m.fixups)
	var words []uint64
	for _, s := range m.guarded {
		words = append(words, s.start, s.end-s.start, s.prot)
	}
	p.table(paramGuarded, 3, words)
	words = nil
	for _, e := range m.stack.overrides {
		words = append(words, e.kind, e.value)
	}
	p.table(paramAux, 2, words)
	words = nil
	for _, e := range in.Env {
		words = append(words, p.text(e))
	}
	p.table(paramEnv, 1, words)
	p.set(paramName, p.text(lastPart(in.Program)), p.text(lastPart(in.Called)))
	return p
}

// lastPart is the last part of a path.
func lastPart(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

func (m *image) digest(all []segment) (uint64, error) {
	x := newXXH64()
	for _, s := range all {
		err := m.each(s, func(at uint64, p []byte) error {
			if at == paramsAt {
				x.add(p[:paramsEnd])
				p = p[tablesAt:]
			}
			x.add(p)
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	return x.sum(), nil
}

// headers is the ELF header and the program headers for segments that follow it in
// the file, in whole pages (gABI, chapter 4).
func (m *image) headers(all []segment) ([]byte, error) {
	count := len(all) + 2
	size := roundUp(uint64(64 + count*phdrSize))
	if size > maxHeaders {
		return nil, errors.New("too many segments")
	}
	le := binary.LittleEndian
	b := append(make([]byte, 0, size), "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	b = le.AppendUint16(b, 2)  // ET_EXEC
	b = le.AppendUint16(b, 62) // EM_X86_64
	b = le.AppendUint32(b, 1)
	b = le.AppendUint64(b, stubAt)
	b = le.AppendUint64(b, 64) // e_phoff
	b = le.AppendUint64(b, 0)
	b = le.AppendUint32(b, 0)
	for _, v := range [...]uint16{64, phdrSize, uint16(count), 64, 0, 0} {
		b = le.AppendUint16(b, v)
	}
	header := func(kind, flags uint32, words ...uint64) {
		b = le.AppendUint32(le.AppendUint32(b, kind), flags)
		for _, w := range words {
			b = le.AppendUint64(b, w)
		}
	}
	load := func(s segment, offset uint64) {
		// PROT_READ and PROT_EXEC are PF_X and PF_R the other way round.
		flags := uint32(s.prot&unix.PROT_WRITE | s.prot&unix.PROT_READ<<2 | s.prot&unix.PROT_EXEC>>2)
		header(1, flags, offset, s.start, s.start, s.stored, s.end-s.start, pageSize)
	}
	offset, own := size, segment{start: headersAt, end: headersAt + size, stored: size, prot: unix.PROT_READ}
	for _, s := range all {
		if s.start > headersAt && own.end > 0 {
			load(own, 0)
			own.end = 0
		}
		load(s, offset)
		offset += s.stored
	}
	flags := m.program.stackFlags
	if !m.program.hasStack {
		flags = 7 // what Linux gives a program that says nothing
	}
	header(ptGNUStack, flags, 0, 0, 0, 0, 0, 16)
	return append(b, make([]byte, size-uint64(len(b)))...), nil
}
