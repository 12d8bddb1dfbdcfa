package find

import (
	"errors"
	"strconv"
	"strings"

	"rescuebox/internal/modestring"
)

// field renders one directive for an entry.
type field func(v *Env, e *Entry) string

// printf compiles the format of -printf.
func (p *parser) printf() (test, error) {
	format, err := p.arg("-printf")
	if err != nil {
		return nil, err
	}
	fields, err := parseFormat(format)
	if err != nil {
		return nil, err
	}
	env := p.query.env
	return func(e *Entry) bool {
		for _, f := range fields {
			env.write(f(env, e))
		}
		return true
	}, nil
}

func literal(text string) field { return func(*Env, *Entry) string { return text } }

func parseFormat(format string) ([]field, error) {
	var fields []field
	var plain strings.Builder
	take := func() {
		if plain.Len() > 0 {
			fields = append(fields, literal(plain.String()))
			plain.Reset()
		}
	}
	for i := 0; i < len(format); {
		switch format[i] {
		case '\\':
			text, size, stop := escape(format[i:])
			plain.WriteString(text)
			if stop {
				take()
				return fields, nil
			}
			i += size
		case '%':
			f, size, err := directive(format[i:])
			if err != nil {
				return nil, err
			}
			take()
			fields = append(fields, f)
			i += size
		default:
			plain.WriteByte(format[i])
			i++
		}
	}
	take()
	return fields, nil
}

// escape reads the escape that s begins with; stop is true for \c.
func escape(s string) (text string, size int, stop bool) {
	if len(s) == 1 {
		return "\\", 1, false
	}
	if i := strings.IndexByte("abfnrtv\\", s[1]); i >= 0 {
		return "\a\b\f\n\r\t\v\\"[i : i+1], 2, false
	}
	if s[1] == 'c' {
		return "", 2, true
	}
	n, size := 0, 1
	for ; size < len(s) && size < 4 && '0' <= s[size] && s[size] <= '7'; size++ {
		n = n*8 + int(s[size]-'0')
	}
	if size > 1 {
		return string([]byte{byte(n)}), size, false
	}
	return s[:2], 2, false
}

// directive compiles the directive that s begins with: %, flags, width,
// precision and letter, as in printf(3).
func directive(s string) (field, int, error) {
	i := 1
	for i < len(s) && strings.IndexByte("-+ #0", s[i]) >= 0 {
		i++
	}
	flags := s[1:i]
	width, i, err := digits(s, i)
	if err != nil {
		return nil, 0, err
	}
	precision := -1
	if i < len(s) && s[i] == '.' {
		if precision, i, err = digits(s, i+1); err != nil {
			return nil, 0, err
		}
	}
	if i == len(s) {
		return nil, 0, errors.New("-printf: '" + s + "' at the end of the format has no letter")
	}
	letter := s[i]
	i++
	if letter == '%' {
		return literal("%"), i, nil
	}
	var f field
	if strings.IndexByte("ACTB", letter) >= 0 {
		if i == len(s) {
			return nil, 0, errors.New("-printf: '" + s + "' needs a letter of a time format, as %T+")
		}
		f = timeField(letter, s[i])
		i++
	} else {
		f = plainField(letter)
	}
	if f == nil {
		return nil, 0, errors.New("-printf: unknown directive '" + s[:i] + "'")
	}
	// GNU find renders only these by a number's rules, the rest as text.
	numeric := strings.IndexByte("dm", letter) >= 0
	return pad(f, flags, width, precision, numeric), i, nil
}

const maxWidth = 4096

func digits(s string, i int) (n, end int, err error) {
	for ; i < len(s) && '0' <= s[i] && s[i] <= '9'; i++ {
		if n = n*10 + int(s[i]-'0'); n > maxWidth {
			return 0, 0, errors.New("-printf: field too wide")
		}
	}
	return n, i, nil
}

// pad brings what f renders to width bytes.
func pad(f field, flags string, width, precision int, numeric bool) field {
	if width == 0 && precision < 0 && flags == "" {
		return f
	}
	return func(v *Env, e *Entry) string {
		text := f(v, e)
		if precision >= 0 && !numeric && len(text) > precision {
			text = text[:precision]
		}
		if numeric && strings.Contains(flags, "+") {
			text = "+" + text
		}
		fill := strings.Repeat(" ", max(0, width-len(text)))
		switch {
		case strings.Contains(flags, "-"):
			return text + fill
		case numeric && strings.Contains(flags, "0"):
			return strings.Repeat("0", len(fill)) + text
		}
		return fill + text
	}
}

// plainField returns what the directive of that letter renders, nil when there
// is none.
func plainField(letter byte) field {
	switch letter {
	case 'p':
		return func(v *Env, e *Entry) string { return v.shown(e.Path) }
	case 'P':
		return func(v *Env, e *Entry) string {
			return v.shown(strings.TrimPrefix(strings.TrimPrefix(e.Path, e.Start), "/"))
		}
	case 'H':
		return func(v *Env, e *Entry) string { return v.shown(e.Start) }
	case 'f':
		return func(v *Env, e *Entry) string { return v.shown(e.Name) }
	case 'h':
		return func(v *Env, e *Entry) string { return v.shown(leading(e.Path)) }
	case 'd':
		return func(_ *Env, e *Entry) string { return strconv.Itoa(e.Depth) }
	case 'y':
		return func(_ *Env, e *Entry) string {
			kind, _ := e.Kind()
			return string([]byte{kind})
		}
	case 'Y':
		return func(_ *Env, e *Entry) string { return e.targetKind() }
	case 'l':
		return func(v *Env, e *Entry) string {
			if kind, ok := e.Kind(); !ok || kind != 'l' {
				return ""
			}
			target, err := e.readlink()
			if err != nil {
				e.walk.report(e.Path, err)
			}
			return v.shown(target)
		}
	}
	return statField(letter)
}

// statField renders what is in the inode.
func statField(letter byte) field {
	if strings.IndexByte("sSkbmMniuUgGDtac", letter) < 0 {
		return nil
	}
	return func(v *Env, e *Entry) string {
		st, ok := e.Stat()
		if !ok {
			return ""
		}
		switch letter {
		case 's':
			return strconv.FormatInt(st.Size, 10)
		case 'S':
			return sparseness(int64(st.Blocks), st.Size)
		case 'k':
			return decimal((uint64(st.Blocks) + 1) / 2)
		case 'b':
			return decimal(uint64(st.Blocks))
		case 'm':
			return strconv.FormatUint(uint64(st.Mode)&permBits, 8)
		case 'M':
			return modestring.String(uint32(st.Mode))
		case 'n':
			return decimal(uint64(st.Nlink))
		case 'i':
			return decimal(st.Ino)
		case 'u':
			return v.names().Users.Label(st.Uid)
		case 'U':
			return decimal(uint64(st.Uid))
		case 'g':
			return v.names().Groups.Label(st.Gid)
		case 'G':
			return decimal(uint64(st.Gid))
		case 'D':
			return decimal(uint64(st.Dev))
		}
		kind := letter
		if kind == 't' {
			kind = 'm'
		}
		at, _ := e.stamp(kind)
		return formatTime(at.In(v.Zone), 'x')
	}
}

// sparseness is the share of a file's bytes that have blocks, as printf's %g.
func sparseness(blocks, size int64) string {
	if size == 0 {
		if blocks == 0 {
			return "1"
		}
		return "inf"
	}
	return strconv.FormatFloat(512*float64(blocks)/float64(size), 'g', 6, 64)
}

// leading returns the folders of a path, "." where it has none.
func leading(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "."
	}
	return path[:i]
}

// targetKind is the type that a link leads to, N when it leads nowhere, L in a
// circle, ? when the target cannot be examined.
func (e *Entry) targetKind() string {
	kind, ok := e.Kind()
	if !ok || kind != 'l' {
		return string([]byte{kind})
	}
	probe := *e
	switch err := fstatat(e.dirfd, e.at, &probe.stat, 0); err {
	case nil:
		return string([]byte{kindOfMode(uint32(probe.stat.Mode))})
	default:
		return missingTarget(err)
	}
}
