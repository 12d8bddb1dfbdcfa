//go:build amd64

package b64xfer

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
)

// bareRoot returns a folder with one shell and its libraries, an empty /tmp, and
// nothing else.
func bareRoot(t *testing.T, shell string) string {
	t.Helper()
	root := t.TempDir()
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	files := []string{program(t, shell)}
	if out, err := exec.Command("ldd", files[0]).Output(); err == nil {
		for _, match := range regexp.MustCompile(`(/\S+) \(0x`).FindAllStringSubmatch(string(out), -1) {
			files = append(files, match[1])
		}
	}
	for i, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(root, file)
		if i == 0 {
			to = filepath.Join(root, "bin", "sh")
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(root, "tmp"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(root, "tmp"), 0o777); err != nil {
		t.Fatal(err)
	}
	return root
}

// inside opens a window on a root, with its shell, for root or for nobody.
func inside(t *testing.T, root, shell string, user uint32) *far {
	t.Helper()
	argv := slices.Clone(shells[shell])
	cmd := &exec.Cmd{Path: "/bin/sh", Args: argv, Dir: "/", Env: []string{"PATH=/nonexistent", "TERM=xterm", "PS1=$ ", "HISTFILE="},
		SysProcAttr: &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: user, Gid: user}}}
	master, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	master = pollable(t, master)
	f := &far{t: t, in: master, master: master, prompt: "$ "}
	f.watch(cmd, master)
	f.expect(f.prompt)
	return f
}

// In a root that holds one shell and its libraries, without /proc, /dev or any
// program, the kit lands and runs; damage is repaired; nothing is left.
func TestBareRoot(t *testing.T) {
	content := kit(t)
	for shell, receivers := range map[string][]string{
		"bash": {"sh", "bash", "stage0"}, "dash": {"sh", "dash", "stage0"}, "busybox": {"sh", "ash"},
	} {
		for _, name := range receivers {
			for _, user := range []uint32{0, 65534} {
				t.Run(shell+"/"+name+map[uint32]string{65534: "/nobody"}[user], func(t *testing.T) {
					t.Parallel()
					root := bareRoot(t, shell)
					argv := map[string]string{"busybox": "ash"}[shell]
					if argv == "" {
						argv = shell
					}
					f := inside(t, root, argv, user)
					tr := f.receive(name, content, Options{Dest: "/tmp/rb"})
					lines := slices.Collect(tr.Payload())
					lines = slices.Delete(lines, len(lines)-3, len(lines)-2)
					f.paste(strings.Join(lines, "\n") + "\n")
					if v, sent := f.settle(tr); v != whole(tr) || sent != 1 {
						t.Errorf("%d chunks sent again: %s", sent, v)
					}
					f.expect(f.prompt)
					f.enter(" /tmp/rb")
					f.expect("kit runs\n")
					f.expect(f.prompt)
					same(t, filepath.Join(root, "tmp", "rb"), content)
					empty(t, filepath.Join(root, "tmp"), "rb")
				})
			}
		}
	}
}

// With acknowledgements each line is answered, by every receiver.
func TestAcknowledges(t *testing.T) {
	content := kit(t)
	for _, h := range hosts(t) {
		t.Run(h.name(), func(t *testing.T) {
			t.Parallel()
			p := h.pipe(t)
			dest := filepath.Join(t.TempDir(), "rb")
			tr, err := New(h.receiver, content, Options{Dest: dest, Ack: true})
			if err != nil {
				t.Fatal(err)
			}
			f := p.start(t, tr.Command)
			f.expect(Ready + "\n")
			lines := slices.Collect(tr.Payload())
			bad := len(lines) - 3
			lines[bad] = "x" + lines[bad]
			f.send(strings.Join(lines, "\n") + "\n")
			for n := range tr.Header.Count() + 1 {
				answer := "+" + strconv.Itoa(n) + "\n"
				if n == tr.Header.Count()-1 {
					answer = "-\n"
				}
				f.expect(answer)
			}
			if v, sent := f.settle(tr); !h.proves(v, tr) || sent != 1 {
				t.Errorf("%d sent again: %s", sent, v)
			}
			f.over()
			same(t, dest, content)
		})
	}
}

// Executed from memory, the program runs under its name, and no file is made.
func TestMemory(t *testing.T) {
	content := kit(t)
	for _, h := range hosts(t) {
		if !slices.Contains([]string{"python3", "python2", "perl", "ruby", "php", "base64", "sh", "stage0"}, h.receiver) {
			continue
		}
		t.Run(h.name(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			tr, err := New(h.receiver, content, Options{Dest: filepath.Join(dir, "rb"), Memory: true})
			if err != nil {
				t.Fatal(err)
			}
			f := h.pipe(t).start(t, tr.Command)
			f.expect(Ready + "\n")
			f.send(joined(tr.Payload()))
			f.expect(tr.Dest + " kit runs\n")
			f.over()
			empty(t, dir)
			if !tr.Inside {
				t.Error("it says that another line runs it")
			}
		})
	}
}

// Where the one file system that can be written to is noexec, those that can execute
// from memory; others say what is wrong, and leave nothing.
func TestNoexec(t *testing.T) {
	content := kit(t)
	for _, h := range hosts(t) {
		dir := t.TempDir()
		p := h.pipe(t)
		mount := "/bin/mount -t tmpfs -o noexec none " + dir + ` && "$@"; /bin/ls -A ` + dir
		p.argv = append([]string{"/usr/bin/unshare", "-m", "/bin/sh", "-c", mount, "sh"}, p.argv...)
		memory := slices.Contains([]string{"python3", "python2", "perl", "ruby", "php"}, h.receiver)
		if !memory && !slices.Contains([]string{"base64", "sh", "stage0"}, h.receiver) {
			continue
		}
		t.Run(h.name(), func(t *testing.T) {
			t.Parallel()
			tr, err := New(h.receiver, content, Options{Dest: filepath.Join(dir, "rb"), Memory: memory})
			if err != nil {
				t.Fatal(err)
			}
			f := p.start(t, tr.Command)
			f.expect(Ready + "\n")
			f.send(joined(tr.Payload()))
			if memory {
				f.expect(tr.Dest + " kit runs\n")
			} else {
				f.expect("noexec")
				f.expect("\n")
			}
			if left := f.over(); left != "" {
				t.Errorf("left behind: %s", left)
			}
		})
	}
}
