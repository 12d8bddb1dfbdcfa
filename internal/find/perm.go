package find

import (
	"rescuebox/internal/filemode"
)

// perm is the argument of -perm.
type perm struct {
	kind byte // '-' all of these bits, '/' any of them, 0 exactly these
	bits uint32
}

const permBits = filemode.All

// parsePerm reads octal digits, or a symbolic mode as chmod(1) applies it to a
// file without any permission; no umask applies.
func parsePerm(arg string) (perm, error) {
	var p perm
	mode := arg
	if mode != "" && (mode[0] == '-' || mode[0] == '/') {
		p.kind, mode = mode[0], mode[1:]
	}
	// +111 once meant /111; taking it for 111 would find something else.
	if len(mode) > 1 && mode[0] == '+' && '0' <= mode[1] && mode[1] <= '7' {
		return p, filemode.ErrInvalid
	}
	c, err := filemode.Parse(mode)
	if err != nil {
		return p, err
	}
	p.bits = c.Apply(0, false, 0)
	return p, nil
}

func (p perm) match(mode uint32) bool {
	mode &= permBits
	switch p.kind {
	case '-':
		return mode&p.bits == p.bits
	case '/':
		return p.bits == 0 || mode&p.bits != 0
	}
	return mode == p.bits
}
