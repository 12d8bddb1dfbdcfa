// What the entry code of every architecture shares.

// The resource whose limit is raised: address space. Its number is the kernel's
// (asm-generic/resource.h; arch/mips/include/uapi/asm/resource.h). A test under
// qemu-user, which does not pass this resource on, assembles another one in.
#ifndef RESCUE_RLIMIT
#ifdef GOARCH_mipsle
#define RESCUE_RLIMIT 6
#else
#define RESCUE_RLIMIT 9
#endif
#endif

// openat(2): a descriptor that is neither readable nor writable, so that using
// it fails with EBADF as using a closed one does. One number on all ports of Go.
#define O_PATH 0x200000
#define AT_FDCWD -100

// The least hard limit in bytes that the Go runtime of a 64-bit build starts
// under: 1024 MiB. See AddressSpace.
#define ADDRESS_SPACE 0x40000000
