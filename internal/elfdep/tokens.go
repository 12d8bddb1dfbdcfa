package elfdep

import "strings"

// list splits a search path at any of the separators and expands each folder. An
// empty element is the working directory.
func (l *loader) list(path, separators, origin string) []string {
	var dirs []string
	for {
		i := strings.IndexAny(path, separators)
		element := path
		if i >= 0 {
			element = path[:i]
		}
		if dir := l.expand(element, origin); dir != "" || element == "" {
			if dir == "" {
				dir = "./"
			}
			dirs = append(dirs, dir)
		}
		if i < 0 {
			return dirs
		}
		path = path[i+1:]
	}
}

// expand replaces the dynamic string tokens $ORIGIN, $LIB and $PLATFORM, with or
// without braces (ld.so(8), "Dynamic string tokens"). musl knows $ORIGIN alone.
func (l *loader) expand(s, origin string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '$')
		if i < 0 {
			return b.String() + s
		}
		b.WriteString(s[:i])
		s = s[i:]
		name, rest := token(s)
		switch {
		case name == "ORIGIN":
			b.WriteString(origin)
		case name == "LIB" && !l.musl:
			b.WriteString(l.lib)
		case name == "PLATFORM" && !l.musl:
			b.WriteString(l.platform)
		default:
			b.WriteByte('$')
			rest = s[1:]
		}
		s = rest
	}
}

// token returns the name behind the '$' that s begins with, and what follows it.
// A name without braces ends where glibc's does: it is followed by no letter,
// digit or underscore.
func token(s string) (name, rest string) {
	if strings.HasPrefix(s, "${") {
		if i := strings.IndexByte(s, '}'); i > 0 {
			return s[2:i], s[i+1:]
		}
		return "", s
	}
	i := 1
	for i < len(s) && (s[i] == '_' || s[i] >= '0' && s[i] <= '9' || s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z') {
		i++
	}
	return s[1:i], s[i:]
}
