package apk

import "rescuebox/internal/pkgdb"

// The lengths of digests, in bytes.
const (
	md5Size    = 16
	sha1Size   = 20
	sha256Size = 32
)

// parseDigest reads a digest: Q for base64 or X for hexadecimal digits, 1 for SHA-1 or
// 2 for SHA-256, and the bytes; old packages have the digits of an MD5 sum.
func parseDigest(text []byte) (pkgdb.Digest, bool) {
	if len(text) < 2 {
		return pkgdb.Digest{}, false
	}
	decode := decodeHex
	switch text[0] {
	case 'Q':
		decode = decodeBase64
	case 'X':
	default:
		sum, ok := decodeHex(text)
		return pkgdb.Digest{Algorithm: pkgdb.MD5, Sum: string(sum)}, ok && len(sum) == md5Size
	}
	sum, ok := decode(text[2:])
	switch {
	case !ok:
	case text[1] == '1' && len(sum) == sha1Size:
		return pkgdb.Digest{Algorithm: pkgdb.SHA1, Sum: string(sum)}, true
	// A SHA-256 is written as one of SHA-1 that is too long, for older versions'
	// sake.
	case (text[1] == '1' || text[1] == '2') && len(sum) == sha256Size:
		return pkgdb.Digest{Algorithm: pkgdb.SHA256, Sum: string(sum)}, true
	}
	return pkgdb.Digest{}, false
}

func decodeHex(text []byte) ([]byte, bool) {
	if len(text)%2 != 0 || len(text) > 2*sha256Size {
		return nil, false
	}
	out := make([]byte, len(text)/2)
	for i, c := range text {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return nil, false
		}
		out[i/2] = out[i/2]<<4 | c
	}
	return out, true
}

// decodeBase64 decodes groups of four (RFC 4648, section 4), of which any may be
// padded: a long digest is the first 20 bytes and the other 12.
func decodeBase64(text []byte) ([]byte, bool) {
	if len(text)%4 != 0 {
		return nil, false
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
				return nil, false
			}
			group = group<<6 | v
		}
		out = append(out, []byte{byte(group >> 16), byte(group >> 8), byte(group)}[:bytes]...)
	}
	return out, true
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
