package salvage

import (
	"io"

	"rescuebox/internal/pkgdb"
)

// Digests returns a Matches of the digests that package managers recorded of a file;
// nil where there is none that can be computed. A configuration file that was edited
// is no mismatch.
func Digests(list []pkgdb.Record) func(content io.Reader) (source string, ok bool) {
	var usable []pkgdb.Record
	for _, r := range list {
		if r.Digest.Sum != "" && pkgdb.NewHash(r.Digest.Algorithm) != nil {
			usable = append(usable, r)
		}
	}
	if usable == nil {
		return nil
	}
	return func(content io.Reader) (string, bool) { return matches(usable, content) }
}

func matches(list []pkgdb.Record, content io.Reader) (source string, ok bool) {
	var hashes [pkgdb.SHA512 + 1]pkgdb.Hash
	for _, r := range list {
		if a := r.Digest.Algorithm; hashes[a] == nil {
			hashes[a] = pkgdb.NewHash(a)
		}
	}
	buffer := make([]byte, 64<<10)
	for {
		n, err := content.Read(buffer)
		for _, h := range hashes {
			if h != nil {
				_, _ = h.Write(buffer[:n]) // never fails
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", false
		}
	}
	var sums [len(hashes)]string
	for a, h := range hashes {
		if h != nil {
			sums[a] = h.Digest()
		}
	}
	for _, r := range list {
		name := r.Database + " " + r.Package
		if r.Digest.Matches(sums[r.Digest.Algorithm]) {
			return name, true
		}
		if source == "" && !r.Config {
			source = name
		}
	}
	return source, false
}
