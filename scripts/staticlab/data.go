package staticlab

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Data is the folder that the command lines of the programs work on.
type Data struct{ Dir string }

// Make fills the folder, which must exist, and makes it readable for everyone.
func (d Data) Make() error {
	text := strings.Repeat("One static file that still works when the shared libraries do not.\n", 60)
	if err := os.WriteFile(filepath.Join(d.Dir, "text"), []byte(text), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(d.Dir, "a.tar"), archive(text), 0o644); err != nil {
		return err
	}
	mke2fs, err := exec.LookPath("mke2fs")
	if err != nil {
		mke2fs = "/usr/sbin/mke2fs"
	}
	image := filepath.Join(d.Dir, "fs.img")
	out, err := exec.Command(mke2fs, "-q", "-F", "-t", "ext4", image, "512k").CombinedOutput()
	if err != nil {
		return fmt.Errorf("mke2fs: %w (apt-get install e2fsprogs)\n%s", err, out)
	}
	// A test's own folder is below one for its user alone.
	return errors.Join(os.Chmod(image, 0o644), os.Chmod(d.Dir, 0o755), os.Chmod(filepath.Dir(d.Dir), 0o755))
}

func archive(text string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range []string{"etc/motd", "var/log/rescue"} {
		header := &tar.Header{Name: name, Mode: 0o640, Size: int64(len(text)), Uid: 12, Gid: 34, ModTime: time.Unix(1e9, 0)}
		// Nothing can fail: it is written to memory.
		_ = w.WriteHeader(header)
		_, _ = w.Write([]byte(text))
	}
	_ = w.Close()
	return b.Bytes()
}
