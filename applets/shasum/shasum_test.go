package shasum

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rescuebox/internal/applettest"
)

func TestMain(m *testing.M) { applettest.Main(m, &Applet) }

func TestScripts(t *testing.T) { applettest.Scripts(t) }

const (
	md5Empty    = "d41d8cd98f00b204e9800998ecf8427e"
	md5A        = "60b725f10c9c85c70d97880dfe8191b3" // "a\n"
	sha1A       = "3f786850e387550fdab836ed7e6dc881de23001b"
	sha256Empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

func fixture(t testing.TB, dir string) {
	t.Helper()
	for name, data := range map[string]string{
		"a": "a\n", "empty": "", "big": strings.Repeat("0123456789", 100_000), "back\\slash\nline": "x",
		"md5":     md5A + "  a\n" + md5Empty + " *empty\n",
		"upper":   strings.ToUpper(md5A) + "  a\n",
		"wrong":   md5A + "  a\n" + md5A + "  empty\n" + md5Empty + "  nosuch\n",
		"lines":   "# comment\n" + md5A + "  a\nnot a line\n" + md5A[1:] + "  a\n\n",
		"none":    "nothing here\n",
		"missing": md5A + "  nosuch\n",
		"some":    md5A + "  nosuch\n" + md5A + "  a\n",
		"tagged":  "MD5 (a) = " + md5A + "\nMD5 (empty) = " + md5Empty + "\nSHA1 (a) = " + sha1A + "\n",
		"onlytag": "MD5 (a) = " + md5A + "\n",
		"crlf":    md5A + "  a\r\n",
		"short":   md5A + "  a",
		"mixed":   sha1A + "  a\n" + sha256Empty + "  empty\n",
		"sha1":    sha1A + "  a\n",
		"escaped": `\` + "9dd4e461268c8034f5c8564e155c67a6  back\\\\slash\\nline\n",
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
	const unread = "does not tell a file that cannot be read from one that is wrong"
	var cases []applettest.Case
	for _, name := range Applet.Aliases {
		for _, line := range []string{"a", "a empty big", "", "- a", "nosuch a", "dir"} {
			differs := map[string]string{}
			if name == "sha224sum" || name == "sha384sum" {
				differs["busybox"] = "has no applet of this name"
			}
			if line == "dir" {
				differs["toybox"] = "takes a folder for an empty file"
			}
			cases = append(cases, applettest.Case{Name: name, Line: line, Stdin: "stdin", Differs: differs})
		}
	}
	for line, differs := range map[string]map[string]string{
		"-c short": nil, "-c nosuch": nil, "-Q a": nil,
		"-c md5":     {"toybox": "takes the * of binary mode for part of the name"},
		"-c upper":   {"busybox": "takes digits in lower case only; as coreutils"},
		"-c none":    {"toybox": "takes every line for one of a checksum"},
		"-c wrong":   {"busybox": unread, "toybox": unread},
		"-c missing": {"busybox": unread, "toybox": unread},
	} {
		cases = append(cases, applettest.Case{Name: "md5sum", Line: line, Differs: differs})
	}
	applettest.Confirmation{Applet: &Applet, Fixture: fixture, Cases: cases}.Run(t)

	var gnu []applettest.Case
	for _, line := range []string{
		"-b a", "-t a", "--binary --text a", "--tag a empty", "-z a", "--tag -z a", "-c md5 wrong", "-c --quiet md5", "-c --status md5",
		"-c --status wrong", "-c lines", "-cw lines", "-c --strict lines", "-c --strict -w lines", "-c --ignore-missing wrong",
		"-c --ignore-missing missing", "-c --ignore-missing some", "-c --ignore-missing --status missing", "-c tagged", "-c onlytag",
		"-c crlf", "-c mixed", "-c escaped", "-c empty", "-c dir", "-c -", "--tag -c md5", "--quiet a", "--status a", "-w a", "--strict a",
		"--ignore-missing a", "-z -c md5", "--check --warn --quiet lines wrong", "--bad",
	} {
		gnu = append(gnu, applettest.Case{Name: "md5sum", Line: line, Stdin: md5A + "  a\n" + md5Empty + "  -\n"})
	}
	gnu = append(gnu,
		applettest.Case{Name: "sha256sum", Args: []string{"back\\slash\nline"}},
		applettest.Case{Name: "sha256sum", Args: []string{"-z", "back\\slash\nline"}},
		applettest.Case{Name: "sha512sum", Args: []string{"--tag", "back\\slash\nline"}},
		applettest.Case{Name: "sha256sum", Line: "-c md5"}, applettest.Case{Name: "sha1sum", Line: "-c tagged"},
	)
	applettest.Confirmation{Applet: &Applet, Fixture: fixture, Cases: gnu, Peers: []applettest.Peer{applettest.Coreutils}}.Run(t)
}

// shasum itself stands for perl's.
func TestConfirmPerl(t *testing.T) {
	perl := applettest.Peer{Name: "perl", Argv: func(name string) []string { return []string{name} }}
	var cases []applettest.Case
	for _, line := range []string{
		"a", "-a 1 a", "-a 224 a", "-a256 a empty", "-a 384 big", "--algorithm 512 a", "-b a", "-", "-a 3 a", "-a 256 --tag a", "nosuch a",
		"-c sha1", "-c mixed", "-a 256 -c mixed", "-c -q mixed", "-c -s mixed", "-c none",
	} {
		cases = append(cases, applettest.Case{Line: line, Stdin: "stdin"})
	}
	applettest.Confirmation{Applet: &Applet, Fixture: fixture, Cases: cases, Peers: []applettest.Peer{perl}}.Run(t)
}
