package ddrescuelog

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

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

// Whatever the lists are, a map is made of them or they are refused.
func FuzzCreate(f *testing.F) {
	for _, seed := range []string{"1\n5 3\n0x7 010", "\x05\x80\x01", "99999999999999999999", "-1", "+ +1 1_0"} {
		f.Add(seed, "list", int64(5000), uint16(512), uint16(0))
		f.Add(seed, "bitmap-be", int64(-1), uint16(1), uint16(3))
	}
	f.Fuzz(func(t *testing.T, list, format string, size int64, sector, offset uint16) {
		if sector == 0 || size < -1 || len(list) > 1<<16 {
			return
		}
		n := strconv.Itoa
		got := call(t, "", list, "-c", "-F", format, "-b", n(int(sector)), "-s", strconv.FormatInt(size, 10), "-o", n(int(offset)*int(sector)), "-")
		if got.Status > 2 || got.Status == 0 && got.Stderr == "" && got.Stdout == "" {
			t.Fatalf("%+v", got)
		}
		if got.Stdout == "" {
			return
		}
		if again := call(t, "", got.Stdout, "-t", "-"); again.Status != 0 {
			t.Fatalf("%+v of %q", again, got.Stdout)
		}
	})
}
