//go:build amd64

package ddrescue

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rescuebox/internal/mapfile"
	"rescuebox/scripts/faultlab"
)

// Limits end a rescue where GNU's ends too, with the same status; those that stop at a
// count stop at the same one.
func TestLimitsPeer(t *testing.T) {
	for _, c := range []struct {
		args, says string
		same       bool // the maps have as many bad bytes
	}{
		{"-X0", "too many read errors", true}, {"-X1", "too many read errors", false}, {"-X1000", "", true},
		{"-e0", "too many bad areas", true}, {"-e1", "too many bad areas", false}, {"-e+0", "too many bad areas", true}, {"-e4", "", true},
		{"-E0", "too many bytes fail in a second", false}, {"-E1M", "", true}, {"-T0", "", true},
		{"-r-1 -X40", "too many read errors", false}, {"--max-slow-reads=1000", "", true},
	} {
		p := newPair(t, map[string]string{"source": noise(300000), "bad": sampleMap})
		out, status := p.call(t, "", append(strings.Fields("-H bad --log-events=events "+c.args), "source", "copy", "map")...)
		if (status[1] == 1) != (c.says != "") {
			t.Errorf("%s: status %d: %s", c.args, status[1], out[1])
		}
		events := p.files(t, "events")[1]
		if c.says != "" && !strings.Contains(strings.ToLower(events), "  "+c.says) {
			t.Errorf("%s: %s", c.args, events)
		}
		if bad := p.bad(t); c.same && bad[0] != bad[1] {
			t.Errorf("%s: %d bytes are bad, GNU's %d", c.args, bad[1], bad[0])
		}
	}
}

// bad is how many bytes are in both maps.
func (p pair) bad(t *testing.T) (n [2]int64) {
	t.Helper()
	for i, text := range p.files(t, "map") {
		m, err := mapfile.Read(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		n[i] = m.Sum("-")
	}
	return n
}

// However it is read, what can be read is, one read at a time for -Z; passes that are left out read nothing.
func TestDirections(t *testing.T) {
	for _, c := range []struct {
		args  string
		first int64  // where one of the first reads is: 0 in front, 1 behind; -1: there is none
		left  string // statuses in the map, beside what is finished
	}{
		{"-R", 1, "-"}, {"-u", 0, "-"}, {"-Ru", 1, "-"}, {"-R -r2", 1, "-"}, {"--cpass=1", 0, "-"}, {"--cpass=1-5", 0, "-"},
		{"--cpass=0 -N -n", -1, "?"}, {"--cpass=0 -nN --no-trim", -1, "?"}, {"--cpass=2 -N -n", 0, "-?"}, {"--cpass=1 -N -n --no-trim", 0, "*?"},
		{"-J", 0, "-"}, {"-Z 100M", 0, "-"}, {"-a 1 --delay-slow=0 --reset-slow", 0, "-"}, {"-K 0", 0, "-"}, {"-K 128Ki,1Mi", 0, "-"}, {"-c 1", 0, "-"}, {"-b 1024", 0, "-"},
	} {
		p := newPair(t, map[string]string{"source": noise(300000), "bad": sampleMap})
		args := append(strings.Fields("-q -H bad -Z 1G --log-reads=reads "+c.args), "source", "copy", "map")
		if strings.Contains(c.args, "--no-trim") {
			args = append([]string{"-N"}, args...) // that of 1.27
		}
		p.call(t, "", args...)
		f := p.files(t, "map")
		m, err := mapfile.Read(strings.NewReader(f[1]))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range "?*/-" {
			if m.Sum(string(s)) > 0 && !strings.ContainsRune(c.left, s) {
				t.Errorf("%s: %s", c.args, f[1])
			}
		}
		if c.left == "-" && c.args != "--cpass=1" { // 1.27 does not sweep
			p.same(t, []string{c.args}, "copy")
			if bad := p.bad(t); bad[0] != bad[1] {
				t.Errorf("%s: %d bytes are bad, GNU's %d", c.args, bad[1], bad[0])
			}
		}
		if at := firstRead(t, p.files(t, "reads")[1]); at < 0 != (c.first < 0) || at >= 0 && at/150000 != c.first {
			t.Errorf("%s: the first read is at %d", c.args, at)
		}
	}
}

// firstRead is its position in a log, or -1.
func firstRead(t *testing.T, log string) int64 {
	t.Helper()
	for line := range strings.Lines(log) {
		if text, _, ok := strings.Cut(line, "\t"); ok && strings.HasPrefix(text, "0x") {
			n, err := strconv.ParseInt(text, 0, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	return -1
}

// Rates and pauses take the time they say, and no pause is made where there is nothing
// to wait for.
func TestGently(t *testing.T) {
	for _, c := range []struct {
		args        string
		least, most time.Duration
	}{
		{"-Z 400k", 600 * time.Millisecond, 5 * time.Second},
		{"-H bad --pause-on-error=1 -nN --no-trim --cpass=1", time.Second, 8 * time.Second},
		{"-H bad --pause-on-pass=1 -nN", time.Second, 8 * time.Second},
		{"--pause-on-pass=1h --pause-on-error=1h", 0, 5 * time.Second},
	} {
		p := newPair(t, map[string]string{"source": noise(300000), "bad": "0 + 1\n0 70000 +\n70000 512 -\n70512 300000 +\n"})
		d := &disk{dir: p.dirs[1], device: "source"}
		start := time.Now()
		_, errs, status := d.call(t.Context(), append([]string{"-q"}, strings.Fields(c.args)...)...)
		if took := time.Since(start); status != 0 || took < c.least || took > c.most {
			t.Errorf("%s: status %d in %v: %s", c.args, status, took, errs)
		}
	}
}

// An error that usually means that the device is gone can be one of a place.
func TestContinueOnErrno(t *testing.T) {
	d := newDisk(t, 4<<20, 512)
	if err := d.Add(faultlab.Fault{Offset: 3000 * 512, Length: 512, Times: faultlab.Always, Errno: syscall.ENXIO}); err != nil {
		t.Fatal(err)
	}
	d.device = d.Path()
	if _, errs, status := d.call(t.Context(), "-q"); status != dead || !strings.Contains(errs, "has disappeared") {
		t.Errorf("status %d, %s", status, errs)
	}
	if _, errs, status := d.call(t.Context(), "-q", "--continue-on-errno=19,6", "--log-reads=reads"); status != 0 {
		t.Errorf("status %d, %s", status, errs)
	}
	if blocks := d.missing(t); len(blocks) != 1 || blocks[0] != (mapfile.Block{Pos: 3000 * 512, Size: 512, Status: '-'}) {
		t.Errorf("%v", blocks)
	}
	if log, err := os.ReadFile(filepath.Join(d.dir, "reads")); err != nil || !strings.Contains(string(log), "\t512\t0\t512\t6\n") {
		t.Errorf("%v: %.300s", err, log)
	}
}

// What brings too little ends, and what is left and what it costs is said to people and
// to scripts.
func TestYield(t *testing.T) {
	d := newDisk(t, 16<<20, 512)
	zone := faultlab.Fault{Offset: 4 << 20, Length: 2 << 20, Times: faultlab.Always, Delay: 4 * time.Millisecond}
	if err := d.Add(zone); err != nil {
		t.Fatal(err)
	}
	out, errs, status := d.call(t.Context(), "--max-errors-per-mib=100", "--json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var last struct {
		Ended                 bool
		Stopped               string
		Rescued, Bad, Untried int64
		Trim                  int64 `json:"non_trimmed"`
		Scrape                int64 `json:"non_scraped"`
		Most                  int64 `json:"left_errors_most"`
		Failing               int64 `json:"failing_microseconds"`
		LeastSeconds          int64 `json:"left_seconds_least"`
		MostSeconds           int64 `json:"left_seconds_most"`
		ReadErrors            int64 `json:"read_errors"`
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		t.Fatal(err)
	}
	left := last.Untried + last.Trim + last.Scrape
	if status != 1 || !last.Ended || last.Stopped != "failed reads bring too little" || last.Rescued != 14<<20 || left+last.Bad != 2<<20 || last.ReadErrors > 300 {
		t.Errorf("status %d, %+v", status, last)
	}
	if last.Most != left/512 || last.Failing < 4000 || max(last.MostSeconds-last.Most*last.Failing/1e6, last.Most*last.Failing/1e6-last.MostSeconds) > 1 || last.LeastSeconds > last.MostSeconds {
		t.Errorf("%+v", last)
	}
	for _, want := range []string{"failed reads bring too little. Left: ", " to scrape: at most " + strconv.FormatInt(last.Most, 10) + " failed reads, 0:", " s each",
		"; go on with the same command, to the end without --max-errors-per-mib\n"} {
		if !strings.Contains(errs, want) {
			t.Errorf("no %q: %s", want, errs)
		}
	}
	if err := d.Clear(); err != nil {
		t.Fatal(err)
	}
	if _, errs, status := d.call(t.Context(), "-q"); status != 0 {
		t.Errorf("status %d, %s", status, errs)
	}
	for _, b := range d.missing(t) {
		if b.Status != mapfile.BadSector {
			t.Errorf("%v", b)
		}
	}
}
