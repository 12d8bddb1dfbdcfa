package cat

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"rescuebox/internal/applet"
	"rescuebox/internal/applettest"
)

func TestMain(m *testing.M) { applettest.Main(m, &Applet) }

func TestScripts(t *testing.T) { applettest.Scripts(t) }

func fixture(t testing.TB, dir string) {
	t.Helper()
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for name, data := range map[string]string{
		"a": "one\n\n\n\ntwo\ttab\r\n", "b": "\n\nno end", "cr": "x\r", "crlf": "\r\n\ry\r\r\n", "all": string(all),
		"empty": "", "lf": "\n", "many": strings.Repeat("line\n\n", 60000),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "dir"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestConfirm(t *testing.T) {
	const gnu = "has no such option; as coreutils"
	const own = "our own option"
	both := map[string]string{"busybox": gnu, "toybox": gnu}
	toybox := map[string]string{"toybox": gnu}
	number := map[string]string{"toybox": gnu, "busybox": "starts a line of its own, or a number, at each file; and its -n overrides -b"}
	meta := map[string]string{"toybox": "leaves 0x89 and 0x8a as M- before a bare tab and newline; M-^I cannot be misread"}
	cases := []applettest.Case{
		{Line: "a b"}, {Line: "a - b", Stdin: "mid"}, {Stdin: "only stdin\n"}, {Line: "-", Stdin: "x"},
		{Line: "-u a"}, {Line: "a nosuch b"}, {Line: "dir a"}, {Line: "empty lf"}, {Line: "many"},
		{Line: "-v all a crlf cr", Differs: meta}, {Line: "-Z a"}, {Line: "--bad a"},
		{Line: "-- a"}, {Line: "a -v all", Differs: meta},
		{Line: "--show-all a", Differs: both}, {Line: "--noerror a", Differs: map[string]string{
			"coreutils": own, "busybox": own, "toybox": own,
		}},
	}
	for _, line := range []string{
		"-n a b a", "-b a b a", "-nb a b", "-n b b", "-n many", "-n lf lf lf", "-n - b",
		"-s a b", "-s b lf lf a", "-sn lf lf a b", "-sb a a",
	} {
		differs := toybox
		switch {
		case strings.HasPrefix(line, "-s"):
			differs = both
		case slices.Contains([]string{"-n a b a", "-b a b a", "-nb a b", "-n b b", "-n - b"}, line):
			differs = number
		}
		cases = append(cases, applettest.Case{Line: line, Stdin: "stdin", Differs: differs})
	}
	applettest.Confirmation{Applet: &Applet, Fixture: fixture, Cases: cases}.Run(t)

	var more []applettest.Case
	for _, line := range []string{
		"-A all a b", "-e a crlf cr lf", "-E a crlf cr lf", "-E crlf cr crlf", "-t a all", "-T a all", "-vn a all", "-E many",
		"-nEs a b crlf cr lf a", "-bTE a b crlf", "-AT all", "-nE cr", "-E cr cr",
	} {
		more = append(more, applettest.Case{Line: line})
	}
	applettest.Confirmation{Applet: &Applet, Fixture: fixture, Cases: more, Peers: []applettest.Peer{applettest.Coreutils}}.Run(t)
}

// The state of a line may hang over the end of a read.
func TestSplitReads(t *testing.T) {
	const text = "a\r\n\n\n\nb\r\rc\t\x80\r\n\n"
	for _, flags := range []string{"-E", "-A", "-n", "-s", "-b", "-snE"} {
		whole := applettest.Call(&Applet, applettest.Command{Args: []string{flags}, Stdin: text})
		var out bytes.Buffer
		s := applet.Streams{In: oneByte{strings.NewReader(text)}, Out: &out, Err: io.Discard, Name: "cat"}
		if err := run(context.Background(), s, []string{flags}); err != nil || out.String() != whole.Stdout {
			t.Errorf("%s: %q, want %q (%v)", flags, out.String(), whole.Stdout, err)
		}
	}
}

type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:1]) }

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
func (f failing) Read([]byte) (int, error)  { return 0, f.err }

// A failed write ends the run: there is nowhere to write the next file to.
func TestWriteError(t *testing.T) {
	for _, args := range [][]string{{"-"}, {"-n"}, {"-E", "-"}} {
		s := applet.Streams{In: strings.NewReader("x\r"), Out: failing{syscall.ENOSPC}, Err: io.Discard, Name: "cat"}
		if err := run(context.Background(), s, args); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

// A source without offsets cannot be read past an error, and says where it was.
func TestStreamError(t *testing.T) {
	var stderr bytes.Buffer
	s := applet.Streams{
		In:  io.MultiReader(strings.NewReader("12345"), failing{syscall.EIO}),
		Out: io.Discard, Err: &stderr, Name: "cat",
	}
	err := run(context.Background(), s, []string{"--noerror"})
	if want := "cat: -: Input/output error at byte 5\n"; applet.Status(err) != 1 || stderr.String() != want {
		t.Errorf("%v, %q, want %q", err, &stderr, want)
	}
}
