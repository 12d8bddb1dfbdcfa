// Package stage1 is the receiver for a host that has nothing: a static program of a
// few kilobytes that speaks package wire, written in C (src) and checked in as bytes
// (bin), for each processor.
//
// An image is a program for the kernel and a shared object whose initialization is
// the same code, so that a bash without any program runs it by `enable -f`, and any
// dynamic program by LD_PRELOAD, without an x bit. It needs no argument: what it is to
// do is appended to it.
package stage1

//go:generate src/build bin

import (
	"embed"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"

	"rescuebox/b64xfer/wire"
)

//go:embed bin
var binaries embed.FS

// MaxPath is how long a path can be, in bytes.
const MaxPath = 1000

// Params is what an image is to do.
type Params struct {
	Header wire.Header // what is carried: size, chunk, sum, path, and whether to replace
	Ack    bool        // answer each line
	Memory bool        // execute from memory, write no file
}

// The flags of struct params in stage1.c, by their bits.
const (
	flagForce = iota
	flagAck
	flagMemory
)

// Arches returns the architectures, as Go names them; armv7 is arm with GOARM=7.
func Arches() []string { return []string{"amd64", "386", "arm64", "armv7"} }

// patches are where head.S has what the sender sets.
type patches struct {
	sizes []int // p_filesz and p_memsz of both segments
	total int   // and the checksum behind it
	wide  bool
}

// Offsets are those of elf(5), for a header, then four program headers.
var (
	patches64 = patches{[]int{64 + 32, 64 + 40, 120 + 32, 120 + 40}, 64 + 4*56, true}
	patches32 = patches{[]int{52 + 16, 52 + 20, 84 + 16, 84 + 20}, 52 + 4*32, false}
)

func code(arch string) ([]byte, patches, error) {
	b, err := binaries.ReadFile("bin/" + arch)
	if err != nil || arch == "" {
		return nil, patches{}, errors.New("no receiver for '" + arch + "': one of " + strings.Join(Arches(), " "))
	}
	if b[4] == 2 { // EI_CLASS, ELFCLASS64
		return b, patches64, nil
	}
	return b, patches32, nil
}

// Image returns the program for an architecture. A path of no or of more than
// MaxPath bytes, or with a zero byte, is an error, and so are a compressed content,
// which it cannot inflate, and an architecture that is not among Arches.
func Image(arch string, p Params) ([]byte, error) {
	b, at, err := code(arch)
	h := p.Header
	switch {
	case err != nil:
		return nil, err
	case h.Path == "" || len(h.Path) > MaxPath || strings.Contains(h.Path, "\x00"):
		return nil, errors.New("path '" + h.Path + "': 1 to 1000 bytes")
	case h.Zlib:
		return nil, errors.New("stage-1 cannot inflate")
	case h.Size < 1 || h.Size > wire.MaxSize || h.Chunk < 1 || h.Chunk > wire.ChunkSize:
		return nil, errors.New("stage-1 takes 1 byte to 64 MiB in chunks of at most 734 bytes")
	}
	flags := byte(0)
	for i, set := range [...]bool{flagForce: h.Force, flagAck: p.Ack, flagMemory: p.Memory} {
		if set {
			flags |= 1 << i
		}
	}
	le := binary.LittleEndian
	for _, n := range []uint32{uint32(h.Size), uint32(h.Chunk), uint32(h.Count())} {
		b = le.AppendUint32(b, n)
	}
	b = append(append(append(b, h.Sum[:]...), flags), h.Path...)
	b = append(b, 0)
	for _, size := range at.sizes {
		le.PutUint32(b[size:], uint32(len(b)))
		if at.wide {
			le.PutUint32(b[size+4:], 0)
		}
	}
	le.PutUint32(b[at.total:], uint32(len(b)))
	head := le.Uint32(b[at.total+4:])
	le.PutUint32(b[at.total+4:], crc32.ChecksumIEEE(b[head:]))
	return b, nil
}

// Head returns how many bytes an image of this architecture begins with that it
// cannot check itself: headers, and the code that checks the rest. It is 0 for an
// architecture that is not among Arches.
func Head(arch string) int {
	b, at, err := code(arch)
	if err != nil {
		return 0
	}
	return int(binary.LittleEndian.Uint32(b[at.total+4:]))
}
