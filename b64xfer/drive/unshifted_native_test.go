//go:build amd64

package drive

import (
	"testing"

	"rescuebox/b64xfer/unshifted"
)

// keyboard fails for what needs a shift key.
type keyboard struct {
	Line
	t *testing.T
}

func (k keyboard) Write(b []byte) (int, error) {
	for _, c := range b {
		if c >= ' ' && !unshifted.Free(string(c)) {
			k.t.Errorf("a shift key in %q", b)
		}
	}
	return k.Line.Write(b)
}

// A keyboard without a shift key delivers as well, and what it runs ends with a status.
func TestUnshifted(t *testing.T) {
	for name, shell := range shells {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			line, err := Command("exec env TERM=xterm HISTFILE= PS1='$ ' " + shell)
			if err != nil {
				t.Fatal(err)
			}
			deliver(t, keyboard{line, t}, "stage0/unshifted", 3000, Options{Rate: 4000})
		})
	}
}
