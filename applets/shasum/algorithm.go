package shasum

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"strings"
)

// algorithm is one way to compute a checksum.
type algorithm struct {
	bits   string // as option -a has it
	tag    string // as a line has it
	applet string
	size   int // bytes
	new    func() hash.Hash
}

// algorithms are all, shasum's own first.
var algorithms = [...]algorithm{
	{"1", "SHA1", "sha1sum", sha1.Size, sha1.New},
	{"224", "SHA224", "sha224sum", sha256.Size224, sha256.New224},
	{"256", "SHA256", "sha256sum", sha256.Size, sha256.New},
	{"384", "SHA384", "sha384sum", sha512.Size384, sha512.New384},
	{"512", "SHA512", "sha512sum", sha512.Size, sha512.New},
	{"md5", "MD5", "md5sum", md5.Size, md5.New},
}

func byBits(bits string) (algorithm, bool) {
	for _, a := range algorithms {
		if strings.EqualFold(a.bits, bits) {
			return a, true
		}
	}
	return algorithm{}, false
}

func bySize(size int) (algorithm, bool) {
	for _, a := range algorithms {
		if a.size == size {
			return a, true
		}
	}
	return algorithm{}, false
}
