//go:build amd64

package bundle

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"rescuebox/internal/elffile"
	"rescuebox/internal/rootfs"
	"rescuebox/scripts/faultlab"
	"rescuebox/scripts/faultlab/hostroot"
)

// compile makes a file of C source and returns its path.
func compile(t *testing.T, name, source string, argv ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	cmd := exec.Command(argv[0], append([]string{"-x", "c", "-", "-x", "none", "-o", file}, argv[1:]...)...)
	cmd.Stdin = strings.NewReader(source)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v (apt-get install gcc libc6-dev musl-tools)\n%s", argv, err, out)
	}
	return file
}

const nothing = "int main(void) { return 0; }"

// What would not run as it does is refused, with the reason.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	setuid := compile(t, "p", nothing, "gcc")
	if err := os.Chmod(setuid, os.ModeSetuid|0o755); err != nil {
		t.Fatal(err)
	}
	setgid := compile(t, "p", nothing, "gcc")
	if err := os.Chmod(setgid, os.ModeSetgid|0o755); err != nil {
		t.Fatal(err)
	}
	capable := compile(t, "p", nothing, "gcc")
	// struct vfs_cap_data of linux/capability.h, revision 2: cap_net_raw, effective.
	value := make([]byte, 20)
	le.PutUint32(value, 0x02000001)
	le.PutUint32(value[4:], 1<<13)
	if err := unix.Setxattr(capable, "security.capability", value, 0); err != nil {
		t.Fatalf("%v (run as root, on a file system with extended attributes)", err)
	}
	script := filepath.Join(dir, "script")
	text := filepath.Join(dir, "text")
	for name, content := range map[string]string{script: "#!/bin/sh -e\n", text: "text\n"} {
		if err := os.WriteFile(name, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		setuid:  "setuid",
		setgid:  "setgid",
		capable: "capabilities",
		script:  "interpreter, /bin/sh",
		text:    "not an ELF program",
		compile(t, "p", nothing, "gcc", "-static"):                        "static already",
		compile(t, "p", nothing, "gcc", "-static-pie"):                    "static already",
		compile(t, "p", nothing, "musl-gcc"):                              "musl",
		compile(t, "l.so", "int f;", "gcc", "-shared"):                    "a library",
		compile(t, "p", nothing, "gcc", "-Wl,--dynamic-linker=/no/ld.so"): "missing: /no/ld.so",
	} {
		_, err := NewPlan(t.Context(), Input{Program: path})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	_, err := NewPlan(t.Context(), Input{Program: dir + "/none"})
	if !errors.Is(err, syscall.ENOENT) {
		t.Errorf("no file: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewPlan(ctx, Input{Program: "/bin/bash"}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A library that is missing, or that the loader would not recognize, is named.
func TestLibraryNames(t *testing.T) {
	dir := t.TempDir()
	lib := compile(t, "libx.so", "int x;", "gcc", "-shared", "-fPIC", "-Wl,-soname,libx.so.1")
	for _, name := range []string{"libx.so.1", "liby.so"} {
		if err := os.Link(lib, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	const source = "extern int x; int main(void) { return x; }"
	found := compile(t, "p", source, "gcc", lib, "-Wl,-rpath,"+dir)
	plan, err := NewPlan(t.Context(), Input{Program: found})
	if err != nil || len(plan.Files) != 5 || plan.Files[2].Path != filepath.Join(dir, "libx.so.1") {
		t.Errorf("%v: %+v", err, plan)
	}
	_, err = NewPlan(t.Context(), Input{Program: compile(t, "p", source, "gcc", lib)})
	var missing *MissingError
	if !errors.As(err, &missing) || missing.Names[0] != "libx.so.1" {
		t.Errorf("%v", err)
	}
	nameless := compile(t, "libz.so", "int x;", "gcc", "-shared", "-fPIC")
	_, err = NewPlan(t.Context(), Input{Program: compile(t, "p", source, "gcc", nameless)})
	if err == nil || !strings.Contains(err.Error(), "calls itself otherwise") {
		t.Errorf("%v", err)
	}
}

// An included library and what it needs come last, before the finisher.
func TestInclude(t *testing.T) {
	plugin := compile(t, "plugin.so", "double sin(double); double f(double x) { return sin(x); }", "gcc", "-shared", "-fPIC", "-Wl,-soname,plugin.so", "-lm")
	program := compile(t, "p", `#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
static void *wait(void *x) { for (;;) pthread_testcancel(); return x; }
int main(void) {
	void *p = dlopen("plugin.so", RTLD_NOW), *r;
	pthread_t t;
	if (!p) { puts(dlerror()); return 1; }
	pthread_create(&t, 0, wait, 0);
	pthread_cancel(t);
	pthread_join(t, &r);
	printf("%g\n", ((double (*)(double))dlsym(p, "f"))(0) + (r == PTHREAD_CANCELED));
	return 0;
}`, "gcc", "-pthread")
	in := Input{Program: program, Include: []string{plugin}}
	plan, err := NewPlan(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	var roles []Role
	var names []string
	for _, f := range plan.Files {
		roles, names = append(roles, f.Role), append(names, filepath.Base(f.Path))
	}
	if !slices.Equal(roles, []Role{Loader, Program, Library, Included, Included, Opened, Finisher}) ||
		names[3] != "plugin.so" || names[4] != "libm.so.6" || names[5] != "libgcc_s.so.1" {
		t.Errorf("%v %v", roles, names)
	}
	file := pack(t, in, t.TempDir(), 0)
	cmd := exec.Command("/" + filepath.Base(file))
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: filepath.Dir(file)}
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "1\n" {
		t.Errorf("%v: %s", err, out)
	}
	for path, want := range map[string]string{"/etc/passwd": "only shared objects", "/bin/ls": "a program", "/none": "none"} {
		in.Include = []string{path}
		if _, err := NewPlan(t.Context(), in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// A system below a folder is packed from as if it ran.
func TestRoot(t *testing.T) {
	root := hostroot.New(t.TempDir())
	if err := root.AddProgram("/bin/bash"); err != nil {
		t.Fatal(err)
	}
	here := pack(t, Input{Program: "/bin/bash"}, t.TempDir(), 0)
	there := pack(t, Input{Program: "/bin/bash", Root: rootfs.New(root.Dir)}, t.TempDir(), 0)
	a, errA := os.ReadFile(here)
	b, errB := os.ReadFile(there)
	if errA != nil || errB != nil || string(a) != string(b) {
		t.Errorf("%v %v: %d bytes and %d bytes differ", errA, errB, len(a), len(b))
	}
}

// A library that cannot be read is named with the place.
func TestUnreadable(t *testing.T) {
	root := hostroot.New(t.TempDir())
	if err := root.AddProgram("/bin/bash"); err != nil {
		t.Fatal(err)
	}
	tree, err := faultlab.NewTree(root.Dir, "/dev/fuse")
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	libc := ""
	for _, path := range root.Objects() {
		if filepath.Base(path) == "libc.so.6" {
			libc = path
		}
	}
	if err := tree.Fail(strings.TrimPrefix(libc, "/"), 0x123000, 4096); err != nil {
		t.Fatal(err)
	}
	_, err = NewPlan(t.Context(), Input{Program: "/bin/bash", Root: rootfs.New(tree.Dir())})
	var file *FileError
	var read *elffile.ReadError
	if !errors.As(err, &file) || !errors.As(err, &read) || !errors.Is(err, syscall.EIO) {
		t.Fatalf("%v", err)
	}
	if file.Path != libc || read.Offset != 0x123000 {
		t.Errorf("%v", err)
	}
}

func TestWarnings(t *testing.T) {
	for path, want := range map[string]string{"/usr/bin/python3": "PYTHONHOME", "/usr/bin/perl": "PERL5LIB", "/bin/bash": "TERMINFO", "/usr/bin/openssl": "OPENSSL_CONF"} {
		plan, err := NewPlan(t.Context(), Input{Program: path})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(plan.Warnings, "\n"), want) {
			t.Errorf("%s: %q", path, plan.Warnings)
		}
	}
}
