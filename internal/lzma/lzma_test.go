package lzma

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

var everyParams = func() (all []Params) {
	for lc := range 5 {
		for lp := range 5 - lc {
			for pb := range 5 {
				all = append(all, Params{lc, lp, pb})
			}
		}
	}
	return all
}()

// roundTrip packs and unpacks, and returns the stream.
func roundTrip(t testing.TB, data []byte, p Params) []byte {
	t.Helper()
	stream, err := Encode(t.Context(), data, p)
	if err != nil {
		t.Fatal(err)
	}
	if stream[0] != 0 {
		t.Fatalf("the first byte is %#x", stream[0])
	}
	back, err := Decode(stream, p, len(data))
	if err != nil {
		t.Fatalf("%d bytes with %v: %v", len(data), p, err)
	}
	if !bytes.Equal(back, data) {
		t.Fatalf("%d bytes with %v: first difference at %d", len(data), p, difference(back, data))
	}
	return stream
}

// patterns are small inputs of n bytes whose symbols are of all kinds.
func patterns(n int) map[string][]byte {
	random := rand.New(rand.NewPCG(uint64(n), 3))
	all := map[string][]byte{
		"zeros":   make([]byte, n),
		"period":  bytes.Repeat([]byte("abcdefg"), n/7+1)[:n],
		"counter": make([]byte, n),
		"random":  make([]byte, n),
		"bits":    make([]byte, n),
		"edits":   bytes.Repeat([]byte("the quick brown fox jumps"), n/25+1)[:n],
	}
	for i := range n {
		all["counter"][i] = byte(i)
		all["random"][i] = byte(random.Uint32())
		all["bits"][i] = byte(random.Uint32() & 1)
		if random.IntN(9) == 0 {
			all["edits"][i] ^= byte(random.Uint32())
		}
	}
	return all
}

func TestSmall(t *testing.T) {
	for n := range 301 {
		for name, data := range patterns(n) {
			p := everyParams[(n*7+len(name))%len(everyParams)]
			t.Run(name+strconv.Itoa(n), func(t *testing.T) { roundTrip(t, data, p) })
		}
	}
}

// TestTiny packs every input of up to 8 bytes out of two, which has every order of
// symbols at the beginning and at the end.
func TestTiny(t *testing.T) {
	for n := range 9 {
		for v := range 1 << n {
			data := make([]byte, n)
			for i := range data {
				data[i] = 'a' + byte(v>>i&1)
			}
			roundTrip(t, data, Params{3, 0, 2})
		}
	}
}

func TestParams(t *testing.T) {
	data := patterns(2000)["edits"]
	for _, p := range everyParams {
		roundTrip(t, data, p)
	}
}

func TestLarge(t *testing.T) {
	for name, data := range patterns(1 << 17) {
		if name == "bits" {
			data = data[:1<<13]
		}
		stream := roundTrip(t, data, Params{3, 0, 2})
		// What cannot be packed grows by little; runs become next to nothing.
		if most := len(data) + len(data)/64 + 64; len(stream) > most {
			t.Errorf("%s: %d bytes became %d", name, len(data), len(stream))
		}
		if name == "zeros" && len(stream) > 200 {
			t.Errorf("128 KiB of zeros became %d bytes", len(stream))
		}
	}
}

// TestFar repeats something at a great distance, and runs of all lengths around the
// longest match.
func TestFar(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	data := make([]byte, 600000)
	for i := range 1000 {
		data[i] = byte(random.Uint32())
		data[len(data)-1000+i] = data[i]
	}
	for n := maxMatch - 3; n < 2*maxMatch+4; n += 7 {
		data[n*1000] = byte(n)
		data[n*1000+n] = byte(n)
	}
	roundTrip(t, data, Params{0, 2, 4})
}

func TestBest(t *testing.T) {
	for _, n := range []int{0, 1, 2, 100, 5000} {
		for name, data := range patterns(n) {
			stream, p, err := Best(t.Context(), data)
			if err != nil {
				t.Fatal(err)
			}
			back, err := Decode(stream, p, n)
			if err != nil || !bytes.Equal(back, data) {
				t.Errorf("%s, %d bytes: %v", name, n, err)
			}
			if plain := roundTrip(t, data, Params{3, 0, 2}); len(stream) > len(plain) {
				t.Errorf("%s: best is %d bytes, 3/0/2 makes %d", name, len(stream), len(plain))
			}
		}
	}
}

// TestSame packs twice: a build is to be the same every time.
func TestSame(t *testing.T) {
	data := patterns(9000)["edits"]
	first, _, err1 := Best(t.Context(), data)
	second, _, err2 := Best(t.Context(), data)
	if err1 != nil || err2 != nil || !bytes.Equal(first, second) {
		t.Error("two streams of the same data differ", err1, err2)
	}
}

func TestRefused(t *testing.T) {
	for _, p := range []Params{{-1, 0, 0}, {0, -1, 0}, {0, 0, -1}, {5, 0, 0}, {3, 2, 0}, {0, 0, 5}} {
		if _, err := Encode(t.Context(), nil, p); !errors.Is(err, ErrParams) {
			t.Errorf("Encode with %v: %v", p, err)
		}
		if _, err := Decode(make([]byte, 9), p, 1); !errors.Is(err, ErrParams) {
			t.Errorf("Decode with %v: %v", p, err)
		}
	}
	if _, err := Encode(t.Context(), make([]byte, MaxSize+1), Params{}); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	for _, size := range []int{-1, MaxSize + 1} {
		if _, err := Decode(make([]byte, 9), Params{}, size); !errors.Is(err, ErrTooLarge) {
			t.Error(size, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Encode(ctx, make([]byte, 1), Params{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, _, err := Best(ctx, make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestDamaged changes, cuts and lengthens a stream, and asks for other sizes. The
// format has no checksum: a changed bit may go unseen, but not one byte too many or
// too few.
func TestDamaged(t *testing.T) {
	data := []byte(strings.Repeat("what is repeated, is repeated; ", 20) + "and ends")
	p := Params{3, 0, 2}
	stream := roundTrip(t, data, p)
	for n := range stream {
		if _, err := Decode(stream[:n], p, len(data)); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut to %d of %d bytes: %v", n, len(stream), err)
		}
	}
	for size := range len(data) + 100 {
		if _, err := Decode(stream, p, size); size != len(data) && !errors.Is(err, ErrDamaged) {
			t.Errorf("size %d instead of %d: %v", size, len(data), err)
		}
	}
	if _, err := Decode(append(bytes.Clone(stream), 0), p, len(data)); !errors.Is(err, ErrDamaged) {
		t.Errorf("a byte more: %v", err)
	}
	for i := range stream {
		for bit := range 8 {
			changed := bytes.Clone(stream)
			changed[i] ^= 1 << bit
			if back, err := Decode(changed, p, len(data)); err == nil && len(back) != len(data) {
				t.Errorf("bit %d of byte %d: %d bytes", bit, i, len(back))
			}
		}
	}
}

// TestEndMarker unpacks what has one, where it belongs and where not.
func TestEndMarker(t *testing.T) {
	data := []byte("abcabcabcabc")
	p := Params{3, 0, 2}
	e := newEncoder(data, p)
	for _, o := range []op{{literal, 1}, {literal, 1}, {literal, 1}, {2 + reps, 9}} {
		e.write(o)
	}
	e.rc.bit(&e.isMatch[e.state][e.pos&e.pbMask], 1)
	e.rc.bit(&e.isRep[e.state], 0)
	e.writeLength(&e.matchLen, minMatch, e.pos&e.pbMask)
	e.writeDistance(1<<32-1, 0)
	stream := e.rc.finish()
	if back, err := Decode(stream, p, len(data)); err != nil || !bytes.Equal(back, data) {
		t.Errorf("%q, %v", back, err)
	}
	for _, size := range []int{0, 3, 11, 13} {
		if _, err := Decode(stream, p, size); !errors.Is(err, ErrDamaged) {
			t.Errorf("size %d: %v", size, err)
		}
	}
}

func FuzzRoundTrip(f *testing.F) {
	for _, data := range patterns(300) {
		f.Add(data, uint(37))
	}
	f.Fuzz(func(t *testing.T, data []byte, n uint) {
		p := everyParams[n%uint(len(everyParams))]
		stream := roundTrip(t, data, p)
		if most := len(data) + len(data)/32 + 64; len(stream) > most {
			t.Errorf("%d bytes became %d", len(data), len(stream))
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, data := range patterns(300) {
		stream, err := Encode(f.Context(), data, Params{2, 1, 3})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(stream, uint(0), len(data))
	}
	f.Fuzz(func(t *testing.T, stream []byte, n uint, size int) {
		size %= 1 << 20
		out, err := Decode(stream, everyParams[n%uint(len(everyParams))], size)
		if err == nil && len(out) != size {
			t.Errorf("%d bytes, asked for %d", len(out), size)
		}
	})
}
