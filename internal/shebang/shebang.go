// Package shebang reads the first line of a script as the kernel does (fs/binfmt_script.c
// and execve(2), "Interpreter scripts").
package shebang

import "strings"

// Size is how much of a file the kernel looks at: BINPRM_BUF_SIZE of
// linux/binfmts.h, in bytes.
const Size = 256

// Parse returns the interpreter that the beginning of a script names and the one
// argument behind it, and false when it is no script or names none. Bytes from
// Size on do not count.
func Parse(head []byte) (interpreter, argument string, ok bool) {
	text := string(head[:min(len(head), Size)])
	line, found := strings.CutPrefix(text, "#!")
	if !found {
		return "", "", false
	}
	line, _, _ = strings.Cut(line, "\n")
	line, _, _ = strings.Cut(line, "\x00")
	line = strings.Trim(line, " \t")
	if i := strings.IndexAny(line, " \t"); i >= 0 {
		line, argument = line[:i], strings.TrimLeft(line[i:], " \t")
	}
	return line, argument, line != ""
}

// EnvCommand returns the program that env(1) looks up in PATH when it interprets a
// script: the first word of its argument that is no option and sets no variable. It
// is empty for other interpreters.
func EnvCommand(interpreter, argument string) string {
	if interpreter != "env" && !strings.HasSuffix(interpreter, "/env") {
		return ""
	}
	for _, word := range strings.Fields(argument) {
		if word[0] != '-' && !strings.Contains(word, "=") {
			return word
		}
	}
	return ""
}
