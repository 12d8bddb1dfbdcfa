package libcheck

import (
	"strings"

	"rescuebox/internal/shebang"
)

// kind is what the kernel takes a file for.
type kind int

const (
	other  kind = iota // run by nothing, or by binfmt_misc
	elf                // "\x7fELF"
	script             // "#!"
)

// maxScripts is how many scripts may run one another (fs/exec.c,
// exec_binprm).
const maxScripts = 5

// identify says what a file with this beginning is, and what interprets it: a
// path, and, where that is env(1), the name of the program that env looks up.
func identify(head []byte) (k kind, interpreter, command string) {
	if strings.HasPrefix(string(head[:min(len(head), 4)]), "\x7fELF") {
		return elf, "", ""
	}
	interpreter, argument, ok := shebang.Parse(head)
	if !ok {
		return other, "", ""
	}
	return script, interpreter, shebang.EnvCommand(interpreter, argument)
}
