//go:build amd64

package ebcdic

import (
	"bytes"
	"os/exec"
	"testing"
)

// All bytes, as coreutils converts them.
func TestBesideCoreutils(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for conv, table := range map[string]Table{"ascii": ToASCII(), "ebcdic": FromASCII(), "ibm": IBM()} {
		cmd := exec.Command("/usr/bin/dd", "status=none", "conv="+conv)
		cmd.Stdin = bytes.NewReader(all)
		out, err := cmd.Output()
		if err != nil || !bytes.Equal(out, table[:]) {
			t.Errorf("%s: %v, % x, want % x", conv, err, table, out)
		}
	}
}
