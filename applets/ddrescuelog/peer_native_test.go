//go:build amd64

package ddrescuelog

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rescuebox/internal/applettest"
)

// gnu runs Debian's ddrescuelog.
func gnu(t *testing.T, dir, stdin string, args []string) applettest.Result {
	t.Helper()
	// On the PATH of these tests is the applet itself.
	const path = "/usr/bin/ddrescuelog"
	cmd := exec.Command(path, args...)
	cmd.Args[0], cmd.Dir, cmd.Stdin = "ddrescuelog", dir, strings.NewReader(stdin)
	cmd.Env = []string{"TZ=UTC"}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v (apt-get install gddrescue)", err)
	}
	return applettest.Result{Stdout: stdout.String(), Stderr: stderr.String(), Status: cmd.ProcessState.ExitCode()}
}

// heading is what a program says of itself in a map, and when it ran.
var heading = regexp.MustCompile(`(?m)^# (Mapfile\. Created by|Start time:).*$`)

func beside(t *testing.T, dir, stdin string, args []string) (ours, theirs applettest.Result) {
	t.Helper()
	theirs = gnu(t, dir, stdin, args)
	ours = applettest.Call(&Applet, applettest.Command{Name: "ddrescuelog", Args: args, Stdin: stdin, Dir: dir, Env: []string{"TZ=UTC"}})
	for _, r := range []*applettest.Result{&ours, &theirs} {
		r.Stdout = heading.ReplaceAllString(r.Stdout, "# $1")
	}
	return ours, theirs
}

// maps are the fixture, by name.
var maps = map[string]string{
	"classic": `# Mapfile. Created by GNU ddrescue version 1.27
# Command line: ddrescue /dev/sda image map
# Start time:   2026-11-20 10:00:00
# Current time: 2026-11-20 10:00:05
# Finished
# current_pos  current_status  current_pass
0x00120000     -               2
#      pos        size  status
0x00000000  0x00117000  +
0x00117000  0x00000200  -
0x00117200  0x00008E00  /
0x00120000  0x00001000  *  # half
0x00121000  0x00001000  +
0x00122000  0x00001000  +
0x00123000  0x1FFFDF000  +
0x200102000  0x00000300  -
0x200102300  0x00000D00  ?
`,
	"a":         "0x50 * 2\n0 0x100 -\n0x100 0x100 +\n0x200 0x300 *\n",
	"b":         "0x60 - 3\n0 0x80 +\n0x80 0x100 /\n0x180 0x300 +\n0x480 0x200 -\n",
	"done":      "0 + 4\n0 0x1234 +\n",
	"gap":       "0x1000 ?\n0x1000 0x100 -\n0x1100 0x100 +\n",
	"hole":      "0x0 ? 1\n0x0 0x100 -\n0x200 0x100 +\n",
	"loose":     "0x0 ? 1\n0x200 0x100 -\n0x0 0x100 +\n0x50 0x100 +\n",
	"overlap":   "0x0 ? 1\n0x200 0x100 -\n0x0 0x100 +\n0x50 0x100 -\n",
	"empty":     "0x0 ? 1\n0 0 ?\n",
	"none":      "0x0 ? 1\n",
	"zip":       "# only a comment\n",
	"bad":       "0 ?\n0 1 x\n",
	"noheader":  "0 1 +\n",
	"percent":   "0 ?\n0 5 %\n",
	"long":      "# c" + strings.Repeat("0", 200) + " 5 6 7\n0x0 ? 1 #" + strings.Repeat("x", 300) + " 5\n0 100 +" + strings.Repeat("0", 150) + "\n",
	"huge":      "0x7FFFFFFFFFFFFFF0 F 9\n0 9223372036854775807 -\n",
	"unjoined":  "0 G\n0 10 +\n10 10 +\n20 30 -\n",
	"scanf":     "0? 1\r\n010 010+junk\n16 0x10 -#\n+32 5 ++ 7\n",
	"overflow":  "99999999999999999999 ? 1\n1 99999999999999999999 +\n",
	"negative":  "-1 ? 1\n0 5 +\n",
	"pass":      "0 ? 0\n0 5 +\n",
	"passhuge":  "0 ? 99999999999999999999\n0 5 +\n",
	"twozeros":  "0 ? 1\n0 0 ?\n0 0 +\n",
	"zerolater": "0 ? 1\n0 5 +\n5 0 +\n",
}

func fixture(t *testing.T) string {
	dir := t.TempDir()
	for name, text := range maps {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Each fixed case beside GNU's. differs is why an output that is meant to differ does.
func TestBesideGNU(t *testing.T) {
	const (
		underscore = "numbers may have underscores since 1.30"
		since130   = "1.30 knows it"
		possible   = "says which options it can be, as glibc does"
		reason     = "says why it cannot be read"
		tail       = "GNU's makes a last block of the type that fills gaps as long as a number can be"
		position   = "a map of nothing has its line, so that it is one for all readers"
		filled     = "the gap before a map that is moved is part of it, else the blocks are not contiguous"
		exact      = "100% is exact of any size"
		later      = "GNU's stops at the first bit outside of the domain"
	)
	dir := fixture(t)
	cases := []struct {
		line, stdin, differs string
	}{
		{line: "-t classic"}, {line: "-tB classic"}, {line: "-tv classic a"}, {line: "-t classic missing a"}, {line: "-t classic bad a"},
		{line: "-t empty a"}, {line: "-q -t empty"}, {line: "-t gap"}, {line: "-t -i5 -s 300 a"}, {line: "-t -s 1279 a"}, {line: "-t -s 9999 a"},
		{line: "-t -m b a"}, {line: "-t -m done a"}, {line: "-tm a a"}, {line: "-t huge", differs: exact}, {line: "-t unjoined"}, {line: "-t -"}, {line: "-t -", stdin: maps["a"]},
		{line: "-t scanf long"}, {line: "-t overflow", differs: exact}, {line: "-t noheader"}, {line: "-t percent"}, {line: "-t negative"}, {line: "-t pass"}, {line: "-t passhuge"},
		{line: "-t twozeros"}, {line: "-t zerolater"}, {line: "-t .", differs: reason},
		{line: "-a ?*/-,+ classic"}, {line: "-a -*,+-/ a"}, {line: "-a-*,+- -i 0x80 -s 0x200 a"}, {line: "-a*,/ -m b a"}, {line: "-a- a"}, {line: "-a -,, a"},
		{line: "-a ,+ a"}, {line: "-a -, a"}, {line: "-a x,y a"}, {line: "--change-types=x a"}, {line: "-a+,- -i150 long"}, {line: "-a +,- hole"}, {line: "-a+,- gap"},
		{line: "-n classic"}, {line: "-n -i0x100000 -s 0x20000 classic"}, {line: "-n -m b a"}, {line: "-n -m loose a"}, {line: "-n -Lm loose a"}, {line: "-n -m missing a"},
		{line: "-n -m empty a"}, {line: "-n long"}, {line: "-n scanf"}, {line: "-n overflow"}, {line: "-n unjoined"}, {line: "-n -m a -m b a"}, {line: "-n -m - a", stdin: maps["b"]},
		{line: "-n -m hole a"}, {line: "-n -Lm overlap a"}, {line: "-n", stdin: ""}, {line: "-n zip"}, {line: "-n none"}, {line: "-n gap"}, {line: "-n -i 0x1080 gap"},
		{line: "-A classic"}, {line: "-AB classic"}, {line: "-A -m b a"}, {line: "-A -i 0x280 a"}, {line: "-A unjoined"}, {line: "-A -i5 unjoined"}, {line: "-A gap"},
		{line: "-A huge"}, {line: "-A scanf"}, {line: "-A empty"}, {line: "-A zip"}, {line: "-A hole"}, {line: "-A -s 0 a"}, {line: "-A long"},
		{line: "-C hole"}, {line: "-C- hole"}, {line: "-C? loose"}, {line: "-C+ loose"}, {line: "-C overlap"}, {line: "-Cx a"}, {line: "-C-- a"}, {line: "-C gap"},
		{line: "-m b -C a"}, {line: "--complete-mapfile=* hole"}, {line: "-C unjoined"}, {line: "-C+ empty"}, {line: "-C none", differs: position},
		{line: "-C empty", differs: tail}, {line: "-C classic", differs: tail}, {line: "-C bad"},
		{line: "-l- classic"}, {line: "-l+ -b64 a"}, {line: "-l+- a"}, {line: "-l+ -b 30 long"}, {line: "-l+ -b 30 -i20 -s 50 long"}, {line: "-l+ -b30 -o60 long"},
		{line: "-l+ -b30 -o61 long"}, {line: "-l+ -b30 -i35 -o5 long"}, {line: "-l?x a"}, {line: "--list-blocks=x a"}, {line: "-l- -b64 -i64 -o0 gap"},
		{line: "-b512 -i63s -o0 -s767457s -b4096 -l- classic"}, {line: "-l- -l+ -b64 a"}, {line: "-l* -b 64 -m b a"}, {line: "-l- -b 4Ki gap"}, {line: "-l"},
		{line: "-F bitmap -l+ -b64 a"}, {line: "-F bitmap-be -l+ -b64 a"}, {line: "-F bitmap-le -l- -b64 -i128 -o0 a"}, {line: "-F bitmap -l+ -b64 -o64 a"},
		{line: "-F bitmap -l- -b64 gap"}, {line: "-F bitmap-be -l- a"}, {line: "-F bitmap -l* -b64 -s 0x300 a"}, {line: "-F foo -l+ a"}, {line: "--format=foo -l+ a"},
		{line: "-c -", stdin: "1\n5\n3\n4\n5\n"}, {line: "-c+* -", stdin: "1 2 12"}, {line: "-c+ -"}, {line: "-c++ -"}, {line: "-c -", stdin: "1\n5 3 0x4 x\n5\n"},
		{line: "-c -", stdin: "-5"}, {line: "-c -", stdin: ""}, {line: "-c -s 3000 -", stdin: "1\n2"}, {line: "-c -s 5000 -", stdin: "1 9 4"}, {line: "-c -i 1024 -s 30000 -", stdin: "1\n2\n20"},
		{line: "-c -i 1024 -o 0 -s 30000 -", stdin: "1\n2\n20"}, {line: "-c -o 5120 -", stdin: "0 2 20"}, {line: "-c -i5120 -o 0 -", stdin: "1 10 20"}, {line: "-m b -b 64 -c -", stdin: "1 2 12"},
		{line: "-c -", stdin: "36028797018963967"}, {line: "-c -", stdin: "18014398509481983"}, {line: "-c -", stdin: "18014398509481984"}, {line: "-c -b64 -", stdin: "+5\n0x7\n010"},
		{line: "-F bitmap -b64 -c -", stdin: "\x05\x80\x01"}, {line: "-F bitmap-be -b64 -c -", stdin: "\x05\x80\x01"}, {line: "-F bitmap -c -s 5120 -", stdin: "\xff\xff"},
		{line: "-F bitmap -b64 -c -m b -", stdin: "\xff\xff", differs: later}, {line: "-F bitmap -c -i 1024 -s 5120 -", stdin: "\xff\xff", differs: later}, {line: "-c -s0 -"},
		{line: "-c a", stdin: "1"}, {line: "-c missing/map", stdin: "1"}, {line: "-cf .", stdin: "1"},
		{line: "-D a"}, {line: "-vD a"}, {line: "-D done"}, {line: "-vD done"}, {line: "-D -i 0x100 -s 0x100 a"}, {line: "-D empty"}, {line: "-D missing"}, {line: "-q -D missing"}, {line: "-vD -", stdin: maps["a"]},
		{line: "-qvv -D a"}, {line: "-qv -D a"}, {line: "-vq -D a"}, {line: "-d a"}, {line: "-vd a"}, {line: "-d -", stdin: maps["done"]}, {line: "-d -", stdin: maps["a"]}, {line: "-d bad"},
		{line: "-p b a"}, {line: "-p a a"}, {line: "-P b a"}, {line: "-P a a"}, {line: "-q -p b a"}, {line: "-p missing a"}, {line: "-p loose a"}, {line: "-LP loose a"}, {line: "-Lp loose a"},
		{line: "-p empty a"}, {line: "-p zip zip"}, {line: "-p bad a"}, {line: "-p -s 0x80 b b"}, {line: "-p - a", stdin: maps["a"]}, {line: "-p a -P b a"}, {line: "-p a -p b a"}, {line: "-p unjoined unjoined"},
		{line: "-x b a"}, {line: "-y b a"}, {line: "-z b a"}, {line: "-x a b"}, {line: "-y a b"}, {line: "-z a b"}, {line: "-x b -i0x90 -s 0x300 a"}, {line: "-y b -i0x90 -s 0x300 a"},
		{line: "-z b -i0x90 -s 0x300 a"}, {line: "-Lx loose a"}, {line: "-y missing a"}, {line: "-z gap a"}, {line: "-z a gap"}, {line: "-x unjoined a"}, {line: "-z empty a"}, {line: "-z a -m b b"}, {line: "-z a"},
		{line: "--shift a"}, {line: "--shift -o100 a"}, {line: "--shift -i 50 a"}, {line: "--shift -i0x180 -o0 a"}, {line: "--shift -i 0x100 -o 0 -s 0x180 a"}, {line: "--shift -o 0x100 -m b a"},
		{line: "--shift -i 20 -o 30 a"}, {line: "--shift -i 5000 -o0 a"}, {line: "--shift -o 9223372036854775000 a"}, {line: "--shift -o 0x10 -s 0x180 b"}, {line: "--shift -o 0 -i 0x800 gap"},
		{line: "--shift -o 0x100 gap", differs: filled}, {line: "--shift unjoined"},
		{line: ""}, {line: "a"}, {line: "-q a"}, {line: "-t"}, {line: "-d -t a"}, {line: "-c a b"}, {line: "-t -t a"}, {line: "-Z"}, {line: "-q -Z"}, {line: "--nope"}, {line: "--shi=4 a"}, {line: "--shi a"},
		{line: "--in a", differs: possible}, {line: "--input=5 -t a"}, {line: "-s abc -t a"}, {line: "--size=abc -t a"}, {line: "--siz 1X -t a"}, {line: "-s -2 -t a"}, {line: "-s -1 -t a"}, {line: "-b 0 -t a"},
		{line: "-b 2Gi -t a"}, {line: "-i -1 -t a"}, {line: "-i 1,2 -t a"}, {line: "-q -s abc -t a"}, {line: "-s 1_000 -t a", differs: underscore}, {line: "-H 4:1:8:F:0 -", differs: since130}, {line: "-m -t a"},
	}
	for _, c := range cases {
		ours, theirs := beside(t, dir, c.stdin, strings.Fields(c.line))
		if same := ours == theirs; same != (c.differs == "") {
			t.Errorf("ddrescuelog %s (<%q): differs: %q\nours   %v\ntheirs %v", c.line, c.stdin, c.differs, show(ours), show(theirs))
		}
	}
}

var seeds = flag.Uint64("ddrescuelog.seeds", 400, "random maps and options to try beside GNU's")

// Random maps and options beside GNU's.
func TestRandomBesideGNU(t *testing.T) {
	dir := t.TempDir()
	for seed := range *seeds {
		random := rand.New(rand.NewPCG(seed, 9))
		args := randomArgs(random)
		for _, name := range []string{"m", "n", "d"} {
			// A gap before the map makes a difference to --shift (see filled).
			text := randomMap(random, !slices.Contains(args, "--shift"))
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		ours, theirs := beside(t, dir, "", args)
		if ours != theirs {
			t.Errorf("seed %d: ddrescuelog %s\nours   %v\ntheirs %v", seed, strings.Join(args, " "), show(ours), show(theirs))
			for _, name := range []string{"m", "n", "d"} {
				text, _ := os.ReadFile(filepath.Join(dir, name))
				t.Logf("%s: %q", name, text)
			}
			return
		}
	}
}

func randomMap(random *rand.Rand, gap bool) string {
	text := fmt.Sprintf("%d %c %d\n", random.IntN(3000), "?*/-+FG"[random.IntN(7)], 1+random.IntN(5))
	pos := 0
	if gap && random.IntN(6) == 0 {
		pos = random.IntN(1000)
	}
	for range 1 + random.IntN(12) {
		size := 1 + random.IntN(400)
		text += fmt.Sprintf("0x%X %d %c\n", pos, size, "?*/-+++"[random.IntN(7)])
		pos += size
	}
	// -C makes no difference to what is last (see tail).
	text += fmt.Sprintf("0x%X %d %c\n", pos, 1+random.IntN(400), "*-+"[random.IntN(3)])
	return text
}

func randomArgs(random *rand.Rand) []string {
	op := [...][]string{
		{"-t"}, {"-tB"}, {"-n"}, {"-A"}, {"-AB"}, {"-C"}, {"-C/"}, {"-D"}, {"-a+-,-/"}, {"-a?*/,-"}, {"-l-/"}, {"-l+"}, {"-Fbitmap", "-l+?"}, {"-Fbitmap-be", "-l*-"},
		{"-p", "n"}, {"-P", "n"}, {"-P", "m"}, {"-p", "m"}, {"-x", "n"}, {"-y", "n"}, {"-z", "n"}, {"--shift"}, {"-Lm", "d", "-n"},
	}[random.IntN(23)]
	args := append([]string{fmt.Sprintf("-b%d", 1+random.IntN(200))}, op...)
	number := func() string { return fmt.Sprint(random.IntN(2500)) }
	shifting := op[0] == "--shift"
	if random.IntN(2) == 0 && !shifting {
		args = append(args, "-i", number())
	}
	if random.IntN(2) == 0 {
		args = append(args, "-s", number())
	}
	if random.IntN(3) == 0 && op[0] != "-Lm" {
		args = append(args, "-m", "d")
	}
	switch random.IntN(4) {
	case 0:
		args = append(args, "-o", number())
	case 1:
		args = append(args, "-o", "0")
		if shifting {
			args = append(args, "-i", number())
		}
	}
	return append(args, "m")
}

func show(r applettest.Result) string {
	return fmt.Sprintf("%d %q %q", r.Status, r.Stdout, r.Stderr)
}
