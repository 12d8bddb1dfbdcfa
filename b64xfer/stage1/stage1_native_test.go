//go:build amd64

package stage1

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rescuebox/b64xfer/wire"
)

var step = flag.Int("stage1.step", 7, "one byte of so many of the image is changed")

// guard ends what hangs; nothing is measured by it.
const guard = 2 * time.Minute

// emulators run what this processor does not.
var emulators = map[string]string{"arm64": "qemu-aarch64-static", "armv7": "qemu-arm-static"}

func content() []byte { return bytes.Repeat([]byte("\x00\xffall bytes\n"), 300) }

// landed writes an image as PATH.s1 into a folder of its own, and returns PATH and
// what runs it.
func landed(t *testing.T, arch string, change func([]byte)) (path string, argv []string, h wire.Header) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "rb")
	h = wire.Describe(content(), path)
	image, err := Image(arch, Params{Header: h})
	if err != nil {
		t.Fatal(err)
	}
	change(image)
	if err := os.WriteFile(path+".s1", image, 0o700); err != nil {
		t.Fatal(err)
	}
	if emulator := emulators[arch]; emulator != "" {
		argv = append(argv, emulator)
	}
	return path, append(argv, path+".s1"), h
}

func same([]byte) {}

// run gives a program its input, and returns what it says and its status: -1 when a
// signal or the kernel ended it.
func run(t *testing.T, argv []string, env []string, input string) (said string, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env, cmd.Stdin = env, strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("%v does not end", argv)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(out), exit.ExitCode()
	}
	if err != nil {
		return err.Error(), -1
	}
	return string(out), 0
}

func payload(h wire.Header) string {
	return strings.Join(slices.Collect(wire.Lines(h, content())), "\n") + "\n"
}

// alone fails unless the file is there, whole, 0700, and nothing beside it.
func alone(t *testing.T, path string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, content()) {
		t.Errorf("%v, %d bytes", err, len(got))
	}
	if info, err := os.Stat(path); err == nil && info.Mode() != 0o700 {
		t.Errorf("mode %v", info.Mode())
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// On each processor a damaged chunk is named, sent again, and the file is there.
func TestLands(t *testing.T) {
	for _, arch := range Arches() {
		t.Run(arch, func(t *testing.T) {
			path, argv, h := landed(t, arch, same)
			lines := slices.Collect(wire.Lines(h, content()))
			good := lines[2]
			lines[2] = good[:50] + "A" + good[51:]
			said, status := run(t, argv, nil, strings.Join(append(lines, good, wire.End), "\n")+"\n")
			want := "READY\ndamaged: chunks 2 of 5 lost or changed; send them again: --chunks 2\nREADY\nwhole: " + path + ", "
			if status != 0 || !strings.HasPrefix(said, want) {
				t.Errorf("status %d: %s", status, said)
			}
			alone(t, path)
		})
	}
}

// Without an x bit it starts as a builtin of bash, as a library, and by musl's loader.
func TestForms(t *testing.T) {
	for name, form := range map[string]struct {
		argv func(file string) []string
		env  string
	}{
		"enable":  {argv: func(file string) []string { return []string{"bash", "-c", "enable -f " + file + " x"} }},
		"preload": {argv: func(string) []string { return []string{"cat"} }, env: "LD_PRELOAD="},
		"musl":    {argv: func(file string) []string { return []string{"/lib/ld-musl-x86_64.so.1", file} }},
	} {
		t.Run(name, func(t *testing.T) {
			path, argv, h := landed(t, "amd64", same)
			file := argv[0]
			if err := os.Chmod(file, 0o600); err != nil {
				t.Fatal(err)
			}
			var env []string
			if form.env != "" {
				env = []string{form.env + file}
			}
			if said, status := run(t, form.argv(file), env, payload(h)); status != 0 || !strings.Contains(said, "whole: "+path) {
				t.Errorf("status %d: %s", status, said)
			}
			alone(t, path)
		})
	}
}

// A changed byte of the image is found by the image itself, with status 99. Where the
// sender sends twice it may be anything but a wrong file.
func TestFlips(t *testing.T) {
	_, argv, _ := landed(t, "amd64", same)
	image, err := os.ReadFile(argv[0])
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(image); i += *step {
		path, argv, h := landed(t, "amd64", func(b []byte) { b[i] ^= 1 << (i % 8) })
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		cmd := exec.CommandContext(ctx, argv[0])
		cmd.Stdin = strings.NewReader(payload(h))
		cmd.Run()
		cancel()
		if i >= Head("amd64") && cmd.ProcessState.ExitCode() != 99 {
			t.Errorf("byte %d: %v", i, cmd.ProcessState)
		}
		if got, err := os.ReadFile(path); err == nil && !bytes.Equal(got, content()) {
			t.Errorf("byte %d: another file", i)
		}
	}
}

// On a full file system nothing is kept, and the reason is said.
func TestFull(t *testing.T) {
	_, argv, _ := landed(t, "amd64", same)
	dir := t.TempDir()
	path := filepath.Join(dir, "rb")
	big := bytes.Repeat(content(), 40)
	h := wire.Describe(big, path)
	image, err := Image("amd64", Params{Header: h})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(argv[0], image, 0o700); err != nil {
		t.Fatal(err)
	}
	lines := strings.Join(slices.Collect(wire.Lines(h, big)), "\n") + "\n"
	script := "mount -t tmpfs -o size=64k none " + dir + " && { " + argv[0] + "; echo status $?; ls -A " + dir + "; }"
	said, status := run(t, []string{"unshare", "-m", "sh", "-c", script}, []string{"PATH=" + os.Getenv("PATH")}, lines)
	want := "READY\ndamaged: " + path + ".part: No space left on device. Nothing was kept\nstatus 1\n"
	if status != 0 || said != want {
		t.Errorf("status %d: %s", status, said)
	}
}

// A line that is hung up, or a signal, ends it with nothing left.
func TestSignal(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, nil} {
		path, argv, h := landed(t, "amd64", same)
		cmd := exec.Command(argv[0])
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ready := make([]byte, len("READY\n"))
		if _, err := io.ReadFull(out, ready); err != nil {
			t.Error(err)
		}
		io.WriteString(in, payload(h)[:1000])
		if signal == nil {
			in.Close()
		} else if err := cmd.Process.Signal(signal); err != nil {
			t.Error(err)
		}
		rest, _ := io.ReadAll(out)
		if err := cmd.Wait(); err == nil || string(rest) != "damaged: given up. Nothing was kept\n" {
			t.Errorf("%v: %s", err, rest)
		}
		in.Close()
		if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}
