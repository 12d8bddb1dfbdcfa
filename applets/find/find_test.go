package findcmd

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"rescuebox/internal/applet"
	"rescuebox/internal/applettest"
)

func TestMain(m *testing.M) { applettest.Main(m, &Applet) }

func TestScripts(t *testing.T) { applettest.Scripts(t) }

// fixture makes a tree with one of everything that the tests tell apart.
func fixture(t testing.TB, dir string) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	p := func(name string) string { return filepath.Join(dir, name) }
	for _, d := range []string{"a/b/c", "a/empty", "z"} {
		must(os.MkdirAll(p(d), 0o755))
	}
	for name, size := range map[string]int64{
		"a/one": 1, "a/b/K": 1024, "a/b/c/big": 3 << 20, "a/zero": 0, "z/x.txt": 513, "z/Y.TXT": 512, "z/sp ace": 2,
	} {
		must(os.WriteFile(p(name), nil, 0o644))
		must(os.Truncate(p(name), size))
	}
	must(os.Symlink("../a", p("z/tree")))
	must(os.Symlink("nowhere", p("z/dangling")))
	must(os.Symlink("x.txt", p("z/link")))
	must(os.Link(p("a/one"), p("z/hard")))
	must(syscall.Mkfifo(p("z/pipe"), 0o600))
	must(syscall.Chmod(p("a/b/K"), 0o4755))
	must(os.Chmod(p("a/zero"), 0o600))
	must(os.Chmod(p("z/sp ace"), 0o666))
	now := time.Now()
	for name, age := range map[string]time.Duration{
		"a/one": 90 * time.Minute, "a/b/K": 25 * time.Hour, "a/zero": 49 * time.Hour, "z/x.txt": 400 * 24 * time.Hour,
		"z/Y.TXT": -48 * time.Hour,
	} {
		must(os.Chtimes(p(name), now.Add(-age), now.Add(-age)))
	}
}

// sortLines is for the order of a folder's entries, which is anybody's choice.
func sortLines(s string) string {
	lines := strings.SplitAfter(s, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

var findutils = applettest.Peer{Name: "findutils", Argv: func(name string) []string { return []string{name} }}

func peers() []applettest.Peer {
	return []applettest.Peer{findutils, applettest.Busybox, applettest.Toybox}
}

// Why others differ.
const (
	lacks         = "does not have it"
	truncates     = "drops the rest of a unit; POSIX rounds up"
	halfDays      = "compares days without dropping the rest, which POSIX asks for"
	minutes       = "rounds minutes down; GNU find's minute n ends at n"
	wholeOnly     = "replaces {} only when it is a whole argument"
	bareName      = "passes a name without ./, which could be taken for an option"
	silentRmdir   = "does not say that a folder was not empty"
	printsDeleted = "prints what it deletes"
	brokenExpr    = "runs a broken expression, which with -delete does what nobody asked for"
	saysZero      = "says that nothing was run and still exits with 0"
)

func bb(reason string) map[string]string { return map[string]string{"busybox": reason} }
func tb(reason string) map[string]string { return map[string]string{"toybox": reason} }
func both(reason string) map[string]string {
	return map[string]string{"busybox": reason, "toybox": reason}
}
func all(reason string) map[string]string {
	return map[string]string{"busybox": reason, "toybox": reason, "findutils": reason}
}

func TestConfirm(t *testing.T) {
	applettest.Confirmation{
		Applet: &Applet, Fixture: fixture, Peers: peers(), Normalize: sortLines, Cases: confirmed(),
	}.Run(t)
}

func confirmed() []applettest.Case {
	return []applettest.Case{
		{},
		{Line: "."},
		{Line: "a z"},
		{Line: "a/"},
		{Line: "./a//b"},
		{Line: "missing a"},
		{Line: ". -name *.txt"},
		{Line: ". -iname *.txt"},
		{Line: ". -name [xY].*"},
		{Line: ". -path ./a/*"},
		{Line: ". -path */b/*"},
		{Line: ". -ipath ./A/B"},
		{Line: ". -wholename ./a/b"},
		{Line: ". -type f"},
		{Line: ". -type d"},
		{Line: ". -type l"},
		{Line: ". -type p"},
		{Line: ". -type f,l", Differs: bb(lacks)},
		{Line: ". -xtype f", Differs: both(lacks)},
		{Line: "-L . -type l"},
		{Line: ". -size 1", Differs: both(truncates)},
		{Line: ". -size 2", Differs: both(truncates)},
		{Line: ". -size +1k"},
		{Line: ". -size -2", Differs: both(truncates)},
		{Line: ". -size 512c"},
		{Line: ". -size 1M", Differs: map[string]string{"busybox": lacks, "toybox": truncates}},
		{Line: ". -size 3M", Differs: bb(lacks)},
		{Line: ". -size +2M", Differs: bb(lacks)},
		{Line: ". -size 0"},
		{Line: ". -mtime 1", Differs: tb(halfDays)},
		{Line: ". -mtime +1", Differs: tb(halfDays)},
		{Line: ". -mtime -1"},
		{Line: ". -mtime +365"},
		{Line: ". -mmin +89"},
		{Line: ". -mmin -100"},
		{Line: ". -mmin 91", Differs: both(minutes)},
		{Line: ". -newer a/zero"},
		{Line: ". -newermt 2001-01-01 -type f", Differs: bb(lacks)},
		{Line: ". -not -newermt @1", Differs: bb(lacks)},
		{Line: ". -perm 644"},
		{Line: ". -perm -4000"},
		{Line: ". -perm /111 -type f"},
		{Line: ". -perm u=rw,go=r"},
		{Line: ". -perm -u+w,g+w"},
		{Line: ". -user root"},
		{Line: ". -uid 0", Differs: both(lacks)},
		{Line: ". -gid +0", Differs: both(lacks)},
		{Line: ". -group 0"},
		{Line: ". -nouser", Differs: bb(lacks)},
		{Line: ". -links 2 -type f"},
		{Line: ". -samefile a/one"},
		{Line: ". -empty"},
		{Line: ". -maxdepth 1"},
		{Line: ". -mindepth 2 -maxdepth 2"},
		{Line: ". -maxdepth 0"},
		{Line: ". -depth"},
		{Line: ". -xdev -name b"},
		{Line: ". -name b -prune"},
		{Line: ". -name b -prune -o -print"},
		{Line: ". -name b -prune -o -type f -print"},
		{Line: ". -type f -print0"},
		{Line: ". ! -type f"},
		{Line: ". -not -type f -a -not -type d"},
		{Line: ". ( -name one -o -name K ) -size -2"},
		{Line: ". -name one -o -name K -print"},
		{Line: ". -name one , -name K", Differs: both(lacks)},
		{Line: ". -true -name K", Differs: bb(lacks)},
		{Line: ". -false -o -name K", Differs: bb(lacks)},
		{Line: ". -lname x*", Differs: bb(lacks)},
		{Line: ". -executable -type f"},
		{Line: ". -name K -exec echo {} ;"},
		{Line: ". -name K -exec echo x{}y {} ;", Differs: tb(wholeOnly)},
		{Line: "a -type f -exec echo {} ;"},
		{Line: ". -name K -exec echo {} +"},
		{Line: ". -name K -exec false ; -print"},
		{Line: ". -name K ! -exec false ; -print"},
		{Line: ". -name K -exec false {} +"},
		{Line: "a/b -name K -execdir pwd ;", Differs: bb(lacks)},
		{Line: ". -name K -execdir echo {} ;", Differs: map[string]string{"busybox": lacks, "toybox": bareName}},
		{Line: ". -name K -ok echo {} ;", Stdin: "y\n", Differs: bb(lacks)},
		{Line: ". -name K -ok echo {} ;", Stdin: "n\n", Differs: bb(lacks)},
		{Line: ". -name K -quit"},
		{Line: ". -name K -print -quit"},
		{Line: "a/b/K -print -quit"},
		{Line: ". -printf %p|%f|%h|%d|%s|%m|%M|%n|%y\\n", Differs: both(lacks)},
		{Line: ". -name K -printf %P:%H:%u:%g:%U:%G:%i\\n", Differs: both(lacks)},
		{Line: "z -type l -printf %l|%Y\\n", Differs: both(lacks)},
		{Args: []string{"a", "-printf", "[%-8f][%5d][%05s][%.2f]\\n"}, Differs: both(lacks)},
		{Args: []string{"a/b/K", "-printf", "\\a\\t\\101\\\\ 100%% \\c never"}, Differs: bb(lacks)},
		{Args: []string{"z/x.txt", "-printf", "%TY-%Tm-%Td %TH:%TM %Tj %T@ %Ta %Tb %t %TT %T+ %TD %TF %Te %Ty %TI %Tp\\n"}, Differs: both(lacks)},
		{Args: []string{"z/x.txt", "-printf", "%A@ %AY %Ak %Al %Au %Aw %As\\n"}, Differs: both(lacks)},
		{Line: "z/x.txt a/b/c -ls", Differs: both(lacks)},
		{Line: "-H z/tree"},
		{Line: "-L z"},
		{Line: "-P z/tree", Differs: tb(lacks)},
		{Line: "z/tree/ -maxdepth 1"},
		{Line: ". -follow -name K", Differs: tb(lacks)},
		{Line: ". -inum 0"},
		{Line: ". -readable -name K", Differs: both(lacks)},
		{Line: ". -anewer a/zero -name K", Differs: both(lacks)},
		{Line: ". -noleaf -name K", Differs: bb(lacks)},
		{Line: ". -bogus"},
		{Line: ". -name"},
		{Line: ". (", Differs: tb(brokenExpr)},
		{Line: ". )", Differs: all(brokenExpr)},
		{Line: ". ( )", Differs: both(brokenExpr)},
		{Line: ". -o -name K", Differs: both(brokenExpr)},
		{Line: ". -name K -o", Differs: both(brokenExpr)},
		{Line: ". !", Differs: both(brokenExpr)},
		{Line: ". -type q"},
		{Line: ". -size 1x"},
		{Line: ". -perm 999"},
		{Line: ". -mtime x"},
		{Line: ". -maxdepth x"},
		{Line: ". -user nosuchuser"},
		{Line: ". -newer missing"},
		{Line: ". -exec echo {}"},
		{Line: ". -name K extra"},
		{Line: ". -exec nosuchprogram {} ;", Differs: all(saysZero)},
	}
}

// TestConfirmDelete compares what is left.
func TestConfirmDelete(t *testing.T) {
	applettest.Confirmation{
		Applet: &Applet, Fixture: fixture, Peers: peers(), Normalize: sortLines, Mutates: true,
		Cases: []applettest.Case{
			{Line: ". -name K -delete", Differs: map[string]string{"busybox": lacks, "toybox": printsDeleted}},
			{Line: "a -delete", Differs: map[string]string{"busybox": lacks, "toybox": printsDeleted}},
			{Line: ". -type f -delete", Differs: map[string]string{"busybox": lacks, "toybox": printsDeleted}},
			{Line: ". -name b -delete", Differs: tb(silentRmdir)},
			{Line: ". -delete", Differs: map[string]string{"busybox": lacks, "toybox": printsDeleted}},
			{Line: "z -name tree -delete -print", Differs: bb(lacks)},
			{Line: ". -empty -delete", Differs: map[string]string{"busybox": lacks, "toybox": printsDeleted}},
			{Line: ". -type f -exec rm {} +"},
			{Line: ". -type f -name *o* -exec mv {} {}.old ;", Differs: tb(wholeOnly)},
			{Line: "-L z/dangling -delete", Differs: map[string]string{"busybox": lacks, "toybox": printsDeleted}},
		},
	}.Run(t)
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	fixture(t, dir)
	got := applettest.Call(&Applet, applettest.Command{Args: []string{"missing", "a/b", "-name", "K"}, Dir: dir})
	want := applettest.Result{Stdout: "a/b/K\n", Stderr: "find: missing: No such file or directory\n", Status: 1}
	if got != want {
		t.Errorf("got %+v", got)
	}
}

// TestOutputError: a full disk under the output must not look like "nothing found".
func TestOutputError(t *testing.T) {
	var stderr bytes.Buffer
	s := applet.Streams{In: strings.NewReader(""), Out: full{}, Err: &stderr, Name: "find", LookupEnv: os.LookupEnv}
	err := Applet.Run(context.Background(), s, []string{"."})
	if applet.Status(err) != 1 || stderr.String() != "find: write error: No space left on device\n" {
		t.Errorf("%v, %q", err, stderr.String())
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }
