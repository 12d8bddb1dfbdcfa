//go:build amd64

package lzma

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"testing"
)

var large = flag.Bool("lzma.large", false, "pack large programs too")

// alone puts the header of .lzma before a stream: parameters, dictionary, size.
func alone(stream []byte, p Params, size int) []byte {
	head := []byte{byte((p.PB*5+p.LP)*9 + p.LC)}
	head = binary.LittleEndian.AppendUint32(head, MaxSize)
	head = binary.LittleEndian.AppendUint64(head, uint64(size))
	return append(head, stream...)
}

func lzma1(p Params) string {
	return fmt.Sprintf("--lzma1=preset=9e,lc=%d,lp=%d,pb=%d,dict=64MiB", p.LC, p.LP, p.PB)
}

// TestXzUnpacksOurs and tells the end of data from the header's size.
func TestXzUnpacksOurs(t *testing.T) {
	inputs := map[string][]byte{"": nil, "x": []byte("x")}
	for name, data := range patterns(30000) {
		inputs[name] = data
	}
	inputs["go"] = read(t, self(t))[1<<20:][:1<<16]
	for name, data := range inputs {
		for i, p := range []Params{{3, 0, 2}, {0, 4, 4}, {1, 2, 0}} {
			if i > 0 && len(data) > 30000 {
				continue
			}
			got := xz(t, alone(roundTrip(t, data, p), p, len(data)), "-dc", "--format=lzma")
			if !bytes.Equal(got, data) {
				t.Errorf("%s with %v: first difference at %d", name, p, difference(got, data))
			}
		}
	}
}

// TestWeUnpackXz in all presets; xz writes an end marker.
func TestWeUnpackXz(t *testing.T) {
	data := read(t, "/bin/bash")[:30000]
	for i, p := range everyParams {
		args := fmt.Sprintf("--lzma1=preset=%d,lc=%d,lp=%d,pb=%d", i%10, p.LC, p.LP, p.PB)
		back, err := Decode(xz(t, data, "-c", "--format=raw", args), p, len(data))
		if err != nil || !bytes.Equal(back, data) {
			t.Errorf("%s: %v, first difference at %d", args, err, difference(back, data))
		}
	}
}

// TestNoLargerThanXz is why this package is here: with the same parameters a program
// is never larger than xz's best, nor is it with our filter and parameters.
func TestNoLargerThanXz(t *testing.T) {
	const endMarker = 6 // bytes of it, which xz cannot leave out
	programs := []string{"/usr/bin/xz", "/bin/dash", "/bin/sed"}
	if *large {
		programs = append(programs, "/bin/bash", "/usr/bin/openssl", "/usr/bin/perl", "/usr/bin/git", self(t))
	}
	for _, path := range programs {
		data := read(t, path)
		X86Encode(data)
		p := Params{3, 0, 2}
		theirs := len(xz(t, data, "-c", "--format=raw", lzma1(p))) - endMarker
		stream := roundTrip(t, data, p)
		if len(stream) > theirs {
			t.Errorf("%s: %d bytes, xz makes %d", path, len(stream), theirs)
		}
		X86Decode(data)
		AMD64Encode(data)
		best, p, err := Best(t.Context(), data)
		if err != nil {
			t.Fatal(err)
		}
		if len(best) > theirs {
			t.Errorf("%s: best is %d bytes, xz makes %d", path, len(best), theirs)
		}
		if back, err := Decode(best, p, len(data)); err != nil || !bytes.Equal(back, data) {
			t.Errorf("%s: %v, first difference at %d", path, err, difference(back, data))
		}
		t.Logf("%s: %d, xz --x86 %d, ours %d, ours of our filter and parameters %v %d", path, len(data), theirs, len(stream), p, len(best))
	}
}
