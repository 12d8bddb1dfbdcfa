package base64

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

func decode(text string, ignore bool) (string, error) {
	var out bytes.Buffer
	err := Decode(&out, strings.NewReader(text), ignore)
	return out.String(), err
}

// What coreutils 9.1 writes and whether it calls the input invalid.
func TestDecode(t *testing.T) {
	for _, c := range []struct {
		text, out string
		valid     bool
		filtered  string // output with ignoreGarbage, when it makes the text valid
	}{
		{"", "", true, ""}, {"YWJj", "abc", true, "abc"}, {"YQ==", "a", true, "a"}, {"YWI=", "ab", true, "ab"},
		{"YQ==YQ==", "aa", true, "aa"}, {"YQ==\nYQ==\n", "aa", true, "aa"}, {"YQ=\n=", "a", true, "a"},
		{"YR==", "a", true, "a"}, {"\n\n", "", true, ""},
		{"YQ", "a", false, ""}, {"YQ=", "a", false, ""}, {"YWI", "ab", false, ""}, {"Y", "", false, ""},
		{"YQ=a", "a", false, ""}, {"Y=", "", false, ""}, {"=", "", false, ""}, {"====", "", false, ""},
		{"YQ===", "a", false, ""}, {"YWJj=", "abc", false, ""}, {"YWJjYQ", "abca", false, ""},
		{"YWJj!", "abc", false, "abc"}, {"YWJj*YWJj", "abc", false, "abcabc"}, {" YWJj", "", false, "abc"},
		{"YW\nJj\r\n", "abc", false, "abc"}, {"YQ!=", "a", false, ""}, {"YWI!", "ab", false, ""},
	} {
		out, err := decode(c.text, false)
		if out != c.out || (err == nil) != c.valid || err != nil && err != ErrInvalid {
			t.Errorf("%q: %q, %v, want %q, valid %v", c.text, out, err, c.out, c.valid)
		}
		if c.filtered == "" {
			continue
		}
		if out, err := decode(c.text, true); out != c.filtered || err != nil {
			t.Errorf("%q without garbage: %q, %v, want %q", c.text, out, err, c.filtered)
		}
	}
}

func TestErrors(t *testing.T) {
	broken := io.MultiReader(strings.NewReader("YWJj"), iotest.ErrReader(syscall.EIO))
	var out bytes.Buffer
	if err := Decode(&out, broken, false); err != syscall.EIO || out.String() != "abc" {
		t.Errorf("decode: %q, %v", &out, err)
	}
	out.Reset()
	broken = io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(syscall.EIO))
	if err := Encode(&out, broken, 76); err != syscall.EIO {
		t.Errorf("encode: %q, %v", &out, err)
	}
	if err := Encode(failing{}, strings.NewReader("x"), 0); err != syscall.ENOSPC {
		t.Error(err)
	}
	if err := Decode(failing{}, strings.NewReader("YWJj"), false); err != syscall.ENOSPC {
		t.Error(err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// folded is the simplest way to break a text into lines.
func folded(text string, wrap int) string {
	if wrap == 0 {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		n := min(wrap, len(text))
		b.WriteString(text[:n] + "\n")
		text = text[n:]
	}
	return b.String()
}

func FuzzEncode(f *testing.F) {
	f.Add([]byte("abc"), uint8(76))
	f.Add(bytes.Repeat([]byte("x"), 25_000), uint8(0))
	f.Add(bytes.Repeat([]byte("x"), 24<<10), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, wrap uint8) {
		var out bytes.Buffer
		if err := Encode(&out, iotest.HalfReader(bytes.NewReader(data)), uint64(wrap)); err != nil {
			t.Fatal(err)
		}
		if want := folded(base64.StdEncoding.EncodeToString(data), int(wrap)); out.String() != want {
			t.Fatalf("got %q, want %q", &out, want)
		}
		back, err := decode(out.String(), false)
		if err != nil || back != string(data) {
			t.Fatalf("decoded to %q, %v", back, err)
		}
	})
}

// What encoding/base64 decodes, this does too, and however it is cut.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"YWJj", "YQ==YQ==", "YQ=\n=", "Y!Q", strings.Repeat("QUJD\n", 99)} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, text string, ignore bool) {
		got, err := decode(text, ignore)
		std, stdErr := base64.StdEncoding.DecodeString(text)
		if stdErr == nil && (ignore || !strings.Contains(text, "\r")) && (err != nil || got != string(std)) {
			t.Fatalf("%q: %q, %v, want %q", text, got, err, std)
		}
		var out bytes.Buffer
		err2 := Decode(&out, iotest.OneByteReader(strings.NewReader(text)), ignore)
		if out.String() != got || err2 != err {
			t.Fatalf("%q byte by byte: %q, %v, want %q, %v", text, &out, err2, got, err)
		}
		if err == nil && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\n") != "" && !ignore {
			t.Fatalf("%q taken as valid", text)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	var text bytes.Buffer
	if err := Encode(&text, bytes.NewReader(make([]byte, 1<<20)), 76); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(1 << 20)
	for b.Loop() {
		if err := Decode(io.Discard, bytes.NewReader(text.Bytes()), false); err != nil {
			b.Fatal(err)
		}
	}
}
