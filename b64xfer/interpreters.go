package b64xfer

import "strings"

// interpreters are the receivers that do all of it in one typed line.
func interpreters() []receiver {
	return []receiver{
		{name: "python3", needs: "python 3", inflates: true, xbit: "os.open, mode 0700", start: typed(python("python3"))},
		{name: "python2", needs: "python 2.4 to 2.7, as python", inflates: true, xbit: "os.open, mode 0700", start: typed(python("python"))},
	}
}

// typed is the start of a receiver that is one line and no more.
func typed(line func(plan) string) func(plan) (string, []string, error) {
	return func(p plan) (string, []string, error) { return line(p), nil, nil }
}

// python returns the line for an interpreter, in the language of 2.4 to 3.13: no
// with, no b"", no print, no try with both except and finally. The program is handed
// to exec in double quotes inside the shell's single ones, so it has single quotes
// nowhere and its newlines are \n.
func python(interpreter string) func(plan) string {
	return func(p plan) string {
		program := strings.ReplaceAll(strings.TrimSpace(pythonProgram), "{taken}", p.either("os.path.lexists(p)", "os.path.isdir(p)"))
		program = replace(p.fill(program), `\`, `\\`, "\n", `\n`, `"`, `\"`)
		return interpreter + ` -c 'exec("` + program + `")'`
	}
}

const pythonProgram = `
import sys,os
`
