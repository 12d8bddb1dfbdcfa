//go:build amd64

package b64xfer

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The two pastes and the last line, on a terminal: the file is there bit for bit,
// with its mode, it ran, and the shell goes on as before. A second time it is
// refused, unless forced.
func TestTerminal(t *testing.T) {
	content := kit(t)
	for _, h := range hosts(t) {
		t.Run(h.name(), func(t *testing.T) {
			t.Parallel()
			f := h.terminal(t)
			dir := shortDir(t)
			dest := filepath.Join(dir, "rb")
			tr := f.receive(h.receiver, content, Options{Dest: dest})
			f.paste(joined(tr.Payload()))
			if v := f.verdict(); !h.proves(v, tr) {
				t.Errorf("verdict: %s", v)
			}
			if out := f.usable(); strings.Contains(out, "not found") {
				t.Errorf("after the payload:\n%s", out)
			}
			f.enter(tr.Run)
			f.expect("kit runs")
			f.expect(f.prompt)
			same(t, dest, content)
			empty(t, dir, "rb")

			f.enter(tr.Command)
			f.expect(" exists: ")
			if out := f.usable(); strings.Contains(out, Ready) {
				t.Errorf("ready to replace a file:\n%s", out)
			}
			tr = f.receive(h.receiver, content[:2000], Options{Dest: dest, Force: true})
			f.paste(joined(tr.Payload()))
			f.settle(tr)
			f.usable()
			same(t, dest, content[:2000])
			empty(t, dir, "rb")
		})
	}
}

// proves reports whether a verdict says what it must.
func (h host) proves(verdict string, tr *Transfer) bool {
	if !h.bare() {
		return verdict == whole(tr)
	}
	return verdict == whole(tr) || verdict == strings.Replace(whole(tr), "sha256 "+tr.Sum, "crc32 of each chunk", 1)
}

// same fails unless the file is this content, with mode 0700.
func same(t *testing.T, file string, content []byte) {
	t.Helper()
	got, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("%v, %d bytes of %d", err, len(got), len(content))
		return
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o700 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// Damage on a terminal is not taken for commands, and repaired.
func TestTerminalDamage(t *testing.T) {
	content := kit(t)
	for _, h := range hosts(t) {
		t.Run(h.name(), func(t *testing.T) {
			t.Parallel()
			f := h.terminal(t)
			dest := filepath.Join(shortDir(t), "rb")
			tr := f.receive(h.receiver, content, Options{Dest: dest})
			lines := slices.Collect(tr.Payload())
			bad := len(lines) - 4
			lines[bad] = lines[bad][:5] + "\xff(" + lines[bad][7:]
			f.paste(strings.Join(lines, "\n") + "\n")
			if _, sent := f.settle(tr); sent != 1 {
				t.Errorf("%d chunks sent again", sent)
			}
			out := f.usable()
			for _, trouble := range []string{"not found", "rror:", "Traceback"} {
				if strings.Contains(out, trouble) {
					t.Errorf("%q in\n%s", trouble, out)
				}
			}
			same(t, dest, content)
		})
	}
}

// Ctrl-C in the middle leaves nothing, and the shell as before. So does Ctrl-D.
func TestTerminalInterrupt(t *testing.T) {
	content := kit(t)
	for _, h := range hosts(t) {
		for _, key := range []string{"\x03", "\x04"} {
			t.Run(h.name(), func(t *testing.T) {
				t.Parallel()
				f := h.terminal(t)
				dir := shortDir(t)
				tr := f.receive(h.receiver, content, Options{Dest: filepath.Join(dir, "rb")})
				f.paste(strings.Join(slices.Collect(tr.Payload())[:3], "\n") + "\n")
				f.interrupt(key)
				f.usable()
				empty(t, dir)
			})
		}
	}
}

// interrupt presses a key until the shell is back: dash does not see a Ctrl-C that
// comes just before it begins to read. yash sees one when it has read a line.
func (f *far) interrupt(key string) {
	f.t.Helper()
	next := time.Now()
	f.until(f.prompt, func(said []byte) bool {
		back := bytes.Contains(said, []byte(f.prompt))
		if !back && time.Now().After(next) {
			f.send(key)
			if f.lazy {
				f.send("\r")
			}
			next = time.Now().Add(3 * time.Second)
		}
		return back
	})
}

// A terminal that goes away ends the receiver, and nothing is left.
func TestTerminalHangUp(t *testing.T) {
	content := kit(t)
	for _, h := range hosts(t) {
		t.Run(h.name(), func(t *testing.T) {
			t.Parallel()
			f := h.terminal(t)
			dir := shortDir(t)
			tr := f.receive(h.receiver, content, Options{Dest: filepath.Join(dir, "rb")})
			f.paste(strings.Join(slices.Collect(tr.Payload())[:3], "\n") + "\n")
			f.master.Close()
			select {
			case <-f.exited:
			case <-time.After(guard):
				t.Error("the shell goes on")
			}
			// The receiver may outlive the shell by a moment.
			for end := time.Now().Add(guard); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
				if left, err := os.ReadDir(dir); err == nil && len(left) == 0 {
					break
				}
			}
			empty(t, dir)
		})
	}
}

// A receiver that cannot begin says so and is never ready.
func TestTerminalRefusal(t *testing.T) {
	for _, h := range hosts(t) {
		t.Run(h.name(), func(t *testing.T) {
			t.Parallel()
			f := h.terminal(t)
			dir := shortDir(t)
			for _, c := range []struct {
				dest  string
				force bool
				says  string
			}{
				{filepath.Join(dir, "no", "rb"), false, "/no/rb"},
				{dir, true, "is a folder"},
			} {
				tr, err := New(h.receiver, []byte("x"), Options{Dest: c.dest, Force: c.force})
				if err != nil {
					t.Fatal(err)
				}
				f.enter(tr.Command)
				f.expect(c.says)
				if out := f.usable(); strings.Contains(out, Ready+"\n") {
					t.Errorf("%s: ready\n%s", c.dest, out)
				}
			}
		})
	}
}
