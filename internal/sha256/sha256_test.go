package sha256

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"testing"
)

// Every length around the edges of a block, written in pieces of every kind.
func TestAgainstStandard(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 1000)
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	for n := range len(data) {
		want := sha256.Sum256(data[:n])
		if got := Sum256(data[:n]); got != want {
			t.Fatalf("%d bytes: %x, want %x", n, got, want)
		}
		h := New()
		for rest := data[:n]; len(rest) > 0; {
			k := min(len(rest), 1+random.IntN(100))
			h.Write(rest[:k])
			h.Sum() // must not disturb
			rest = rest[k:]
		}
		if got := h.Sum(); got != want {
			t.Fatalf("%d bytes in pieces: %x, want %x", n, got, want)
		}
	}
}

func TestHex(t *testing.T) {
	sum := Sum256(bytes.Repeat([]byte("x"), 5))
	if got, want := Hex(sum), hex.EncodeToString(sum[:]); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func FuzzAgainstStandard(f *testing.F) {
	f.Add([]byte("abc"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, want := Sum256(data), sha256.Sum256(data); got != want {
			t.Errorf("%x, want %x", got, want)
		}
	})
}
