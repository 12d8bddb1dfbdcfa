package b64xfer

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
)

// allBytes holds every byte before and behind every other.
func allBytes() []byte {
	var b []byte
	for i := range 256 {
		for j := range 256 {
			b = append(b, byte(i), byte(j))
		}
	}
	return b
}

// Each line is printable, short enough for a terminal, and none but the last is
// the end.
func TestPayloadLines(t *testing.T) {
	content := allBytes()
	for _, name := range Receivers() {
		tr, err := New(name, content, Options{Dest: "/tmp/x"})
		if err != nil {
			t.Fatal(err)
		}
		n, chars := 0, int64(0)
		for line := range tr.Payload() {
			n++
			chars += int64(len(line)) + 1
			if len(line) == 0 || len(line) > 1000 {
				t.Errorf("%s: line %d has %d characters", name, n, len(line))
			}
			for _, c := range []byte(line) {
				if c <= ' ' || c > '~' || strings.IndexByte("!'\"`$;&|<>*?[]{}()#~", c) >= 0 {
					t.Fatalf("%s: line %d holds %q", name, n, c)
				}
			}
			if (line == End) != (n == tr.Lines) || line[0] == '-' {
				t.Errorf("%s: line %d of %d is %.20q", name, n, tr.Lines, line)
			}
		}
		if n != tr.Lines || chars != tr.Characters {
			t.Errorf("%s: %d lines, %d characters, announced %d and %d", name, n, chars, tr.Lines, tr.Characters)
		}
		for _, line := range []string{tr.Command, tr.Run} {
			limit := 3900
			if slices.Contains([]string{"base64", "openssl", "sh"}, name) {
				limit = 1000 // the shell of busybox cuts a line that is typed at 1023
			}
			if len(line) > limit || strings.ContainsAny(line, "\n") || line[0] != ' ' {
				t.Errorf("%s: a line of %d that cannot be pasted: %q", name, len(line), line)
			}
		}
		if strings.Contains(tr.Command, Ready) {
			t.Errorf("%s: the echo of the command looks like the answer", name)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct{ receiver, dest string }{
		{"sh", "/tmp/a b"}, {"sh", "/tmp/$x"}, {"sh", ""}, {"sh", "-x"}, {"sh", "/tmp/'"}, {"cobol", "/tmp/x"},
	} {
		if tr, err := New(c.receiver, []byte("x"), Options{Dest: c.dest}); err == nil {
			t.Errorf("%q to %q was taken: %q", c.dest, c.receiver, tr.Command)
		}
	}
}

func TestNewRefusesSize(t *testing.T) {
	for _, n := range []int{0, MaxSize + 1} {
		if _, err := New("sh", make([]byte, n), Options{Dest: "/tmp/x"}); err == nil {
			t.Errorf("%d bytes were taken", n)
		}
	}
}

// Sums of cksum of coreutils.
func TestCksum(t *testing.T) {
	for text, want := range map[string]uint32{"": 4294967295, "123456789": 930766865, strings.Repeat("a", 70000): 3508083167} {
		if got := cksum([]byte(text)); got != want {
			t.Errorf("%d bytes: %d, want %d", len(text), got, want)
		}
	}
}

func TestBase64Lines(t *testing.T) {
	content := allBytes()[:10_000]
	for _, width := range []int{64, 80, 1000} {
		var lines []string
		base64Lines(width)(content, func(l string) bool { lines = append(lines, l); return true })
		got, err := base64.StdEncoding.DecodeString(strings.Join(lines, ""))
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d columns: %v", width, err)
		}
		if i := slices.IndexFunc(lines[:len(lines)-1], func(l string) bool { return len(l) != width }); i >= 0 {
			t.Errorf("%d columns: line %d has %d", width, i, len(lines[i]))
		}
	}
}

// printf is what POSIX says of printf(1) with a format alone.
func printf(format string) []byte {
	var out []byte
	for i := 0; i < len(format); i++ {
		switch c := format[i]; {
		case c == '%':
			i++
			out = append(out, '%')
		case c == '\\' && format[i+1] == '\\':
			i++
			out = append(out, '\\')
		case c == '\\':
			v, n := 0, 0
			for n < 3 && i+1 < len(format) && format[i+1] >= '0' && format[i+1] <= '7' {
				v = v*8 + int(format[i+1]-'0')
				i, n = i+1, n+1
			}
			out = append(out, byte(v))
		default:
			out = append(out, c)
		}
	}
	return out
}

func FuzzOctalLines(f *testing.F) {
	f.Add(allBytes()[:4000])
	f.Add([]byte("-%\\.9\x008\x01a"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var got []byte
		octalLines(data, func(line string) bool {
			if line == End || line[0] == '-' || len(line) > 1000 {
				t.Errorf("line %q", line)
			}
			got = append(got, printf(line)...)
			return true
		})
		if !bytes.Equal(got, data) {
			t.Errorf("%x came back as %x", data, got)
		}
	})
}
