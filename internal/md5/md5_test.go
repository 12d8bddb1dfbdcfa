package md5

import (
	"bytes"
	"crypto/md5"
	"math/rand/v2"
	"testing"
)

// The standard library is the reference, for every length that padding can meet.
func TestSum(t *testing.T) {
	data := make([]byte, 300)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	for n := range data {
		h := New()
		h.Write(data[:n])
		if h.Sum() != md5.Sum(data[:n]) {
			t.Fatalf("%d bytes: %x, want %x", n, h.Sum(), md5.Sum(data[:n]))
		}
	}
}

func TestParts(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abc"), 1000)
	random := rand.New(rand.NewPCG(3, 4))
	h, rest := New(), data
	for len(rest) > 0 {
		n := random.IntN(min(len(rest), 200) + 1)
		h.Write(rest[:n])
		rest = rest[n:]
		h.Sum() // of what came so far; the digest goes on
	}
	if h.Sum() != md5.Sum(data) {
		t.Errorf("in parts: %x", h.Sum())
	}
}

func FuzzSum(f *testing.F) {
	f.Add([]byte("abc"), uint(1))
	f.Fuzz(func(t *testing.T, data []byte, cut uint) {
		at := int(cut % uint(len(data)+1))
		h := New()
		h.Write(data[:at])
		h.Write(data[at:])
		if h.Sum() != md5.Sum(data) {
			t.Fatalf("%x, want %x", h.Sum(), md5.Sum(data))
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	h, data := New(), make([]byte, 1<<20)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		h.Write(data)
	}
}
