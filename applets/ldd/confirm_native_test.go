//go:build amd64

package ldd

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rescuebox/internal/applettest"
)

var (
	address = regexp.MustCompile(` \(0x[0-9a-f]+\)`)
	vdso    = regexp.MustCompile(`(?m)^\tlinux-(vdso|gate)\.so\.1\n`)
	indent  = regexp.MustCompile(`(?m)^\tnot a dynamic executable\n`)
)

// comparable drops what this ldd does not show.
func comparable(s string) string {
	s = strings.ReplaceAll(s, "/./", "/") // as typed, where the kernel says where it is
	return indent.ReplaceAllString(vdso.ReplaceAllString(address.ReplaceAllString(s, ""), ""), "")
}

// build runs a compiler in dir.
func build(t testing.TB, dir, compiler string, args ...string) {
	t.Helper()
	cmd := exec.Command(compiler, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%sapt-get install gcc gcc-multilib libc6-dev musl-tools", compiler, args, err, out)
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// fixture makes programs whose libraries are found by each of the rules.
func fixture(t testing.TB, dir string) {
	write(t, filepath.Join(dir, "main.c"), "int main(void){return 0;}\n")
	write(t, filepath.Join(dir, "f.c"), "int NAME(void){return 0;}\n")
	lib := func(out, soname string, more ...string) {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(out)), 0o755); err != nil {
			t.Fatal(err)
		}
		args := append([]string{"-shared", "-fPIC", "-DNAME=n" + strings.NewReplacer(".", "_", "-", "_").Replace(soname),
			"-Wl,--no-as-needed", "-Wl,-soname," + soname, "f.c", "-o", out}, more...)
		build(t, dir, "gcc", args...)
	}
	prog := func(out string, more ...string) {
		build(t, dir, "gcc", append([]string{"-Wl,--no-as-needed", "-Wl,--allow-shlib-undefined", "-Wl,--unresolved-symbols=ignore-all",
			"main.c", "-o", out}, more...)...)
	}
	old := "-Wl,--disable-new-dtags"
	lib("d/libbase.so", "libbase.so")
	lib("d/libleft.so", "libleft.so", "d/libbase.so")
	lib("d/libright.so", "libright.so", "d/libbase.so")
	lib("gone/libgone.so", "libgone.so")
	lib("d/glibc-hwcaps/x86-64-v2/libfast.so", "libfast.so")
	lib("d/libfast.so", "libfast.so")
	lib("d/libneedsgone.so", "libneedsgone.so", "gone/libgone.so")
	prog("rpath", old, "-Wl,-rpath,$ORIGIN/d", "d/libleft.so", "d/libright.so")
	prog("runpath", "-Wl,--enable-new-dtags", "-Wl,-rpath,${ORIGIN}/d", "d/libleft.so", "d/libright.so")
	prog("none", "d/libleft.so")
	prog("missing", old, "-Wl,-rpath,$ORIGIN/d", "gone/libgone.so", "d/libneedsgone.so")
	prog("hwcaps", "-Wl,-rpath,$ORIGIN/d", "d/libfast.so")
	prog("dst", "-Wl,-rpath,$ORIGIN/$LIB:$ORIGIN/d", "d/libfast.so")
	lib("lib/x86_64-linux-gnu/libfast.so", "libfast.so")
	prog("nodeflib", "-Wl,-z,nodefaultlib")
	prog("static", "-static")
	build(t, dir, "gcc", "-shared", "-nostdlib", "-fPIC", "-DNAME=alone", "f.c", "-o", "alone.so")
	if err := os.RemoveAll(filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "script"), "#!/bin/sh -e\n")
	write(t, filepath.Join(dir, "text"), "text\n")
}

func TestConfirm(t *testing.T) {
	const exits = "a missing library gives status 1: scripts have to learn of it"
	applettest.Confirmation{
		Applet: &Applet, Fixture: fixture, Normalize: comparable,
		Peers: []applettest.Peer{{Name: "glibc", Argv: func(string) []string { return []string{"ldd"} }}},
		Cases: []applettest.Case{
			{Line: "./rpath"}, {Line: "./runpath", Differs: map[string]string{"glibc": exits}},
			{Line: "./none", Differs: map[string]string{"glibc": exits}},
			{Line: "./script", Differs: map[string]string{
				"glibc": "who asks about a script wants to know what running it needs",
			}},
			{Line: "./missing", Differs: map[string]string{"glibc": exits}},
			{Line: "./hwcaps"}, {Line: "./dst"},
			{Line: "./nodeflib", Differs: map[string]string{"glibc": exits}},
			{Line: "./static"}, {Line: "./text"}, {Line: "./alone.so"},
			{Line: "rpath ./hwcaps"}, {Line: "./rpath nosuch ./hwcaps"},
			{Line: "nosuch"}, {Line: "d"}, {Line: ""}, {Line: "--nosuch ./rpath"},
		},
	}.Run(t)
}
