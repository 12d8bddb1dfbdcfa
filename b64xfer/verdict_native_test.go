//go:build amd64

package b64xfer

import (
	"path/filepath"
	"strings"
	"testing"
)

// A file that cannot prove itself, on hosts where ever less runs: there is always a
// verdict, and it says what the file lacks and where it is.
func TestVerdictOfFile(t *testing.T) {
	for _, c := range []struct {
		programs []string
		named    bool
		says     []string
	}{
		{[]string{"cksum", "chmod", "mv", "rm"}, true, []string{"whole: ", "cksum"}},
		{[]string{"openssl", "chmod", "mv"}, true, []string{"whole: ", "sha256"}},
		{[]string{"sha256sum", "chmod"}, false, []string{"whole: ", ".part", "no mv runs"}},
		{[]string{"sha256sum", "mv"}, true, []string{"whole: ", "no chmod runs"}},
		{nil, false, []string{"damaged: or whole", "left as", ".part"}},
	} {
		h := host{"sh", "dash", c.programs}
		r := h.runner(t)
		dest := filepath.Join(t.TempDir(), "file")
		tr, err := New(h.receiver, []byte("no program\n"), Options{Dest: dest})
		if err != nil {
			t.Fatal(err)
		}
		out := r.transfer(tr, paste{"1:15:no\\40program\\12", "2:15:no\\40program\\12", End}.text())
		for _, text := range c.says {
			if !strings.Contains(out, text) {
				t.Errorf("%v: no %q in %q", c.programs, text, out)
			}
		}
		if exists(dest) != c.named || exists(dest+".part") == c.named {
			t.Errorf("%v: named: %t, part: %t\n%s", c.programs, exists(dest), exists(dest+".part"), out)
		}
	}
}
