package drive

import (
	"testing"

	"rescuebox/b64xfer"
	"rescuebox/b64xfer/wire"
)

// Whatever the far side says, looking at it ends, within what was said.
func FuzzSaid(f *testing.F) {
	for _, s := range []string{"\x1b[?2004l\rREADY\r\n", "\x1b]0;title\x07$ ", "\x1bP", "\x1b[", "damaged: chunks 3,17-19 of 904 lost or changed; send them again: --chunks 3,17-19", "+12", "whole: /tmp/rb, 5 bytes"} {
		f.Add([]byte(s), "echo x")
	}
	f.Fuzz(func(t *testing.T, said []byte, typed string) {
		if n := escape(said); n < 0 || n > len(said) {
			t.Fatal(n)
		}
		if used, all := echoed(said, typed); used > len(said) || !all && used != 0 {
			t.Fatal(used, all)
		}
		if text := plain(said); len(text) > len(said) {
			t.Fatal(text)
		}
		if set, named := missing(string(said)); named && set.Len() < 1 {
			t.Fatal(set)
		}
		refusal(string(said), &b64xfer.Transfer{Dest: "/tmp/rb"})
		fatal(string(said))
		w := window{s: &Session{o: Options{Window: 1000, Progress: func(Progress) {}}}, t: &b64xfer.Transfer{Header: wire.Header{Size: 3000, Chunk: 734}},
			acked: map[int]bool{}, out: []string{"1:a", "2:b"}, flying: 8}
		w.taken(number(string(said)))
		w.forget([]string{typed})
	})
}

// An echo with more between its characters is one; without a character it is none.
func TestEchoed(t *testing.T) {
	for _, c := range []struct {
		said, typed string
		all         bool
	}{
		{"abc def", "abc def", true},
		{"ab\r\nc\x1b[K d\x1b[1mef", "abc def", true},
		{"abcdef", "abc def", false},
		{"abx", "abc", false},
		{"", "a", false},
	} {
		if _, all := echoed([]byte(c.said), c.typed); all != c.all {
			t.Errorf("%q: %v", c.said, all)
		}
	}
}
