//go:build amd64

package b64xfer

import (
	"slices"
	"strings"
	"testing"
)

// On a terminal, in each shell: what is on PATH is named, and nothing else; the
// choice works.
func TestProbe(t *testing.T) {
	for line := range strings.SplitSeq(Probe(), "\n") {
		if len(line) > lineMax || strings.ContainsAny(line, "!\t") {
			t.Errorf("%d characters: %q", len(line), line)
		}
	}
	for shell := range shells {
		for _, programs := range [][]string{{"python3", "perl", "uname"}, {"base64", "awk"}, nil} {
			t.Run(shell+"/"+strings.Join(programs, "+"), func(t *testing.T) {
				t.Parallel()
				f := host{shell: shell, programs: append(slices.Clone(programs), "rm")}.terminal(t)
				f.enter(Probe())
				a, err := ParseProbe(f.expect(probeEnd+"\n") + probeEnd + "\n")
				if err != nil {
					t.Fatal(err)
				}
				f.usable()
				var want []string
				for _, name := range Receivers() {
					switch {
					case slices.Contains(programs, name):
						want = append(want, name)
					case name == "mksh" && (shell == "mksh" || shell == "ksh"), name == "busybox" && shell == "ash":
						want = append(want, name)
					case slices.Contains([]string{"sh", "bash", "dash", "ash", "zsh", "ksh", "yash"}, name) && shell != "mksh":
						want = append(want, name)
					}
				}
				got := a.Runs
				if shell == "ash" {
					// busybox runs its own applets without PATH.
					got = slices.DeleteFunc(slices.Clone(got), func(s string) bool { return !slices.Contains(want, s) })
					want = slices.DeleteFunc(want, func(s string) bool { return s == "busybox" && !slices.Contains(a.Runs, s) })
				}
				if !slices.Equal(got, want) {
					t.Errorf("runs %v, want %v", got, want)
				}
				if _, o, err := a.Choose("rb"); err != nil || o.Arch != "amd64" {
					t.Errorf("%+v, %v", o, err)
				}
			})
		}
	}
}
