//go:build amd64

package b64xfer

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// damage changes a paste at a place of its choice.
type damage struct {
	name string
	make func(r *rand.Rand, p paste) string
	lost int // chunks that it can damage at most; 0 for any number
}

// paste is text as a damaged line brings it.
type paste []string

func (p paste) text() string { return strings.Join(p, "\n") + "\n" }

// at returns the text and a place in it.
func (p paste) at(r *rand.Rand) ([]byte, int) {
	text := []byte(p.text())
	return text, r.IntN(len(text))
}

var damages = []damage{
	{"any character", func(r *rand.Rand, p paste) string {
		text, i := p.at(r)
		text[i] = byte(r.IntN(256))
		return string(text)
	}, 2},
	{"printable character", func(r *rand.Rand, p paste) string {
		text, i := p.at(r)
		text[i] = "ABCDwxyz0123456789+/:.="[r.IntN(23)]
		return string(text)
	}, 2},
	{"lost characters", func(r *rand.Rand, p paste) string {
		text, i := p.at(r)
		return string(slices.Delete(text, i, min(i+1+r.IntN(3)*r.IntN(100), len(text))))
	}, 2},
	{"doubled character", func(r *rand.Rand, p paste) string {
		text, i := p.at(r)
		return string(slices.Insert(text, i, text[i]))
	}, 2},
	{"swapped characters", func(r *rand.Rand, p paste) string {
		text, i := p.at(r)
		if i+1 < len(text) {
			text[i], text[i+1] = text[i+1], text[i]
		}
		return string(text)
	}, 2},
	{"lost line", func(r *rand.Rand, p paste) string {
		i := r.IntN(len(p))
		return slices.Delete(slices.Clone(p), i, i+1).text()
	}, 1},
	{"doubled line", func(r *rand.Rand, p paste) string {
		i := r.IntN(len(p) - 1)
		return slices.Insert(slices.Clone(p), i, p[i]).text()
	}, 1},
	{"swapped lines", func(r *rand.Rand, p paste) string {
		q := slices.Clone(p)
		i, k := r.IntN(len(p)), r.IntN(len(p))
		q[i], q[k] = q[k], q[i]
		return q.text()
	}, 0},
	{"cut off", func(r *rand.Rand, p paste) string {
		text, i := p.at(r)
		return string(text[:i])
	}, 0},
	{"cut off, with its end", func(r *rand.Rand, p paste) string {
		i := r.IntN(len(p) - 1)
		line := p[i]
		return append(slices.Clone(p[:i]), line[:r.IntN(len(line))], End).text()
	}, 0},
}

// damaged returns a text that differs from p.
func (p paste) damaged(kind damage, seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 1))
	for {
		if text := kind.make(r, p); text != p.text() {
			return text
		}
	}
}

// end returns what a person types when no end has come: the end, or the line that
// runs the file, on a line of its own.
func (tr *Transfer) end(text string, seed uint64) string {
	lines := strings.Split(text, "\n")
	for _, line := range lines[:len(lines)-1] {
		if strings.TrimSpace(line) == End || strings.HasPrefix(line, " ") {
			return ""
		}
	}
	end := "\n" + End + "\n"
	if seed%2 == 1 {
		end = "\n" + tr.Run + "\n"
	}
	return end
}

// Whatever happens to the text: the verdict names what is damaged, and with that
// sent again the file is right. There is never a wrong one.
func TestDamage(t *testing.T) {
	content := kit(t)
	for _, h := range hosts(t) {
		t.Run(h.name(), func(t *testing.T) {
			t.Parallel()
			p := h.pipe(t)
			dir := t.TempDir()
			dest := filepath.Join(dir, "rb")
			tr, err := New(h.receiver, content, Options{Dest: dest})
			if err != nil {
				t.Fatal(err)
			}
			lines := paste(slices.Collect(tr.Payload()))
			for _, kind := range damages {
				found, again := 0, 0
				for seed := range uint64(*seeds) {
					text := lines.damaged(kind, seed)
					f := p.start(t, tr.Command)
					f.expect(Ready + "\n")
					f.send(text + tr.end(text, seed))
					verdict, sent := f.settle(tr)
					f.over()
					if h.shell == "yash" && len(tr.first) > 0 && strings.IndexFunc(text, func(c rune) bool { return c > 0x7e || c < 1 }) >= 0 && strings.Contains(verdict, "given up") {
						empty(t, dir) // its read fails for good at a byte that is no character
						continue
					}
					got, err := os.ReadFile(dest)
					if err != nil || !bytes.Equal(got, content) || !h.proves(verdict, tr) {
						t.Errorf("%s, seed %d: %v, %d bytes of %d\n%s", kind.name, seed, err, len(got), len(content), verdict)
					}
					if sent > 0 {
						found++
					}
					again += sent
					if early := strings.Contains(text, "\n"+End+"\n") && !strings.HasSuffix(text, "\n"+End+"\n"); kind.lost > 0 && sent > kind.lost && len(tr.first) == 0 && !early {
						t.Errorf("%s, seed %d: %d chunks sent again", kind.name, seed, sent)
					}
					empty(t, dir, "rb")
					if err := os.Remove(dest); err != nil {
						t.Error(err)
					}
				}
				t.Logf("%s: %d of %d found and repaired with %d chunks, the others harmless", kind.name, found, *seeds, again)
			}
		})
	}
}
