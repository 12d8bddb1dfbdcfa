package find

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/accounts"
)

// recorder runs nothing and remembers what it was asked to run.
type recorder struct{ ran [][]string }

func (r *recorder) Run(argv []string, _ string) (int, error) {
	r.ran = append(r.ran, argv)
	return 0, nil
}

func (r *recorder) Confirm(string) bool { return false }

func testEnv(out io.Writer) *Env {
	return &Env{
		Out: bufio.NewWriter(out), Report: func(string, error) {}, Path: func(s string) string { return s },
		Names:  func() (*accounts.Accounts, error) { return nil, errors.New("none") },
		Runner: &recorder{}, Now: time.Unix(1e9, 0), Zone: time.UTC,
	}
}

func TestPerm(t *testing.T) {
	for _, c := range []struct {
		arg  string
		kind byte
		bits uint32
	}{
		{"644", 0, 0o644}, {"-4000", '-', 0o4000}, {"/022", '/', 0o022}, {"u=rw,go=r", 0, 0o644},
		{"-u+w,o+t", '-', 0o1200}, {"a+x", 0, 0o111}, {"+x", 0, 0o111}, {"u=rwx,g=u", 0, 0o770}, {"ug+s", 0, 0o6000},
		{"u+x,a+X", 0, 0o111}, {"a=rwx-w", 0, 0o555}, {"7777", 0, 0o7777},
	} {
		p, err := parsePerm(c.arg)
		if err != nil || p.kind != c.kind || p.bits != c.bits {
			t.Errorf("%q: %c %o, %v", c.arg, p.kind, p.bits, err)
		}
	}
	for _, bad := range []string{"", "-", "8", "10000", "u", "u+q", "rw", "+111", "x+", "u+x,", "a=ug"} {
		if p, err := parsePerm(bad); err == nil {
			t.Errorf("%q gives %o", bad, p.bits)
		}
	}
}

func TestSize(t *testing.T) {
	for _, c := range []struct {
		arg   string
		bytes int64
		want  bool
	}{
		{"1", 512, true}, {"1", 513, false}, {"2", 513, true}, {"+1k", 1024, false}, {"+1k", 1025, true},
		{"-1M", 1, false}, {"-1M", 0, true}, {"1G", 1 << 30, true}, {"+7G", 8 << 30, true}, {"5c", 5, true}, {"3w", 5, true},
	} {
		s, err := parseSize(c.arg)
		if err != nil || s.match(c.bytes) != c.want {
			t.Errorf("%q of %d: %v, %v", c.arg, c.bytes, s.match(c.bytes), err)
		}
	}
	for _, bad := range []string{"", "k", "+", "1x", "1.5k", "--1", "0x10", "1e3", "inf"} {
		if _, err := parseSize(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// TestNoInode counts what a search by name and type costs: nothing per file.
func TestNoInode(t *testing.T) {
	dir := t.TempDir()
	for i := range 50 {
		if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(i)), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	q, err := Parse([]string{"-type", "f", "-name", "*1*", "-print"}, Options{MaxDepth: -1}, testEnv(&out))
	if err != nil {
		t.Fatal(err)
	}
	inner, read := q.expr, 0
	q.expr = func(e *Entry) bool {
		ok := inner(e)
		if e.state != statUnknown && e.Depth > 0 {
			read++
		}
		return ok
	}
	if err := q.Run(context.Background(), []string{dir}); err != nil {
		t.Fatal(err)
	}
	if read != 0 || strings.Count(out.String(), "\n") != 14 {
		t.Errorf("%d inodes read, found %q", read, out.String())
	}
}

// TestDeadInode: where an inode cannot be read no test on it holds, its negation
// neither, and no action follows.
func TestDeadInode(t *testing.T) {
	var reported []string
	for _, expr := range []string{"-size 0", "! -size 0", "! -size 0 -o -true", "-size 0 , -true", "! ( -size 0 -o -size 1 )"} {
		var out strings.Builder
		env := testEnv(&out)
		env.Report = func(operand string, _ error) { reported = append(reported, operand) }
		q, err := Parse(strings.Fields("( "+expr+" ) -print -exec rm {} ;"), Options{MaxDepth: -1}, env)
		if err != nil {
			t.Fatal(err)
		}
		w := &walker{query: q, ctx: context.Background()}
		w.eval(&Entry{Path: "gone", Name: "gone", Depth: 1, dirfd: unix.AT_FDCWD, at: "/nonexistent/gone", kind: 'f', walk: w})
		env.flush()
		if ran := env.Runner.(*recorder).ran; out.Len() > 0 || len(ran) > 0 {
			t.Errorf("%s: printed %q, ran %q", expr, out.String(), ran)
		}
	}
	if len(reported) != 5 {
		t.Errorf("reported %q", reported)
	}
}

// TestBatches: -exec + neither loses a path nor passes more than execve takes.
func TestBatches(t *testing.T) {
	r := &recorder{}
	env := testEnv(io.Discard)
	env.Runner = r
	b := &batch{env: env, fixed: []string{"ls", "-l"}, fixedSize: 30}
	const n = 5000
	for i := range n {
		b.add(&Entry{Path: strings.Repeat("x", 100) + strconv.Itoa(i)})
	}
	b.flush()
	total := 0
	for _, argv := range r.ran {
		size := 0
		for _, a := range argv {
			size += len(a) + argOverhead
		}
		if size > maxArgs {
			t.Errorf("%d bytes at once", size)
		}
		total += len(argv) - 2
	}
	if total != n || len(r.ran) < 2 {
		t.Errorf("%d paths in %d runs", total, len(r.ran))
	}
}

func TestDirents(t *testing.T) {
	record := func(name string, kind byte, length int) []byte {
		b := make([]byte, max(19+len(name)+1, 19))
		binary.NativeEndian.PutUint64(b, 7)
		binary.NativeEndian.PutUint16(b[16:], uint16(length))
		b[18] = kind
		copy(b[19:], name)
		return b
	}
	good := append(record("abc", unix.DT_REG, 23), record("..", unix.DT_DIR, 22)...)
	got := parseDirents(nil, append(good, record("d", unix.DT_UNKNOWN, 21)...))
	if len(got) != 2 || got[0] != (dirent{"abc", 'f', 7}) || got[1] != (dirent{"d", 0, 7}) {
		t.Errorf("%+v", got)
	}
	if got := parseDirents(nil, record("abc", 8, 1000)); got != nil {
		t.Errorf("a record longer than the buffer gives %+v", got)
	}
}

func FuzzDirents(f *testing.F) {
	f.Add(make([]byte, 40))
	f.Fuzz(func(t *testing.T, b []byte) { parseDirents(nil, b) })
}

// FuzzParse: no expression panics, and what -size and -perm take they take by
// their grammar.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"-name\x00*", "!\x00(\x00-size\x00+1k\x00)", "-perm\x00-u+w,g=u", "-printf\x00%-10p%TY\\0", "-exec\x00a\x00{}\x00+",
		"-newermt\x002026-01-01", "-mtime\x00-1.5\x00,\x00-type\x00f,l\x00-o\x00-quit"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = Parse(strings.Split(text, "\x00"), Options{}, testEnv(io.Discard))
	})
}

func FuzzSizePerm(f *testing.F) {
	for _, s := range []string{"+1k", "-0", "644", "/u=s", "a=rwx-w", "99999999999999999999999G"} {
		f.Add(s, int64(513))
	}
	f.Fuzz(func(t *testing.T, arg string, n int64) {
		if n < 0 {
			return
		}
		if s, err := parseSize(arg); err == nil {
			more, less, same := size{number{'+', s.n}, s.unit}, size{number{'-', s.n}, s.unit}, size{number{0, s.n}, s.unit}
			holds := 0
			for _, c := range []size{more, less, same} {
				if c.match(n) {
					holds++
				}
			}
			if holds != 1 {
				t.Fatalf("-size %q: %d of more, less, exactly hold for %d", arg, holds, n)
			}
		}
		if p, err := parsePerm(arg); err == nil {
			if p.bits > permBits {
				t.Fatalf("-perm %q has bits %o", arg, p.bits)
			}
			if !(perm{'-', p.bits}).match(p.bits) || !(perm{0, p.bits}).match(p.bits) || !(perm{'/', p.bits}).match(p.bits) {
				t.Fatalf("-perm %q does not match itself", arg)
			}
		}
	})
}
