package b64xfer

import (
	"strconv"
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

// whole is the verdict on a file that is right.
func whole(tr *Transfer) string {
	return Whole + " " + tr.Dest + ", " + strconv.FormatInt(tr.Size, 10) + " bytes, sha256 " + tr.Sum
}

// Each line is printable and short enough for a terminal, and none but the last is
// the end.
//
// Nothing in it means anything to a shell, but where it is a program's own format.
func TestPayloadLines(t *testing.T) {
	own := map[string]bool{"uudecode": true, "gpg": true, "tclsh": true, "vim": true, "git": true, "as": true}
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
				if c < ' ' || c > '~' || !own[name] && strings.IndexByte(" !'\"`$;&|<>*?[]{}()#~", c) >= 0 {
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
	}
}

// What is typed fits into the line editor of busybox, which cuts at 1023 characters,
// has nothing that a shell of another kind would expand within quotes, and is kept
// out of the history by a space in front.
func TestCommandLines(t *testing.T) {
	for _, o := range everyOption() {
		for _, r := range receivers() {
			if o.Memory && !r.memory || o.Zlib && !r.inflates {
				continue
			}
			tr, err := New(r.name, []byte("x"), o)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{tr.Command, tr.Run} {
				for line := range strings.SplitSeq(text, "\n") {
					if len(line) > lineMax {
						t.Errorf("%s: a line of %d: %q", r.name, len(line), line)
					}
				}
				if text[0] != ' ' || strings.ContainsAny(text, "!\t\r") {
					t.Errorf("%s: cannot be typed everywhere: %q", r.name, text)
				}
			}
			if strings.Contains(tr.Command, Ready) || strings.ContainsAny(tr.Run, "\n") || strings.Contains(tr.Command, "{dest}") {
				t.Errorf("%s: %q", r.name, tr.Command)
			}
		}
	}
}

// everyOption is each combination of options, to a destination of some length.
func everyOption() []Options {
	var all []Options
	for i := range 16 {
		all = append(all, Options{Dest: "/var/tmp/rescue/rescuebox", Arch: "amd64", Force: i&1 > 0, Ack: i&2 > 0, Zlib: i&4 > 0, Memory: i&8 > 0})
	}
	return all
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		receiver string
		o        Options
	}{
		{"python3", Options{Dest: "/tmp/a b"}}, {"python3", Options{Dest: "/tmp/$x"}}, {"python3", Options{}},
		{"python3", Options{Dest: "-x"}}, {"python3", Options{Dest: "/tmp/'"}}, {"cobol", Options{Dest: "/tmp/x"}},
		{"python3", Options{Dest: "/tmp/x", Memory: true, Args: []string{"a'b"}}},
	} {
		if tr, err := New(c.receiver, []byte("x"), c.o); err == nil {
			t.Errorf("%v to %q was taken: %q", c.o, c.receiver, tr.Command)
		}
	}
}

func TestNewRefusesSize(t *testing.T) {
	for _, n := range []int{0, MaxSize + 1} {
		if _, err := New("python3", make([]byte, n), Options{Dest: "/tmp/x"}); err == nil {
			t.Errorf("%d bytes were taken", n)
		}
	}
}
