package tarball

import (
	"strings"

	"rescuebox/internal/fnmatch"
)

// Relative returns a member's name without what would lead out of the folder it
// is extracted to: a leading /, and everything up to the last .. part. Prefix is
// what was taken away.
func Relative(name string) (rest, prefix string) {
	cut := 0
	for i := 0; i < len(name); {
		end := strings.IndexByte(name[i:], '/')
		if end < 0 {
			end = len(name)
		} else {
			end += i
		}
		if name[i:end] == ".." {
			cut = min(end+1, len(name))
		}
		i = end + 1
	}
	for cut < len(name) && name[cut] == '/' {
		cut++
	}
	prefix, rest = name[:cut], name[cut:]
	if rest == "" && name != "" {
		rest = "."
	}
	return rest, prefix
}

// Climbs reports whether a part of the name is "..".
func Climbs(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

// Strip returns name without its first n parts; ok is false when nothing is left.
func Strip(name string, n int) (rest string, ok bool) {
	rest = name
	for range n {
		rest = strings.TrimLeft(rest, "/")
		i := strings.IndexByte(rest, '/')
		if i < 0 {
			return "", false
		}
		rest = rest[i+1:]
	}
	rest = strings.TrimLeft(rest, "/")
	return rest, rest != "" || n == 0
}

// Excluded reports whether one of the patterns matches the name, a folder above
// it, or either of them from any / on. Stars match slashes, as tar has it.
func Excluded(patterns []string, name string) bool {
	name = strings.TrimSuffix(name, "/")
	for _, p := range patterns {
		for rest := name; ; {
			if fnmatch.Match(p, rest, fnmatch.LeadDir) {
				return true
			}
			i := strings.IndexByte(rest, '/')
			if i < 0 {
				break
			}
			rest = rest[i+1:]
		}
	}
	return false
}

// Selection is the members that the user named.
type Selection struct {
	names     []string
	seen      []bool
	wildcards bool
}

// Select returns a selection of names; none means every member. With wildcards
// they are patterns.
func Select(names []string, wildcards bool) *Selection {
	s := &Selection{wildcards: wildcards, seen: make([]bool, len(names))}
	for _, n := range names {
		s.names = append(s.names, strings.TrimRight(n, "/"))
	}
	return s
}

// Has reports whether the member is, or lies in, one that was named.
func (s *Selection) Has(member string) bool {
	if len(s.names) == 0 {
		return true
	}
	member = strings.TrimSuffix(member, "/")
	found := false
	for i, n := range s.names {
		same := member == n || strings.HasPrefix(member, n+"/")
		if s.wildcards {
			same = fnmatch.Match(n, member, fnmatch.LeadDir)
		}
		if same {
			s.seen[i], found = true, true
		}
	}
	return found
}

// Missing returns the names that no member was, in their order.
func (s *Selection) Missing() []string {
	var missing []string
	for i, seen := range s.seen {
		if !seen {
			missing = append(missing, s.names[i])
		}
	}
	return missing
}
