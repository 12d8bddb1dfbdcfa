//go:build amd64

package sending

import (
	"bytes"
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rescuebox/b64xfer"
	"rescuebox/internal/applet"
	"rescuebox/internal/multicall"
)

// A file is typed into a shell and lies there; a second time it is refused.
func TestType(t *testing.T) {
	dir, err := os.MkdirTemp("", "type-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	file, dest := filepath.Join(dir, "file"), filepath.Join(dir, "rb")
	content := bytes.Repeat([]byte("some text\n\x00\xff"), 3000)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--cmd", "exec env HISTFILE= TERM=xterm bash --norc --noprofile -i", "--to", "python3", "--dest", dest, file}
	out, errs, status := call(t, &Type, "", args...)
	if status != 0 || !strings.HasPrefix(errs, "whole: "+dest+", 36000 bytes, sha256 ") || out != dest+"\n" {
		t.Errorf("status %d, %q, %q", status, out, errs)
	}
	if got, err := os.ReadFile(dest); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%v, %d bytes", err, len(got))
	}
	if info, err := os.Stat(dest); err != nil || info.Mode() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, errs, status := call(t, &Type, "", args...); status != 1 || !strings.Contains(errs, "over there: "+dest+" exists") {
		t.Errorf("status %d, %q", status, errs)
	}
}

// Without --to the shell says what works there; what the command line says stays.
func TestTypeAuto(t *testing.T) {
	dir, err := os.MkdirTemp("", "type-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	file := filepath.Join(dir, "file")
	content := bytes.Repeat([]byte("some text\n\x00\xff"), 1000)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "none")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ shell, want string }{
		"bash":      {"PATH=$PATH bash --norc --noprofile -i", "amd64, python3 runs there, into "},
		"bash-bare": {"PATH=" + empty + " /bin/bash --norc --noprofile -i", "amd64, sh runs there, into "},
		"dash":      {"PATH=$PATH dash -i", "amd64, python3 runs there, into "},
		"zsh":       {"PATH=$PATH zsh -f -i", "amd64, python3 runs there, into "},
		"ash":       {"PATH=$PATH busybox ash -i", "amd64, python3 runs there, into "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dest := filepath.Join(dir, name)
			_, errs, status := call(t, &Type, "", "--cmd", "exec env -i HOME=/nonexistent TERM=xterm "+c.shell, "--dest", dest, "--no-run", file)
			if status != 0 || !strings.HasPrefix(errs, "b64xfer: "+c.want+dest+"\nwhole: "+dest+", ") {
				t.Errorf("status %d, %q", status, errs)
			}
			if got, err := os.ReadFile(dest); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%v, %d bytes", err, len(got))
			}
		})
	}
}

func TestTypeUsage(t *testing.T) {
	for _, c := range []struct{ args, says string }{
		{"--to python3", "--cmd, --tty, --tmux or --screen"},
		{"--cmd x --shift-free --to python3 /proc/self/exe", "python3 cannot be typed without a shift key"},
		{"--cmd x --tty y --to python3", "one of --cmd, --tty"},
		{"--tty x --baud none --to python3", "--baud"},
		{"--tty x --flow none --rate 0", "--rate"},
	} {
		if _, errs, status := call(t, &Type, "", strings.Fields(c.args)...); status != 1 || !strings.Contains(errs, c.says) {
			t.Errorf("%s: status %d, %q", c.args, status, errs)
		}
	}
}

// What a terminal takes out of the sequences is what send prints.
func TestClip(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	content := bytes.Repeat([]byte("0123456789"), 20000)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	want, _, _ := call(t, &Send, "", "--to", "python3", file)
	for _, wrap := range []string{"none", "tmux", "screen"} {
		var stdout, stderr bytes.Buffer
		s := applet.Streams{In: strings.NewReader(strings.Repeat("\n", 20)), Out: &stdout, Err: &stderr,
			LookupEnv: func(string) (string, bool) { return "", false }}
		if status := multicall.Run(context.Background(), &Clip, s, []string{"--to", "python3", "--wrap", wrap, file}, "test"); status != 0 {
			t.Fatal(status, stderr.String())
		}
		text := stdout.String()
		switch wrap {
		case "tmux":
			text = strings.NewReplacer("\x1bPtmux;", "", "\x1b\x1b", "\x1b", "\x1b\\", "").Replace(text)
		case "screen":
			text = strings.NewReplacer("\x1bP", "", "\x1b\\", "").Replace(text)
		}
		got := ""
		for _, m := range regexp.MustCompile("\x1b]52;c;([^\a]*)\a").FindAllStringSubmatch(text, -1) {
			piece, err := base64.StdEncoding.DecodeString(m[1])
			if err != nil || len(piece) > most || len(m[0]) > 100000 {
				t.Errorf("%s: %v, %d bytes", wrap, err, len(piece))
			}
			got += string(piece)
		}
		if got != want {
			t.Errorf("%s: %d characters, want %d", wrap, len(got), len(want))
		}
		if !strings.Contains(stderr.String(), "wait for "+b64xfer.Ready) {
			t.Errorf("%s", stderr.String())
		}
	}
}
