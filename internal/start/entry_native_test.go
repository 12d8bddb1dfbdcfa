//go:build amd64

package start

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"rescuebox/scripts/vmlab"
)

func TestNoProcSysDevEtcTmp(t *testing.T) {
	root := place(t, build(t, rescuebox("amd64")))
	for _, nobody := range []bool{false, true} {
		works(t, command{argv: []string{"/rescuebox"}, root: root, nobody: nobody})
	}
	r := command{argv: []string{"/rescuebox", "nosuch"}, root: root}.run(t)
	if r.wait.ExitStatus() != 127 {
		t.Error(r)
	}
}

func TestReadOnlyRoot(t *testing.T) {
	root := place(t, build(t, rescuebox("amd64")))
	if err := unix.Mount(root, root, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(root, unix.MNT_DETACH) })
	if err := unix.Mount("", root, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Create(filepath.Join(root, "new")); !errors.Is(err, unix.EROFS) {
		t.Fatal("not read-only:", err)
	}
	works(t, command{argv: []string{"/rescuebox"}, root: root})
}

func TestClosedFds(t *testing.T) {
	root := place(t, build(t, rescuebox("amd64")))
	for set := range 8 {
		closed := [3]bool{set&1 != 0, set&2 != 0, set&4 != 0}
		t.Run(fmt.Sprintf("%v", closed), func(t *testing.T) {
			run := func(args ...string) result {
				return command{argv: append([]string{"/rescuebox"}, args...), root: root, closed: closed}.run(t)
			}
			if r := run("true"); r.wait != 0 || r.err != "" {
				t.Error("true:", r)
			}
			if r := run("false"); r.wait.ExitStatus() != 1 || r.err != "" {
				t.Error("false:", r)
			}
			r, status, message := run("--version"), 0, ""
			if closed[1] {
				status = 1
				if !closed[2] {
					message = "rescuebox: write error: Bad file descriptor\n"
				}
			}
			if r.wait.ExitStatus() != status || r.err != message || (r.out == "") != closed[1] {
				t.Error("--version:", r)
			}
			r = run("cat")
			if (r.wait.ExitStatus() != 0) != closed[0] || strings.Contains(r.err, "goroutine") {
				t.Error("cat:", r)
			}
		})
	}
	plain := rescuebox("amd64")
	plain.plain = true
	c := command{argv: []string{"/rescuebox", "true"}, root: place(t, build(t, plain)), closed: [3]bool{0: true}}
	if r := c.run(t); !strings.Contains(r.err, "standard file descriptor 0 closed") {
		t.Error("the default entry no longer fails, so this test shows nothing:", r)
	}
}

// kib is a size as ulimit -v takes it.
func kib(bytes int) string { return strconv.Itoa(bytes / 1024) }

func TestSoftAddressSpaceLimit(t *testing.T) {
	binary := build(t, rescuebox("amd64"))
	for _, nobody := range []bool{false, true} {
		works(t, command{argv: limited("ulimit -S -v 65536", binary), nobody: nobody})
	}
	plain := rescuebox("amd64")
	plain.plain = true
	c := command{argv: limited("ulimit -S -v 65536", build(t, plain), "true")}
	if r := c.run(t); !strings.Contains(r.err, "fatal error") {
		t.Error("the default entry no longer fails, so this test shows nothing:", r)
	}
}

func TestHardAddressSpaceLimit(t *testing.T) {
	binary := build(t, rescuebox("amd64"))
	refused := func(limit string, nobody bool) {
		t.Helper()
		r := command{argv: limited("ulimit -v "+limit, binary, "true"), nobody: nobody}.run(t)
		if r.wait.ExitStatus() != 1 || r.out != "" || r.err != refusal {
			t.Errorf("under %s KiB: %v", limit, r)
		}
	}
	refused("65536", true)
	refused(kib(AddressSpace-1024), true)
	if raise(t) {
		works(t, command{argv: limited("ulimit -v 65536", binary)})
	} else {
		refused("65536", false)
	}
	for range 5 {
		works(t, command{argv: limited("ulimit -v "+kib(AddressSpace), binary), nobody: true})
	}
}

// raise reports whether this process may raise a hard limit, as root usually
// may but not in every container.
func raise(t *testing.T) bool {
	t.Helper()
	var head = unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&head, &data[0]); err != nil {
		t.Fatal(err)
	}
	return data[0].Effective&(1<<unix.CAP_SYS_RESOURCE) != 0
}

func TestRefusal(t *testing.T) {
	for _, want := range []string{"rescuebox-386", kib(AddressSpace/1024) + " MiB", "ulimit -v unlimited"} {
		if !strings.Contains(refusal, want) {
			t.Errorf("%q lacks %q", refusal, want)
		}
	}
	if strings.Index(refusal, "\n") != len(refusal)-1 {
		t.Errorf("%q is not one line", refusal)
	}
}

// Under a limit of its address space the 32-bit build does what the other refuses to:
// in a virtual machine, since not every kernel runs such programs, and what emulates
// them elsewhere needs more than that for itself.
func Test386UnderHardLimit(t *testing.T) {
	t.Parallel()
	const script = `
echo some text >/tmp/file
under() {
	/usr/bin/setpriv --reuid=65534 --regid=65534 --clear-groups sh -c 'ulimit -v 65536 && exec "$0" "$@"' "$@"
	echo "status $?"
}
under /rescuebox-386 true
under /rescuebox-386 false
under /rescuebox-386 cat /tmp/file
under /rescuebox-386 --version
under /rescuebox-386 --list
under /rescuebox-amd64 true
echo end
`
	output, err := vmlab.Run(t.Context(), vmlab.Config{
		Files:    map[string]string{"/rescuebox-386": build(t, rescuebox("386")), "/rescuebox-amd64": build(t, rescuebox("amd64"))},
		Programs: []string{"/usr/bin/setpriv"},
		Script:   script,
	})
	if err != nil {
		t.Fatalf("%v (scripts/packages installs what it takes)\n%s", err, output)
	}
	wants := []string{"status 0\nstatus 1\nsome text\nstatus 0\nrescuebox ", "linux/386", "\ntrue\n", "status 0\n" + refusal + "status 1\nend\n"}
	if !strings.HasPrefix(output, wants[0]) || !strings.HasSuffix(output, wants[3]) || !strings.Contains(output, wants[1]) || !strings.Contains(output, wants[2]) {
		t.Errorf("%q, want parts %q", output, wants)
	}
}
