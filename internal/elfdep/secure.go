package elfdep

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
)

// Secure is whether programs start with more rights than who starts them, as the
// kernel tells the loader by AT_SECURE: it then trusts neither the environment nor
// the place of the program.
type Secure int

// Values of Secure.
const (
	// SecureByFile goes by the program's setuid and setgid bits and its file
	// capabilities, as for an ordinary user who starts it.
	SecureByFile Secure = iota
	SecureNever
	SecureAlways
)

// secure reports whether the kernel would set AT_SECURE for a program.
func (r *Resolver) secure(f *file) bool {
	const groupExecute = 0o010
	switch mode := f.info.Mode(); {
	case r.config.Secure != SecureByFile:
		return r.config.Secure == SecureAlways
	case f.obj.Interp == "": // a library, which the kernel does not start
		return false
	case mode&fs.ModeSetuid != 0:
		return true
	case mode&fs.ModeSetgid != 0:
		// Without the right to execute the bit means something else.
		return mode&groupExecute != 0
	}
	n, err := syscall.Getxattr(r.config.Root.Host(f.real), "security.capability", nil)
	return err == nil && n > 0
}

var (
	errSecureToken   = errors.New("a name with $ORIGIN, $LIB or $PLATFORM is refused to a program with raised rights")
	errSecurePath    = errors.New("a path is ignored for a program with raised rights")
	errSecurePreload = errors.New("not found as a setuid file in the library folders, as a program with raised rights wants it")
)

// secureName is the longest name that glibc takes from LD_PRELOAD for a program with
// raised rights (SECURE_NAME_LIMIT of elf/rtld.c).
const secureName = 255

// trusted reports whether a path lies, once "." and ".." are taken out of its text,
// below one of the loader's own folders (is_trusted_path_normalize).
func (l *loader) trusted(path string) bool {
	clean := ""
	for part, rest, more := "", path, true; more; {
		part, rest, more = strings.Cut(rest, "/")
		switch part {
		case "", ".":
		case "..":
			clean = clean[:max(0, strings.LastIndexByte(clean, '/'))]
		default:
			clean += "/" + part
		}
	}
	return l.inSystemFolder(clean + "/")
}
