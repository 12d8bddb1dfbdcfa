package quoting

import (
	"os/exec"
	"strings"
	"testing"
)

func TestAppend(t *testing.T) {
	for _, c := range []struct {
		name string
		want [7]string // by style
	}{
		{"plain", [7]string{"plain", "plain", "'plain'", "plain", "'plain'", `"plain"`, "plain"}},
		{"a b", [7]string{"a b", "'a b'", "'a b'", "'a b'", "'a b'", `"a b"`, "a b"}},
		{"it's", [7]string{"it's", `"it's"`, `"it's"`, `"it's"`, `"it's"`, `"it's"`, "it's"}},
		{"a'$", [7]string{"a'$", `'a'\''$'`, `'a'\''$'`, `'a'\''$'`, `'a'\''$'`, `"a'$"`, "a'$"}},
		{"a\nb", [7]string{"a\nb", "'a\nb'", "'a\nb'", `'a'$'\n''b'`, `'a'$'\n''b'`, `"a\nb"`, `a\nb`}},
		{"\x01", [7]string{"\x01", "\x01", "'\x01'", `''$'\001'`, `''$'\001'`, `"\001"`, `\001`}},
		{"é", [7]string{"é", "é", "'é'", "é", "'é'", `"é"`, "é"}},
		{"\xff", [7]string{"\xff", "\xff", "'\xff'", `''$'\377'`, `''$'\377'`, `"\377"`, `\377`}},
		{`\`, [7]string{`\`, `'\'`, `'\'`, `'\'`, `'\'`, `"\\"`, `\\`}},
		{"", [7]string{"", "''", "''", "''", "''", `""`, ""}},
	} {
		for style, want := range c.want {
			q := Quoter{Style: Style(style), UTF8: true}
			if got := string(q.Append(nil, c.name)); got != want {
				t.Errorf("style %d of %q is %s, want %s", style, c.name, got, want)
			}
		}
	}
}

func TestHideAndWidth(t *testing.T) {
	for _, c := range []struct {
		name, want string
		utf8       bool
		width      int
	}{
		{"a\tb\x7f", "a?b?", false, 4}, {"é", "??", false, 2}, {"é", "é", true, 1},
		{"日本", "日本", true, 4}, {"e\u0301", "e\u0301", true, 1}, {"\u202e.exe", "?.exe", true, 5}, {"\xc3", "?", true, 1},
	} {
		q := Quoter{Hide: true, UTF8: c.utf8}
		got := q.Append(nil, c.name)
		if string(got) != c.want || q.Width(got) != c.width {
			t.Errorf("%q is %q of %d cells, want %q of %d", c.name, got, q.Width(got), c.want, c.width)
		}
	}
}

// What is quoted for a shell is the name again to a shell.
func TestShell(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Fatal("bash is not installed: apt-get install bash")
	}
	var script, want strings.Builder
	for a := 1; a < 256; a++ {
		for _, name := range []string{string([]byte{byte(a)}), string([]byte{'x', byte(a), 'y'}), string([]byte{byte(a), '\''}), string([]byte{'\'', byte(a)}), string([]byte{1, byte(a)})} {
			for _, style := range []Style{ShellEscape, ShellEscapeAlways, ShellAlways} {
				q := Quoter{Style: style}
				script.WriteString("printf '%s\\0' " + string(q.Append(nil, name)) + "\n")
				want.WriteString(name + "\x00")
			}
		}
	}
	cmd := exec.Command("bash", "--norc")
	cmd.Env = []string{"LC_ALL=C"}
	cmd.Stdin = strings.NewReader(script.String())
	got, err := cmd.Output()
	if err != nil || string(got) != want.String() {
		t.Errorf("bash read other names than were quoted (%v)", err)
	}
}

func FuzzAppend(f *testing.F) {
	f.Add("a b\n'\xff", uint8(3), true)
	f.Add("it's", uint8(5), false)
	f.Fuzz(func(t *testing.T, name string, style uint8, utf8 bool) {
		q := Quoter{Style: Style(style % 7), UTF8: utf8, Hide: true}
		shown := q.Append(nil, name)
		text := string(shown)
		for i := 0; i < len(text); {
			n, printable := q.next(text[i:])
			if !printable {
				t.Fatalf("style %d shows %q as %q", style, name, shown)
			}
			i += n
		}
		if q.Width(shown) > len(shown) || q.Quoted(name) && len(shown) < len(name) && !strings.ContainsFunc(name, func(r rune) bool { return r > 127 }) {
			t.Errorf("style %d shows %q as %q", style, name, shown)
		}
	})
}
