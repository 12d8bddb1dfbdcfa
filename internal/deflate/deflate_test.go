package deflate

import (
	"bytes"
	"compress/zlib"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// inflate reads a stream with the standard library.
func inflate(t testing.TB, stream []byte) []byte {
	t.Helper()
	r, err := zlib.NewReader(bytes.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// standard is the size that the standard library's best level reaches.
func standard(t testing.TB, data []byte) int {
	t.Helper()
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, zlib.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

func TestRoundTrip(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	noise := make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	// Fibonacci counts make the deepest Huffman trees.
	var deep []byte
	for i, a, b := 0, 1, 1; i < 22; i, a, b = i+1, b, a+b {
		deep = append(deep, bytes.Repeat([]byte{byte(i)}, a)...)
	}
	random.Shuffle(len(deep), func(i, j int) { deep[i], deep[j] = deep[j], deep[i] })
	far := append(append(bytes.Clone(noise[:40]), noise[:window-40]...), noise[:40]...)
	for name, data := range map[string][]byte{
		"empty": nil, "one byte": {7}, "two": {1, 2}, "three": {1, 1, 1},
		"zeros": make([]byte, 1_000_000), "text": []byte(strings.Repeat("the quick brown fox ", 5000)),
		"noise": noise, "deep": deep, "far": far, "window": append(bytes.Clone(noise[:window]), noise[:window]...),
	} {
		stream := AppendZlib([]byte("before"), data)
		if !bytes.HasPrefix(stream, []byte("before")) {
			t.Fatalf("%s: not appended", name)
		}
		if got := inflate(t, stream[6:]); !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes came back as %d", name, len(data), len(got))
		}
	}
}

// On a program the size must be that of the standard library's best, within 2 %.
func TestRatio(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	data = data[:min(len(data), 1<<20)]
	stream := AppendZlib(nil, data)
	if !bytes.Equal(inflate(t, stream), data) {
		t.Fatal("came back changed")
	}
	best := standard(t, data)
	t.Logf("%d bytes to %d; the standard library's best %d", len(data), len(stream), best)
	if len(stream) > best+best/50 {
		t.Errorf("%d bytes, the standard library's best is %d", len(stream), best)
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("abcabcabcabcd"))
	f.Add(make([]byte, 300))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got := inflate(t, AppendZlib(nil, data)); !bytes.Equal(got, data) {
			t.Errorf("%x came back as %x", data, got)
		}
	})
}
