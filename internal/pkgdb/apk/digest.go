package apk

import "rescuebox/internal/pkgdb"

// parseDigest reads a digest: Q for base64 or X for hexadecimal digits, 1 for SHA-1 or
// 2 for SHA-256, and the bytes; old packages have the digits of an MD5 sum.
func parseDigest(text []byte) (pkgdb.Digest, bool) {
	if len(text) < 2 {
		return pkgdb.Digest{}, false
	}
	decode := pkgdb.Unhex
	switch text[0] {
	case 'Q':
		decode = decodeBase64
	case 'X':
	default:
		sum, ok := pkgdb.Unhex(text)
		return pkgdb.Digest{Algorithm: pkgdb.MD5, Sum: sum}, ok && len(sum) == pkgdb.MD5.Size()
	}
	sum, ok := decode(text[2:])
	switch {
	case !ok:
	case text[1] == '1' && len(sum) == pkgdb.SHA1.Size():
		return pkgdb.Digest{Algorithm: pkgdb.SHA1, Sum: sum}, true
	// A SHA-256 is written as one of SHA-1 that is too long, for older versions'
	// sake.
	case (text[1] == '1' || text[1] == '2') && len(sum) == pkgdb.SHA256.Size():
		return pkgdb.Digest{Algorithm: pkgdb.SHA256, Sum: sum}, true
	}
	return pkgdb.Digest{}, false
}

// decodeBase64 decodes groups of four (RFC 4648, section 4), of which any may be
// padded: a long digest is the first 20 bytes and the other 12.
func decodeBase64(text []byte) (string, bool) {
	if len(text)%4 != 0 {
		return "", false
	}
	var out []byte
	for ; len(text) > 0; text = text[4:] {
		var group uint32
		bytes := 3
		for i, c := range text[:4] {
			v, ok := sextet(c)
			switch {
			case c == '=' && i >= 2:
				bytes = min(bytes, i-1)
			case !ok || bytes < 3:
				return "", false
			}
			group = group<<6 | v
		}
		out = append(out, []byte{byte(group >> 16), byte(group >> 8), byte(group)}[:bytes]...)
	}
	return string(out), true
}

func sextet(c byte) (uint32, bool) {
	switch {
	case 'A' <= c && c <= 'Z':
		return uint32(c - 'A'), true
	case 'a' <= c && c <= 'z':
		return uint32(c-'a') + 26, true
	case '0' <= c && c <= '9':
		return uint32(c-'0') + 52, true
	case c == '+':
		return 62, true
	case c == '/':
		return 63, true
	}
	return 0, false
}
