package multicall

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"rescuebox/internal/applet"
	"rescuebox/internal/getopt"
)

// front is a toolbox of three applets: echo prints its name and arguments, opt
// parses options, fail returns what it is asked to.
func front() *Front {
	echo := &applet.Applet{Name: "echo", Aliases: []string{"say"}, Group: applet.Files, Summary: "print arguments", Usage: "usage: echo\n",
		Operands: true,
		Run: func(_ context.Context, s applet.Streams, args []string) error {
			_, err := io.WriteString(s.Out, s.Name+"|"+strings.Join(args, "|")+"\n")
			return err
		}}
	opt := &applet.Applet{Name: "opt", Dir: "bin", Group: applet.Library, Summary: "take options", Usage: "usage: opt\n",
		Run: func(_ context.Context, _ applet.Streams, args []string) error {
			p := getopt.New([]getopt.Option{{Short: 'a'}}, args)
			for p.Next() {
			}
			if err := p.Err(); err != nil {
				return &applet.UsageError{Status: 2, Err: err}
			}
			return nil
		}}
	fail := &applet.Applet{Name: "fail", Group: applet.Other, Usage: "usage: fail\n",
		Run: func(_ context.Context, s applet.Streams, args []string) error {
			switch args[0] {
			case "path":
				return &fs.PathError{Op: "open", Path: "/x", Err: syscall.EIO}
			case "pipe":
				return &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}
			case "full":
				return &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
			case "status":
				return &applet.StatusError{Status: 3, Err: errors.New("three")}
			}
			r := s.Reporter()
			r.ErrorStatus(4, "a", syscall.ENOENT)
			r.Error("b", syscall.EACCES)
			return r.Err()
		}}
	return &Front{Table: []*applet.Applet{echo, fail, opt}, Build: Build{Version: "9", Commit: "abc", Profile: "test"}}
}

func TestMain(t *testing.T) {
	for _, c := range []struct {
		argv           string
		stdout, stderr string
		status         int
	}{
		{argv: "/usr/bin/echo a --help", stdout: "echo|a|--help\n"},
		{argv: "echo --help", stdout: "echo|--help\n"},
		{argv: "-echo x", stdout: "echo|x\n"},
		{argv: "say x", stdout: "say|x\n"},
		{argv: "rescuebox echo x", stdout: "echo|x\n"},
		{argv: "/tmp/rb /bin/echo x", stdout: "echo|x\n"},
		{argv: "rescuebox --list", stdout: "echo\nfail\nopt\nsay\n"},
		{argv: "rescuebox --list-full", stdout: "bin/opt\nusr/bin/echo\nusr/bin/fail\nusr/bin/say\n"},
		{argv: "rescuebox --help opt", stdout: "usage: opt\n"},
		{argv: "opt --help", stdout: "usage: opt\n"},
		{argv: "opt -a x --help", stdout: "usage: opt\n"},
		{argv: "opt --bad", stderr: "opt: unrecognized option '--bad'\nTry 'opt --help' for more information.\n", status: 2},
		{argv: "rescuebox ech", stderr: "rescuebox: ech: applet not found; did you mean echo? (rescuebox --list shows all)\n", status: 127},
		{argv: "rescuebox /bin/zzzzzz", stderr: "rescuebox: /bin/zzzzzz: applet not found (rescuebox --list shows all)\n", status: 127},
		{argv: "rescuebox --nope", stderr: "rescuebox: unrecognized option '--nope'\nTry 'rescuebox --help' for more information.\n", status: 1},
		{argv: "rescuebox --install", stderr: "rescuebox: --install: name one folder for the links\nTry 'rescuebox --help' for more information.\n", status: 1},
		{argv: "fail path", stderr: "fail: /x: Input/output error\n", status: 1},
		{argv: "fail pipe", status: 1},
		{argv: "fail full", stderr: "fail: write error: No space left on device\n", status: 1},
		{argv: "fail status", stderr: "fail: three\n", status: 3},
		{argv: "fail operands", stderr: "fail: a: No such file or directory\nfail: b: Permission denied\n", status: 4},
	} {
		var stdout, stderr bytes.Buffer
		s := applet.Streams{Out: &stdout, Err: &stderr, LookupEnv: func(string) (string, bool) { return "", false }}
		status := front().Main(context.Background(), s, strings.Fields(c.argv))
		if stdout.String() != c.stdout || stderr.String() != c.stderr || status != c.status {
			t.Errorf("%s: status %d\n%s%s\nwant status %d\n%s%s", c.argv, status, &stdout, &stderr, c.status, c.stdout, c.stderr)
		}
	}
}

// The first lines say what this is, and applets stand under their task.
func TestOverview(t *testing.T) {
	for _, argv := range [][]string{{"rescuebox"}, {"rescuebox", "--help"}, {"rb"}, nil} {
		var stdout bytes.Buffer
		if status := front().Main(context.Background(), applet.Streams{Out: &stdout}, argv); status != 0 {
			t.Fatalf("%q: status %d", argv, status)
		}
		got := stdout.String()
		if !strings.HasPrefix(got, "rescuebox 9 (abc), profile test, go1.") {
			t.Errorf("%q begins with %.60q", argv, got)
		}
		if want := "\nA library is broken:\n  opt         take options\n"; !strings.Contains(got, want) {
			t.Errorf("%q lacks %q:\n%s", argv, want, got)
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestHelpOnFullDisk(t *testing.T) {
	var stderr bytes.Buffer
	s := applet.Streams{Out: fullDisk{}, Err: &stderr}
	if status := front().Main(context.Background(), s, []string{"opt", "--help"}); status != 1 || stderr.Len() == 0 {
		t.Errorf("status %d, stderr %q", status, &stderr)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"ls", "ls", 0}, {"sl", "ls", 1}, {"lss", "ls", 1}, {"", "ls", 2}, {"lidd", "ldd", 1}, {"abc", "xyz", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
