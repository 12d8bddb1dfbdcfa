package oracle

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Replay returns what smartctl prints, and its exit status, with the options and ATA
// commands in the text that `smartctl -r ataioctl,2` prints, which it reads from its
// standard input.
func (s *Smartctl) Replay(t *testing.T, text []byte, options ...string) (string, int) {
	t.Helper()
	cmd := exec.Command(s.path, append(options, "-")...)
	cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C")
	cmd.Stdin = bytes.NewReader(text)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// Database is the path of the drivedb.h that came with smartctl.
func (s *Smartctl) Database(t *testing.T) string {
	t.Helper()
	for _, p := range []string{
		os.Getenv("DRIVEDB"),
		filepath.Join(filepath.Dir(s.path), "../share/smartmontools/drivedb.h"),
	} {
		if _, err := os.Stat(p); err == nil && p != "" {
			return p
		}
	}
	t.Fatal("there is no drivedb.h: run scripts/packages")
	return ""
}
