package inflate

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

func pack(t testing.TB, data []byte, level int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	w.Name, w.Comment, w.Extra = "name", "comment", []byte("extra")
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// samples are data of many kinds: texts, noise, runs, a program, and sizes about the
// window's.
func samples(t testing.TB) map[string][]byte {
	t.Helper()
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("inflate.go")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 6))
	noise := make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	return map[string][]byte{
		"empty": {}, "one byte": {'x'}, "text": source, "much text": bytes.Repeat(source, 10), "noise": noise,
		"a run": make([]byte, 300_000), "program": program[:1<<18],
		"a window": noise[:window], "two windows": append(noise[:window:window], noise[:window]...),
		"far back": append(append(noise[:window:window], "xyz"...), noise[3:window]...),
	}
}

func TestUnpack(t *testing.T) {
	z := NewReader(nil)
	for name, data := range samples(t) {
		for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, flate.BestSpeed, flate.BestCompression} {
			packed := pack(t, data, level)
			for kind, r := range map[string]io.Reader{
				"whole": bytes.NewReader(packed), "by halves": iotest.HalfReader(bytes.NewReader(packed)),
				"EOF with data": iotest.DataErrReader(bytes.NewReader(packed)),
			} {
				z.Reset(r)
				got, err := io.ReadAll(z)
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("%s, level %d, %s: %d bytes of %d, %v", name, level, kind, len(got), len(data), err)
				}
			}
		}
	}
}

// The gzip of this machine chooses blocks in ways of its own.
func TestGzip(t *testing.T) {
	for name, data := range samples(t) {
		for _, level := range []string{"-1", "-6", "-9"} {
			cmd := exec.Command("gzip", "-c", level)
			cmd.Stdin = bytes.NewReader(data)
			packed, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v (apt-get install gzip)", err)
			}
			got, err := io.ReadAll(iotest.OneByteReader(NewReader(bytes.NewReader(packed))))
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s, %s: %d bytes of %d, %v", name, level, len(got), len(data), err)
			}
		}
	}
}

func TestMembers(t *testing.T) {
	one, two := pack(t, []byte("hello"), 6), pack(t, []byte(" world"), 6)
	none := pack(t, nil, 6)
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	// A match of the second member that reaches into the first.
	reaching := bytes.Clone(one[:len(one)-8])
	damaged := func(at int) []byte {
		b := bytes.Clone(one)
		b[(at+len(b))%len(b)] ^= 1
		return b
	}
	for _, c := range []struct {
		name   string
		data   []byte
		want   string
		reason string // of an *Error
		err    error
	}{
		{"one", one, "hello", "", nil},
		{"two", join(one, two), "hello world", "", nil},
		{"with an empty one", join(none, one, none, two), "hello world", "", nil},
		{"zeros behind", join(one, make([]byte, 700)), "hello", "", nil},
		{"garbage behind", join(one, []byte("garbage")), "hello", "", nil},
		{"one byte behind", join(one, []byte{0x1f}), "hello", "", nil},
		{"a second one cut off", join(one, two[:12]), "hello", "", io.ErrUnexpectedEOF},
		{"cut off", reaching, "hello", "", io.ErrUnexpectedEOF},
		{"cut off in its name", one[:22], "", "", io.ErrUnexpectedEOF},
		{"nothing", nil, "", "", io.ErrUnexpectedEOF},
		{"text", []byte("text"), "", ErrFormat, nil},
		{"bad method", damaged(2), "", ErrMethod, nil},
		{"bad sum", damaged(-8), "hello", ErrChecksum, nil},
		{"bad length", damaged(-1), "hello", ErrChecksum, nil},
	} {
		got, err := io.ReadAll(NewReader(bytes.NewReader(c.data)))
		var e *Error
		if string(got) != c.want || c.reason == "" && !errors.Is(err, c.err) || c.reason != "" && (!errors.As(err, &e) || e.Reason != c.reason) {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
	bad := io.MultiReader(bytes.NewReader(one[:30]), iotest.ErrReader(syscall.EIO))
	if _, err := io.ReadAll(NewReader(bad)); !errors.Is(err, syscall.EIO) {
		t.Errorf("of a bad medium: %v", err)
	}
}

// member wraps raw deflate data; the sum behind it is wrong.
func member(raw []byte) []byte {
	return append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0}, append(raw, 0, 0, 0, 0, 0, 0, 0, 0)...)
}

// Blocks that no encoder writes.
func TestBadBlocks(t *testing.T) {
	for _, c := range []struct {
		name string
		raw  []byte
	}{
		{"a reserved type of block", []byte{7}},
		{"a stored length without its complement", []byte{1, 1, 0, 0, 0}},
		{"a match before the start", []byte{3, 2, 0}},
		{"too many lengths", []byte{0x05 | 31<<3, 0x1f, 0, 0}},
		{"no codes for lengths", []byte{0x05, 0, 0, 0, 0}},
	} {
		_, err := io.ReadAll(NewReader(bytes.NewReader(member(c.raw))))
		_, std := io.ReadAll(flate.NewReader(bytes.NewReader(append(c.raw, 0, 0, 0, 0, 0, 0, 0, 0))))
		var e *Error
		if !errors.As(err, &e) || e.Reason != ErrData || std == nil {
			t.Errorf("%s: %v, the standard library: %v", c.name, err, std)
		}
	}
}

// Whatever the data, what comes out is what the standard library says.
func FuzzUnpack(f *testing.F) {
	for _, s := range []string{"", "hello", strings.Repeat("abcde", 200)} {
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 9} {
			f.Add(pack(f, []byte(s), level))
		}
	}
	f.Add(member([]byte{3, 0}))
	f.Fuzz(func(t *testing.T, data []byte) {
		const most = 1 << 20 // of a bomb
		got, err := io.ReadAll(io.LimitReader(NewReader(bytes.NewReader(data)), most))
		std, first := gzip.NewReader(bytes.NewReader(data))
		if first != nil {
			if err == nil && !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
				t.Fatalf("%d bytes of no gzip data", len(got))
			}
			return
		}
		want, stdErr := io.ReadAll(io.LimitReader(std, most))
		var e *Error
		if errors.As(err, &e) && e.Reason == ErrMethod {
			return // the standard library does not mind reserved flags
		}
		if stdErr == nil && (err != nil || !bytes.Equal(got, want)) {
			t.Fatalf("%d bytes, %v; the standard library: %d bytes", len(got), err, len(want))
		}
		// Garbage behind a member is an error there only.
		if err == nil && !bytes.HasPrefix(want, got) && !bytes.HasPrefix(got, want) {
			t.Fatalf("%q, the standard library %q, %v", got, want, stdErr)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	data := samples(b)["program"]
	packed := pack(b, data, 6)
	z, p := NewReader(nil), make([]byte, 64<<10)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		z.Reset(bytes.NewReader(packed))
		for err := error(nil); err == nil; {
			_, err = z.Read(p)
		}
	}
}
