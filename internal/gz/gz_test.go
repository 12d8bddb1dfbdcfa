package gz

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

func pack(t testing.TB, name, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Name = HeaderName(name)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestUnpack(t *testing.T) {
	one, two := pack(t, "dir/n\xe4me", "hello"), pack(t, "", " world")
	both := append(append([]byte{}, one...), two...)
	bad := append([]byte{}, one...)
	bad[len(bad)-6] ^= 1
	for _, c := range []struct {
		name string
		data []byte
		want string
		err  error
	}{
		{"one", one, "hello", nil},
		{"two", both, "hello world", nil},
		{"zeros behind", append(append([]byte{}, one...), make([]byte, 700)...), "hello", nil},
		{"garbage behind", append(append([]byte{}, one...), "garbage"...), "hello", ErrTrailing},
		{"cut off", both[:len(both)-9], "hello world", io.ErrUnexpectedEOF},
		{"cut off in a header", both[:len(one)+5], "hello", io.ErrUnexpectedEOF},
		{"bad checksum", bad, "hello", gzip.ErrChecksum},
		{"text", []byte("text"), "", ErrFormat},
		{"one byte", []byte("\x1f"), "", ErrFormat},
		{"empty", nil, "", io.ErrUnexpectedEOF},
	} {
		var b strings.Builder
		info, err := Unpack(&b, iotest.HalfReader(bytes.NewReader(c.data)), nil)
		if b.String() != c.want && !(c.err == io.ErrUnexpectedEOF && strings.HasPrefix(c.want, b.String())) || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %v", c.name, b.String(), err)
		}
		if c.name == "one" && (info.Name != "n\xe4me" || info.In != int64(len(one)) || info.Out != 5 || info.CRC != 0x3610a686) {
			t.Errorf("info %+v", info)
		}
	}
}

func TestSides(t *testing.T) {
	data := pack(t, "", "hello")
	if _, err := Unpack(io.Discard, io.MultiReader(bytes.NewReader(data[:12]), iotest.ErrReader(syscall.EIO)), nil); !errors.Is(err, syscall.EIO) {
		t.Errorf("of a bad medium: %v", err)
	}
	if _, err := Unpack(full{}, bytes.NewReader(data), nil); err != syscall.ENOSPC {
		t.Errorf("of a full disk: %v", err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func FuzzUnpack(f *testing.F) {
	f.Add(pack(f, "n", "hello"))
	f.Add(append(pack(f, "", ""), 0, 0, 'x'))
	f.Fuzz(func(t *testing.T, data []byte) {
		info, err := Unpack(io.Discard, bytes.NewReader(data), nil)
		if info.In > int64(len(data)) || strings.Contains(info.Name, "/") {
			t.Fatalf("%+v, %v", info, err)
		}
	})
}
