//go:build ppc64le || riscv64 || s390x

package start

// refusal is what the entry code prints under too low a hard limit; a variable
// because assembly cannot refer to a constant. These have no 32-bit build.
var refusal = refusalStart + "run it from a shell without that limit" + refusalEnd
