package tarcmd

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rescuebox/internal/applettest"
)

func TestMain(m *testing.M) { applettest.Main(m, &Applet) }

func TestScripts(t *testing.T) { applettest.Scripts(t) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fixture makes a tree with every kind of file.
func fixture(t testing.TB, dir string) {
	p := func(name string) string { return filepath.Join(dir, name) }
	for _, d := range []string{"d/sub/deep", "d/empty", "out"} {
		must(t, os.MkdirAll(p(d), 0o755))
	}
	old := time.Unix(1e9, 0)
	for name, text := range map[string]string{
		"d/a": "alpha\n", "d/sub/b": "beta\n", "d/sub/deep/c.o": "object\n", "d/zero": "", "d/sp ace": "x",
		"list": "d/a\nd/zero\n", "patterns": "*.o\n",
	} {
		must(t, os.WriteFile(p(name), []byte(text), 0o644))
		must(t, os.Chtimes(p(name), old, old))
	}
	must(t, os.Link(p("d/a"), p("d/hard")))
	must(t, os.Symlink("a", p("d/link")))
	must(t, os.Symlink("/etc", p("d/abs")))
	must(t, syscall.Mkfifo(p("d/pipe"), 0o640))
	must(t, syscall.Chmod(p("d/sub/b"), 0o4750))
	must(t, syscall.Chmod(p("d/empty"), 0o1777))
	for _, d := range []string{"d/sub/deep", "d/sub", "d/empty", "d"} {
		must(t, os.Chtimes(p(d), old, old))
	}
}

// archives makes archives of the fixture with GNU tar, once for all cases: a pax
// archive holds times that change.
func archives(t testing.TB) map[string][]byte {
	dir := t.TempDir()
	fixture(t, dir)
	made := map[string][]byte{}
	for name, args := range map[string][]string{
		"g.tar": {"d"}, "g.tgz": {"-z", "d"}, "g.tbz": {"-j", "d"}, "pax.tar": {"--format=pax", "d"},
		"abs.tar": {"-P", "--transform=s,^,/,", "list"},
	} {
		r := execute(t, dir, append([]string{"tar", "-c", "--sort=name", "-f", name}, args...)...)
		if r.Status != 0 {
			t.Fatalf("tar %q: %s (apt-get install tar bzip2)", args, r.Stderr)
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		made[name] = data
	}
	return made
}

// Why others differ.
const (
	lacks         = "does not have it"
	one           = "fails with status 1, GNU tar with 2"
	notSeen       = "does not see that an archive is packed when it is not told"
	noNumbers     = "lists names though numbers were asked for"
	excludesLess  = "leaves out less, or adds the targets of links"
	oneVerbosity  = "knows one level of -v"
	columns       = "has other columns"
	listsTargets  = "shows the targets of links without -v"
	misses        = "says nothing of members that are not there"
	stripsLess    = "does not strip the targets of hard links"
	mixesContent  = "writes less"
	absoluteLinks = "refuses links that lead out of the folder, which a root file system has"
	keepsModes    = "keeps modes, or their set-user-ID and sticky bits"
	lastDir       = "takes the last -C for all"
)

func bb(reason string) map[string]string { return map[string]string{"busybox": reason} }
func tb(reason string) map[string]string { return map[string]string{"toybox": reason} }
func both(reason string) map[string]string {
	return map[string]string{"busybox": reason, "toybox": reason}
}

var gnutar = applettest.Peer{Name: "gnutar", Argv: func(name string) []string { return []string{name} }}

func peers() []applettest.Peer {
	return []applettest.Peer{gnutar, applettest.Busybox, applettest.Toybox}
}

func TestConfirm(t *testing.T) {
	made := archives(t)
	full := func(t testing.TB, dir string) {
		fixture(t, dir)
		for name, data := range made {
			must(t, os.WriteFile(filepath.Join(dir, name), data, 0o644))
		}
	}
	applettest.Confirmation{Applet: &Applet, Fixture: full, Peers: peers(), Mutates: true, Normalize: sortLines, Cases: []applettest.Case{
		{Line: "tf g.tar", Differs: tb(listsTargets)},
		{Line: "-t -f g.tar", Differs: tb(listsTargets)},
		{Line: "tvf g.tar", Differs: both(columns)},
		{Line: "tf g.tgz", Differs: map[string]string{"busybox": notSeen, "toybox": listsTargets}},
		{Line: "tf g.tbz", Differs: map[string]string{"busybox": notSeen, "toybox": listsTargets}},
		{Line: "tzf g.tgz", Differs: tb(listsTargets)},
		{Line: "tf pax.tar", Differs: tb(listsTargets)},
		{Line: "tvf pax.tar d/a", Differs: both(columns)},
		{Line: "tf g.tar d/sub"},
		{Line: "tf g.tar nosuch", Differs: map[string]string{"busybox": one, "toybox": misses}},
		{Line: "tf nosuch.tar", Differs: both(one)},
		{Line: "tvf g.tar --numeric-owner", Differs: both(noNumbers)},
		{Line: "tf g.tar --exclude=sub", Differs: map[string]string{"busybox": lacks, "toybox": excludesLess}},
		{Line: "tf g.tar --exclude=*.o", Differs: map[string]string{"busybox": lacks, "toybox": excludesLess}},
		{Line: "xf g.tar -C out"},
		{Line: "xzf g.tgz -C out"},
		{Line: "xjf g.tbz -C out"},
		{Line: "xf pax.tar -C out"},
		{Line: "xvf g.tar -C out"},
		{Line: "-x -v -v -f g.tar -C out d", Differs: map[string]string{"busybox": columns, "toybox": oneVerbosity}},
		{Line: "xf g.tar -C out d/sub/b"},
		{Line: "xf g.tar -C out d/hard", Differs: both(one)},
		{Line: "xf g.tar -C out --strip-components=1", Differs: tb(stripsLess)},
		{Line: "xf g.tar --strip-components 2 -C out", Differs: tb(stripsLess)},
		{Line: "xOf g.tar d/a d/sub/b", Differs: tb(mixesContent)},
		{Line: "xf g.tar", Differs: tb(absoluteLinks)},
		{Line: "xkf g.tar", Differs: map[string]string{"busybox": one, "toybox": absoluteLinks}},
		{Line: "xf g.tar -C nosuch", Differs: both(one)},
		{Line: "xf g.tar -C out --wildcards *.o", Differs: both(lacks)},
		{Line: "xf g.tar -C out -X patterns", Differs: bb(lacks)},
		{Line: "xmf g.tar -C out"},
		{Line: "xpf g.tar -C out"},
		{Line: "xf g.tar -C out --no-same-permissions --no-same-owner", Differs: both(keepsModes)},
		{Line: "xf g.tar -T list -C out", Differs: map[string]string{"busybox": lacks, "toybox": lastDir}},
		{Line: "xf abs.tar -C out", Differs: tb(absoluteLinks)},
		{Line: "cvf /dev/null d/a d/sub"},
		{Line: "cf", Differs: both(one)},
		{Line: "f g.tar", Differs: both(one)},
		{Line: "ctf x.tar d", Differs: both(one)},
		{Line: "cf x.tar", Differs: both(one)},
		{Line: "xf list -C out", Differs: both(one)},
	}}.Run(t)
}

// TestPacked names what cannot be read, and reads what can from a pipe.
func TestPacked(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "a.xz"), []byte("\xfd7zXZ\x00\x00\x04"), 0o644))
	got := ours(dir, "tf", "a.xz")
	if got.Status != 2 || !strings.Contains(got.Stderr, "packed by xz, which this tar cannot read: try 'xz -dc ARCHIVE | tar -x'") {
		t.Errorf("%+v", got)
	}
	made := archives(t)
	for _, name := range []string{"g.tar", "g.tgz", "g.tbz"} {
		got := applettest.Call(&Applet, applettest.Command{Args: []string{"t"}, Stdin: string(made[name])})
		if got.Status != 0 || strings.Count(got.Stdout, "\n") != 13 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	cut := string(made["g.tgz"][:len(made["g.tgz"])-40])
	got = applettest.Call(&Applet, applettest.Command{Args: []string{"t"}, Stdin: cut})
	if got.Status != 2 || !strings.Contains(got.Stderr, "gzip data damaged (it is cut off): only the first") {
		t.Errorf("%+v", got)
	}
}

// TestRoundTrip packs here and unpacks with GNU tar, and the other way round.
func TestRoundTrip(t *testing.T) {
	src := t.TempDir()
	fixture(t, src)
	long := strings.Repeat("long/", 60)
	must(t, os.MkdirAll(filepath.Join(src, "d", long), 0o755))
	must(t, os.WriteFile(filepath.Join(src, "d", long, strings.Repeat("n", 200)), []byte("deep"), 0o644))
	must(t, os.Truncate(filepath.Join(src, "d/zero"), 3<<20))
	must(t, os.Symlink(strings.Repeat("t", 300), filepath.Join(src, "d/longlink")))
	want := applettest.Tree(t, filepath.Join(src, "d"))
	for _, flags := range [][]string{{}, {"-z"}, {"--format=pax"}} {
		pack := append(append([]string{}, flags...), "-cf", filepath.Join(t.TempDir(), "a"), "d")
		file := pack[len(pack)-2]
		for _, dir := range []string{"ours", "theirs"} {
			to := t.TempDir()
			packer, unpacker := ours, gnu(t)
			if dir == "theirs" {
				packer, unpacker = unpacker, packer
			}
			if r := packer(src, pack...); r.Status != 0 || r.Stderr != "" {
				t.Errorf("%s: pack: %+v", dir, r)
			}
			if r := unpacker(to, "-xf", file); r.Status != 0 || r.Stderr != "" {
				t.Errorf("%s: unpack: %+v", dir, r)
			}
			if got := applettest.Tree(t, filepath.Join(to, "d")); got != want {
				t.Errorf("%s %v: got\n%s\nwant\n%s", dir, flags, got, want)
			}
			info, err := os.Stat(filepath.Join(to, "d/a"))
			if err != nil || !info.ModTime().Equal(time.Unix(1e9, 0)) {
				t.Errorf("%s: time of d/a: %v, %v", dir, info, err)
			}
		}
	}
}

func gnu(t testing.TB) func(dir string, args ...string) applettest.Result {
	return func(dir string, args ...string) applettest.Result {
		return execute(t, dir, append([]string{"tar"}, args...)...)
	}
}

// TestSparse keeps the holes of an archive that GNU tar made with them.
func TestSparse(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "holes")
	must(t, os.WriteFile(name, []byte("start"), 0o644))
	must(t, os.Truncate(name, 64<<20))
	for _, format := range []string{"gnu", "pax"} {
		if r := execute(t, dir, "tar", "-S", "--format="+format, "-cf", "s.tar", "holes"); r.Status != 0 {
			t.Fatal(r.Stderr)
		}
		to := t.TempDir()
		if r := ours(dir, "-xf", "s.tar", "-C", to); r.Status != 0 {
			t.Errorf("%s: %+v", format, r)
		}
		var st syscall.Stat_t
		must(t, syscall.Stat(filepath.Join(to, "holes"), &st))
		if st.Size != 64<<20 || st.Blocks*512 > 1<<20 {
			t.Errorf("%s: %d bytes in %d blocks", format, st.Size, st.Blocks)
		}
	}
}
