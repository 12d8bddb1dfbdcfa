//go:build amd64

package b64xfer

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// guard ends what hangs; nothing is measured by it.
const guard = 120 * time.Second

// paste is text as a damaged line brings it.
type paste []string

// The kinds of damage. Each changes one thing at a place of its choice.
var damages = []func(r *rand.Rand, p paste) string{
	func(r *rand.Rand, p paste) string { // another character, of any kind
		text, i := p.at(r)
		text[i] = byte(r.IntN(256))
		return string(text)
	},
	func(r *rand.Rand, p paste) string { // another printable one
		text, i := p.at(r)
		text[i] = "ABCDwxyz0123456789+/"[r.IntN(20)]
		return string(text)
	},
	func(r *rand.Rand, p paste) string { // lost
		text, i := p.at(r)
		return string(slices.Delete(text, i, min(i+1+r.IntN(3)*r.IntN(100), len(text))))
	},
	func(r *rand.Rand, p paste) string { // doubled
		text, i := p.at(r)
		return string(slices.Insert(text, i, text[i]))
	},
	func(r *rand.Rand, p paste) string { // swapped with the next
		text, i := p.at(r)
		if i+1 < len(text) {
			text[i], text[i+1] = text[i+1], text[i]
		}
		return string(text)
	},
	func(r *rand.Rand, p paste) string { // a line lost
		i := r.IntN(len(p))
		return slices.Delete(slices.Clone(p), i, i+1).text()
	},
	func(r *rand.Rand, p paste) string { // a line doubled
		i := r.IntN(len(p) - 1)
		return slices.Insert(slices.Clone(p), i, p[i]).text()
	},
	func(r *rand.Rand, p paste) string { // two lines swapped
		q := slices.Clone(p)
		i, k := r.IntN(len(p)), r.IntN(len(p))
		q[i], q[k] = q[k], q[i]
		return q.text()
	},
	func(r *rand.Rand, p paste) string { // cut off
		text, i := p.at(r)
		return string(text[:i])
	},
	func(r *rand.Rand, p paste) string { // cut off, with its end
		i := r.IntN(len(p) - 1)
		line := p[i]
		return append(slices.Clone(p[:i]), line[:r.IntN(len(line))], End).text()
	},
}

func (p paste) text() string { return strings.Join(p, "\n") + "\n" }

// at returns the text and a place in it.
func (p paste) at(r *rand.Rand) ([]byte, int) {
	text := []byte(p.text())
	return text, r.IntN(len(text))
}

// environment is all that the far side knows. On a machine without sha256sum the
// modules of the interpreters that hash are made to fail as well.
func (h host) environment(t *testing.T) []string {
	env := []string{"PATH=" + bin(t, h.programs...), "HOME=" + t.TempDir(), "TERM=xterm", "LC_ALL=C.UTF-8", "PS1=$ "}
	if slices.Contains(h.programs, "sha256sum") {
		return env
	}
	broken := t.TempDir()
	for name, text := range map[string]string{"hashlib.py": "raise ImportError('broken')\n", "Digest/SHA.pm": "die 'broken';\n"} {
		file := filepath.Join(broken, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return append(env, "PYTHONPATH="+broken, "PERL5LIB="+broken)
}

// runner runs lines as the far side's shell would, without a terminal.
type runner struct {
	t    *testing.T
	argv []string
	env  []string
}

func (h host) runner(t *testing.T) runner {
	argv := slices.DeleteFunc(slices.Clone(shells[h.shell]), func(s string) bool { return s == "-i" })
	argv[0] = program(t, argv[0])
	return runner{t, argv, h.environment(t)}
}

func (r runner) run(line, stdin string) string {
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.argv[0], append(slices.Clone(r.argv[1:]), "-c", line)...)
	cmd.Env, cmd.Stdin, cmd.WaitDelay = r.env, strings.NewReader(stdin), guard
	out, err := cmd.CombinedOutput()
	var status *exec.ExitError
	if err != nil && !errors.As(err, &status) || ctx.Err() != nil {
		r.t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

// transfer sends text and runs the line that follows; it returns all that was said.
func (r runner) transfer(tr *Transfer, text string) string {
	out := r.run(tr.Command, text)
	if !strings.HasPrefix(out, Ready+"\n") {
		r.t.Errorf("not ready: %q", out)
	}
	return out + r.run(tr.Run, "")
}

func exists(file string) bool {
	_, err := os.Lstat(file)
	return !errors.Is(err, fs.ErrNotExist)
}

// Whatever happens to the text: the file is right, or it is not there and the
// verdict says so.
func TestDamage(t *testing.T) {
	content := kit(t)
	for _, h := range hosts() {
		t.Run(h.name(), func(t *testing.T) {
			t.Parallel()
			r := h.runner(t)
			dest := filepath.Join(t.TempDir(), "rb")
			tr, err := New(h.receiver, content, Options{Dest: dest})
			if err != nil {
				t.Fatal(err)
			}
			lines := paste(slices.Collect(tr.Payload()))
			out := r.transfer(tr, lines.text())
			if got, err := os.ReadFile(dest); err != nil || !bytes.Equal(got, content) || !strings.Contains(out, "kit runs\n") || !strings.Contains(out, Whole) {
				t.Fatalf("undamaged: %v, %d bytes of %d\n%s", err, len(got), len(content), out)
			}
			found, named := 0, 0
			first, step := 0, 1
			if !slices.Contains([]string{"base64", "openssl", "sh"}, h.receiver) {
				// Interpreters take long to start: the two machines share the seeds,
				// by whole rounds of the kinds of damage.
				step = 2
				if slices.Contains(h.programs, "sha256sum") {
					first = 1
				}
			}
			tried := 0
			for seed := range *seeds {
				if seed/len(damages)%step != first%step {
					continue
				}
				tried++
				text := lines.damaged(uint64(seed))
				if err := os.Remove(dest); err != nil && !errors.Is(err, fs.ErrNotExist) {
					t.Fatal(err)
				}
				out := r.transfer(tr, text)
				got, err := os.ReadFile(dest)
				switch {
				case err == nil && bytes.Equal(got, content) && strings.Contains(out, Whole):
				case err != nil && !exists(dest+".part") && strings.Contains(out, Damaged) && !strings.Contains(out, Whole):
					found++
				default:
					t.Errorf("seed %d: %v, %d bytes of %d, part left: %t\n%s", seed, err, len(got), len(content), exists(dest+".part"), out)
				}
				if strings.Contains(out, "line ") {
					named++
				}
			}
			t.Logf("%d of %d damaged pastes found, the others harmless; %d named the line", found, tried, named)
			if found < tried*3/4 {
				t.Errorf("only %d of %d damaged pastes had any effect", found, tried)
			}
		})
	}
}

// damaged returns a text that differs from p.
func (p paste) damaged(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 1))
	for {
		if text := damages[seed%uint64(len(damages))](r, p); text != p.text() {
			return text
		}
	}
}
