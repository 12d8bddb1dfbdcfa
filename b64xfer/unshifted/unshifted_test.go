package unshifted

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
)

func TestLine(t *testing.T) {
	for line, want := range map[string]string{
		"":                 "",
		"12:AbZ/+9=":       "12;,ab,z/-9=",
		"..":               "..",
		"YWJj0123456789zz": ",y,w,jj0123456789zz",
	} {
		if got := Line(line); got != want || !Free(got) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

// Every line is free of the shift key and short, and its octal text is the bytes.
func TestCommand(t *testing.T) {
	var image []byte
	for i := range 256 {
		image = append(image, byte(i), '7', byte(255-i), 'x')
	}
	text := ` (D=/tmp/A_b;[ -e $D ]&&{ echo "it's \\ there";}|cat>&2 <x)` + "\n" + strings.Repeat("Z", 500)
	lines, err := Command(text, image)
	if err != nil {
		t.Fatal(err)
	}
	var got [3][]byte
	for i, line := range strings.Split(lines, "\n") {
		if !Free(line) || len(line) > 700 || line[0] != ' ' {
			t.Errorf("line %d, %d characters: %s", i, len(line), line)
		}
		for n := 1; n <= 2; n++ {
			if piece, found := strings.CutPrefix(line, " r"+strconv.Itoa(n)+" '"); found {
				got[n] = append(got[n], decoded(t, strings.TrimSuffix(piece, "'"))...)
			}
		}
	}
	if string(got[1]) != text || !bytes.Equal(got[2], image) {
		t.Errorf("%q", got)
	}
	if same, err := Command(" echo x", nil); err != nil || same != " echo x" {
		t.Errorf("%q, %v", same, err)
	}
	if _, err := Command("echo 5%", nil); err == nil {
		t.Error("a percent sign was typed")
	}
}

// decoded is what a printf makes of octal text: up to three digits behind a backslash.
func decoded(t *testing.T, text string) (b []byte) {
	t.Helper()
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			b = append(b, text[i])
			continue
		}
		n, err := strconv.ParseUint(text[i+1:i+4], 8, 8)
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, byte(n))
		i += 3
	}
	return b
}
