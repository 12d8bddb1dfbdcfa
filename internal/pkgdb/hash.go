package pkgdb

import (
	"io"

	"rescuebox/internal/md5"
	"rescuebox/internal/sha1"
	"rescuebox/internal/sha256"
)

// Hash is a digest under way.
type Hash interface {
	io.Writer // that never fails

	// Digest returns the digest of what was written, as raw bytes.
	Digest() string
}

// NewHash returns the digest of nothing yet, or nil for an algorithm that is not
// supported.
func NewHash(a Algorithm) Hash {
	switch a {
	case MD5:
		return md5Hash{md5.New()}
	case SHA1:
		return sha1Hash{sha1.New()}
	case SHA256:
		return sha256Hash{sha256.New()}
	}
	return nil
}

type (
	md5Hash    struct{ *md5.Hash }
	sha1Hash   struct{ *sha1.Hash }
	sha256Hash struct{ *sha256.Hash }
)

func (h md5Hash) Digest() string {
	sum := h.Sum()
	return string(sum[:])
}

func (h sha1Hash) Digest() string {
	sum := h.Sum()
	return string(sum[:])
}

func (h sha256Hash) Digest() string {
	sum := h.Sum()
	return string(sum[:])
}
