package filemode

import "golang.org/x/sys/unix"

// Umask returns the file mode creation mask of the process. There is no way to
// look without /proc that does not set it for a moment; it is then at its most
// private, for the sake of other threads.
func Umask() uint32 {
	old := unix.Umask(0o077)
	unix.Umask(old)
	return uint32(old)
}
