//go:build amd64

package start

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"
)

// emulated is each architecture with entry code, and what runs it here.
var emulated = []struct {
	arch, qemu string
	refuses    bool // has a message for too low a hard limit
}{
	{"386", "", false}, // as scripts/run386 sees to
	{"amd64", "", true},
	{"arm", "qemu-arm-static", false},
	{"arm64", "qemu-aarch64-static", true},
	{"mipsle", "qemu-mipsel-static", false},
	{"ppc64le", "qemu-ppc64le-static", true},
	{"riscv64", "qemu-riscv64-static", true},
	{"s390x", "qemu-s390x-static", true},
}

func TestOtherArches(t *testing.T) {
	for _, e := range emulated {
		t.Run(e.arch, func(t *testing.T) {
			argv := emulate(t, e.qemu, build(t, rescuebox(e.arch)))
			works(t, command{argv: argv})
			r := command{argv: append(argv, "--version")}.run(t)
			if !strings.Contains(r.out, "linux/"+e.arch) {
				t.Error("--version:", r)
			}
			// The default entry would open /dev/null and succeed.
			for closed := range 3 {
				c := command{argv: append(argv, "--version")}
				c.closed[closed] = true
				if r := c.run(t); (r.wait.ExitStatus() != 0) != (closed == 1) {
					t.Error(closed, "closed:", r)
				}
			}
			entryLimits(t, e.qemu, e.arch, e.refuses)
		})
	}
}

// emulate is the start of a command line that runs binary.
func emulate(t *testing.T, qemu, binary string) []string {
	t.Helper()
	if qemu == "" {
		return []string{binary}
	}
	for _, dir := range []string{"/usr/bin/", "/usr/local/bin/"} {
		if _, err := os.Stat(dir + qemu); err == nil {
			return []string{dir + qemu, binary}
		}
	}
	t.Fatal(qemu + " is missing: apt-get install qemu-user-static")
	return nil
}

// entryLimits takes the entry code through each of its branches with another
// resource than address space, which qemu-user keeps from the host: RLIMIT_CORE,
// 4 on all of them.
func entryLimits(t *testing.T, qemu, arch string, refuses bool) {
	argv := emulate(t, qemu, build(t, recipe{pkg: wait, arch: arch, asmflag: "-D=RESCUE_RLIMIT=4"}))
	const unlimited = 1<<64 - 1
	for _, test := range []struct {
		name, ulimit string
		hard         uint64 // at least
	}{
		{"raised to infinity", "ulimit -H -c unlimited && ulimit -S -c 8", unlimited},
		// Blocks of 512 or 1024 bytes: shells differ.
		{"raised to the hard limit", "ulimit -S -c 8 && ulimit -H -c 8388608", AddressSpace},
		{"low hard limit", "ulimit -S -c 8 && ulimit -H -c 64", 64 * 512},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := command{argv: limited(test.ulimit, argv...), nobody: true}.start(t)
			if refuses && test.hard < AddressSpace {
				if r := p.wait(); r.wait.ExitStatus() != 1 || r.out != "" || !strings.HasPrefix(r.err, refusalStart) || !strings.HasSuffix(r.err, refusalEnd) {
					t.Error(r)
				}
				return
			}
			p.hear(t, "locked\n")
			soft, hard := coreLimits(t, p.Pid)
			if soft != hard || hard < test.hard || test.hard < unlimited && hard == unlimited {
				t.Errorf("soft limit %d, hard limit %d", soft, hard)
			}
			_ = p.in.Close()
			if r := p.wait(); r.wait != 0 {
				t.Error(r)
			}
		})
	}
}

// coreLimits returns RLIMIT_CORE of a process in bytes: proc_pid_limits(5).
func coreLimits(t *testing.T, pid int) (soft, hard uint64) {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/limits")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := bytes.Cut(text, []byte("Max core file size"))
	number := func(s string) uint64 {
		if s == "unlimited" {
			return 1<<64 - 1
		}
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	fields := strings.Fields(string(after))
	return number(fields[0]), number(fields[1])
}
