package find

import (
	"errors"
	"strconv"
	"strings"
)

// perm is the argument of -perm.
type perm struct {
	kind byte // '-' all of these bits, '/' any of them, 0 exactly these
	bits uint32
}

const permBits = 0o7777

func parsePerm(arg string) (perm, error) {
	var p perm
	mode := arg
	if mode != "" && (mode[0] == '-' || mode[0] == '/') {
		p.kind, mode = mode[0], mode[1:]
	}
	if mode == "" {
		return p, errors.New("no mode")
	}
	if mode[0] >= '0' && mode[0] <= '7' {
		n, err := strconv.ParseUint(mode, 8, 32)
		if err != nil || n > permBits {
			return p, errors.New("bad mode")
		}
		p.bits = uint32(n)
		return p, nil
	}
	for _, clause := range strings.Split(mode, ",") {
		bits, err := applyClause(p.bits, clause)
		if err != nil {
			return p, err
		}
		p.bits = bits
	}
	return p, nil
}

// applyClause changes bits by one clause of a symbolic mode as chmod(1) has it:
// [ugoa]*([-+=]([rwxXst]*|[ugo]))+. Without letters it is for all: here no umask
// applies.
func applyClause(bits uint32, clause string) (uint32, error) {
	bad := errors.New("bad mode")
	who := uint32(0)
	i := 0
	for ; i < len(clause) && strings.IndexByte("ugoa", clause[i]) >= 0; i++ {
		who |= map[byte]uint32{'u': 0o4700, 'g': 0o2070, 'o': 0o1007, 'a': 0o7777}[clause[i]]
	}
	if who == 0 {
		who = permBits
	}
	if i == len(clause) {
		return 0, bad
	}
	for i < len(clause) {
		op := clause[i]
		if op != '+' && op != '-' && op != '=' {
			return 0, bad
		}
		start := i + 1
		for i = start; i < len(clause) && strings.IndexByte("+-=", clause[i]) < 0; i++ {
		}
		set, ok := permLetters(bits, clause[start:i])
		if !ok {
			return 0, bad
		}
		set &= who
		switch op {
		case '+':
			bits |= set
		case '-':
			bits &^= set
		case '=':
			bits = bits&^who | set
		}
	}
	return bits, nil
}

// permLetters returns the bits that letters stand for, for everybody.
func permLetters(bits uint32, letters string) (set uint32, ok bool) {
	for _, c := range []byte(letters) {
		switch c {
		case 'r':
			set |= 0o444
		case 'w':
			set |= 0o222
		case 'x':
			set |= 0o111
		case 'X':
			if bits&0o111 != 0 {
				set |= 0o111
			}
		case 's':
			set |= 0o6000
		case 't':
			set |= 0o1000
		case 'u', 'g', 'o':
			if len(letters) != 1 {
				return 0, false
			}
			shift := map[byte]uint{'u': 6, 'g': 3, 'o': 0}[c]
			set |= (bits >> shift & 7) * 0o111
		default:
			return 0, false
		}
	}
	return set, true
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
