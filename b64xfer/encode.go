package b64xfer

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
)

// octalWidth is where a line of printf text ends, give or take one byte's text.
const octalWidth = 960

// octalText encodes for printf(1) of POSIX, whose format takes up to three octal
// digits behind a backslash. Nothing of it means anything to a shell's read. All
// lines are one format: only the first must not begin with a dash, which would be an
// option.
func octalText(program []byte, _ string) []string { return escaped(program, `\`, `%%`) }

// printText is the same for print of mksh, whose escapes begin with \0.
func printText(program []byte, _ string) []string { return escaped(program, `\0`, `%`) }

func escaped(program []byte, escape, percent string) []string {
	var lines []string
	line := make([]byte, 0, octalWidth+8)
	for i, c := range program {
		switch {
		case c == '%':
			line = append(line, percent...)
		case c == '\\':
			line = append(line, `\\`...)
		case plain(c):
			line = append(line, c)
		default:
			// Fewer digits do where no digit follows to be taken for one more.
			digits := 3
			if i+1 == len(program) || program[i+1] < '0' || program[i+1] > '9' {
				digits = len(strconv.FormatUint(uint64(c), 8))
			}
			line = append(line, escape...)
			for d := digits - 1; d >= 0; d-- {
				line = append(line, '0'+c>>(3*d)&7)
			}
		}
		if len(line) >= octalWidth {
			lines, line = append(lines, string(line)), line[:0]
		}
	}
	if len(line) > 0 {
		lines = append(lines, string(line))
	}
	return lines
}

// plain reports whether a byte stands for itself in octalText: printable, and of no
// meaning to a shell, to its history or to printf.
func plain(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	switch c {
	case '+', ',', '/', '@', '_':
		return true
	}
	return false
}

// cut cuts text into lines of a width.
func cut(text string, width int) []string {
	var lines []string
	for ; len(text) > width; text = text[width:] {
		lines = append(lines, text[:width])
	}
	return append(lines, text)
}

// base64Text returns an encoder into base64 with lines of that many characters, a
// multiple of four.
func base64Text(width int) encoder {
	return func(program []byte, _ string) []string {
		return cut(base64.StdEncoding.EncodeToString(program), width)
	}
}

// hexText returns an encoder into hexadecimal digits, of that many bytes a line.
func hexText(width int) encoder {
	return func(program []byte, _ string) []string {
		return cut(hex.EncodeToString(program), 2*width)
	}
}

// uuText encodes for uudecode of POSIX, in its base64 form; it sets the file's mode.
func uuText(program []byte, file string) []string {
	return append(append([]string{"begin-base64 700 " + file}, base64Text(60)(program, "")...), "====")
}

// armorText encodes as ASCII armor, RFC 4880 section 6.2, with its CRC-24.
func armorText(program []byte, _ string) []string {
	c := uint32(0xB704CE)
	for _, b := range program {
		c ^= uint32(b) << 16
		for range 8 {
			c <<= 1
			if c&0x1000000 != 0 {
				c ^= 0x1864CFB
			}
		}
	}
	lines := append([]string{"-----BEGIN PGP MESSAGE-----", ""}, base64Text(64)(program, "")...)
	sum := base64.StdEncoding.EncodeToString([]byte{byte(c >> 16), byte(c >> 8), byte(c)})
	return append(lines, "="+sum, "-----END PGP MESSAGE-----")
}

// tclText is a script of Tcl, and the data that it reads behind itself. A decoder
// in it, since tclsh takes no script as an argument.
func tclText(program []byte, _ string) []string {
	return append([]string{"fconfigure stdout -translation binary;while {[gets stdin l]>=0} {puts -nonewline [binary decode base64 $l]};exit"},
		base64Text(960)(program, "")...)
}

// vimText is commands of Vim: blobs that it writes, and the mode.
func vimText(program []byte, file string) []string {
	lines := hexText(400)(program, "")
	for i, line := range lines {
		flag := "ab"
		if i == 0 {
			flag = "b"
		}
		lines[i] = "call writefile(0z" + line + ",'" + file + "','" + flag + "')"
	}
	return append(lines, "call setfperm('"+file+"','rwx------')", "qa!")
}

// asciiText is assembler for GNU as.
func asciiText(program []byte, _ string) []string {
	var lines []string
	var b strings.Builder
	for i, c := range program {
		b.WriteByte('\\')
		digits := strconv.FormatUint(uint64(c), 8)
		b.WriteString("000"[len(digits):] + digits)
		if i%200 == 199 || i == len(program)-1 {
			lines = append(lines, `.ascii "`+b.String()+`"`)
			b.Reset()
		}
	}
	return lines
}
