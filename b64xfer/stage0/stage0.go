// Package stage0 is what a bare shell needs to take stage-1 in: an object of some
// six hundred bytes, typed as one printf line. It is written in assembler (src) and
// checked in as bytes (bin), for each processor.
package stage0

//go:generate src/build bin

import (
	"embed"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
)

//go:embed bin
var binaries embed.FS

// Form is how the object can be started.
type Form int

const (
	// Object is for bash's enable -f, LD_PRELOAD and a dynamic loader of glibc or
	// musl that is given the file. It needs no x bit, and has no use for one.
	Object Form = iota
	// Plain is for the kernel, and for all that Object is for but glibc's loader.
	Plain
)

// Arches returns the architectures, as Go names them; armv7 is arm with GOARM=7.
func Arches() []string { return []string{"amd64", "386", "arm64", "armv7"} }

// Image returns the object for an architecture. The unshifted one reads lines of
// package unshifted.
func Image(arch string, form Form, unshifted bool) ([]byte, error) {
	file := "bin/" + arch
	if unshifted {
		file += ".unshifted"
	}
	b, err := binaries.ReadFile(file)
	if err != nil || arch == "" {
		return nil, errors.New("no stage-0 for '" + arch + "': one of " + strings.Join(Arches(), " "))
	}
	if form == Plain {
		// The fourth program header, PT_INTERP, becomes PT_NULL: elf(5).
		at := 52 + 3*32
		if b[4] == 2 {
			at = 64 + 3*56
		}
		b[at] = 0
	}
	return b, nil
}

// width is how many characters of base64 are in a line.
const width = 960

// End is the line that ends what stage-0 reads.
const End = ".."

// Lines returns a program for stage-0 to land, as lines with End. Zeros are put
// behind it, and its CRC-32, so that the base64 has no padding.
func Lines(program []byte) []string {
	b := append([]byte(nil), program...)
	for (len(b)+4)%3 > 0 {
		b = append(b, 0)
	}
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	text := base64.StdEncoding.EncodeToString(b)
	var lines []string
	for ; len(text) > width; text = text[width:] {
		lines = append(lines, text[:width])
	}
	return append(lines, text, End)
}
