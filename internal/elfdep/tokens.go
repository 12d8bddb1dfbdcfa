package elfdep

import "strings"

// list splits a search path of an object at any of the separators and expands each
// folder, which then ends in a slash (fillin_rpath). An empty element is the working
// directory, an empty string; one that expands to nothing is left out.
func (s *search) list(path, separators string, object int) []string {
	var dirs []string
	for {
		i := strings.IndexAny(path, separators)
		element := path
		if i >= 0 {
			element = path[:i]
		}
		dir, _ := s.expand(element, object)
		if dir != "" {
			dirs = append(dirs, strings.TrimRight(dir, "/")+"/")
		} else if element == "" {
			dirs = append(dirs, "")
		}
		if i < 0 {
			return dirs
		}
		path = path[i+1:]
	}
}

// expand replaces the tokens in a name or path that an object has, and reports
// whether there were any. The result is empty when the loader would not use it.
func (s *search) expand(text string, object int) (expanded string, any bool) {
	t := tokens{s.object(object).origin, s.loader.lib, s.loader.platform, s.closure.Secure}
	expanded, any, origin := t.expand(text)
	if origin && s.closure.Secure && object == self && !s.loader.trusted(expanded) {
		expanded = ""
	}
	return expanded, any
}

// tokens are what the dynamic string tokens stand for (ld.so(8)). An empty one has
// no meaning and makes the path that it is in useless.
type tokens struct {
	origin, lib, platform string
	// first makes $ORIGIN count only as the whole of a path or of its first element.
	first bool
}

// expand replaces $ORIGIN, $LIB and $PLATFORM, with or without braces, and reports
// whether it met any, and $ORIGIN.
func (t tokens) expand(text string) (expanded string, any, origin bool) {
	var b strings.Builder
	rest := text
	for {
		i := strings.IndexByte(rest, '$')
		if i < 0 {
			return b.String() + rest, any, origin
		}
		b.WriteString(rest[:i])
		name, after := token(rest[i:])
		value, known := "", true
		switch name {
		case "ORIGIN":
			origin = true
			value = t.origin
			if t.first && (i > 0 || rest != text || after != "" && after[0] != '/') {
				value = ""
			}
		case "LIB":
			value = t.lib
		case "PLATFORM":
			value = t.platform
		default:
			known = false
			value, after = "$", rest[i+1:]
		}
		any = any || known
		if value == "" {
			return "", any, origin
		}
		b.WriteString(value)
		rest = after
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
