package xargscmd

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rescuebox/internal/applettest"
)

func TestMain(m *testing.M) { applettest.Main(m, &Applet) }

func TestScripts(t *testing.T) { applettest.Scripts(t) }

func fixture(t testing.TB, dir string) {
	for name, text := range map[string]string{"items": "one two\nthree\n", "noexec": "#!/bin/sh\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

var findutils = applettest.Peer{Name: "findutils", Argv: func(name string) []string { return []string{name} }}

// Why others differ.
const (
	lacks    = "does not have it"
	unquoted = "has no quoting"
	splits   = "splits the command lines that -x forbids to split"
	goesOn   = "goes on after a status or signal that POSIX says ends it"
	wording  = "its cat words the messages otherwise"
)

func bb(reason string) map[string]string { return map[string]string{"busybox": reason} }
func tb(reason string) map[string]string { return map[string]string{"toybox": reason} }
func both(reason string) map[string]string {
	return map[string]string{"busybox": reason, "toybox": reason}
}

func TestConfirm(t *testing.T) {
	unmatched := map[string]string{
		"findutils": "still runs the command on the items before a mistake of the same line", "toybox": unquoted,
	}
	long := strings.Repeat("x", 200)
	path := []string{"PATH=/usr/bin:/bin"}
	cases := []applettest.Case{
		{Stdin: "a b\nc\n"},
		{},
		{Line: "-r"},
		{Line: "echo x"},
		{Line: "-r echo x"},
		{Line: "echo", Stdin: "a 'b c' \"d\" e\\ f\n", Differs: tb(unquoted)},
		{Line: "-n 2", Stdin: "a b c d e"},
		{Line: "-n1 echo -", Stdin: "a b\n\n c"},
		{Line: "-L 1", Stdin: "a b\nc \nd\n", Differs: both(lacks)},
		{Line: "-L2", Stdin: "a\nb\nc\n", Differs: both(lacks)},
		{Line: "-l", Stdin: "a b\nc\n", Differs: both(lacks)},
		{Line: "-0 -n1", Stdin: "a b\x00c\nd\x00"},
		{Line: "-0n1 echo", Stdin: "'\x00\\\x00"},
		{Line: "-d , -n1", Stdin: "a,b,,c", Differs: both(lacks)},
		{Line: "-d \\n -n1", Stdin: "a b\nc'\n", Differs: both(lacks)},
		{Line: "-I {} echo <{}> {}{}", Stdin: "a b\n  c\n\nd\n", Differs: tb(lacks)},
		{Line: "-I% echo x%y", Stdin: "1\n2\n", Differs: tb(lacks)},
		{Line: "-i echo {}", Stdin: "z\n", Differs: tb(lacks)},
		{Line: "-I {} echo {}", Differs: tb(lacks)},
		{Line: "-E END", Stdin: "a\nEND\nb\n"},
		{Line: "-eEND", Stdin: "a END b", Differs: tb(lacks)},
		{Line: "-a items", Differs: tb(lacks)},
		{Line: "-a items cat -", Stdin: "input", Differs: map[string]string{"busybox": wording, "toybox": lacks}},
		{Line: "-a missing"},
		{Line: "cat", Stdin: ""},
		{Line: "-s 20", Stdin: "aaaa bbbb cccc dddd"},
		{Line: "-s 50", Stdin: long},
		{Line: "-s 12 -x -n 3", Stdin: "aaa bbb ccc", Differs: bb(splits)},
		{Line: "false", Stdin: "a"},
		{Line: "-n1 false", Stdin: "a b"},
		{Args: []string{"-n1", "sh", "-c", "echo $0; exit 255"}, Stdin: "a b", Differs: tb(goesOn)},
		{Args: []string{"-n1", "sh", "-c", "echo $0; exit 3"}, Stdin: "a b"},
		{Args: []string{"-n1", "sh", "-c", "echo $0; kill -9 $$"}, Stdin: "a b", Differs: tb(goesOn)},
		{Line: "nosuchprogram", Stdin: "a"},
		{Line: "./noexec", Stdin: "a"},
		{Line: "-t echo", Stdin: "a"},
		{Line: "-n 0", Stdin: "a"},
		{Line: "-n x", Stdin: "a"},
		{Line: "-Q"},
		{Stdin: "a 'b", Differs: unmatched},
		{Stdin: "a \"b\n", Differs: unmatched},
		{Line: "-d ab"},
		{Line: "-n1 -P 1 echo", Stdin: "a b"},
		{Line: "-L 1 -n 1", Stdin: "a b\nc", Differs: both(lacks)},
		{Line: "-n 1 -L 1", Stdin: "a b\nc", Differs: both(lacks)},
		{Line: "-- echo -n", Stdin: "x"},
	}
	for i := range cases {
		cases[i].Env = path
	}
	applettest.Confirmation{
		Applet: &Applet, Fixture: fixture, Peers: []applettest.Peer{findutils, applettest.Busybox, applettest.Toybox}, Cases: cases,
	}.Run(t)
}

// TestParallel runs several at a time into one buffer: nothing is lost.
func TestParallel(t *testing.T) {
	var in strings.Builder
	var want []string
	for i := range 40 {
		line := strings.Repeat(string(rune('a'+i%26)), i+1)
		in.WriteString(line + "\n")
		want = append(want, line)
	}
	for _, p := range []string{"4", "0"} {
		got := applettest.Call(&Applet, applettest.Command{Args: []string{"-P", p, "-n1", "/bin/echo"}, Stdin: in.String()})
		lines := strings.Fields(got.Stdout)
		slices.Sort(lines)
		slices.Sort(want)
		if got.Status != 0 || got.Stderr != "" || !slices.Equal(lines, want) {
			t.Errorf("-P %s: %+v", p, got)
		}
	}
}

// TestNoProgram prints items where there is no program to run at all.
func TestNoProgram(t *testing.T) {
	got := applettest.Call(&Applet, applettest.Command{Args: []string{"-n2"}, Stdin: "a b c", Env: []string{"PATH=/nonexistent"}})
	if want := (applettest.Result{Stdout: "a b\nc\n"}); got != want {
		t.Errorf("%+v", got)
	}
}
