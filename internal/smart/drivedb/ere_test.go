package drivedb

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		expression, text string
		want             bool
	}{
		{"", "", true}, {"a", "a", true}, {"a", "ab", false}, {"a", "", false}, {"ab*", "a", true}, {"ab*", "abbb", true},
		{"WDC WD(50|10)00A[A-C]KS-.*", "WDC WD5000AAKS-00TMA0", true}, {"WDC WD(50|10)00A[A-C]KS-.*", "WDC WD5000ADKS-00TMA0", false},
		{"(a|b)+", "abba", true}, {"(a|b)+", "", false}, {"(a|ab)(c|bcd)(d*)", "abcd", true}, {"a|b", "b", true}, {"a|b", "ab", false},
		{"x{2,3}", "x", false}, {"x{2,3}", "xx", true}, {"x{2,3}", "xxx", true}, {"x{2,3}", "xxxx", false},
		{"x{2}", "xx", true}, {"x{2,}", "xxxxx", true}, {"x{2,}", "x", false}, {"x{0}y", "y", true},
		{"[^0-9]x", "ax", true}, {"[^0-9]x", "1x", false}, {"[]a]", "]", true}, {"[a-]", "-", true}, {"[[:digit:]]+", "123", true},
		{`M\.2`, "M.2", true}, {`M\.2`, "Mx2", false}, {"^a$", "a", true}, {"(^a|b$)c?", "ac", true}, {"(a*)*", "aaaa", true},
		{"(a?){20}a{20}", strings.Repeat("a", 20), true}, {"()", "", true}, {".", "\n", true},
	} {
		if got := Matches(c.expression, c.text); got != c.want {
			t.Errorf("%q in %q: %v", c.expression, c.text, got)
		}
	}
	for _, malformed := range []string{"(", "[", "*", "a{2", "a{3,2}", "a{999}", `\`, "[z-a]", "[[:none:]]", "a(b"} {
		if _, ok := compile(malformed); ok {
			t.Errorf("%q was taken", malformed)
		}
	}
}

// No expression makes matching slow, and none is larger than it may be.
func TestSlow(t *testing.T) {
	start := time.Now()
	Matches("((a*)*)*b", strings.Repeat("a", 5000))
	Matches("((((a{1,200}){1,200}){1,200}){1,200})", "a")
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("it took %v", d)
	}
}

// FuzzMatches compares with Go's expressions of the same kind.
func FuzzMatches(f *testing.F) {
	f.Add("(a|b)[c-e]{1,2}x?y*z+.", "acdz1")
	f.Fuzz(func(t *testing.T, expression, text string) {
		if len(expression) > 60 || len(text) > 60 || strings.ContainsAny(expression, `\[{`) || !ascii(expression+text) {
			Matches(expression, text)
			return
		}
		re, err := regexp.CompilePOSIX("^(" + expression + ")$")
		if err != nil || strings.Contains(text, "\n") {
			Matches(expression, text)
			return
		}
		if _, ok := compile(expression); !ok {
			return
		}
		if got, want := Matches(expression, text), re.MatchString(text); got != want {
			t.Errorf("%q in %q: %v, Go says %v", expression, text, got, want)
		}
	})
}

func ascii(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
