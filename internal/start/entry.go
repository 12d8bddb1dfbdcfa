// Package start is what happens before main: it lets the binary start on a host
// where a Go program otherwise dies, and keeps it alive when the disk that its
// own file lies on fails.
//
// A linker flag, -E with the name that EntrySymbol returns, makes the kernel
// enter the binary at the assembly of this package, before the Go runtime:
//
//   - The soft limit on address space (ulimit -v) is raised, the hard one too
//     where that is allowed: the runtime of a 64-bit build reserves 0.7 GB and
//     dies with a trace where it cannot. Under a hard limit that is too low a
//     line says which build to run instead. Programs that an applet starts
//     inherit the raised limit.
//   - Each of the descriptors 0, 1 and 2 that is closed is opened, as one which
//     can neither be read nor written: the runtime would open /dev/null, or die
//     with a trace where that is missing, and output would vanish in it. So
//     using such a stream fails with EBADF.
//
// LockSoon does the rest, in main.
package start

// AddressSpace is the least hard limit on address space, in bytes, that a 64-bit
// build with the entry of this package starts under. The runtime itself needs
// 690 MiB (measured, see docs/bench-start.md). Where address randomization has put
// something into the place that it likes for its heap, it reserves twice an arena
// of 64 MiB besides: under 768 MiB, 3 of 400 starts died with a trace.
const AddressSpace = 1024 << 20

// EntrySymbol returns the symbol to link a binary for goarch with, as the value
// of the linker flag -E. Empty means the default: this package has no entry code
// for that architecture, because no release is built for it.
func EntrySymbol(goarch string) string {
	switch goarch {
	case "386", "amd64", "arm", "arm64", "mipsle", "ppc64le", "riscv64", "s390x":
		return "rescue_entry"
	}
	return ""
}
