package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"rescuebox/internal/start"
)

// program is one to measure.
type program struct {
	name   string
	path   string
	args   []string // after the program's name
	judged bool     // must start within the bound

	min, median time.Duration
}

// prepare makes every program in dir, in the order of what each adds.
func prepare(dir, busybox string) ([]program, error) {
	text, err := os.ReadFile(busybox)
	if err != nil {
		return nil, err
	}
	// From the same file system as the others.
	if err := os.WriteFile(filepath.Join(dir, "busybox"), text, 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "nothing"), nothing(), 0o755); err != nil {
		return nil, err
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, b := range []struct{ out, source, replaced, by string }{
		{out: "empty", source: "package main\n\nfunc main() {}\n"},
		{out: "os", source: "package main\n\nimport \"os\"\n\nfunc main() { os.Exit(len(os.Args) - 1) }\n"},
		{out: "unlocked", replaced: "_ = LockSelf()"},
		{out: "rescuebox"},
		{out: "atonce", replaced: "time.AfterFunc(grace, func() { _ = LockSelf() })", by: "_ = LockSelf()"},
	} {
		if b.source != "" {
			err = compile(dir, b.out, b.source)
		} else {
			err = variant(dir, b.out, b.replaced, b.by)
		}
		if err != nil {
			return nil, err
		}
	}
	return []program{
		{name: "a process that only exits", path: in("nothing")},
		{name: "busybox true", path: in("busybox"), args: []string{"true"}},
		{name: "Go, empty main", path: in("empty")},
		{name: "Go, main that uses os", path: in("os")},
		{name: "rescuebox true, never locked", path: in("unlocked"), args: []string{"true"}},
		{name: "rescuebox true", path: in("rescuebox"), args: []string{"true"}, judged: true},
		{name: "rescuebox true, locked at once", path: in("atonce"), args: []string{"true"}},
	}, nil
}

// compile builds a program of one file.
func compile(dir, out, source string) error {
	file := filepath.Join(dir, out+".go")
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		return err
	}
	return goBuild("", "-ldflags=-s -w", "-o", filepath.Join(dir, out), file)
}

// lockSource is the file whose text variant replaces, in the module's root.
const lockSource = "internal/start/lock.go"

// variant builds rescuebox as released, but with some text of lockSource
// replaced when old is not empty.
func variant(dir, out, old, by string) error {
	args := []string{"-ldflags=-s -w -E=" + start.EntrySymbol(runtime.GOARCH), "-o", filepath.Join(dir, out)}
	if old != "" {
		overlay, err := replace(dir, out, old, by)
		if err != nil {
			return err
		}
		args = append(args, "-overlay="+overlay)
	}
	return goBuild("", append(args, "rescuebox/cmd/rescuebox")...)
}

// replace writes the altered source and an overlay that puts it in its place,
// and returns the overlay's path.
func replace(dir, out, old, by string) (string, error) {
	original, err := filepath.Abs(lockSource)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(original)
	if err != nil {
		return "", fmt.Errorf("%w (run this from the module's root)", err)
	}
	if !strings.Contains(string(text), old) {
		return "", fmt.Errorf("%s: no %q to replace", lockSource, old)
	}
	altered := filepath.Join(dir, out+".altered")
	if err := os.WriteFile(altered, []byte(strings.Replace(string(text), old, by, 1)), 0o644); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{original: altered}})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, out+".overlay")
	return file, os.WriteFile(file, overlay, 0o644)
}

// goBuild builds for goarch, or this machine's architecture when it is empty.
func goBuild(goarch string, args ...string) error {
	if goarch == "" {
		goarch = runtime.GOARCH
	}
	cmd := exec.Command("go", append([]string{"build", "-trimpath"}, args...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+goarch)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", cmd.Args, err, text)
	}
	for i, arg := range args {
		if arg == "-o" {
			return rewrite(args[i+1])
		}
	}
	return nil
}

// rewrite replaces a file by a copy of itself. The linker writes through a mapping,
// which leaves single pages in the cache; an installed file was written in pieces
// that the file system keeps in larger ones, and both locking and starting are
// faster with those.
func rewrite(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := os.Remove(file); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o755)
}

// nothing returns an ELF file for amd64 (elf(5)) of one segment with one system
// call, exit(0): the least that starting any process costs.
func nothing() []byte {
	const base, headers = 0x400000, 64 + 56
	code := []byte{0x31, 0xff, 0xb8, 60, 0, 0, 0, 0x0f, 0x05} // xor edi, edi; mov eax, 60; syscall
	b := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 9)...)
	le := binary.LittleEndian
	for _, half := range []uint16{2, 62} { // executable, x86-64
		b = le.AppendUint16(b, half)
	}
	b = le.AppendUint32(b, 1)
	b = le.AppendUint64(b, base+headers)
	b = le.AppendUint64(b, 64) // program headers
	b = le.AppendUint64(b, 0)
	b = le.AppendUint32(b, 0)
	for _, half := range []uint16{64, 56, 1, 64, 0, 0} {
		b = le.AppendUint16(b, half)
	}
	b = le.AppendUint32(b, 1) // PT_LOAD
	b = le.AppendUint32(b, 5) // readable, executable
	for _, word := range []uint64{0, base, base, headers + uint64(len(code)), headers + uint64(len(code)), 0x1000} {
		b = le.AppendUint64(b, word)
	}
	return append(b, code...)
}
