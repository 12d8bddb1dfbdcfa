//go:build amd64

package runner

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// maxCode is what the runner and the finisher may take together, in bytes.
const maxCode = 12 << 10

// The bytes that are checked in are those that the sources give.
func TestReproduced(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("src/build", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v (apt-get install gcc gcc-multilib clang-14 lld-14)\n%s", err, out)
	}
	for _, arch := range []string{"amd64", "386", "arm64"} {
		sum := 0
		for _, name := range []string{"runner-" + arch, "finish-" + arch} {
			built, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			sum += len(built)
			if !bytes.Equal(built, read(name)) {
				t.Errorf("%s is not what src gives: go generate (with Debian 12's gcc 12.2)", name)
			}
		}
		if sum > maxCode {
			t.Errorf("%s: %d bytes, more than %d", arch, sum, maxCode)
		}
	}
}
