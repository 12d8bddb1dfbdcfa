//go:build amd64

package start

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestLockSelf(t *testing.T) {
	if err := LockSelf(); err != nil {
		t.Fatal(err)
	}
	segments, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	var want uintptr
	for _, s := range segments {
		want += s.size / 1024
	}
	if got := lockedKiB(t, os.Getpid()); got < int(want) {
		t.Errorf("locked %d KiB of %d", got, want)
	}
}

// A user may lock little or nothing: that must be told, and stop nothing.
func TestLockSelfUnderLimit(t *testing.T) {
	binary := build(t, recipe{pkg: wait, arch: "amd64"})
	for _, test := range []struct {
		limit  string
		nobody bool
		want   string
	}{
		{"true", false, "locked\n"},
		{"ulimit -l 16", true, "mlock: cannot allocate memory\n"},
		{"ulimit -l 0", true, "mlock: operation not permitted\n"},
	} {
		r := command{argv: limited(test.limit, binary), nobody: test.nobody}.run(t)
		if r.wait != 0 || r.out != test.want || r.err != "" {
			t.Errorf("%s: %v", test.limit, r)
		}
	}
}

// lockedKiB is VmLck of proc_pid_status(5).
func lockedKiB(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := bytes.Cut(text, []byte("VmLck:"))
	n, err := strconv.Atoi(strings.Fields(string(after))[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// untilLocked waits for LockSoon in process pid: until each mapping of the file
// path is locked and wholly in memory. VmLck grows before the pages are read.
func untilLocked(t *testing.T, pid int, path string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		maps := mappings(t, pid, path)
		if len(maps) > 0 && !slices.ContainsFunc(maps, func(m mapping) bool { return m.size != m.resident || !m.locked }) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not locked: %+v", maps)
		}
	}
}

// mapping is what proc_pid_smaps(5) tells of one, in KiB.
type mapping struct {
	addrs          string // in hexadecimal: from-to
	size, resident string
	locked         bool
}

// mappings returns those of path in process pid.
func mappings(t *testing.T, pid int, path string) (found []mapping) {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/smaps")
	if err != nil {
		t.Fatal(err)
	}
	ours := false
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if strings.Contains(fields[0], "-") {
			if ours = strings.HasSuffix(line, " "+path+"\n"); ours {
				found = append(found, mapping{addrs: fields[0]})
			}
		}
		if !ours {
			continue
		}
		m := &found[len(found)-1]
		switch fields[0] {
		case "Size:":
			m.size = fields[1]
		case "Rss:":
			m.resident = fields[1]
		case "VmFlags:":
			m.locked = slices.Contains(fields, "lo")
		}
	}
	return found
}
