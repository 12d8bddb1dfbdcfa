package shebang

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ head, interpreter, argument string }{
		{"#!/bin/sh\nrest", "/bin/sh", ""},
		{"#! \t/usr/bin/env  perl -w \n", "/usr/bin/env", "perl -w"},
		{"#!/bin/sh", "/bin/sh", ""},
		{"#!/bin/sh\x00-x\n", "/bin/sh", ""},
		{"#!\n/bin/sh", "", ""},
		{"#!", "", ""},
		{"#", "", ""},
		{"", "", ""},
		{"\x7fELF", "", ""},
		{"#!" + strings.Repeat("/a", 200), "/" + strings.Repeat("a/", 127)[:253], ""},
	} {
		interpreter, argument, ok := Parse([]byte(c.head))
		if interpreter != c.interpreter || argument != c.argument || ok != (c.interpreter != "") {
			t.Errorf("Parse(%.40q) = %q, %q, %v", c.head, interpreter, argument, ok)
		}
	}
}

func TestEnvCommand(t *testing.T) {
	for _, c := range []struct{ interpreter, argument, want string }{
		{"/usr/bin/env", "python3", "python3"}, {"env", "-S A=1 perl -w", "perl"}, {"/usr/bin/env", "", ""},
		{"/usr/bin/env", "-i A=b", ""}, {"/bin/sh", "-e", ""}, {"/opt/myenv", "x", ""},
	} {
		if got := EnvCommand(c.interpreter, c.argument); got != c.want {
			t.Errorf("%q %q: %q, want %q", c.interpreter, c.argument, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("#! /bin/sh -e\n"))
	f.Fuzz(func(t *testing.T, head []byte) {
		interpreter, argument, ok := Parse(head)
		if ok != (interpreter != "") || strings.ContainsAny(interpreter, " \t\n\x00") || strings.Contains(argument, "\n") {
			t.Errorf("%q, %q, %v", interpreter, argument, ok)
		}
	})
}
