package libcheck

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rescuebox/internal/applettest"
)

func TestMain(m *testing.M) {
	startLab()
	applettest.Main(m, &Applet)
}

func TestScripts(t *testing.T) { applettest.Scripts(t) }

func TestQuote(t *testing.T) {
	for _, c := range []struct{ in, display, quoted string }{
		{"/usr/lib/libc.so.6", "/usr/lib/libc.so.6", "/usr/lib/libc.so.6"},
		{"a b", "a b", "'a b'"},
		{"it's", "it's", `$'it\'s'`},
		{"a\nb\x1b[m\xff", `a\nb\033[m\377`, `$'a\nb\033[m\377'`},
		{"\u009b31m\u00e9", `\302\23331m` + "\u00e9", `$'\302\23331m` + "\u00e9'"},
		{`back\slash`, `back\\slash`, `$'back\\slash'`},
		{"", "", "''"},
	} {
		if got := display(c.in); got != c.display {
			t.Errorf("display of %q is %q", c.in, got)
		}
		if got := quote(c.in); got != c.quoted {
			t.Errorf("quote of %q is %q", c.in, got)
		}
	}
}

func TestMeter(t *testing.T) {
	for _, c := range []struct {
		done, total int64
		spent       time.Duration
		want        string
	}{
		{0, 100 << 20, 0, "libcheck: 0 of 100 MiB"},
		{50 << 20, 100 << 20, time.Second, "libcheck: 50 of 100 MiB, 49.9 MiB/s, 1 s left"},
		{1 << 20, 601 << 20, 500 * time.Millisecond, "libcheck: 1 of 601 MiB, 1.9 MiB/s, 5 min 0 s left"},
	} {
		if got := meterText(c.done, c.total, c.spent); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 libraries or loaders", 1: "1 library or loader", 2: "2 libraries or loaders"} {
		if got := count(n, "library or loader"); got != want {
			t.Errorf("got %q", got)
		}
	}
	if got := count(3, "damaged file"); got != "3 damaged files" {
		t.Errorf("got %q", got)
	}
}

// Any name makes valid JSON.
func TestJSONOfStrangeNames(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a\nb", "\xff\xfe", `"\`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/no\xffne\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	got := applettest.Call(&Applet, applettest.Command{Args: []string{"--json", "--root", dir}, Env: []string{"PATH=/"}})
	var v report
	if err := json.Unmarshal([]byte(got.Stdout), &v); err != nil || v.Checked.Programs != 3 || v.Checked.Bytes != 27 ||
		len(v.Errors) != 1 || len(v.Damaged) != 0 || got.Status != 0 {
		t.Errorf("%v, status %d, %s%s", err, got.Status, got.Stdout, got.Stderr)
	}
}

// report is the JSON object.
type report struct {
	Checked struct{ Programs, Libraries, Bytes int64 }
	Damaged []struct {
		Path     string
		Verdict  string
		Names    []string
		Ranges   []jsonRange
		NeededBy []string `json:"needed_by"`
	}
	Errors []struct{ Path, Error string }
	Direct bool
}

type jsonRange struct {
	Offset, Length int64
	Error          string
	Section        string
	Device         string
	Sector         *int64
	Disk           string
	DiskSector     *int64 `json:"disk_sector"`
}
