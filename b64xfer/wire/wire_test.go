package wire

import (
	"bytes"
	"encoding/base64"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func content(size int) []byte {
	r := rand.New(rand.NewPCG(uint64(size), 2))
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// A line is what zlib's CRC says it is, in both directions.
func TestLine(t *testing.T) {
	for _, number := range []int{0, 1, 9, 10, 904, 91434, 99999999} {
		for _, size := range []int{0, 1, 2, 3, 733, 734} {
			data := content(size)
			line := string(AppendLine([]byte("kept"), number, data))
			text, found := strings.CutPrefix(line, "kept"+strconv.Itoa(number)+":")
			if !found {
				t.Fatalf("%q", line)
			}
			sealed, err := base64.StdEncoding.DecodeString(text)
			if err != nil || !bytes.Equal(sealed[:size], data) {
				t.Fatalf("%d of %d: %v", number, size, err)
			}
			prefix := strconv.Itoa(number) + ":"
			if crc32.ChecksumIEEE(append([]byte(prefix), sealed...)) != residue {
				t.Fatalf("%d of %d: no residue", number, size)
			}
			n, got, sound := Parse([]byte(line[4:]))
			if n != number || !sound || !bytes.Equal(got, data) {
				t.Errorf("%d of %d: %d %t", number, size, n, sound)
			}
		}
	}
}

// The codec is the standard's, for all lengths and for damaged text.
func TestBase64(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for size := range 300 {
		data := content(size)
		text := appendBase64(nil, data)
		if want := base64.StdEncoding.EncodeToString(data); string(text) != want {
			t.Fatalf("%d: %s, want %s", size, text, want)
		}
		for range 50 {
			got, sound := parseBase64(text)
			want, err := base64.StdEncoding.DecodeString(string(text))
			if sound != (err == nil) || sound && !bytes.Equal(got, want) {
				t.Fatalf("%q: %t, %v", text, sound, err)
			}
			if len(text) > 0 {
				text[r.IntN(len(text))] = "AZaz09+/=-_ *"[r.IntN(13)]
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	good := string(AppendLine(nil, 12, content(734)))
	for i := range len(good) {
		for _, c := range []byte{'A', '1', '=', ':', ' ', 0, 0xff} {
			if good[i] == c {
				continue
			}
			if _, _, sound := Parse([]byte(good[:i] + string([]byte{c}) + good[i+1:])); sound {
				t.Errorf("character %d as %q is sound", i, c)
			}
		}
		if _, _, sound := Parse([]byte(good[:i])); sound {
			t.Errorf("%d characters are sound", i)
		}
	}
	for _, line := range []string{"", ":", "1", "1:", "-1:AAAA", "012:" + good[3:], "123456789:AAAA", "3:960:AAAA"} {
		if _, _, sound := Parse([]byte(line)); sound {
			t.Errorf("%q is sound", line)
		}
	}
}

func TestHeader(t *testing.T) {
	for _, h := range []Header{
		{Size: 1, Chunk: 1, Mode: 0o700, Path: "/tmp/rb"},
		{Size: MaxSize, Chunk: MaxLine, Mode: 0, Force: true, Zlib: true, Path: "a file  with spaces"},
		Describe(content(4000), "rb"),
	} {
		got, err := ParseHeader([]byte(h.Text()))
		if err != nil || got != h {
			t.Errorf("%q: %v, %v", h.Text(), got, err)
		}
	}
	sum := strings.Repeat("0a", 32)
	for _, text := range []string{"", "b64xfer1", "b64xfer2 1 1 " + sum + " 700 - a", "b64xfer1 0 1 " + sum + " 700 - a",
		"b64xfer1 67108865 1 " + sum + " 700 - a", "b64xfer1 1 0 " + sum + " 700 - a", "b64xfer1 1 1001 " + sum + " 700 - a",
		"b64xfer1 1 1 " + sum + " 1000 - a", "b64xfer1 1 1 " + sum + " 700 q a", "b64xfer1 1 1 " + sum + " 700 - ",
		"b64xfer1 1 1 " + sum[:62] + "zz 700 - a"} {
		if h, err := ParseHeader([]byte(text)); err == nil {
			t.Errorf("%q is %v", text, h)
		}
	}
}

func TestSet(t *testing.T) {
	for in, want := range map[string]string{"3": "3", "3,17-19": "3,17-19", "19,17,18,3": "3,17-19", "1-5,2-3,6": "1-6", " 7 , 0": "0,7"} {
		s, err := ParseSet(in)
		if err != nil || s.String() != want {
			t.Errorf("%q: %q, %v", in, s, err)
		}
	}
	for _, in := range []string{"", ",", "a", "3-1", "-3", "1-", "99999999999999999999"} {
		if s, err := ParseSet(in); err == nil {
			t.Errorf("%q is %v", in, s)
		}
	}
	var many Set
	for n := range 50 {
		many = append(many, Range{n * 3, n * 3})
	}
	brief := many.Brief(1000)
	if len(brief) != 20 || brief[19] != (Range{57, 1000}) || many[19].Last != 57 {
		t.Errorf("%v", brief)
	}
}

// All chunks in any order, doubled and with strangers between, are the content.
func TestAssembly(t *testing.T) {
	for _, size := range []int{1, 733, 734, 735, 7340, 100000} {
		whole := content(size)
		h := Describe(whole, "/tmp/rb")
		lines := slices.Collect(Lines(h, whole))
		if lines[len(lines)-1] != End || len(lines) != h.Count()+2 {
			t.Fatalf("%d lines", len(lines))
		}
		lines = append(lines[:len(lines)-1], lines[0])
		rand.New(rand.NewPCG(1, uint64(size))).Shuffle(len(lines), func(i, k int) { lines[i], lines[k] = lines[k], lines[i] })
		var a Assembly
		for _, line := range lines {
			n, data, sound := Parse([]byte(line))
			if !sound || !a.Add(n, data) {
				t.Fatalf("%q refused", line)
			}
		}
		if a.Add(h.Count()+1, []byte("x")) || a.Add(1, nil) || a.Add(0, []byte("x")) {
			t.Error("a stranger is taken")
		}
		if got, whole2 := a.Content(); !whole2 || !bytes.Equal(got, whole) {
			t.Errorf("%d bytes: %t, missing %s", size, whole2, a.Missing())
		}
	}
}

// What is missing is named, and sent again alone.
func TestRepair(t *testing.T) {
	whole := content(30000)
	h := Describe(whole, "/tmp/rb")
	var a Assembly
	for n := range Lines(h, whole) {
		number, data, sound := Parse([]byte(n))
		if sound && number != 0 && number != 3 && (number < 17 || number > 19) {
			a.Add(number, data)
		}
	}
	if a.Missing().String() != "0" {
		t.Errorf("before the header: %s", a.Missing())
	}
	a.Add(0, []byte(h.Text()))
	missing := a.Missing()
	if missing.String() != "3,17-19" || missing.Len() != 4 {
		t.Fatalf("missing %s", missing)
	}
	again := slices.Collect(Some(h, whole, missing))
	if len(again) != 5 {
		t.Errorf("%d lines for 4 chunks", len(again))
	}
	for _, line := range again {
		if n, data, sound := Parse([]byte(line)); sound {
			a.Add(n, data)
		}
	}
	if got, ok := a.Content(); !ok || !bytes.Equal(got, whole) {
		t.Error("not repaired")
	}
}

// Another content under the right chunk checksums is found by its SHA-256, and all
// of it can come again.
func TestWrongSum(t *testing.T) {
	whole := content(3000)
	h := Describe(whole, "/tmp/rb")
	var a Assembly
	other := bytes.Clone(whole)
	other[2000]++
	feed := func(content []byte) {
		for line := range Lines(h, content) {
			if n, data, sound := Parse([]byte(line)); sound {
				a.Add(n, data)
			}
		}
	}
	feed(other)
	if _, ok := a.Content(); ok {
		t.Fatal("another content is whole")
	}
	if a.Missing().String() != "1-5" {
		t.Errorf("missing %s", a.Missing())
	}
	feed(whole)
	if _, ok := a.Content(); !ok {
		t.Error("not repaired")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("0:AAAA"))
	f.Add(AppendLine(nil, 0, []byte(Describe([]byte("x"), "/tmp/rb").Text())))
	f.Add(AppendLine(nil, 17, content(734)))
	f.Fuzz(func(t *testing.T, line []byte) {
		n, data, sound := Parse(line)
		if !sound {
			return
		}
		if again := AppendLine(nil, n, data); !bytes.Equal(again, line) && len(again) != len(line) {
			// Unused bits of the last character may differ; nothing else may.
			t.Errorf("%q is %q", line, again)
		}
		var a Assembly
		a.Add(n, data)
		a.Missing()
	})
}

func FuzzHeader(f *testing.F) {
	f.Add([]byte(Describe([]byte("x"), "/tmp/rb").Text()))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := ParseHeader(text)
		if err != nil {
			return
		}
		again, err := ParseHeader([]byte(h.Text()))
		if err != nil || again != h {
			t.Errorf("%q: %v", text, err)
		}
		if h.Count() < 1 || int64(h.Count())*int64(h.Chunk) < h.Size {
			t.Errorf("%d chunks", h.Count())
		}
	})
}

func FuzzSet(f *testing.F) {
	f.Add("3,17-19")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSet(text)
		if err != nil {
			return
		}
		again, err := ParseSet(s.String())
		if err != nil || again.String() != s.String() {
			t.Errorf("%q: %q, %v", text, s, err)
		}
	})
}
