//go:build amd64

package ddrescue

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rescuebox/internal/applet"
	"rescuebox/internal/multicall"
)

// pair is a folder for GNU ddrescue and one for this, with the same files.
type pair struct {
	dirs [2]string
}

func newPair(t *testing.T, files map[string]string) pair {
	t.Helper()
	p := pair{[2]string{t.TempDir(), t.TempDir()}}
	for _, dir := range p.dirs {
		for name, content := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return p
}

// call runs both and returns what they print, and how they end.
func (p pair) call(t *testing.T, stdin string, args ...string) (out [2]string, status [2]int) {
	t.Helper()
	cmd := exec.Command("/usr/bin/ddrescue", args...)
	cmd.Dir, cmd.Stdin = p.dirs[0], strings.NewReader(stdin)
	b, err := cmd.Output()
	if cmd.ProcessState == nil {
		t.Fatalf("%v (apt-get install gddrescue)", err)
	}
	out[0], status[0] = string(b), cmd.ProcessState.ExitCode()
	var stdout, stderr bytes.Buffer
	s := applet.Streams{In: strings.NewReader(stdin), Out: &stdout, Err: &stderr, Name: "ddrescue", Dir: p.dirs[1], LookupEnv: os.LookupEnv}
	status[1] = multicall.Run(t.Context(), &Applet, s, args, "test")
	out[1] = stdout.String()
	if status[0] != status[1] {
		t.Errorf("%v: status %d, GNU's %d: %s", args, status[1], status[0], &stderr)
	}
	return out, status
}

// files are the contents of one file on both sides.
func (p pair) files(t *testing.T, name string) (both [2]string) {
	t.Helper()
	for i, dir := range p.dirs {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		both[i] = string(b)
	}
	return both
}

var comments = regexp.MustCompile(`(?m)^#.*\n`)

// same fails where the files differ. Of maps comments may, and what was not tried at the
// end, which GNU's leaves out.
func (p pair) same(t *testing.T, what []string, names ...string) {
	t.Helper()
	for _, name := range names {
		f := p.files(t, name)
		if name == "map" {
			for i := range f {
				f[i] = strings.TrimRight(comments.ReplaceAllString(f[i], ""), "\n")
				if at := strings.LastIndexByte(f[i], '\n'); strings.HasSuffix(f[i], "?") {
					f[i] = f[i][:at]
				}
			}
		}
		if f[0] != f[1] {
			t.Errorf("%v: %s is\n%.900s\nGNU's\n%.900s", what, name, f[1], f[0])
		}
	}
}

const sampleMap = "0x0 + 1\n0x0 0x10000 +\n0x10000 0x400 -\n0x10400 0x20000 +\n0x30400 0x1000 -\n0x31400 0x10000 +\n"

func noise(size int) string {
	b := make([]byte, size)
	rand.NewChaCha8([32]byte{7}).Read(b)
	for i := range b {
		b[i] |= 1 // no zeros
	}
	return string(b)
}

// Filling leaves the same copy and the same map as GNU's.
func TestFillPeer(t *testing.T) {
	resumed := strings.Replace(sampleMap, "0x0 + 1", "0x12200 F 1", 1)
	odd := "0 + 1\n0 100 +\n100 1000 -\n1100 3000 *\n4100 3000 /\n7100 30 ?\n7130 9000 +\n"
	for _, c := range []struct {
		m    string
		args string
	}{
		{sampleMap, "-F-"}, {sampleMap, "-F+"}, {sampleMap, "--fill-mode=?*/-"}, {sampleMap, "-Fl-"}, {sampleMap, "-Fl+ -b2048"},
		{sampleMap, "-F+ -c4 -b4096"}, {sampleMap, "-F- -i 0x10200"}, {sampleMap, "-F+ -i 0x8000 -s 0x10000"}, {sampleMap, "-F+ -m domain"},
		{sampleMap, "-F+ -o 77"}, {sampleMap, "-F+l -i 100 -o 5"}, {sampleMap, "-w -F-"}, {sampleMap, "-Fx"}, {sampleMap, "-Fl"},
		{resumed, "-F+"}, {resumed, "-F-"}, {odd, "-F-l"}, {odd, "-F*/"}, {odd, "-F? -b 4096"}, {odd, "-F/l -b 1024"},
	} {
		p := newPair(t, map[string]string{"pattern": "DEADBEEF ", "map": c.m, "copy": strings.Repeat("\x00", 270000), "domain": "0 + 1\n0 0x12000 ?\n0x12000 0x3000 +\n"})
		p.call(t, "", append(strings.Fields("-q "+c.args), "pattern", "copy", "map")...)
		p.same(t, []string{c.args}, "copy", "map")
	}
}

// A map of a copy is that which GNU's makes.
func TestGeneratePeer(t *testing.T) {
	partial := []byte(noise(300000))
	source := string(partial)
	for _, zeros := range [][2]int{{0, 700}, {5000, 7000}, {0x10000, 0x20000}, {200000, 200600}} {
		clear(partial[zeros[0]:zeros[1]])
	}
	for _, args := range []string{"-G", "-G -i 1000 -o 3000 -s 100000", "-G -b 4096", "-G -m domain", "-G -i 700", "-G -o 1000", "-G -b 2048 -c 3 -i 5"} {
		for _, m := range []string{"", "0x1000 G 1\n0x0 0x1000 ?\n0x1000 0x483e0 ?\n", sampleMap} {
			p := newPair(t, map[string]string{"source": source, "copy": string(partial[:250000]), "map": m, "domain": "0 + 1\n0 0x3000 ?\n0x3000 0x1D003 +\n"})
			p.call(t, "", append(strings.Fields("-q "+args), "source", "copy", "map")...)
			p.same(t, []string{args}, "copy", "map")
		}
	}
}

// What reads as bad in a test leaves the same hole as with GNU's.
func TestTestModePeer(t *testing.T) {
	for _, args := range []string{"-H bad", "-H bad -b 1024", "-H bad -i 0x8000 -o 0", "-H bad -r1", "-H bad -n", "-L -H loose"} {
		p := newPair(t, map[string]string{"source": noise(300000), "bad": sampleMap, "loose": "0 + 1\n0x2000 0x20000 +\n0 0x1000 +\n"})
		p.call(t, "", append(strings.Fields("-q "+args), "source", "copy", "map")...)
		p.same(t, []string{args}, "copy")
		if !strings.Contains(args, "-n") {
			m := p.files(t, "map")
			for i := range m {
				_, m[i], _ = strings.Cut(comments.ReplaceAllString(m[i], ""), "\n")
			}
			if m[0] != m[1] {
				t.Errorf("%s: %s\nGNU's\n%s", args, m[1], m[0])
			}
		}
	}
}

// Commands have the answers that GNU's gives, and leave the same copy and map.
func TestCommandPeer(t *testing.T) {
	domain := "0 + 1\n0 0x12000 ?\n0x12000 0x3000 +\n0x15000 0x100 ?\n0x15100 100 +\n"
	for _, c := range []struct{ args, commands string }{
		{"", "s 0 0x1000\nc 0 100\ns 0 0x1000\nc 0x10000 0x20000\ns 0 -1\ns 0 300000\nx\n\nc\nc 1\nc 1 0\nc 0 1 2\nc -1 10\nc 400000 10\ns 400000 10\n" +
			" c 300 100\nc 0 1k\ns  0x200\t0x10\nu\nu u\nf"},
		{"-H bad", "c 0x10000 0x20000\ns 0 300000\nc 0 300000\ns 0 300000\nq\n"},
		{"", "c 0x10000 0x20000\nc 20"},
		{"-i 6000 -s 4000 -o 10", "c 5000 7000\ns 0 300000\ns 10500 10\ns 5999 2\n"},
		{"-m domain", "s 0 300000\nc 0 300000\ns 0 300000\ns 0x15164 1\n"},
		{"-H bad -b 4096", "c 65536 1024\nc 0 300000\ns 0 300000\n"},
		{"-H bad", "c 70001 400\nc 0 300000\ns 0 300000\n"},
		{"", "x\nq\n"},
		{"", "c 0 1\nc 0 200 9\nc 0 100x\nc 0x100 zz\nc zz 1\nc 1 -1\ns 1 -1\nc  7\nu \n u\ncx 1 2\nc1 2\ns 1 9223372036854775807\nc 99999999999999999999 1\n"},
	} {
		p := newPair(t, map[string]string{"source": noise(300000), "bad": sampleMap, "domain": domain})
		out, _ := p.call(t, c.commands, append(strings.Fields("--command-mode "+c.args), "source", "copy", "map")...)
		if out[0] != out[1] {
			t.Errorf("%s: %s\n%s\nGNU's\n%s", c.args, c.commands, out[1], out[0])
		}
		p.same(t, []string{c.args, c.commands}, "copy", "map")
	}
}
