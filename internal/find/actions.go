package find

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// actions do something with an entry.
func (p *parser) actions(name string) (test, error) {
	env := p.query.env
	switch name {
	case "-prune":
		return func(e *Entry) bool {
			e.prune = true
			return true
		}, nil
	case "-quit":
		return func(e *Entry) bool {
			e.walk.quit = true
			// Nothing that stands behind it may still happen.
			e.dead = true
			return true
		}, nil
	}
	acts := true
	var t test
	var err error
	switch name {
	case "-print":
		t = func(e *Entry) bool { return env.print(e.Path, "\n") }
	case "-print0":
		t = func(e *Entry) bool {
			env.write(e.Path + "\x00")
			return true
		}
	case "-printf":
		t, err = p.printf()
	case "-ls":
		t = env.list
	case "-delete":
		p.query.opts.DepthFirst = true
		t = (*Entry).delete
	case "-exec", "-execdir", "-ok", "-okdir":
		t, err = p.exec(name)
	default:
		acts = false
	}
	p.acts = p.acts || acts
	return t, err
}

// delete removes the entry. A starting point of "." is let be, as the kernel
// would refuse it.
func (e *Entry) delete() bool {
	if e.Path == "." || e.Path == "./" {
		return true
	}
	kind := e.kind
	// With links followed the type may be the target's; the link is to go.
	if kind == 0 || e.Depth == 0 {
		var st unix.Stat_t
		if err := fstatat(e.dirfd, e.at, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			e.walk.report(e.Path, err)
			return false
		}
		kind = kindOfMode(uint32(st.Mode))
	}
	flags := 0
	if kind == 'd' {
		flags = unix.AT_REMOVEDIR
	}
	if err := unix.Unlinkat(e.dirfd, e.at, flags); err != nil {
		e.walk.report(e.Path, err)
		return false
	}
	return true
}

// ErrBatch says that a program of -exec ... + failed.
var ErrBatch = errors.New("a program run by -exec ended with an error")

// exec parses the command line of -exec and its kin.
func (p *parser) exec(name string) (test, error) {
	start := p.pos
	inDir, asks := strings.HasSuffix(name, "dir"), strings.HasPrefix(name, "-ok")
	for ; p.pos < len(p.args); p.pos++ {
		arg := p.args[p.pos]
		plus := arg == "+" && !asks && p.pos > start && p.args[p.pos-1] == "{}"
		if arg != ";" && !plus {
			continue
		}
		argv := p.args[start:p.pos]
		p.pos++
		if len(argv) == 0 {
			return nil, errors.New("missing command for '" + name + "'")
		}
		if !plus {
			return p.query.env.each(argv, inDir, asks), nil
		}
		b := &batch{env: p.query.env, fixed: argv[:len(argv)-1], inDir: inDir}
		for _, a := range b.fixed {
			b.fixedSize += len(a) + argOverhead
			if strings.Contains(a, "{}") {
				return nil, errors.New("only one {} can be used with '" + name + " ... +'")
			}
		}
		p.query.batches = append(p.query.batches, b)
		return b.add, nil
	}
	return nil, errors.New("missing argument to '" + name + "': end its command with \\; or {} +")
}

// each runs argv for every entry, with every {} in it replaced by its path.
func (v *Env) each(argv []string, inDir, asks bool) test {
	return func(e *Entry) bool {
		path, dir := e.Path, ""
		if inDir {
			path, dir = e.inDir()
		}
		full := make([]string, len(argv))
		for i, a := range argv {
			full[i] = strings.ReplaceAll(a, "{}", path)
		}
		v.flush()
		if asks && !v.Runner.Confirm("< "+argv[0]+" ... "+v.shown(e.Path)+" > ? ") {
			return false
		}
		status, err := v.Runner.Run(full, dir)
		if err != nil {
			v.report(full[0], err)
			return false
		}
		return status == 0
	}
}

// inDir returns the entry's name as seen from its folder, and that folder.
func (e *Entry) inDir() (name, dir string) {
	trimmed := strings.TrimRight(e.Path, "/")
	if trimmed == "" {
		return "/", "/"
	}
	i := strings.LastIndexByte(trimmed, '/')
	switch {
	case i < 0:
		return "./" + trimmed, "."
	case i == 0:
		return "./" + trimmed[1:], "/"
	}
	return "./" + trimmed[i+1:], trimmed[:i]
}

const (
	// maxArgs is the bytes of arguments of one program: the least that execve(2)
	// leaves on any kernel after an environment of the same size.
	maxArgs = 64 << 10
	// argOverhead is a pointer and the closing zero byte.
	argOverhead = 9
)

// batch collects paths for one run of -exec ... +.
type batch struct {
	env       *Env
	fixed     []string
	fixedSize int
	inDir     bool
	dir       string
	paths     []string
	size      int
	bad       bool
}

// add is always true: whether the program succeeds is not known yet.
func (b *batch) add(e *Entry) bool {
	path, dir := e.Path, ""
	if b.inDir {
		path, dir = e.inDir()
	}
	need := len(path) + argOverhead
	if dir != b.dir || b.fixedSize+b.size+need > maxArgs {
		b.flush()
	}
	b.dir = dir
	b.paths = append(b.paths, path)
	b.size += need
	return true
}

func (b *batch) flush() {
	if len(b.paths) == 0 {
		return
	}
	argv := append(append([]string{}, b.fixed...), b.paths...)
	b.paths, b.size = nil, 0
	b.env.flush()
	status, err := b.env.Runner.Run(argv, b.dir)
	if err != nil {
		b.env.report(argv[0], err)
	}
	b.bad = b.bad || err != nil || status != 0
}
