package stage0

import "strings"

// zeros is how many zero bytes the shell's variable z stands for.
const zeros = 7

// Octal returns the text of bytes for the format of a POSIX printf, in double quotes
// of a shell whose variable z is seven zeros ('\0' seven times). Most of an ELF header
// is zeros. What means anything to a shell or to its history is octal.
func Octal(b []byte) string {
	var text strings.Builder
	for i := 0; i < len(b); {
		run := 0
		for i+run < len(b) && run < zeros && b[i+run] == 0 {
			run++
		}
		// A digit behind them would be one more of the last zero's.
		if run == zeros && (i+run == len(b) || b[i+run] < '0' || b[i+run] > '9') {
			i += run
			// A name that goes on would be another variable's, and zsh knows more than that.
			if i < len(b) && plain(b[i]) {
				text.WriteString("${z}")
			} else {
				text.WriteString("$z")
			}
			continue
		}
		c := b[i]
		i++
		if plain(c) {
			text.WriteByte(c)
			continue
		}
		text.WriteByte('\\')
		octal(&text, c, i < len(b) && '0' <= b[i] && b[i] <= '9')
	}
	return text.String()
}

// octal writes one to three digits: all where a digit follows.
func octal(text *strings.Builder, c byte, all bool) {
	for shift := 6; shift >= 0; shift -= 3 {
		if all || shift == 0 || c>>shift > 0 {
			text.WriteByte('0' + c>>shift&7)
		}
	}
}

func letter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

// plain reports whether a byte stands for itself in double quotes, in a format of
// printf, and to a history.
func plain(c byte) bool {
	return letter(c) || strings.IndexByte(" &()*+,./:;<=>?@[]^{|}~#'", c) >= 0
}
