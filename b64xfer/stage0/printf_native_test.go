//go:build amd64

package stage0

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// What printf of the shells makes of the text is the bytes again, for all of them
// behind runs of zeros, and for every image. No line is longer than an editor takes.
func TestOctal(t *testing.T) {
	var all []byte
	for run := range 16 {
		for c := range 256 {
			all = append(append(all, make([]byte, run)...), byte(c))
		}
	}
	contents := [][]byte{all}
	for _, arch := range Arches() {
		for _, form := range []Form{Object, Plain} {
			image, err := Image(arch, form, false)
			if err != nil {
				t.Fatal(err)
			}
			contents = append(contents, image)
			command, err := Command(Config{Arch: arch, Form: form, Dest: "/tmp/rb"})
			if err != nil || arch == "amd64" && len(command) > 1700 {
				t.Errorf("%s: %d characters, %v", arch, len(command), err)
			}
			for line := range strings.SplitSeq(command, "\n") {
				if len(line) > 1000 {
					t.Errorf("%s, form %d: a line of %d characters", arch, form, len(line))
				}
			}
		}
	}
	for _, shell := range [][]string{{"bash"}, {"dash"}, {"busybox", "ash"}, {"ksh93"}, {"zsh"}, {"yash"}} {
		for i, content := range contents {
			script := "z='" + strings.Repeat(`\0`, zeros) + "'\nprintf \"" + folded(Octal(content)) + "\""
			cmd := exec.Command(shell[0], shell[1:]...)
			cmd.Stdin = strings.NewReader(script + "\n")
			got, err := cmd.Output()
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("%v, content %d: %d bytes of %d, %v", shell, i, len(got), len(content), err)
			}
		}
	}
}
