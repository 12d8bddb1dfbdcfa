//go:build amd64

package runner

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var seeds = flag.Int("runner.seeds", 300, "how many streams to inflate, and as many damaged ones")

type stream struct {
	size int    // what it is said to yield
	want []byte // what the standard library inflates, nil when that fails
	data []byte
}

// sample returns data of one of the kinds that programs are made of.
func sample(r *rand.Rand) []byte {
	b := make([]byte, r.Intn(1<<uint(r.Intn(18))+1))
	switch r.Intn(4) {
	case 0:
		r.Read(b)
	case 1: // few symbols
		for i := range b {
			b[i] = "abcd"[min(r.Intn(4), r.Intn(4))]
		}
	case 2: // runs and copies from afar
		for i := range b {
			if b[i] = byte(r.Intn(200)); i > 0 && r.Intn(8) > 0 {
				b[i] = b[r.Intn(i)&^(i>>3)]
			}
		}
	default: // code lengths that differ much
		for i := range b {
			b[i] = byte(r.ExpFloat64() * 12)
		}
	}
	return b
}

func deflated(b []byte, level int) []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, level) // to memory: cannot fail
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

// The runner's inflate agrees with the standard library's on good and on damaged
// streams, and touches no byte that is not its own; and so does its SHA-256.
func TestInflate(t *testing.T) {
	harness := filepath.Join(t.TempDir(), "harness")
	args := []string{"-std=gnu11", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover", "-o", harness, "testdata/harness.c"}
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v (apt-get install gcc)\n%s", err, out)
	}
	r := rand.New(rand.NewSource(1))
	var cases []stream
	for i := range *seeds {
		b := sample(r)
		z := deflated(b, i%12-2) // -2: Huffman codes only, 0: stored
		cases = append(cases, stream{len(b), b, z})
		bad := bytes.Clone(z)
		for range 1 + r.Intn(3) {
			bad[r.Intn(len(bad))] ^= 1 << r.Intn(8)
		}
		if r.Intn(4) == 0 {
			bad = bad[:r.Intn(len(bad))]
		}
		got, err := io.ReadAll(flate.NewReader(bytes.NewReader(bad)))
		if err != nil || len(got) != len(b) {
			got = nil
		}
		cases = append(cases, stream{len(b), got, bad})
	}
	var in bytes.Buffer
	for _, c := range cases {
		sum := sha256.Sum256(c.data)
		in.Write(binary.LittleEndian.AppendUint32(nil, uint32(c.size)))
		in.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(c.data))))
		in.Write(sum[:])
		in.Write(c.data)
	}
	cmd := exec.Command(harness)
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		flags := out[0]
		out = out[1:]
		if flags&3 != 3 {
			t.Fatalf("case %d: digest of %d bytes is wrong: %d", i, len(c.data), flags)
		}
		var got []byte
		if flags&4 != 0 {
			got, out = out[:c.size], out[c.size:]
		}
		// The standard library refuses some incomplete codes that can be read.
		if c.want != nil && !bytes.Equal(got, c.want) || i%2 == 0 && flags&4 == 0 {
			t.Fatalf("case %d: %d bytes from %d, want %d", i, len(got), len(c.data), len(c.want))
		}
	}
}
