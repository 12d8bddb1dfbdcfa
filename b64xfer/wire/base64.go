package wire

// alphabet is that of base64, RFC 4648 section 4. encoding/base64 has it with tables
// and more, at five kilobytes of the kit.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// appendBase64 appends data as base64, padded.
func appendBase64(line, data []byte) []byte {
	for i := 0; i < len(data); i += 3 {
		v, n := uint32(0), min(len(data)-i, 3)
		for k := range 3 {
			v <<= 8
			if k < n {
				v |= uint32(data[i+k])
			}
		}
		for k := range 4 {
			c := byte('=')
			if k <= n {
				c = alphabet[v>>(18-6*k)&63]
			}
			line = append(line, c)
		}
	}
	return line
}

// parseBase64 returns what text stands for. It is false where a character is none of
// the alphabet, or the padding is wrong.
func parseBase64(text []byte) ([]byte, bool) {
	n := len(text)
	for n > 0 && text[n-1] == '=' && len(text)-n < 2 {
		n--
	}
	if len(text)%4 != 0 || len(text)-n > 0 && n%4 != 4-(len(text)-n) {
		return nil, false
	}
	data := make([]byte, 0, n*3/4)
	v := uint32(0)
	for i, c := range text[:n] {
		d := value(c)
		if d < 0 {
			return nil, false
		}
		v = v<<6 | uint32(d)
		if i%4 > 0 {
			data = append(data, byte(v>>(6-2*(i%4))))
		}
	}
	return data, true
}

func value(c byte) int {
	switch {
	case 'A' <= c && c <= 'Z':
		return int(c - 'A')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 26
	case '0' <= c && c <= '9':
		return int(c-'0') + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return -1
}
