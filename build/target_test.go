package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckStatic(t *testing.T) {
	sh, err := filepath.EvalSymlinks("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	if err := checkStatic(sh); err == nil || !strings.Contains(err.Error(), "PT_") {
		t.Errorf("a dynamic program passes as static: %v", err)
	}
}

// The two binaries of the toolbox are static, know their profile, and hold the
// applets of their profile and no others.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	amd64, err := findPlatform("amd64")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range profiles {
		prof, err := readProfile(name)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name)
		if err := (target{profile: prof, platform: amd64}).write(file); err != nil {
			t.Fatal(err)
		}
		if out := output(t, file, "--version"); !strings.Contains(out, "profile "+name+",") {
			t.Errorf("%s: --version prints %q", name, out)
		}
		list := strings.Fields(output(t, file, "--list"))
		for _, applet := range []string{"cat", "find"} { // every profile has the first one
			want := prof.all || applet == "cat"
			if got := strings.Contains(" "+strings.Join(list, " ")+" ", " "+applet+" "); got != want {
				t.Errorf("%s: has %s: %v, want %v", name, applet, got, want)
			}
		}
	}
}

func output(t *testing.T, argv ...string) string {
	t.Helper()
	out, err := exec.Command(argv[0], argv[1:]...).Output()
	if err != nil {
		t.Fatalf("%q: %v", argv, err)
	}
	return string(out)
}

// unwinder is a program in which the runtime walks stacks for all it does so: to
// grow them, to collect garbage under them, to run deferred calls and recover, to
// find callers, and to print a traceback.
const unwinder = `package main

import ("os"; "runtime")

type node struct { next *node; pad [64]byte }

func grow(n int, l *node) int {
	var big [512]byte
	big[n%512] = 1
	if n == 0 { runtime.GC(); return int(big[0]) }
	l = &node{next: l}
	return grow(n-1, l) + int(l.pad[n%64]) + 1
}

func recovered() (r string) {
	defer func() { r, _ = recover().(string) }()
	panic("caught")
}

//go:noinline
func caller() string {
	pc, _, _, _ := runtime.Caller(1)
	return runtime.FuncForPC(pc).Name()
}

func main() {
	done := make(chan int)
	for range 8 { go func() { done <- grow(2000, nil) }() }
	sum := 0
	for range 8 { sum += <-done }
	println(sum, recovered(), caller())
	if len(os.Args) > 1 { var m map[string]int; m["x"] = 1 }
}
`

func TestDropLines(t *testing.T) {
	for _, c := range []struct {
		goarch string
		flags  string
		run    []string
	}{
		{"amd64", "-gcflags=all=-l", nil},
		{"amd64", "-gcflags=all=", nil},
		{"386", "-gcflags=all=-l", nil},
		{"s390x", "-gcflags=all=-l", []string{"qemu-s390x-static"}},
	} {
		t.Run(c.goarch+c.flags, func(t *testing.T) { testDropLines(t, c.goarch, c.flags, c.run) })
	}
}

func testDropLines(t *testing.T, goarch, flags string, command []string) {
	dir := t.TempDir()
	source, file := filepath.Join(dir, "unwinder.go"), filepath.Join(dir, "unwinder")
	if err := os.WriteFile(source, []byte(unwinder), 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-ldflags=-s -w", flags, "-o", file, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH="+goarch)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	command = append(command, file)
	run := func(arg ...string) ([]byte, error) {
		cmd := exec.Command(command[0], append(command[1:], arg...)...)
		// A collection at each turn finds what the tables have wrong.
		cmd.Env = append(os.Environ(), "GOGC=1")
		out, err := cmd.CombinedOutput()
		if errors.Is(err, exec.ErrNotFound) {
			t.Fatalf("%v (apt-get install qemu-user-static)", err)
		}
		return out, err
	}
	before, _ := run()
	sizeBefore, err := weighFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := dropLines(file); err != nil {
		t.Fatal(err)
	}
	after, err := run()
	// The name of the caller is all that is lost.
	want := bytes.Replace(before, []byte("main.main"), nil, 1)
	if err != nil || !bytes.Equal(want, after) || !bytes.Contains(before, []byte("caught main.main")) {
		t.Errorf("%v: prints %q, before %q", err, after, before)
	}
	crash, err := run("crash")
	if err == nil || !bytes.Contains(crash, []byte("panic: assignment to entry in nil map")) || bytes.Contains(crash, []byte("unwinder.go")) {
		t.Errorf("%v: traceback:\n%s", err, crash)
	}
	sizeAfter, err := weighFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if saved := sizeBefore.xz - sizeAfter.xz; saved < sizeBefore.xz/10 {
		t.Errorf("saves %d of %d bytes", saved, sizeBefore.xz)
	}
}

// Tables that lie outside of the section are refused, not followed.
func TestShrinkGarbage(t *testing.T) {
	for _, data := range [][]byte{
		make([]byte, 100),
		append([]byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}, bytes.Repeat([]byte{0xff}, 200)...),
	} {
		if err := shrink(linked{order: binary.LittleEndian, lines: data, gofunc: len(data), findfunc: len(data)}); err == nil {
			t.Errorf("%x... was taken", data[:8])
		}
	}
}

func TestPackageOf(t *testing.T) {
	for symbol, want := range map[string]string{
		"runtime.mallocgc":                              "runtime",
		"rescuebox/applets/ls.(*lister).run":            "rescuebox/applets/ls",
		"golang.org/x/sys/unix.Stat":                    "golang.org/x/sys/unix",
		"slices.SortFunc[go.shape.*a/b.C,go.shape.int]": "slices",
		"type:.eq.os.File":                              "type:",
		"runtime.pclntab":                               "runtime.pclntab",
		"indexbody":                                     "(other)",
	} {
		if got := packageOf(symbol); got != want {
			t.Errorf("%s is of %s, want %s", symbol, got, want)
		}
	}
}

func TestDigits(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := digits(n); got != want {
			t.Errorf("digits(%d) = %s, want %s", n, got, want)
		}
	}
}
