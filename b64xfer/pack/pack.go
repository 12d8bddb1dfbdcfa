// Package pack makes executables that unpack themselves: a stub of some four
// kilobytes (src, checked in as bytes in bin), its parameters, and the program
// compressed with LZMA. The stub unpacks into a memfd, compares the SHA-256, and
// executes that with the same arguments, so a receiver has nothing to inflate. It
// tells the program where the packed file is in the variable RESCUEBOX_PACKED.
package pack

//go:generate src/build bin

import (
	"bytes"
	"context"
	"embed"
	"encoding/binary"
	"errors"

	"rescuebox/internal/lzma"
	"rescuebox/internal/selfcheck"
	"rescuebox/internal/sha256"
)

//go:embed bin
var binaries embed.FS

// Arches returns the architectures whose programs can be packed, as Go names them;
// armv7 is arm with GOARM=7.
func Arches() []string { return []string{"amd64", "386", "arm64", "armv7"} }

// magic begins the parameters.
const magic = "rbpack1\n"

// The parameters are struct params in stub.c, lowest byte first.
const (
	atSize   = len(magic)
	atPacked = atSize + 4
	atModel  = atPacked + 4
	atDigest = atModel + 4
	atStream = atDigest + 32
)

// filters are what is undone for each architecture: what they make absolute is easier
// to pack.
var filters = map[string]struct{ encode, decode func([]byte) }{
	"amd64": {lzma.AMD64Encode, lzma.AMD64Decode},
	"386":   {lzma.AMD64Encode, lzma.AMD64Decode},
	"arm64": {lzma.ARM64Encode, lzma.ARM64Decode},
	"armv7": {lzma.ARMEncode, lzma.ARMDecode},
}

// Arch returns the architecture of an executable of Linux, or why it is none that can
// be packed.
func Arch(program []byte) (string, error) {
	const (
		typeExec, typeDyn = 2, 3
		header            = 52
	)
	le := binary.LittleEndian
	if len(program) < header || string(program[:4]) != "\x7fELF" {
		return "", errors.New("not an ELF file")
	}
	if program[5] != 1 {
		return "", errors.New("of a big-endian processor")
	}
	if kind := le.Uint16(program[16:]); kind != typeExec && kind != typeDyn || le.Uint32(program[24:]) == 0 {
		return "", errors.New("not an executable")
	}
	wide := program[4] == 2
	switch machine := le.Uint16(program[18:]); {
	case machine == 62 && wide:
		return "amd64", nil
	case machine == 3 && !wide:
		return "386", nil
	case machine == 183 && wide:
		return "arm64", nil
	case machine == 40 && !wide:
		return "armv7", nil
	}
	return "", errors.New("of a processor that has no stub")
}

// Executable reports whether an ELF file has what starts a program: it is linked for
// a place of its own, or names an interpreter, or is nobody's library. A shared
// library would be no library any more when packed.
func Executable(program []byte) bool {
	le := binary.LittleEndian
	if len(program) < 64 || le.Uint16(program[16:]) == 2 {
		return len(program) >= 64
	}
	at, size, count := uint64(le.Uint32(program[28:])), uint64(32), uint64(le.Uint16(program[44:]))
	if program[4] == 2 {
		at, size, count = le.Uint64(program[32:]), 56, uint64(le.Uint16(program[56:]))
	}
	const interpreter, dynamic = 3, 2
	kinds := map[uint32]bool{}
	for i := range count {
		p := at + i*size
		if p > uint64(len(program)) || uint64(len(program))-p < size {
			return false
		}
		kinds[le.Uint32(program[p:])] = true
	}
	return kinds[interpreter] || !kinds[dynamic]
}

// Pack packs an executable. It unpacks the result again before it returns it. Ending
// the context ends the packing, which takes seconds for each megabyte.
func Pack(ctx context.Context, program []byte) ([]byte, error) {
	arch, err := Arch(program)
	if err != nil {
		return nil, err
	}
	filtered := bytes.Clone(program)
	filters[arch].encode(filtered)
	stream, model, err := lzma.Best(ctx, filtered)
	if err != nil {
		return nil, err
	}
	packed, err := assemble(arch, program, stream, model)
	if err != nil {
		return nil, err
	}
	if again, err := Unpack(packed); err != nil || !bytes.Equal(again, program) {
		return nil, errors.Join(errors.New("the packed program does not unpack to the same"), err)
	}
	return packed, nil
}

func assemble(arch string, program, stream []byte, model lzma.Params) ([]byte, error) {
	b, err := binaries.ReadFile("bin/" + arch)
	if err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	sum := sha256.Sum256(program)
	b = append(b, magic...)
	b = le.AppendUint32(b, uint32(len(program)))
	b = le.AppendUint32(b, uint32(len(stream)))
	b = append(b, byte(model.LC), byte(model.LP), byte(model.PB), 0)
	b = append(append(b, sum[:]...), stream...)
	setSize(b)
	if _, err := selfcheck.Check(bytes.NewReader(program)); err == nil {
		b = selfcheck.AppendSeal(b)
	}
	return b, nil
}

// setSize sets p_filesz and p_memsz of the one segment, elf(5).
func setSize(b []byte) {
	le := binary.LittleEndian
	if b[4] == 2 {
		le.PutUint64(b[64+32:], uint64(len(b)))
		le.PutUint64(b[64+40:], uint64(len(b)))
		return
	}
	le.PutUint32(b[52+16:], uint32(len(b)))
	le.PutUint32(b[52+20:], uint32(len(b)))
}

// Info is what a packed file says about itself.
type Info struct {
	Arch string
	Size int64    // of the program, in bytes
	Sum  [32]byte // SHA-256 of the program

	model  lzma.Params
	stream []byte
}

var errNotPacked = errors.New("not a packed program of this version")

// Inspect reads what a packed file says about itself, and unpacks nothing.
func Inspect(packed []byte) (Info, error) {
	arch, err := Arch(packed)
	if err != nil {
		return Info{}, err
	}
	stub, err := binaries.ReadFile("bin/" + arch)
	if err != nil {
		return Info{}, err
	}
	if len(packed) < len(stub)+atStream {
		return Info{}, errNotPacked
	}
	same := bytes.Clone(packed[:len(stub)])
	setLength(same, stub)
	b := packed[len(stub):]
	if !bytes.Equal(same, stub) || string(b[:len(magic)]) != magic {
		return Info{}, errNotPacked
	}
	le := binary.LittleEndian
	info := Info{Arch: arch, Size: int64(le.Uint32(b[atSize:])), Sum: [32]byte(b[atDigest:atStream]),
		model: lzma.Params{LC: int(b[atModel]), LP: int(b[atModel+1]), PB: int(b[atModel+2])}}
	size := le.Uint32(b[atPacked:])
	if uint64(size) > uint64(len(b)-atStream) || info.Size > lzma.MaxSize {
		return Info{}, errNotPacked
	}
	info.stream = b[atStream : atStream+int(size)]
	return info, nil
}

// setLength gives b the sizes of the segment that the stub has.
func setLength(b, stub []byte) {
	if b[4] == 2 {
		copy(b[64+32:64+48], stub[64+32:])
		return
	}
	copy(b[52+16:52+24], stub[52+16:])
}

// Unpack returns the program in a packed file.
func Unpack(packed []byte) ([]byte, error) {
	info, err := Inspect(packed)
	if err != nil {
		return nil, err
	}
	program, err := lzma.Decode(info.stream, info.model, int(info.Size))
	if err != nil {
		return nil, err
	}
	filters[info.Arch].decode(program)
	if sha256.Sum256(program) != info.Sum {
		return nil, errors.New("damaged: the packed program has another SHA-256")
	}
	return program, nil
}
