//go:build amd64

package emptyroot

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// static makes a static shell in a folder of its own.
func static(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("/bin/busybox")
	if err != nil {
		t.Fatalf("%v (apt-get install busybox-static)", err)
	}
	file := filepath.Join(t.TempDir(), "shell")
	if err := os.WriteFile(file, data, 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestRun(t *testing.T) {
	file := static(t)
	o, err := Run(t.Context(), file, []string{"sh", "-c", "echo /* $X; pwd; read x || echo end; echo $$ >&2; exit 5"}, []string{"X=y"})
	if err != nil || string(o.Stdout) != "/shell y\n/\nend\n" || string(o.Stderr) != "1\n" || o.Status != 5 {
		t.Errorf("%v: %q %q %d", err, o.Stdout, o.Stderr, o.Status)
	}
	if left, _ := os.ReadDir(filepath.Dir(file)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

// A program that does not end is ended with all that it started.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	o, err := Run(ctx, static(t), []string{"sh", "-c", "sh -c 'while :; do :; done' & while :; do :; done"}, nil)
	if err == nil && o.Status != 128+9 {
		t.Errorf("%+v", o)
	}
}

func TestMuchOutput(t *testing.T) {
	o, err := Installed(t.Context(), "", "/bin/sh", []string{"sh", "-c", "head -c 3000000 /dev/zero; kill -TERM $$"}, []string{"PATH=/usr/bin"})
	if err != nil || len(o.Stdout) != maxOutput || o.Status != 128+15 {
		t.Errorf("%v: %d bytes, status %d", err, len(o.Stdout), o.Status)
	}
}

func TestNotExecutable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(file, []byte(strings.Repeat("text\n", 9)), 0o755); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if _, err := Run(t.Context(), file, []string{"x"}, nil); err == nil || errors.As(err, &exit) {
		t.Errorf("%v", err)
	}
}
