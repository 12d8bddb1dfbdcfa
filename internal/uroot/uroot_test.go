package uroot

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/u-root/u-root/pkg/core"
	"github.com/u-root/u-root/pkg/core/base64"
	"github.com/u-root/u-root/pkg/core/cat"
	"github.com/u-root/u-root/pkg/core/chmod"
	"github.com/u-root/u-root/pkg/core/find"
	"github.com/u-root/u-root/pkg/core/mkdir"
	"github.com/u-root/u-root/pkg/core/mktemp"
	"github.com/u-root/u-root/pkg/core/mv"
	"github.com/u-root/u-root/pkg/core/shasum"
	"github.com/u-root/u-root/pkg/core/tar"
	"github.com/u-root/u-root/pkg/core/touch"
	"github.com/u-root/u-root/pkg/core/xargs"

	"rescuebox/internal/applettest"
)

// commands are u-root's, by the name of the applet they could have been. Its gzip
// is not among them: it brings a module of its own for packing in threads.
var commands = map[string]func() core.Command{
	"base64": base64.New,
	"cat":    cat.New,
	"chmod":  chmod.New,
	"find":   find.New,
	"mkdir":  mkdir.New,
	"mktemp": mktemp.New,
	"mv":     mv.New,
	"shasum": shasum.New,
	"tar":    tar.New,
	"touch":  touch.New,
	"xargs":  xargs.New,
}

// decision is a command line that decides against u-root's command. Uroot and gnu
// are what the two are seen to do, as a result renders it.
type decision struct {
	line       string // the applet's name and its arguments
	uroot, gnu string
	because    string
}

// decisions start in a folder with the files of fixture. To add one, run the test
// with empty uroot and gnu, and copy what it says after checking it.
var decisions = []decision{
	{"base64 -w0 f",
		"status 1: flag provided but not defined: -w",
		"YWJjCg==", "one line of any length, and no -w"},
	{"base64 -di garbage", "status 1: flag provided but not defined: -i", "abc", "no -i, which a pasted text needs"},
	{"base64 -d unpadded",
		"abcstatus 1: base64: error decoding unexpected EOF",
		"abcastatus 1: base64: invalid input", "writes less than was valid"},

	{"cat nosuch f", "status 1: open DIR/nosuch: no such file or directory", "abc\nstatus 1: cat: nosuch: No such file or directory", "one bad file hides the good ones"},
	{"cat - f", "abc\n", "stdin abc\n", "drops the argument -"},
	{"cat -n f", "status 1: flag provided but not defined: -n", "     1\tabc\n", "no options but -u"},

	{"chmod -R 700 dir",
		"status 1: flag provided but not defined: R",
		"; + drwx------ dir; - drwxr-xr-x dir", "-R is spelled --recursive only"},
	{"chmod 4755 f",
		"status 1: value out of range: invalid octal value 4755. Value should be less than or equal to 0777",
		"; + urwxr-xr-x f; - -rw-r--r-- f", "no setuid, setgid, sticky bits"},
	{"chmod u+x,g-r f",
		"status 1: invalid syntax:unable to decode mode \"u+x,g-r\". Please use an octal value or a valid mode string",
		"; + -rwx---r-- f; - -rw-r--r-- f", "one clause only"},
	{"chmod a=rX dir f",
		"status 1: invalid syntax:unable to decode mode \"a=rX\". Please use an octal value or a valid mode string",
		"; + dr-xr-xr-x dir; + -r--r--r-- f; - drwxr-xr-x dir; - -rw-r--r-- f", "no X, s, t, or u=g"},

	{"find f dir",
		"status 1: insufficient arguments",
		"f\ndir\n", "one starting point only"},
	{"find nosuch",
		"",
		"status 1: find: 'nosuch': No such file or directory", "status 0 for what is not there"},
	{"find f -size -2",
		"status 1: flag provided but not defined: -2",
		"f\n", "no tests but -name, -type and -mode, no actions"},
	{"find f",
		"DIR/f\n",
		"f\n", "prints other paths than were asked for"},

	{"mkdir -m u=rwx,go= new",
		"status 1: invalid mode \"u=rwx,go=\"",
		"; + drwx------ new", "modes in octal only"},
	{"mkdir -m700 new",
		"status 1: flag provided but not defined: -0",
		"; + drwx------ new", "a value cannot be attached to its option"},
	{"mkdir dir",
		"",
		"status 1: mkdir: cannot create directory 'dir': File exists", "status 0 for a folder that could not be made"},

	{"mktemp -uq t",
		"\n",
		"status 1: mktemp: too few X's in template 't'", "-u prints an empty name, and templates without an X pass"},
	{"mktemp -q -p nosuch",
		"\n",
		"status 1: ", "status 0 and an empty name for a file that could not be made"},

	{"mv f link",
		"; + -rw-r--r-- link; - -rw-r--r-- f; - Lrwxrwxrwx link",
		"; + -rw-r--r-- dir/f; - -rw-r--r-- f", "replaces a link to a folder by the file instead of moving into the folder"},
	{"mv -u f new",
		"status 1: lstat DIR/new: no such file or directory",
		"; + -rw-r--r-- new; - -rw-r--r-- f", "-u fails where there is nothing to replace"},
	{"mv -f f dir",
		"status 1: flag provided but not defined: -f",
		"; + -rw-r--r-- dir/f; - -rw-r--r-- f", "only -u and -n"},
	{"mv nosuch f dir",
		"status 1: rename DIR/nosuch DIR/dir/nosuch: no such file or directory",
		"status 1: mv: cannot stat 'nosuch': No such file or directory; + -rw-r--r-- dir/f; - -rw-r--r-- f", "one bad file stops the others"},

	{"shasum -c sums",
		"status 1: flag provided but not defined: -c",
		"f: OK\n", "cannot check"},
	{"shasum -a 1 f",
		"03cfd743661f07975fa2f1220c5194cbaff48451 f\n",
		"03cfd743661f07975fa2f1220c5194cbaff48451  f\n", "a line that no checker reads: one blank, not two"},
	{"shasum nosuch f",
		"status 1: open DIR/nosuch: no such file or directory",
		"03cfd743661f07975fa2f1220c5194cbaff48451  f\nstatus 1: shasum: nosuch: No such file or directory", "one bad file hides the good ones"},

	{"tar cf a.tar f",
		"status 1: must supply at least one of: -c, -x, -t",
		"; + -rw-r--r-- a.tar", "options need a dash"},
	{"tar -c -f a.tar nosuch f",
		"status 1: lstat DIR/nosuch: no such file or directory; + -rw-r--r-- a.tar",
		"status 1: tar: nosuch: Cannot stat: No such file or directory; + -rw-r--r-- a.tar", "one bad file makes an archive that is cut off"},
	{"tar -c -z -f a.tgz f",
		"status 1: flag provided but not defined: -z",
		"; + -rw-r--r-- a.tgz", "no packed archives"},
	{"tar -c -v -f a.tar -C dir .",
		"status 1: flag provided but not defined: -C",
		"./\n; + -rw-r--r-- a.tar", "no -C, --exclude, -k, -O, -p, --strip-components"},

	{"touch -r f new",
		"status 1: flag provided but not defined: -r",
		"; + -rw-r--r-- new", "no -r, -t, -h"},
	{"touch -d @0 new",
		"status 1: parsing time \"@0\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"@0\" as \"2006\"",
		"; + -rw-r--r-- new", "dates of RFC 3339 only"},
	{"touch -- -f",
		"; + -rw-r--r-- -; + -rw-r--r-- -f",
		"; + -rw-r--r-- -f", "-- is no end of options, but a file -"},

	{"xargs -I X echo X",
		"status 1: flag provided but not defined: -I",
		"stdin \n", "no -I, -L, -P, -d, -a"},
	{"xargs -r echo",
		"status 1: flag provided but not defined: -r",
		"stdin\n", "no -r"},
	{"xargs -n1 echo",
		"status 1: -n -1: too small",
		"stdin\n", "a value cannot be attached to its option"},
}

func fixture(t *testing.T, dir string) {
	t.Helper()
	for name, data := range map[string]string{
		"f": "abc\n", "garbage": "> YWJj", "unpadded": "YWJjYQ",
		"sums": "03cfd743661f07975fa2f1220c5194cbaff48451  f\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "dir"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("dir", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
}

func TestDecisions(t *testing.T) {
	for _, d := range decisions {
		t.Run(d.line, func(t *testing.T) {
			argv := strings.Fields(d.line)
			theirs := observe(t, func(dir string) applettest.Result { return call(t, argv, dir) })
			gnu := observe(t, func(dir string) applettest.Result { return execute(t, argv, dir) })
			if theirs != d.uroot || gnu != d.gnu {
				t.Errorf("u-root: %q, want %q\ncoreutils: %q, want %q", theirs, d.uroot, gnu, d.gnu)
			}
			if theirs == gnu || d.because == "" {
				t.Error("decides nothing")
			}
		})
	}
}

// observe runs in a fresh folder and renders what was written, then the status
// and the message where it failed, then every file that came, went or changed.
func observe(t *testing.T, run func(dir string) applettest.Result) string {
	t.Helper()
	dir := t.TempDir()
	fixture(t, dir)
	before := applettest.Tree(t, dir)
	r := run(dir)
	out := r.Stdout
	if r.Status != 0 {
		first, _, _ := strings.Cut(r.Stderr, "\n")
		out += "status 1: " + strings.TrimSpace(first)
	}
	for _, line := range changed(before, applettest.Tree(t, dir)) {
		out += "; " + line
	}
	return strings.ReplaceAll(out, dir, "DIR")
}

// changed lists the lines of after that are not in before, then those that went.
func changed(before, after string) []string {
	var lines []string
	for _, side := range [][3]string{{"+", after, before}, {"-", before, after}} {
		for line := range strings.Lines(side[1]) {
			if !strings.Contains("\n"+side[2], "\n"+line) {
				fields := strings.Fields(line)
				lines = append(lines, side[0]+" "+fields[0]+" "+fields[1])
			}
		}
	}
	return lines
}

// call runs u-root's command, with the message that its error would print.
func call(t *testing.T, argv []string, dir string) applettest.Result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := commands[argv[0]]()
	c.SetIO(strings.NewReader("stdin "), &stdout, &stderr)
	c.SetWorkingDir(dir)
	c.SetLookupEnv(func(string) (string, bool) { return "", false })
	r := applettest.Result{}
	if err := c.Run(argv[1:]...); err != nil {
		r.Status = 1
		r.Stderr = err.Error()
	}
	r.Stdout = stdout.String()
	return r
}

func execute(t *testing.T, argv []string, dir string) applettest.Result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdin = dir, []string{"LC_ALL=C", "TZ=UTC", "PATH=" + os.Getenv("PATH")}, strings.NewReader("stdin ")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		t.Fatalf("%s: %v: apt-get install coreutils perl findutils tar", argv[0], err)
	}
	return applettest.Result{Stdout: stdout.String(), Stderr: stderr.String(), Status: cmd.ProcessState.ExitCode()}
}
