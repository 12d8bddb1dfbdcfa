package pkgdb

import (
	"encoding/hex"
	"testing"
)

func TestHash(t *testing.T) {
	for a, want := range map[Algorithm]string{
		MD5:    "900150983cd24fb0d6963f7d28e17f72",
		SHA1:   "a9993e364706816aba3e25717850c26c9cd0d89d",
		SHA256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	} {
		h := NewHash(a)
		if n, err := h.Write([]byte("abc")); n != 3 || err != nil {
			t.Errorf("%v: %d, %v", a, n, err)
		}
		if got := hex.EncodeToString([]byte(h.Digest())); got != want {
			t.Errorf("%v: %s, want %s", a, got, want)
		}
	}
	if NewHash(0) != nil || NewHash(200) != nil {
		t.Error("a hash of no algorithm")
	}
}

func TestMatches(t *testing.T) {
	h := NewHash(SHA256)
	h.Write([]byte("abc"))
	whole := h.Digest()
	for _, c := range []struct {
		recorded string
		want     bool
	}{
		{whole, true},
		{whole[:20], true}, // apk keeps no more
		{whole[:15], false},
		{"", false},
		{whole + "x", false},
		{"x" + whole[1:], false},
	} {
		if got := (Digest{SHA256, c.recorded}).Matches(whole); got != c.want {
			t.Errorf("%x: %v", c.recorded, got)
		}
	}
}
