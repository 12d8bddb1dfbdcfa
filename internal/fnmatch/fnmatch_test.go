package fnmatch

import (
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		flags         Flags
		want          bool
	}{
		{"", "", 0, true}, {"", "a", 0, false}, {"*", "", 0, true}, {"**", "abc", 0, true},
		{"a*b", "ab", 0, true}, {"a*b", "axxb", 0, true}, {"a*b", "axxbc", 0, false},
		{"*.so.?", "libc.so.6", 0, true}, {"*a*b*c", "xaybzc", 0, true}, {"*aab", "aaaab", 0, true},
		{"?", "ä", 0, true}, {"?", "\xff", 0, true}, {"??", "ä", 0, false}, {"\xff", "\xff", 0, true},
		{"[ä-ü]", "ö", 0, true}, {"[", "[", 0, true}, {"[a", "[a", 0, true}, {"[]]", "]", 0, true},
		{"[!]]", "a", 0, true}, {"[^a]", "a", 0, false}, {"[a-c]x", "bx", 0, true}, {"[a-]", "-", 0, true},
		{"[[:digit:]]*", "7up", 0, true}, {"[[:nope:]]", "a", 0, false}, {"[[.-.]]", "-", 0, true},
		{"[[=a=]]", "a", 0, true}, {"[\\]]", "]", 0, true}, {"\\*", "*", 0, true}, {"\\*", "a", 0, false},
		{"a\\", "a\\", 0, false}, {"ABC", "abc", 0, false}, {"ABC", "abc", CaseFold, true},
		{"[A-C]", "b", CaseFold, true}, {"[[:upper:]]", "b", CaseFold, true}, {"Ä", "ä", CaseFold, true},
		{"a*", "a/b", 0, true}, {"a*", "a/b", PathName, false}, {"a?b", "a/b", PathName, false},
		{"a[/]b", "a/b", PathName, false}, {"a/*", "a/b", PathName, true}, {"*/b", "x/y/b", PathName, false},
		{"a", "a/b", LeadDir, true}, {"a", "ab", LeadDir, false}, {"*.d", "x.d/y", LeadDir, true},
		{"[b-a]", "a", 0, false}, {"*[[=[ab]", "a", 0, true}, {"*[", "x[", 0, true}, {"a*", "b", 0, false},
	} {
		if got := Match(c.pattern, c.name, c.flags); got != c.want {
			t.Errorf("Match(%q, %q, %d) = %v, want %v", c.pattern, c.name, c.flags, got, c.want)
		}
	}
}

// TestAgainstFind runs random patterns over a folder of awkward names here and
// in find, which uses the C library's fnmatch.
func TestAgainstFind(t *testing.T) {
	dir := t.TempDir()
	names := []string{"a", "b", "ab", "abc", "a-b", "]", "[", "[a", "[]", "-", "!", "^", "*", "?", "\\", "a\\",
		"A", "AB", "a b", "aa", "aab", "ba", "b]", "[]a", "0", "9x", ":", "[:", "a.b", ".a", "=", "a]b", "!a", "^a"}
	for _, n := range names {
		if err := os.WriteFile(filepath.Join(dir, n), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r := rand.New(rand.NewSource(1))
	parts := []string{"a", "b", "*", "?", "[", "]", "-", "!", "^", "\\", "[ab]", "[!a]", "[a-c]", "A", "[:", ":]", "[[:alpha:]]", ".", "[]"}
	for range 400 {
		pattern := ""
		for range 1 + r.Intn(5) {
			pattern += parts[r.Intn(len(parts))]
		}
		for flag, flags := range map[string]Flags{"-name": 0, "-iname": CaseFold} {
			var ours []string
			for _, n := range names {
				if Match(pattern, n, flags) {
					ours = append(ours, n)
				}
			}
			cmd := exec.Command("find", ".", "-mindepth", "1", flag, pattern, "-printf", "%f\\n")
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "LC_ALL=C")
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("find (apt-get install findutils): %v", err)
			}
			theirs := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
			if len(out) == 0 {
				theirs = nil
			}
			slices.Sort(ours)
			slices.Sort(theirs)
			if !slices.Equal(ours, theirs) {
				t.Errorf("%s %q: ours %q, find %q", flag, pattern, ours, theirs)
			}
		}
	}
}

// FuzzMatch checks against the plain recursive definition that nothing is lost
// by trying only the last star again.
func FuzzMatch(f *testing.F) {
	for _, s := range [][2]string{{"a*b", "aab"}, {"[a-c]*", "bx"}, {"*[!x]\\", "y"}, {"[[:alpha:]]", "é"}, {"\xff*", "\xff/"}} {
		f.Add(s[0], s[1], uint8(0))
		f.Add(s[0], s[1], uint8(3))
	}
	f.Fuzz(func(t *testing.T, pattern, name string, flags uint8) {
		if len(pattern) > 24 || len(name) > 24 || strings.Count(pattern, "*") > 4 {
			return
		}
		fl := Flags(flags) & (CaseFold | PathName)
		if got, want := Match(pattern, name, fl), slow(matcher{fl}, pattern, name); got != want {
			t.Fatalf("Match(%q, %q, %d) = %v, want %v", pattern, name, fl, got, want)
		}
	})
}

func slow(m matcher, p, n string) bool {
	if p == "" {
		return n == ""
	}
	if p[0] == '*' {
		if slow(m, p[1:], n) {
			return true
		}
		if n == "" || m.flags&PathName != 0 && n[0] == '/' {
			return false
		}
		_, size := decode(n)
		return slow(m, p, n[size:])
	}
	dp, dn, ok := m.one(p, n)
	return ok && slow(m, p[dp:], n[dn:])
}
