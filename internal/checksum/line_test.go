package checksum

import (
	"strings"
	"testing"
)

const sum = "d41d8cd98f00b204e9800998ecf8427e"

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text, algorithm, name string
		binary                bool
	}{
		{sum + "  a b", "", "a b", false},
		{sum + " *a", "", "a", true},
		{sum + " a", "", "a", false},
		{sum + "   a", "", " a", false},
		{strings.ToUpper(sum) + "  a", "", "a", false},
		{"  " + sum + "  a", "", "a", false},
		{`\` + sum + `  a\nb\\c\rd`, "", "a\nb\\c\rd", false},
		{sum + `  a\nb`, "", `a\nb`, false},
		{"MD5 (a) = " + sum, "MD5", "a", false},
		{"MD5(a (b))= " + sum, "MD5", "a (b)", false},
		{`\SHA256 (a\\b) = ` + sum, "SHA256", `a\b`, false},
	} {
		l, ok := Parse(c.text)
		if !ok || l.Name != c.name || l.Algorithm != c.algorithm || l.Binary != c.binary || len(l.Sum) != 16 {
			t.Errorf("%q: %+v, %v", c.text, l, ok)
		}
	}
	for _, bad := range []string{
		"", " ", sum, sum + " ", "xyz  a", sum[1:] + "  a", "MD5 (a) " + sum, "MD5 (a = " + sum, "(a) = " + sum,
		`\` + sum + `  a\x`, `\` + sum + `  a\`, "A B (a) = " + sum, strings.Repeat("ab", 65) + "  a", "MD5 () = " + sum,
	} {
		if l, ok := Parse(bad); ok {
			t.Errorf("%q: %+v", bad, l)
		}
	}
}

// What Parse takes, String writes in a way that Parse takes for the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{sum + "  a", `\` + sum + ` *a\nb`, "MD5 (x) = " + sum, "SHA1(a) (b)= ab"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, ok := Parse(text)
		if !ok {
			return
		}
		if l.Name == "" || len(l.Sum) == 0 || len(l.Sum) > maxSum {
			t.Fatalf("%q: %+v", text, l)
		}
		again, ok := Parse(l.String(false))
		if !ok || again.Name != l.Name || string(again.Sum) != string(l.Sum) || again.Binary != l.Binary {
			t.Fatalf("%q: %+v, then %q: %+v", text, l, l.String(false), again)
		}
	})
}
