//go:build amd64

package b64xfer

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The bytes that are checked in are those that the sources give, and no more than
// this: most of them are pasted or typed each time.
func TestReproduced(t *testing.T) {
	for folder, most := range map[string]int{"stage0": 740, "stage1": 5900, "pack": 4400} {
		dir := t.TempDir()
		if out, err := exec.Command(filepath.Join(folder, "src", "build"), dir).CombinedOutput(); err != nil {
			t.Fatalf("%v (apt-get install gcc gcc-multilib clang-14 lld-14)\n%s", err, out)
		}
		for _, arch := range []string{"amd64", "386", "arm64", "armv7"} {
			built, err := os.ReadFile(filepath.Join(dir, arch))
			if err != nil {
				t.Fatal(err)
			}
			kept, err := os.ReadFile(filepath.Join(folder, "bin", arch))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(built, kept) {
				t.Errorf("%s/bin/%s is not what src gives: go generate (with Debian 12's gcc 12.2)", folder, arch)
			}
			if len(kept) > most {
				t.Errorf("%s/bin/%s: %d bytes, more than %d", folder, arch, len(kept), most)
			}
		}
	}
}
