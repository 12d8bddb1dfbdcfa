//go:build amd64

package pack

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// maxStub is what a stub may take, in bytes: it is pasted each time.
const maxStub = 4400

// The bytes that are checked in are those that the sources give.
func TestReproduced(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("src/build", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v (apt-get install gcc gcc-multilib clang-14 lld-14)\n%s", err, out)
	}
	for _, arch := range Arches() {
		built, err := os.ReadFile(filepath.Join(dir, arch))
		if err != nil {
			t.Fatal(err)
		}
		kept, err := binaries.ReadFile("bin/" + arch)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(built, kept) {
			t.Errorf("%s is not what src gives: go generate (with Debian 12's gcc 12.2)", arch)
		}
		if len(kept) > maxStub {
			t.Errorf("%s: %d bytes, more than %d", arch, len(kept), maxStub)
		}
	}
}
