package ddrescue

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"rescuebox/internal/rescue/device"
)

// gnuOptions are all options of GNU ddrescue 1.27 to 1.30, each with an argument that it
// takes, and what that sets.
var gnuOptions = []struct {
	short string // empty: none
	long  string
	arg   string
	set   func(*options) bool
}{
	{"a", "min-read-rate", "1M", func(o *options) bool { return o.MinRate == 1e6 }},
	{"A", "try-again", "", func(o *options) bool { return o.tryAgain }},
	{"b", "sector-size", "2Ki", func(o *options) bool { return o.Sector == 2048 }},
	{"B", "binary-prefixes", "", func(o *options) bool { return o.prefixes != (&options{}).prefixes }},
	{"c", "cluster-size", "1_6", func(o *options) bool { return o.cluster == 16 }},
	{"C", "complete-only", "", func(o *options) bool { return o.complete }},
	{"d", "idirect", "", func(o *options) bool { return !o.buffered }},
	{"D", "odirect", "", func(o *options) bool { return o.Direct }},
	{"e", "max-bad-areas", "+3", func(o *options) bool { return o.areas == areaLimit{3, true, true} }},
	{"E", "max-error-rate", "1k", func(o *options) bool { return o.ErrorRate == 1001 }},
	{"f", "force", "", func(o *options) bool { return o.Device }},
	{"F", "fill-mode", "l-/", func(o *options) bool { return o.fillTypes == "l-/" }},
	{"G", "generate-mode", "", func(o *options) bool { return o.generate }},
	{"H", "test-mode", "bad", func(o *options) bool { return o.testMap == "bad" }},
	{"i", "input-position", "3s", func(o *options) bool { return o.ipos == 1536 && o.opos == 1536 }},
	{"I", "check-input-size", "", func(o *options) bool { return o.checkSize }},
	{"I", "verify-input-size", "", func(o *options) bool { return o.checkSize }},
	{"J", "check-on-error", "", func(o *options) bool { return o.AskAlways }},
	{"J", "verify-on-error", "", func(o *options) bool { return o.AskAlways }},
	{"K", "skip-size", "128Ki,1Mi", func(o *options) bool { return o.Skip == 128<<10 && o.MaxSkip == 1<<20 && !o.NoSkip }},
	{"L", "loose-domain", "", func(o *options) bool { return o.loose }},
	{"m", "domain-mapfile", "d", func(o *options) bool { return o.domain == "d" }},
	{"M", "retrim", "", func(o *options) bool { return o.retrim }},
	{"n", "no-scrape", "", func(o *options) bool { return o.NoScrape }},
	{"N", "no-sweep", "", func(o *options) bool { return o.NoSweep && !o.NoTrim }},
	{"", "no-trim", "", func(o *options) bool { return o.NoTrim && !o.NoSweep }},
	{"o", "output-position", "0x10", func(o *options) bool { return o.opos == 16 && o.ipos == 0 }},
	{"O", "reopen-on-error", "", func(o *options) bool { return o.reopen }},
	{"p", "preallocate", "", func(o *options) bool { return o.allocate }},
	{"P", "data-preview", "", func(o *options) bool { return o.preview == previewLines }},
	{"q", "quiet", "", func(o *options) bool { return o.verbosity == -1 }},
	{"r", "retry-passes", "-1", func(o *options) bool { return o.Retries == -1 }},
	{"R", "reverse", "", func(o *options) bool { return o.Reverse }},
	{"s", "size", "010", func(o *options) bool { return o.size == 8 }},
	{"S", "sparse", "", func(o *options) bool { return o.Sparse }},
	{"t", "truncate", "", func(o *options) bool { return o.Truncate }},
	{"T", "timeout", "1.5m", func(o *options) bool { return o.Silence == 90*time.Second }},
	{"u", "unidirectional", "", func(o *options) bool { return o.Forward }},
	{"v", "verbose", "", func(o *options) bool { return o.verbosity == 1 }},
	{"w", "ignore-write-errors", "", func(o *options) bool { return o.ignoreErrors }},
	{"W", "compare-before-write", "", func(o *options) bool { return o.Compare }},
	{"x", "extend-outfile", "0", func(o *options) bool { return o.extend == 0 }},
	{"X", "max-read-errors", "7", func(o *options) bool { return o.Errors == 8 }},
	{"y", "synchronous", "", func(o *options) bool { return o.Sync }},
	{"Z", "max-read-rate", "5MiB", func(o *options) bool { return o.Rate == 5<<20 }},
	{"", "ask", "", func(o *options) bool { return o.ask }},
	{"", "bad-sector-data", "f", func(o *options) bool { return o.badData == "f" }},
	{"", "command-mode", "", func(o *options) bool { return o.command }},
	{"", "continue-on-errno", "5,61", func(o *options) bool { return len(o.Continue) == 2 && o.Continue[1] == syscall.ENODATA }},
	{"", "cpass", "2-5", func(o *options) bool { return o.NoCopy && !o.NoEdges }},
	{"", "delay-slow", "1m", func(o *options) bool { return o.DelaySlow == time.Minute }},
	{"", "log-events", "f", func(o *options) bool { return o.logEvents == "f" }},
	{"", "log-rates", "f", func(o *options) bool { return o.logRates == "f" }},
	{"", "log-reads", "f", func(o *options) bool { return o.logReads == "f" }},
	{"", "mapfile-interval", "10,60", func(o *options) bool { return o.interval == 10*time.Second }},
	{"", "max-slow-reads", "2", func(o *options) bool { return o.SlowReads == 3 }},
	{"", "pause-on-error", "1h", func(o *options) bool { return o.PauseOnError == time.Hour }},
	{"", "pause-on-pass", "1/2m", func(o *options) bool { return o.PauseOnPass == 30*time.Second }},
	{"", "reset-slow", "", func(o *options) bool { return o.ResetSlow }},
	{"", "same-file", "", func(o *options) bool { return o.SameFile }},
}

// Every option that GNU ddrescue has sets something here, by either name, and is in the
// help and in the table that says how it differs.
func TestGNUOptions(t *testing.T) {
	page, err := os.ReadFile("../../docs/ddrescue-options.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range gnuOptions {
		forms := [][]string{{"--" + c.long}}
		if c.arg != "" {
			forms = [][]string{{"--" + c.long + "=" + c.arg}, {"--" + c.long, c.arg}}
		}
		if c.short != "" {
			forms = append(forms, []string{"-" + c.short + c.arg})
		}
		for _, form := range forms {
			o, err := parse(append(form, "source", "target", "map"))
			if c.long == "ignore-write-errors" {
				err = nil // needs --fill-mode
			}
			if err != nil || !c.set(o) {
				t.Errorf("%v: %v, %+v", form, err, o)
			}
		}
		name := "`--" + c.long + "`"
		if c.short != "" {
			name = "`-" + c.short + "`, " + name
		}
		// Two names of one option are in one line.
		if !strings.Contains(string(page), "| "+name) && !strings.Contains(string(page), ", `--"+c.long+"`") {
			t.Errorf("docs/ddrescue-options.md: no %s", name)
		}
		if c.long != "verify-input-size" && c.long != "verify-on-error" && !strings.Contains(usage, "--"+c.long) {
			t.Errorf("--help: no --%s", c.long)
		}
	}
}

// What this one has beside GNU's is in the help too, and nothing else is in the table of
// options.
func TestOwnOptions(t *testing.T) {
	own := map[string]bool{"used-first": true, "buffered": true, "override": true, "json": true, "max-errors-per-mib": true, "no-wait": true}
	for _, c := range gnuOptions {
		own[c.long] = false
	}
	for _, o := range table() {
		mine, known := own[o.Long]
		if !known || mine && !strings.Contains(usage, "--"+o.Long) {
			t.Errorf("--%s: known %v, not in the help", o.Long, known)
		}
	}
	for _, name := range append(device.Overrides(), identity) {
		if !strings.Contains(usage, string(name)) {
			t.Errorf("--help: no --override=%s", name)
		}
	}
}

// Arguments that are none, as GNU's refuses them; the errors name the option.
func TestBadArguments(t *testing.T) {
	for _, arg := range []string{"--min-read-rate=-1", "-b0", "-b1000", "-c0", "-c65537", "-e-1", "-e+-1", "-e", "-E-1", "-Fx", "-i-1", "-K,", "-Kx", "-o-1",
		"-P0", "-P33", "-r-2", "-s-2", "-s1Z", "-T1.5s", "-T-1", "-x-1", "-X-1", "-Z0", "--cpass=", "--cpass=6", "--cpass=3-1", "--cpass=2-", "--cpass=1,1",
		"--continue-on-errno=0", "--continue-on-errno=EIO", "--delay-slow=1x", "--mapfile-interval=", "--mapfile-interval=-1,-1", "--mapfile-interval=60,30",
		"--max-slow-reads=-1", "--pause-on-error=s9", "--pause-on-pass=", "--max-errors-per-mib=0", "--override=", "--no-such", "-j", "--quiet=1"} {
		o, err := parse([]string{arg, "source", "target", "map"})
		if arg == "-Fx" { // is looked at when it begins
			continue
		}
		name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if err == nil {
			t.Errorf("%s: %+v", arg, o)
		} else if text := err.Error(); !strings.HasPrefix(arg, "--") && !strings.Contains(text, "'") && !strings.Contains(text, "--") ||
			strings.HasPrefix(arg, "--") && !strings.Contains(text, name) {
			t.Errorf("%s: %v", arg, err)
		}
	}
}

// Options that mean something together.
func TestTogether(t *testing.T) {
	for _, c := range []struct {
		args string
		want string // in the error; empty: none
	}{
		{"-b4096 -i2s", ""}, {"-i2s -b4096", ""}, {"-r-1 -X100 -e+5 -E1M -T5m", ""}, {"-S -p -x0 -t -y -D -W", ""}, {"-nN --no-trim --cpass=0", ""},
		{"-F- -w", ""}, {"-w", "belongs to --fill-mode"}, {"-F- -G", "one of --fill-mode, --generate-mode and --command-mode"},
		{"-G --command-mode", "one of"}, {"-H- -m-", "only one map"}, {"-m- --used-first=-", "only one map"},
		{"--same-file -i1 -o0", "--same-file"}, {"--same-file -i1000 -o0 -s500", ""},
	} {
		_, err := parse(append(strings.Fields(c.args), "source", "target", "map"))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.args, err)
		}
	}
	o, err := parse(strings.Fields("-b4096 -i2s -s 3s -qvv source target"))
	if err != nil || o.ipos != 8192 || o.size != 12288 || o.verbosity != 1 {
		t.Errorf("%v, %+v", err, o)
	}
}
