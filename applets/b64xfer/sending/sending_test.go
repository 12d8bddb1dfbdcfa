package sending

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rescuebox/b64xfer"
	"rescuebox/b64xfer/kits"
	"rescuebox/internal/applet"
	"rescuebox/internal/multicall"
	"rescuebox/internal/selfcheck"
)

// call runs a command whose own binary is a file.
func call(t *testing.T, a *applet.Applet, self string, args ...string) (out, errs string, status int) {
	t.Helper()
	return answering(t, a, self, "", args...)
}

// answering is call with something on standard input.
func answering(t *testing.T, a *applet.Applet, self, stdin string, args ...string) (out, errs string, status int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	s := applet.Streams{
		In: strings.NewReader(stdin), Out: &stdout, Err: &stderr, Dir: t.TempDir(),
		Self:      func() (string, error) { return self, nil },
		LookupEnv: func(string) (string, bool) { return "", false },
	}
	status = multicall.Run(context.Background(), a, s, args, "test")
	return stdout.String(), stderr.String(), status
}

// binary is a file that carries kits.
func binary(t *testing.T, carries ...kits.Packed) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "binary")
	content := append([]byte("#!/bin/sh\necho a program\n"), bytes.Repeat([]byte(" "), 100)...)
	if carries != nil {
		content = append(content, kits.Append(carries)...)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := selfcheck.Seal(file); err != nil {
		t.Fatal(err)
	}
	return file
}

// Without a file it is the kit of the far side's architecture, or the binary itself.
func TestWhatIsSent(t *testing.T) {
	kit := bytes.Repeat([]byte("the kit "), 500)
	carrying, plain := binary(t, kits.Packed{Arch: "amd64", Content: []byte("another kit")}, kits.Packed{Arch: "arm64", Content: kit, Unpacked: 9000}), binary(t)
	itself, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	const itsOwn = "send: this file carries no kits, so it sends itself; what \"make full\" builds carries smaller ones\n"
	for self, want := range map[string][]byte{carrying: kit, plain: itself} {
		note := map[string]string{plain: itsOwn}[self]
		tr, err := b64xfer.New("python3", want, b64xfer.Options{Dest: "/tmp/rb", Arch: "arm64"})
		if err != nil {
			t.Fatal(err)
		}
		out, errs, status := call(t, &Send, self, "--to", "python3", "--arch", "arm64", "--part", "payload")
		if want := strings.Join(slices.Collect(tr.Payload()), "\n") + "\n"; status != 0 || out != want || errs != note {
			t.Errorf("status %d, %d characters, want %d: %s", status, len(out), len(want), errs)
		}
	}
	if _, errs, status := call(t, &Send, carrying, "--to", "python3", "--arch", "386"); status != 1 || !strings.Contains(errs, "no kit for '386'") {
		t.Errorf("status %d: %s", status, errs)
	}
}

// The answer of the far side chooses what the command line does not.
func TestAsk(t *testing.T) {
	const answer = "luna# b64xfer-shell: bash aarch64\nb64xfer-runs: base64 awk\nb64xfer-dirs: /run\nb64xfer-noexec:\nb64xfer-end\n"
	self := binary(t)
	out, errs, status := answering(t, &Send, self, answer)
	if status != 0 || !strings.Contains(errs, b64xfer.Probe()) || !strings.Contains(errs, "b64xfer: arm64, base64 runs there, into /run/rb\n") ||
		!strings.HasPrefix(out, " (D=/run/rb;") || !strings.Contains(out, "aarch64") {
		t.Errorf("status %d\n%s\n%.200s", status, errs, out)
	}
	out, errs, status = answering(t, &Send, self, answer, "--dest", "/x/y", "--arch", "386")
	if status != 0 || !strings.Contains(errs, "386, base64 runs there, into /x/y\n") || !strings.HasPrefix(out, " (D=/x/y;") {
		t.Errorf("status %d\n%s\n%.200s", status, errs, out)
	}
	if _, errs, status := answering(t, &Send, self, "luna# nothing\n"); status != 1 || !strings.Contains(errs, "no answer of the probe") {
		t.Errorf("status %d: %s", status, errs)
	}
}

func TestList(t *testing.T) {
	carrying, plain := binary(t, kits.Packed{Arch: "armv7", Content: bytes.Repeat([]byte("x"), 100000), Unpacked: 300000}), binary(t)
	out, errs, status := call(t, &List, carrying)
	if status != 0 || errs != "" || !strings.Contains(out, "armv7   100000    300000    ") || !strings.Contains(out, "at 9600") {
		t.Errorf("status %d, %q, %q", status, out, errs)
	}
	out, _, status = call(t, &List, carrying, "--json")
	if status != 0 || !strings.HasPrefix(out, `{"kits":[{"arch":"armv7","packed":100000,"unpacked":300000,"characters":`) {
		t.Errorf("status %d, %q", status, out)
	}
	if out, errs, status := call(t, &List, plain); status != 1 || out != "" || !strings.Contains(errs, "no kits") {
		t.Errorf("status %d, %q, %q", status, out, errs)
	}
}

func TestSeconds(t *testing.T) {
	for n, want := range map[int64]string{0: "1 s", 1: "1 s", 119: "119 s", 120: "2 min", 7199: "120 min", 7200: "2 h", 9000: "2.5 h"} {
		if got := seconds(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
