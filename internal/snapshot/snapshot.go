// Package snapshot merges a dynamic program, its loader and its libraries into one
// plain static ELF file that needs nothing but a kernel: no library, no loader, no
// /proc, no writable disk.
//
// The host's own loader does the linking: it runs in a traced process on memory laid
// out for it, and once everything is loaded and relocated that memory becomes the
// segments of the new file. A small stub enters them where the loader stopped, so
// that constructors and main run as ever. This is the one place of the toolbox that
// runs a host program, the loader, to learn something; packing is done on a healthy
// machine.
//
// A snapshot keeps its arguments, environment, name and exit status, and has a stack
// canary, pointer guard and vdso of its own in each process. What the loader decided
// when it was made stays decided: LD_PRELOAD, LD_LIBRARY_PATH and GLIBC_TUNABLES of
// the process at hand no longer count, /etc/ld.so.preload has, libraries have the
// same addresses each time, and variants of functions are those for Input.CPU (but
// for a library that asks the processor itself where it resolves them, as GCC's
// target_clones do: that gets those of the packing machine).
// Libraries, modules and data that the program opens when it runs come from the host.
//
// Each start reads the whole file and compares its digest (XXH64), which costs about
// a millisecond for 10 MB in the page cache; a damaged snapshot or one with unreadable
// pages says so and exits 126. RESCUEBOX_VERIFY=0 in the environment leaves that out,
// for a medium that is slow, or so bad that what can be read must do.
package snapshot

import (
	"context"
	"io"

	"rescuebox/internal/errno"
)

// Processors that a snapshot can be made for. Relocation chooses variants of many C
// library functions by what the processor offers, and the choice is kept.
const (
	Baseline = "x86-64"    // SSE2: runs on every amd64 machine
	V2       = "x86-64-v2" // SSE4.2
	V3       = "x86-64-v3" // AVX2
	Host     = "host"      // as this machine, unmasked
)

// Input is the program to merge.
type Input struct {
	Program string // path of a dynamic, position-independent or not, amd64 program

	// Interp is the loader in place of the one that Program names (PT_INTERP).
	Interp string
	// Root is the folder taken as / for Program, Interp, Preload and the libraries;
	// empty for the running system. The loader in it is run, chrooted.
	Root string
	// Preload are libraries to take along that nothing asks for by DT_NEEDED, such
	// as those of NSS that an old C library opens by name. Paths hold no space or
	// colon.
	Preload []string
	// LibraryPath is LD_LIBRARY_PATH while packing.
	LibraryPath string
	// Env is set for the program (NAME=VALUE) where its environment has no NAME. At
	// most 64.
	Env []string
	// Called is the name of the file that out becomes: the program is called by its
	// own when started under that name, or under its own with a dot and more.
	Called string
	// CPU is one of Baseline (also when empty), V2, V3 and Host.
	CPU string
}

// Refused says why a program can have no snapshot.
type Refused struct {
	Path   string
	Reason string
}

func (e *Refused) Error() string { return e.Path + ": " + e.Reason }

// StepError says which step of packing failed, and why.
type StepError struct {
	Step string
	Err  error
}

func (e *StepError) Error() string { return e.Step + ": " + errno.Reason(e.Err) }

func (e *StepError) Unwrap() error { return e.Err }

// Make writes the snapshot of a program to out. The error is a *Refused for
// programs that this cannot serve, with what the loader said where that gave up, and
// otherwise a *StepError or one of opening Program or writing out.
func Make(ctx context.Context, in Input, out io.Writer) error {
	return pack(ctx, in, out)
}
