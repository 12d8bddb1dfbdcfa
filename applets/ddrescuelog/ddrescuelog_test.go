package ddrescuelog

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/creack/pty"

	"rescuebox/internal/applettest"
)

func TestMain(m *testing.M) { applettest.Main(m, &Applet) }

func TestScripts(t *testing.T) { applettest.Scripts(t) }

func call(t *testing.T, dir, stdin string, args ...string) applettest.Result {
	t.Helper()
	return applettest.Call(&Applet, applettest.Command{Name: "ddrescuelog", Args: args, Stdin: stdin, Dir: dir})
}

// Every picture fits a terminal of 80 by 24 with a prompt, whatever the size of the
// disk and its name, and has no colour where it is no terminal.
func TestPictureFits(t *testing.T) {
	long := strings.Repeat("folder/", 40) + "a\x1b[31m\u2588\n.map"
	for _, size := range []string{"1", "511", "512", "513", "524288", "4000787030016", "0xFFFFFFFFFFFF", "0x1000000000000", "0x7FFFFFFFFFFFFFFF"} {
		for _, name := range []string{"-", long} {
			dir, text := t.TempDir(), "0 ?\n0 "+size+" -\n"
			if name != "-" {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got := call(t, dir, text, "--picture", name)
			if got.Status != 0 || got.Stderr != "" {
				t.Fatalf("%s bytes: %+v", size, got)
			}
			lines := strings.Split(strings.TrimSuffix(got.Stdout, "\n"), "\n")
			if len(lines) > 23 {
				t.Errorf("%s bytes: %d lines:\n%s", size, len(lines), got.Stdout)
			}
			for _, line := range lines {
				if utf8.RuneCountInString(line) > 79 || strings.ContainsAny(line, "\x1b\r\t") {
					t.Errorf("%s bytes: %d characters: %q", size, len(line), line)
				}
			}
		}
	}
}

// onTerminal runs the applet's own process on a pseudo-terminal.
func onTerminal(t *testing.T, env []string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("ddrescuelog") // this test's binary, by applettest.Main
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), env...)
	terminal, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	out, err := io.ReadAll(terminal)
	var gone *os.PathError // EIO when the other end is closed
	if err != nil && !errors.As(err, &gone) {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func TestColour(t *testing.T) {
	path := filepath.Join(t.TempDir(), "map")
	if err := os.WriteFile(path, []byte("0 ?\n0 1000000 +\n1000000 512 -\n1000512 1000000 ?\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		env    []string
		colour bool
	}{
		{[]string{"TERM=vt100", "NO_COLOR="}, true},
		{[]string{"TERM=vt100", "NO_COLOR=1"}, false},
		{[]string{"TERM=dumb", "NO_COLOR="}, false},
		{[]string{"TERM=", "NO_COLOR="}, false},
	} {
		out := onTerminal(t, c.env, "--picture", path)
		if strings.Contains(out, "\x1b[0;32m....") != c.colour || strings.Contains(out, "\x1b") != c.colour || !strings.Contains(out, "bad-sector") {
			t.Errorf("%v: %q", c.env, out)
		}
	}
}

func TestSVG(t *testing.T) {
	name := `a<b>&"c` + "\x01\xff"
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("0 ?\n0 1000000 +\n1000000 512 -\n1000512 1000000 ?\n2000512 600000 /\n2600512 600000 *\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got := call(t, dir, "", "--svg", name)
	if got.Status != 0 || got.Stderr != "" {
		t.Fatalf("%+v", got)
	}
	counts := map[string]int{}
	d := xml.NewDecoder(strings.NewReader(got.Stdout))
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v in %s", err, got.Stdout)
		}
		if e, ok := token.(xml.StartElement); ok {
			counts[e.Name.Local]++
			for _, a := range e.Attr {
				if a.Name.Local == "href" || a.Name.Local == "src" {
					t.Errorf("asks for %s", a.Value)
				}
			}
		}
	}
	if counts["svg"] != 1 || counts["text"] != 6 || counts["rect"] < 10 {
		t.Errorf("%v in %s", counts, got.Stdout)
	}
	if !strings.Contains(got.Stdout, "<title>bad-sector from 999936 (0xf4200)</title>") {
		t.Errorf("%s", got.Stdout)
	}
}

func TestJSON(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a": "0x50 % 2\n0 0x100 -\n0x100 0x100 +\n0x200 0x300 *\n", "b": "0 ?\n0 5 +\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := call(t, dir, "", "-t", "--json", "-i", "0x80", "a", "b", "missing")
	lines := strings.Split(got.Stdout, "\n")
	if got.Status != 1 || len(lines) != 2 || lines[1] != "" {
		t.Fatalf("%+v", got)
	}
	var report struct {
		Map    string
		Status string `json:"current_status"`
		Pass   int    `json:"current_pass"`
		Extent int64
		Begin  int64                        `json:"domain_begin"`
		Bad    struct{ Bytes, Areas int64 } `json:"bad-sector"`
	}
	if err := json.Unmarshal([]byte(lines[0]), &report); err != nil {
		t.Fatal(err)
	}
	if report.Map != "a" || report.Status != "sweeping" || report.Pass != 2 || report.Extent != 0x500 || report.Begin != 0x80 || report.Bad.Bytes != 0x80 || report.Bad.Areas != 1 {
		t.Errorf("%+v", report)
	}
}

// A full disk fails; nothing is said to be done.
func TestFullOutput(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	path := filepath.Join(t.TempDir(), "map")
	if err := os.WriteFile(path, []byte("0 ?\n0 4096 +\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("ddrescuelog")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-t"}, {"-t", "--json"}, {"--picture"}, {"--svg"}, {"-n"}, {"-A"}, {"-C"}, {"-l+"}, {"-Fbitmap", "-l+"}, {"--shift"}, {"-H", "5:1:5:F:0", "-f"}} {
		if args[0] == "-H" {
			args = append(args, "-")
		} else {
			args = append(args, path)
		}
		cmd := exec.Command(program, args...)
		var stderr strings.Builder
		cmd.Stdout, cmd.Stderr = full, &stderr
		if err := cmd.Run(); err == nil || !strings.Contains(stderr.String(), "No space left on device") {
			t.Errorf("%v: %v %q", args, err, stderr.String())
		}
	}
}
