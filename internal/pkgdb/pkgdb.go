// Package pkgdb is what the databases of package managers have in common: they
// recorded a digest of each file that they installed. The databases themselves are
// in the folders beside it; all of them are listed by package all.
package pkgdb

import (
	"context"
	"strings"
)

// Algorithm is a digest algorithm.
type Algorithm uint8

// The algorithms that package managers use. The zero Algorithm is none.
const (
	MD5 Algorithm = 1 + iota
	SHA1
	SHA224
	SHA256
	SHA384
	SHA512
)

// String is the algorithm's name in checksum files.
func (a Algorithm) String() string {
	names := [...]string{"none", "MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512"}
	if int(a) >= len(names) {
		return names[0]
	}
	return names[a]
}

// Size is the length of a whole digest, in bytes.
func (a Algorithm) Size() int {
	sizes := [...]int{0, 16, 20, 28, 32, 48, 64}
	if int(a) >= len(sizes) {
		return 0
	}
	return sizes[a]
}

// Digest is a recorded digest.
type Digest struct {
	Algorithm Algorithm
	Sum       string // raw bytes, perhaps only the first ones; empty when none is recorded
}

// Unhex returns the bytes of a digest in hexadecimal digits, of either case; it is
// false for what is not such, or longer than any digest.
func Unhex(digits []byte) (string, bool) {
	var out [64]byte
	if len(digits)%2 != 0 || len(digits) > 2*len(out) {
		return "", false
	}
	for i, d := range digits {
		switch {
		case '0' <= d && d <= '9':
			d -= '0'
		case 'a' <= d|0x20 && d|0x20 <= 'f':
			d = d | 0x20 - 'a' + 10
		default:
			return "", false
		}
		out[i/2] = out[i/2]<<4 | d
	}
	return string(out[:len(digits)/2]), true
}

// minSum is the fewest bytes of a digest that mean something: MD5's.
const minSum = 16

// Matches reports whether sum, a whole digest of raw bytes by the same algorithm,
// is the one that was recorded.
func (d Digest) Matches(sum string) bool {
	return len(d.Sum) >= minSum && strings.HasPrefix(sum, d.Sum)
}

// Record is what a package manager recorded of one file.
type Record struct {
	Path     string // as recorded, or as diverted; absolute inside the root
	Package  string // as the manager's commands take it: "libc6:amd64", "glibc.x86_64"
	Version  string
	Digest   Digest
	Size     int64  // bytes; -1 when it is not recorded
	Config   bool   // of a configuration file: that it was edited is no alarm
	Database string // the Name of the Database
}

// Database is what one package manager knows.
type Database interface {
	// Name is "dpkg", "rpm", "pacman" or "apk".
	Name() string

	// Lookup calls found with each record of a wanted file, of which there can be
	// several: one that matches says that the file is fine. The error joins what
	// was wrong with parts of the database (an errors.Join, of *Error mostly),
	// which does not keep the rest of it from being looked at.
	Lookup(ctx context.Context, want *Wanted, found func(index int, r Record)) error
}
