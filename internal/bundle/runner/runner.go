// Package runner holds the machine code that starts a packed program, built from
// the C sources in src for each processor. It has no C library and is a few
// kilobytes large. The bytes are checked in because only a release builder should
// need compilers for three processors; a test builds them again and compares.
package runner

import (
	"embed"

	"rescuebox/internal/elffile"
)

//go:generate src/build bin

//go:embed bin/*
var files embed.FS

// Code is what a packed file of one processor needs.
type Code struct {
	// Runner is a static ELF executable. Its last PT_LOAD is where the payload
	// belongs, in the file and in memory.
	Runner []byte
	// Finish is a shared object without dependencies that the loader must load
	// after all others.
	Finish []byte
}

// For returns the code for programs of a machine and class, and false when there is
// none.
func For(machine elffile.Machine, class elffile.Class) (Code, bool) {
	arch := ""
	switch {
	case machine == elffile.MachineX86_64 && class == elffile.Class64:
		arch = "amd64"
	case machine == elffile.Machine386 && class == elffile.Class32:
		arch = "386"
	case machine == elffile.MachineARM64 && class == elffile.Class64:
		arch = "arm64"
	default:
		return Code{}, false
	}
	code := Code{Runner: read("runner-" + arch), Finish: read("finish-" + arch)}
	return code, true
}

func read(name string) []byte {
	// It was there when this was compiled.
	data, _ := files.ReadFile("bin/" + name)
	return data
}
