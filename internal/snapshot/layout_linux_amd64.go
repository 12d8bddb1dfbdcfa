package snapshot

// Where everything lies: low, and close together, as emulators of user programs keep
// a table of all pages from the first address to the last. Linux places programs,
// libraries and stacks of its own choice above 0x2aaa_aaaa_a000 (TASK_UNMAPPED_BASE
// of the legacy layout, the lowest of them all), and programs with a fixed address
// lie below 0x8000_0000. The heap (brk) follows the highest segment. stub/stub.lds
// and stub/build repeat the addresses of the stub and its parameters.
const (
	pageSize = 4096

	base      = 0x1_0000_0000
	headersAt = base - maxHeaders     // ELF header and program headers
	stubAt    = base                  // stub.bin
	vdsoAt    = base + 0x2000         // its second part
	paramsAt  = base + 0x8000         // struct params, then its tables
	tablesTo  = base + 0x10_0000      //
	scratchAt = base + 0x10_0000      // system calls of the tracer
	stackLow  = stackTop - 0x80_0000  // the stack of the loader while packing,
	stackTop  = base + 0xc5b_7000     // at no round number: it is told by its value
	stackAt   = stackTop - stackBytes // argc, argv, environment, auxv, strings
	heapAt    = base + 0xe5d_3000     // the loader's heap (brk)
	heapTo    = heapAt + 0x10_0000    //
	objectsAt = base + 0x1000_0000    // program, loader, and what the loader maps
	objectsTo = base + 0x40_0000_0000

	fixedLow  = 0x1_0000 // of programs with a fixed address
	fixedHigh = 0x8000_0000

	maxHeaders = 0x1_0000
	stackBytes = 0x4000
	alignment  = 0x20_0000 // the most that objects ask for (max-page-size)
)

// Words that the loader is given and whose copies are then found in what it leaves
// behind. Constants, so that a program has one snapshot whenever it is taken.
const (
	packCanary = 0x9d3c_51f8_e7a2_6b00 // the first of AT_RANDOM without its low byte
	packGuard  = 0x6a1f_e08d_b394_c572 // the second
)

func roundDown(n uint64) uint64 { return n &^ (pageSize - 1) }
func roundUp(n uint64) uint64   { return (n + pageSize - 1) &^ (pageSize - 1) }
