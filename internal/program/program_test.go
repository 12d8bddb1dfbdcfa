package program

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestRun(t *testing.T) {
	var out bytes.Buffer
	s := Starter{Path: "/usr/bin:/bin", Dir: t.TempDir(), In: strings.NewReader("in"), Out: &out, Err: &out}
	for _, c := range []struct {
		argv []string
		want Exit
		out  string
	}{
		{[]string{"sh", "-c", "cat; echo out; exit 3"}, Exit{Status: 3}, "inout\n"},
		{[]string{"/bin/sh", "-c", "kill -9 $$"}, Exit{Signal: syscall.SIGKILL}, ""},
		{[]string{"sh", "-c", "pwd"}, Exit{}, s.Dir + "\n"},
	} {
		out.Reset()
		got, err := s.Run(context.Background(), c.argv)
		if err != nil || got != c.want || out.String() != c.out {
			t.Errorf("%q: %v, %v, %q", c.argv, got, err, out.String())
		}
	}
}

func TestEmptyInput(t *testing.T) {
	var out bytes.Buffer
	s := Starter{Path: "/usr/bin:/bin", Out: &out, Err: &out}
	if exit, err := s.Run(context.Background(), []string{"cat"}); err != nil || exit != (Exit{}) || out.Len() > 0 {
		t.Errorf("%v, %v, %q", exit, err, out.String())
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "plain"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "run"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	s := Starter{Path: "/nonexistent:.", Dir: dir}
	if got, err := s.Find("run"); got != "./run" || err != nil {
		t.Errorf("run: %q, %v", got, err)
	}
	if _, err := s.Find("plain"); !errors.Is(err, syscall.EACCES) {
		t.Errorf("plain: %v", err)
	}
	if _, err := s.Find("missing"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("missing: %v", err)
	}
	if _, err := s.Find(""); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("empty: %v", err)
	}
}
