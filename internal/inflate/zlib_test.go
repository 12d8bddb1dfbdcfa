package inflate

import (
	"bytes"
	"compress/zlib"
	"io"
	"testing"
)

func TestZlib(t *testing.T) {
	for _, size := range []int{0, 1, 1000, 300000} {
		want := bytes.Repeat([]byte("some text, and some more. "), size/26+1)[:size]
		for level := zlib.HuffmanOnly; level <= zlib.BestCompression; level++ {
			var b bytes.Buffer
			w, err := zlib.NewWriterLevel(&b, level)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(want); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(NewZlib(bytes.NewReader(b.Bytes())))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("level %d: %d bytes of %d, %v", level, len(got), size, err)
			}
			if _, err := io.ReadAll(NewZlib(bytes.NewReader(b.Bytes()[:b.Len()-5]))); err == nil {
				t.Errorf("level %d: a cut stream is whole", level)
			}
		}
	}
	for _, bad := range []string{"", "x", "\x1f\x8b\x08", "\x78\x9d", "\x78\xbb...."} {
		if _, err := io.ReadAll(NewZlib(bytes.NewReader([]byte(bad)))); err == nil {
			t.Errorf("%q is whole", bad)
		}
	}
}
