// Package filemode reads the mode operands of chmod(1), octal and symbolic, and
// applies them as GNU does, down to the bits that they leave alone.
package filemode

import (
	"errors"
	"strings"
)

// The bits of a mode (inode(7)).
const (
	setuid  = 0o4000
	setgid  = 0o2000
	sticky  = 0o1000
	read    = 0o444
	write   = 0o222
	execute = 0o111

	// All is every bit that chmod(2) can change.
	All = 0o7777
)

// ErrInvalid is the error of a text that is no mode.
var ErrInvalid = errors.New("invalid mode")

// Change is what a mode operand does to a file's mode.
type Change struct{ steps []step }

// step is one operator with its permissions.
type step struct {
	op        byte   // '=', '+' or '-'
	who       uint32 // the bits it may touch; 0 means all that the umask lets through
	value     uint32
	mentioned uint32 // the bits that it names: set-ID bits of a folder that it does not name stay
	copies    bool   // value says which class's bits to copy to all
	ifExec    bool   // X: value includes x for a folder and for what someone may execute
}

// Exactly returns the change to the bits of mode, as by chmod --reference.
func Exactly(mode uint32) Change {
	return Change{[]step{{op: '=', who: All, value: mode & All, mentioned: All}}}
}

// Parse reads a mode: octal digits, or clauses such as "u=rwX,go-w" or "g=u".
func Parse(text string) (Change, error) {
	if text != "" && isOctal(text[0]) {
		value, mentioned, rest, ok := octal(text)
		if !ok || rest != "" {
			return Change{}, ErrInvalid
		}
		return Change{[]step{{op: '=', who: All, value: value, mentioned: mentioned}}}, nil
	}
	var c Change
	for {
		rest, ok := c.clause(text)
		if !ok {
			return Change{}, ErrInvalid
		}
		if rest == "" {
			return c, nil
		}
		if rest[0] != ',' {
			return Change{}, ErrInvalid
		}
		text = rest[1:]
	}
}

func isOctal(b byte) bool { return '0' <= b && b <= '7' }

// octal reads the digits that text begins with. Fewer than five do not mention
// the set-ID bits that they do not set.
func octal(text string) (value, mentioned uint32, rest string, ok bool) {
	n := 0
	for n < len(text) && isOctal(text[n]) {
		value = value<<3 | uint32(text[n]-'0')
		if n++; value > All {
			return 0, 0, "", false
		}
	}
	mentioned = All
	if n < 5 {
		mentioned = value&(setuid|setgid|sticky) | 0o777
	}
	return value, mentioned, text[n:], true
}

// clause adds the steps of the clause that text begins with, and returns what
// follows it.
func (c *Change) clause(text string) (rest string, ok bool) {
	var who uint32
	for text != "" && strings.IndexByte("ugoa", text[0]) >= 0 {
		who |= class(text[0])
		text = text[1:]
	}
	if text == "" || !isOperator(text[0]) {
		return "", false
	}
	for text != "" && isOperator(text[0]) {
		s := step{op: text[0], who: who}
		text, ok = s.permissions(text[1:])
		if !ok {
			return "", false
		}
		c.steps = append(c.steps, s)
	}
	return text, true
}

func isOperator(b byte) bool { return b == '=' || b == '+' || b == '-' }

// class is the bits of u, g, o or a.
func class(letter byte) uint32 {
	switch letter {
	case 'u':
		return setuid | 0o700
	case 'g':
		return setgid | 0o070
	case 'o':
		return sticky | 0o007
	}
	return All
}

// permissions reads what follows an operator: letters, one class to copy, or
// octal digits, which take no class.
func (s *step) permissions(text string) (rest string, ok bool) {
	switch {
	case text != "" && isOctal(text[0]):
		s.value, _, rest, ok = octal(text)
		ok = ok && s.who == 0 && (rest == "" || rest[0] == ',')
		s.who, s.mentioned = All, All
		return rest, ok
	case text != "" && strings.IndexByte("ugo", text[0]) >= 0:
		s.copies = true
		s.value = class(text[0]) & 0o777
		text = text[1:]
	default:
		text = s.letters(text)
	}
	s.mentioned = s.value
	if s.who != 0 {
		s.mentioned &= s.who
	}
	return text, true
}

func (s *step) letters(text string) (rest string) {
	for ; text != ""; text = text[1:] {
		switch text[0] {
		case 'r':
			s.value |= read
		case 'w':
			s.value |= write
		case 'x':
			s.value |= execute
		case 'X':
			s.ifExec = true
		case 's':
			s.value |= setuid | setgid
		case 't':
			s.value |= sticky
		default:
			return text
		}
	}
	return ""
}

// Apply returns what the change makes of mode, of which only the bits in All
// count. Steps that name no class leave alone what umask masks.
func (c Change) Apply(mode uint32, folder bool, umask uint32) uint32 {
	mode &= All
	for _, s := range c.steps {
		mode = s.apply(mode, folder, umask)
	}
	return mode
}

func (s step) apply(mode uint32, folder bool, umask uint32) uint32 {
	value := s.value
	if s.copies {
		value &= mode
		for _, bits := range [...]uint32{read, write, execute} {
			if value&bits != 0 {
				value |= bits
			}
		}
	}
	if s.ifExec && (folder || mode&execute != 0) {
		value |= execute
	}
	var kept uint32 // what the step does not touch
	if folder {
		kept = (setuid | setgid) &^ s.mentioned
	}
	if s.who != 0 {
		value &= s.who
	} else {
		value &^= umask
	}
	value &^= kept
	switch s.op {
	case '+':
		return mode | value
	case '-':
		return mode &^ value
	}
	if s.who != 0 {
		kept |= All &^ s.who
	}
	return mode&kept | value
}

// NeedsUmask reports whether the result of Apply depends on the umask.
func (c Change) NeedsUmask() bool {
	for _, s := range c.steps {
		if s.who == 0 {
			return true
		}
	}
	return false
}

// String renders the permission bits of mode as ls(1) does, without the type:
// "rwsr-xr-t".
func String(mode uint32) string {
	b := []byte("rwxrwxrwx")
	for i := range b {
		if mode&(0o400>>i) == 0 {
			b[i] = '-'
		}
	}
	special(b, 2, mode&setuid != 0, 's')
	special(b, 5, mode&setgid != 0, 's')
	special(b, 8, mode&sticky != 0, 't')
	return string(b)
}

// special shows a bit in the place of an x: in lower case with it, else in upper.
func special(b []byte, at int, set bool, letter byte) {
	switch {
	case !set:
	case b[at] == '-':
		b[at] = letter - 'a' + 'A'
	default:
		b[at] = letter
	}
}

// Octal renders mode in four octal digits.
func Octal(mode uint32) string {
	var b [4]byte
	for i := range b {
		b[i] = '0' + byte(mode>>(9-3*i)&7)
	}
	return string(b[:])
}
