//go:build amd64

package b64xfer

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rescuebox/b64xfer/unshifted"
)

// Typed without a shift key, the kit lands and runs; damage is repaired; nothing is
// left.
func TestUnshifted(t *testing.T) {
	content := kit(t)
	for _, shell := range rows["stage0"].shells {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			f := host{receiver: "stage0", shell: shell, programs: tools}.terminal(t)
			dir := shortDir(t)
			dest := filepath.Join(dir, "Rb+1")
			tr := f.receive("stage0", content, Options{Dest: dest, Unshifted: true})
			lines := slices.Collect(tr.Payload())
			for _, text := range append(lines, tr.Command, tr.Run) {
				if !unshifted.Free(text) {
					t.Errorf("a shift key for %q", text)
				}
			}
			lines[len(lines)-4] = lines[len(lines)-4][:100] + ",,"
			f.paste(strings.Join(lines, "\n") + "\n")
			if v, sent := f.settle(tr); v != whole(tr) || sent != 1 {
				t.Errorf("%d chunks sent again: %s", sent, v)
			}
			f.usable()
			f.enter(tr.Run)
			f.expect("kit runs\n")
			f.usable()
			same(t, dest, content)
			empty(t, dir, "Rb+1")
		})
	}
}
