package libcheck

import "strings"

// kind is what the kernel takes a file for.
type kind int

const (
	other  kind = iota // run by nothing, or by binfmt_misc
	elf                // "\x7fELF"
	script             // "#!"
)

// headSize is how much of a file the kernel looks at (linux/binfmts.h,
// BINPRM_BUF_SIZE).
const headSize = 256

// maxScripts is how many scripts may run one another (fs/exec.c,
// exec_binprm).
const maxScripts = 5

// identify says what a file with this beginning is, and what interprets it: a
// path, and, where that is env(1), the name of the program that env looks up.
func identify(head []byte) (k kind, interpreter, command string) {
	text := string(head[:min(len(head), headSize)])
	switch {
	case strings.HasPrefix(text, "\x7fELF"):
		return elf, "", ""
	case !strings.HasPrefix(text, "#!"):
		return other, "", ""
	}
	line, _, _ := strings.Cut(text[2:], "\n")
	line, _, _ = strings.Cut(line, "\x00")
	fields := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
	if len(fields) == 0 {
		return script, "", ""
	}
	interpreter = fields[0]
	if interpreter == "env" || strings.HasSuffix(interpreter, "/env") {
		command = envCommand(fields[1:])
	}
	return script, interpreter, command
}

// envCommand finds the program in env's arguments: behind options and settings.
func envCommand(fields []string) string {
	for _, f := range fields {
		if !strings.HasPrefix(f, "-") && !strings.Contains(f, "=") {
			return f
		}
	}
	return ""
}
