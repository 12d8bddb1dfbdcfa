package bundle

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"rescuebox/internal/bundle/runner"
)

// The payload, as runner/src/runner.c reads it. Numbers are little endian, as on all
// processors that there is a runner for; places are offsets from its start; text ends
// with a zero byte.
//
//	 0  magic[8]    "STATIFY1"
//	 8  digest[32]  SHA-256 of the index, from here to its end
//	40  indexEnd    uint32
//	44  entries     uint32
//	48  flags       uint32
//	52  name        uint32, text: what the program is called
//	56  called      uint32, text: what the file is called
//	60  env         uint32, places of texts NAME=VALUE
//	64  nenv        uint32
//	68  entries: name (text), data, stored size, size, 1 if deflated, all uint32,
//	    and the SHA-256 of the bytes stored
//	    the places of env, texts; then the data
//
// The first entry is the loader, the second the program, then the libraries in load
// order, and last the finisher.
const (
	magic      = "STATIFY1"
	headerSize = 68
	entrySize  = 20 + sha256.Size

	// What the loader understands: --argv0 (glibc 2.33) and --preload (2.30).
	loaderArgv0   = 1
	loaderPreload = 2

	// Bounds of the runner: INDEX_MAX, and where it is loaded.
	maxIndex   = 1 << 20
	maxPayload = 1 << 30
)

var le = binary.LittleEndian

// entry is one file of the payload.
type entry struct {
	name         string
	data         uint32
	stored, size uint32
	deflated     bool
	digest       [sha256.Size]byte
}

// index is the payload without its data.
type index struct {
	flags        uint32
	name, called string
	env          []string
	entries      []entry
}

// size is that of the encoded index, in bytes.
func (x *index) size() int {
	n := headerSize + len(x.entries)*entrySize + 4*len(x.env) + len(x.name) + len(x.called) + 2
	for _, v := range x.env {
		n += len(v) + 1
	}
	for i := range x.entries {
		n += len(x.entries[i].name) + 1
	}
	return n
}

// encode returns the index with its digest.
func (x *index) encode() []byte {
	b := make([]byte, headerSize+len(x.entries)*entrySize+4*len(x.env), x.size())
	text := func(s string) uint32 {
		at := len(b)
		b = append(append(b, s...), 0)
		return uint32(at)
	}
	copy(b, magic)
	le.PutUint32(b[40:], uint32(x.size()))
	le.PutUint32(b[44:], uint32(len(x.entries)))
	le.PutUint32(b[48:], x.flags)
	le.PutUint32(b[52:], text(x.name))
	le.PutUint32(b[56:], text(x.called))
	env := headerSize + len(x.entries)*entrySize
	le.PutUint32(b[60:], uint32(env))
	le.PutUint32(b[64:], uint32(len(x.env)))
	for i, v := range x.env {
		at := text(v)
		le.PutUint32(b[env+4*i:], at)
	}
	for i := range x.entries {
		e := &x.entries[i]
		name := text(e.name)
		p := b[headerSize+i*entrySize:]
		le.PutUint32(p, name)
		le.PutUint32(p[4:], e.data)
		le.PutUint32(p[8:], e.stored)
		le.PutUint32(p[12:], e.size)
		if e.deflated {
			le.PutUint32(p[16:], 1)
		}
		copy(p[20:], e.digest[:])
	}
	sum := sha256.Sum256(b[40:])
	copy(b[8:], sum[:])
	return b
}

var errRunner = errors.New("the runner is not what it should be")

// head returns the bytes of a packed file that come before a payload of size bytes:
// the runner, its last segment made the payload's.
func head(code runner.Code, size uint32) ([]byte, error) {
	b := code.Runner
	if len(b) < 64 {
		return nil, errRunner
	}
	wide := b[4] == 2
	table, step, count := uint64(le.Uint32(b[28:])), uint64(le.Uint16(b[42:])), uint64(le.Uint16(b[44:]))
	if wide {
		table, step, count = le.Uint64(b[32:]), uint64(le.Uint16(b[54:])), uint64(le.Uint16(b[56:]))
	}
	if table > uint64(len(b)) || step*count > uint64(len(b))-table || count == 0 || step < 32 {
		return nil, errRunner
	}
	var segment, offset uint64 // of the payload
	for i := range count {
		p := table + i*step
		if le.Uint32(b[p:]) != 1 { // PT_LOAD
			continue
		}
		segment, offset = p, uint64(le.Uint32(b[p+4:]))
		if wide {
			offset = le.Uint64(b[p+8:])
		}
	}
	if segment == 0 || offset > uint64(len(b)) || offset < table+step*count {
		return nil, errRunner
	}
	out := append([]byte(nil), b[:offset]...)
	if wide {
		le.PutUint64(out[segment+32:], uint64(size))
		le.PutUint64(out[segment+40:], uint64(size))
		le.PutUint64(out[40:], 0) // e_shoff: the section table is cut off
		le.PutUint32(out[60:], 0) // e_shnum, e_shstrndx
	} else {
		le.PutUint32(out[segment+16:], size)
		le.PutUint32(out[segment+20:], size)
		le.PutUint32(out[32:], 0)
		le.PutUint32(out[48:], 0)
	}
	return out, nil
}
