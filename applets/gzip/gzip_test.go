package gzipcmd

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rescuebox/internal/applet"
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

// gnu runs GNU gzip, which the test binary hides in PATH.
func gnu(t testing.TB, stdin string, args ...string) (stdout string) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.Command("/bin/gzip", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("gzip %q: %v (apt-get install gzip)", args, err)
	}
	return out.String()
}

func fixture(t testing.TB, dir string) {
	p := func(name string) string { return filepath.Join(dir, name) }
	text := strings.Repeat("the same line again\n", 50)
	packed := gnu(t, text, "-n")
	damaged := []byte(packed)
	damaged[len(damaged)/2] ^= 0xff
	for name, data := range map[string]string{
		"plain": text, "a.gz": packed, "b.tgz": packed, "two.gz": packed + packed, "tail.gz": packed + "garbage",
		"zeros.gz": packed + strings.Repeat("\x00", 100), "cut.gz": packed[:len(packed)-9], "bad.gz": string(damaged),
		"text.gz": "not packed\n", "empty.gz": "", "there.gz": packed, "there": "old", "d/x.gz": packed, "d/y.gz": packed,
	} {
		must(t, os.MkdirAll(filepath.Dir(p(name)), 0o755))
		must(t, os.WriteFile(p(name), []byte(data), 0o644))
	}
	must(t, os.Symlink("a.gz", p("link.gz")))
	must(t, os.Link(p("two.gz"), p("hard.gz")))
	must(t, os.Chmod(p("a.gz"), 0o640))
}

var gnugzip = applettest.Peer{Name: "gnugzip", Argv: func(name string) []string { return []string{name} }}

// Why others differ.
const (
	lacks    = "does not have it"
	fullName = "does not try FILE.gz for FILE"
	links    = "breaks up hard links without being told to"
	follows  = "replaces a link by a file without being told to"
	silent   = "says nothing of garbage behind the packed data"
	nothing  = "writes nothing of what comes before the damage"
	refuses  = "refuses with status 1 what GNU gzip warns of with 2"
	noCopy   = "does not copy what is not packed"
	again    = "packs what is packed"
	eats     = "makes a packed file of a folder"
	lastPart = "counts the last member only"
)

func bb(reason string) map[string]string { return map[string]string{"busybox": reason} }

// TestConfirm has no toybox: Debian's is built without gzip.
func TestConfirm(t *testing.T) {
	applettest.Confirmation{
		Applet: &Applet, Fixture: fixture, Mutates: true,
		Peers: []applettest.Peer{gnugzip, applettest.Busybox},
		Cases: []applettest.Case{
			{Line: "-d a.gz"},
			{Line: "-dk a.gz"},
			{Line: "-dc a.gz"},
			{Line: "-d a", Differs: bb(fullName)},
			{Line: "-d b.tgz"},
			{Line: "-d two.gz", Differs: bb(links)},
			{Line: "-dc two.gz a.gz"},
			{Line: "-dc tail.gz", Differs: bb(silent)},
			{Line: "-d tail.gz", Differs: bb(silent)},
			{Line: "-dc zeros.gz"},
			{Line: "-dc cut.gz", Differs: bb(nothing)},
			{Line: "-d cut.gz"},
			{Line: "-dc bad.gz"},
			{Line: "-d bad.gz"},
			{Line: "-d text.gz"},
			{Line: "-dcf text.gz", Differs: bb(noCopy)},
			{Line: "-d empty.gz"},
			{Line: "-d plain", Differs: bb(refuses)},
			{Line: "-d there.gz", Differs: bb(refuses)},
			{Line: "-df there.gz"},
			{Line: "-d link.gz", Differs: bb(follows)},
			{Line: "-df link.gz"},
			{Line: "-d hard.gz", Differs: bb(links)},
			{Line: "-dkf hard.gz"},
			{Line: "-d d", Differs: bb(refuses)},
			{Line: "-dr d", Differs: bb(lacks)},
			{Line: "-d missing.gz"},
			{Line: "-d missing.gz a.gz"},
			{Line: "-t a.gz"},
			{Line: "-t a.gz bad.gz cut.gz"},
			{Line: "-t tail.gz", Differs: bb(silent)},
			{Line: "-tq tail.gz", Differs: bb(silent)},
			{Line: "-l a.gz", Differs: bb(lacks)},
			{Line: "-l a.gz two.gz", Differs: map[string]string{"busybox": lacks, "gnugzip": lastPart}},
			{Line: "-lq a.gz", Differs: bb(lacks)},
			{Line: "a.gz", Differs: bb(again)},
			{Line: "-x"},
			{Line: "-d -S .tgz b.tgz", Differs: bb(lacks)},
			{Line: "-t plain"},
			{Line: "missing"},
			{Line: "d", Differs: bb(eats)},
			{Name: "gunzip", Line: "a.gz"},
			{Name: "zcat", Line: "a.gz"},
			{Name: "zcat", Line: "tail.gz a", Differs: bb(fullName)},
			{Name: "gunzip", Line: "-c a.gz"},
		},
	}.Run(t)
}

// TestRoundTrip packs here and unpacks with GNU gzip.
func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	text := strings.Repeat("round and round\n", 20000)
	name := filepath.Join(dir, "f\xe4ile")
	for _, level := range []string{"-1", "-6", "-9"} {
		must(t, os.WriteFile(name, []byte(text), 0o600))
		must(t, os.Chmod(name, 0o711))
		old := time.Unix(1e9, 0)
		must(t, os.Chtimes(name, old, old))
		got := applettest.Call(&Applet, applettest.Command{Args: []string{level, "f\xe4ile"}, Dir: dir})
		if got.Status != 0 || got.Stderr != "" {
			t.Fatalf("%+v", got)
		}
		if _, err := os.Lstat(name); !os.IsNotExist(err) {
			t.Errorf("%s: the original is still there: %v", level, err)
		}
		info, err := os.Stat(name + ".gz")
		must(t, err)
		if info.Mode() != 0o711 || !info.ModTime().Equal(old) {
			t.Errorf("%s: %v, %v", level, info.Mode(), info.ModTime())
		}
		if out := gnu(t, "", "-dc", name+".gz"); out != text {
			t.Errorf("%s: %d bytes come out", level, len(out))
		}
		if out := gnu(t, "", "-lN", name+".gz"); !strings.Contains(out, "320000") || !strings.HasSuffix(out, "f\xe4ile\n") {
			t.Errorf("%s: gzip -lN: %q", level, out)
		}
		must(t, os.Remove(name+".gz"))
	}
}

// TestFailure leaves the original, and no half of a file.
func TestFailure(t *testing.T) {
	dir := t.TempDir()
	fixture(t, dir)
	got := applettest.Call(&Applet, applettest.Command{Args: []string{"-d", "cut.gz"}, Dir: dir})
	if got.Status != 1 || !strings.Contains(got.Stderr, "1000 bytes could be unpacked; 'zcat cut.gz' writes them") {
		t.Errorf("%+v", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "cut")); !os.IsNotExist(err) {
		t.Error("half a file is left")
	}
	if _, err := os.Stat(filepath.Join(dir, "cut.gz")); err != nil {
		t.Error(err)
	}
}

// TestInterrupted leaves no half of a file, and the original.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	fixture(t, dir)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := applet.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Name: "gzip", Dir: dir, LookupEnv: os.LookupEnv}
	err := Applet.Run(ctx, s, []string{"plain"})
	if applet.Status(err) != 130 {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "plain.gz")); !os.IsNotExist(err) {
		t.Error("half a file is left")
	}
	if _, err := os.Stat(filepath.Join(dir, "plain")); err != nil {
		t.Error(err)
	}
}

// TestOutputError says which side failed.
func TestOutputError(t *testing.T) {
	var stderr bytes.Buffer
	s := applet.Streams{In: strings.NewReader("text"), Out: full{}, Err: &stderr, Name: "gzip", LookupEnv: os.LookupEnv}
	err := Applet.Run(context.Background(), s, nil)
	if applet.Status(err) != 1 || stderr.String() != "gzip: stdin: write error: No space left on device\n" {
		t.Errorf("%v, %q", err, stderr.String())
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }
