package ls

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"rescuebox/internal/applet"
	"rescuebox/internal/applettest"
)

func sorted(text string) string {
	lines := strings.SplitAfter(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

type fullDisk struct{ writes int }

func (f *fullDisk) Write([]byte) (int, error) {
	f.writes++
	return 0, syscall.ENOSPC
}

// A write error is reported with status 2, and ends the run.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	check(t, os.MkdirAll(dir+"/a/b/c", 0o755))
	out := &fullDisk{}
	s := applet.Streams{Out: out, Err: &bytes.Buffer{}, Name: "ls", Dir: dir, LookupEnv: func(string) (string, bool) { return "", false }}
	for _, args := range [][]string{{"-R"}, {"-1U"}, {"-l"}, {"a", "a"}} {
		err := Applet.Run(context.Background(), s, args)
		if applet.Status(err) != 2 {
			t.Errorf("%q: %v", args, err)
		}
	}
	if out.writes != 4 {
		t.Errorf("%d writes", out.writes)
	}
}

// An access control list shows as '+'.
func TestAccessList(t *testing.T) {
	dir := t.TempDir()
	check(t, os.WriteFile(dir+"/acl", nil, 0o644))
	check(t, os.WriteFile(dir+"/plain", nil, 0o644))
	// acl(5) as an attribute, posix_acl_xattr.h: version 2, then tag, permissions
	// and number of each entry, in little-endian order: user 1 may read.
	entry := func(tag, perm byte, id string) string { return string([]byte{tag, 0, perm, 0}) + id }
	none := "\xff\xff\xff\xff"
	acl := "\x02\x00\x00\x00" + entry(1, 6, none) + entry(2, 4, "\x01\x00\x00\x00") + entry(4, 4, none) + entry(0x10, 4, none) + entry(0x20, 4, none)
	if err := syscall.Setxattr(dir+"/acl", "system.posix_acl_access", []byte(acl), 0); err != nil {
		t.Fatalf("%v: TMPDIR must be on a file system with ACLs (TMPDIR=/dev/shm go test)", err)
	}
	applettest.Confirmation{
		Applet: &Applet, Peers: []applettest.Peer{applettest.Coreutils},
		Cases: []applettest.Case{{Args: []string{"-l", dir}}, {Args: []string{"-l", dir + "/plain"}}, {Args: []string{"-lZ", dir}}},
	}.Run(t)
}

// No name on a terminal can move its cursor, not even in a message.
func TestMessage(t *testing.T) {
	got := applettest.Call(&Applet, applettest.Command{Args: []string{"no\x1b[2J", "a b"}, Dir: t.TempDir()})
	if want := "ls: 'no'$'\\033''[2J': No such file or directory\nls: a b: No such file or directory\n"; got.Stderr != want {
		t.Errorf("%q, want %q", got.Stderr, want)
	}
}
