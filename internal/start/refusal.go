package start

// The words around what to do instead. The size is that of AddressSpace.
const (
	refusalStart = "rescuebox: cannot start: the hard limit on address space (ulimit -H -v) is below the 1024 MiB that this 64-bit build needs: "
	refusalEnd   = ", or as root first: ulimit -v unlimited\n"
)
