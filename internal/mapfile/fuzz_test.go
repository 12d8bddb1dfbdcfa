package mapfile

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

// What is read covers its bytes, is written as it was read, and reads the same again.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{classic, sweeping, partclone, "0 ?\n0 0 ?\n", "# Source: x\n5 + 2\n5 5 +\n10 5 +\n15 5 -"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []func() (*Map, error){
			func() (*Map, error) { return Read(strings.NewReader(text)) },
			func() (*Map, error) { return ReadLoose(strings.NewReader(text), NonScraped) },
		} {
			m, err := read()
			var wrong *Error
			if err != nil {
				if !errors.As(err, &wrong) {
					t.Fatal(err)
				}
				continue
			}
			end, last := int64(0), Status(0)
			for b := range m.Blocks() {
				if b.Pos != end || b.Size <= 0 || b.Status == last {
					t.Fatalf("%v behind %d", b, end)
				}
				end, last = b.Pos+b.Size, b.Status
			}
			if end != m.Size() || m.Sum(order) != end {
				t.Fatalf("ends at %d, %d bytes of %d", end, m.Sum(order), m.Size())
			}
			var out bytes.Buffer
			if err := m.Write(&out, Since130); err != nil {
				t.Fatal(err)
			}
			again, err := Read(&out)
			if err != nil {
				t.Fatalf("%v of %q", err, text)
			}
			if again.Header != m.Header || again.Start != m.Start || !slices.Equal(slices.Collect(again.Blocks()), slices.Collect(m.Blocks())) || len(again.Comments) != len(m.Comments) {
				t.Fatalf("%+v, want %+v", again, m)
			}
		}
	})
}

// Any edits leave a map as a naive one.
func FuzzSet(f *testing.F) {
	f.Add([]byte("\x00\x10+\x05\x05-\x07\x01?\xff\xff/"))
	f.Add([]byte("\x00\x01+\x02\x01+\x01\x01+"))
	f.Fuzz(func(t *testing.T, edits []byte) {
		m, n := New(0), naive{}
		for ; len(edits) >= 3; edits = edits[3:] {
			pos, size, s := int(edits[0]), int(edits[1]), Status(order[edits[2]%kinds])
			if edits[2] >= 0xf8 {
				m.Resize(int64(pos))
				for len(n) < pos {
					n = append(n, '?')
				}
				n = n[:pos]
				continue
			}
			m.Set(int64(pos), int64(size), s)
			if size > 0 {
				n.set(pos, size, s)
			}
		}
		same(t, m, n)
	})
}
