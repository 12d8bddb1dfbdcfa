package ldd

import (
	"errors"
	"io"
	"strings"

	"rescuebox/internal/shebang"
)

// maxScripts is how many scripts may run one another (exec_binprm of fs/exec.c).
const maxScripts = 5

// script prints what the interpreter of a script needs, and what that runs in turn.
func (l *lister) script(operand, file string, depth int) error {
	interpreter, argument, ok := l.interpreter(file)
	if !ok || depth == maxScripts {
		l.refuse(operand, errNotDynamic)
		return l.failed
	}
	l.print("\tscript, run by " + interpreter + ":\n")
	err := l.list(operand, interpreter, depth+1)
	command := shebang.EnvCommand(interpreter, argument)
	if err != nil || command == "" {
		return err
	}
	path := l.lookup(command)
	if path == "" {
		l.refuse(operand, errors.New(command+", which is to interpret it, is not in PATH"))
		return l.failed
	}
	l.print("\twhich runs " + path + ":\n")
	return l.list(operand, path, depth+1)
}

func (l *lister) interpreter(file string) (interpreter, argument string, ok bool) {
	f, err := l.root.Open(l.path(file))
	if err != nil {
		return "", "", false
	}
	defer f.Close()
	head := make([]byte, shebang.Size)
	n, _ := io.ReadFull(f, head)
	return shebang.Parse(head[:n])
}

// defaultPath is where programs are looked for below --root, whose PATH is not known,
// and without a PATH.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// lookup finds a program by its name, empty when there is none.
func (l *lister) lookup(name string) string {
	path := l.streams.Getenv("PATH")
	if path == "" || !l.root.IsHost() {
		path = defaultPath
	}
	if strings.Contains(name, "/") {
		return name
	}
	for _, dir := range strings.Split(path, ":") {
		if dir == "" {
			dir = "."
		}
		file := dir + "/" + name
		if info, err := l.root.Stat(l.path(file)); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return file
		}
	}
	return ""
}
