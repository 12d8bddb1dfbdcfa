package checksmart

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rescuebox/internal/applet"
	"rescuebox/internal/applettest"
	"rescuebox/internal/smart/host"
	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/survey"
	"rescuebox/internal/smart/verdict"
)

func TestMain(m *testing.M) { applettest.Main(m, &Applet) }

func TestScripts(t *testing.T) { applettest.Scripts(t) }

// disk is a healthy one, changed.
func disk(name string, change func(*survey.Disk)) *survey.Disk {
	passed := true
	d := &survey.Disk{Path: "/dev/" + name, Kernel: name, Model: "WDC WD5000", Serial: "S-" + name, Report: &report.Output{}, Host: &host.Disk{Port: "ata1"}}
	d.Report.JSON.At("temperature", "current").Int(31)
	d.Evidence = verdict.Evidence{
		Device: d.Path, Ask: d.Path, Size: 500107862016, Identified: true, Passed: &passed, Hours: 10000, Phy: verdict.Phy{Since: -1},
		Attributes: []verdict.Attribute{{ID: 9, Name: "Power_On_Hours", Value: 90, Worst: 90, Raw: 10000}},
	}
	change(d)
	d.Judge()
	return d
}

func healthy(*survey.Disk) {}

func count(id uint8, n uint64) func(*survey.Disk) {
	return func(d *survey.Disk) {
		d.Evidence.Attributes = append(d.Evidence.Attributes, verdict.Attribute{ID: id, Value: 100, Worst: 100, Raw: n})
	}
}

func failing(d *survey.Disk) { *d.Evidence.Passed = false }

func denied(d *survey.Disk) {
	d.Evidence = verdict.Evidence{Device: d.Path, Unopened: "it cannot be opened: Permission denied"}
}

func wedged(d *survey.Disk) {
	d.Evidence = verdict.Evidence{Device: d.Path, Silent: 15 * time.Second}
}

func virtual(d *survey.Disk) { d.Evidence.Virtual = true }

// call runs the applet on disks that this machine has not.
func call(now int64, disks []*survey.Disk, args ...string) (out string, status int) {
	var b bytes.Buffer
	r := &run{
		s:    applet.Streams{Out: &b, Name: "check_smart", LookupEnv: func(string) (string, bool) { return "", false }},
		now:  time.Unix(1700000000+now, 0),
		boot: func() string { return "boot" },
		ask:  func(context.Context, []survey.Target) ([]*survey.Disk, error) { return disks, nil },
	}
	err := r.main(context.Background(), args)
	return b.String(), applet.Status(err)
}

func TestLines(t *testing.T) {
	a := disk("sda", healthy)
	slot := disk("sdb", healthy)
	slot.Path, slot.Option, slot.Kernel = "/dev/bus/0", "megaraid,7", ""
	for _, c := range []struct {
		name   string
		args   string
		disks  []*survey.Disk
		status int
		want   string // the start of the line
	}{
		{"all fine", "", []*survey.Disk{a, slot}, 0, "SMART OK - 2 disks, nothing bad was found | sda_temperature=31 sda_power_on_hours=10000c sda_kernel_medium_errors=0c " +
			"sda_kernel_link_errors=0c bus_0_megaraid_7_temperature=31 "},
		{"one of all", "", []*survey.Disk{a}, 0, "SMART OK - sda: nothing bad was found [WDC WD5000, serial S-sda, at ata1] | sda_temperature=31 "},
		{"one by name", "/dev/sda", []*survey.Disk{a}, 0, "SMART OK - sda: nothing bad was found [WDC WD5000, serial S-sda, at ata1] | temperature=31 "},
		{"without numbers", "--hide-sn -d /dev/sda", []*survey.Disk{a}, 0, "SMART OK - sda: nothing bad was found [WDC WD5000, at ata1] | temperature=31 "},
		{"one failing", "", []*survey.Disk{a, disk("sdc", failing)}, 2, "SMART CRITICAL - 1 of 2 disks: sdc FAILING: it says itself that it is failing [WDC WD5000, serial S-sdc, at ata1] | sda_"},
		{"the worst first", "", []*survey.Disk{disk("sda", denied), disk("sdc", func(d *survey.Disk) { d.Evidence.NVMe = &verdict.NVMe{Used: 95, Spare: 100} }), disk("sdd", wedged)}, 2,
			"SMART CRITICAL - 3 of 3 disks: sdd DEAD: no answer within 15s [WDC WD5000, serial S-sdd, at ata1]; sdc WORN: 95 % of the life that was planned are used [WDC WD5000, serial S-sdc, at ata1]; sda UNKNOWN: it cannot"},
		{"not root", "", []*survey.Disk{disk("sda", denied)}, 3, "SMART UNKNOWN - sda UNKNOWN: it cannot be opened: Permission denied (it must run as root) [WDC"},
		{"no disks", "", nil, 3, "SMART UNKNOWN - no disks were found\n"},
		{"none that says anything", "", []*survey.Disk{disk("vda", virtual)}, 3, "SMART UNKNOWN - 1 virtual disk that cannot say anything | vda_temperature=31 "},
		{"some that say nothing", "", []*survey.Disk{a, disk("vda", virtual), disk("sdd", func(d *survey.Disk) { d.Evidence.Asleep = true })}, 0,
			"SMART OK - 1 disk, nothing bad was found; 1 asleep; 1 virtual disk that cannot say anything | "},
		{"all asleep", "-n standby", []*survey.Disk{disk("sdd", func(d *survey.Disk) { d.Evidence.Asleep = true })}, 0, "SMART OK - 1 asleep | "},
		{"a virtual one by name", "/dev/vda", []*survey.Disk{disk("vda", virtual)}, 3, "SMART UNKNOWN - vda UNKNOWN: a virtual disk"},
		{"left out", "--skip=sd[cd] --skip=*/vda --skip=S-sde", []*survey.Disk{a, disk("sdc", failing), disk("vda", virtual), disk("sde", failing)}, 0, "SMART OK - sda: nothing bad"},
		{"all left out", "--skip=*", []*survey.Disk{a}, 3, "SMART UNKNOWN - no disks"},
		{"too warm", "-w 30 -c 40", []*survey.Disk{a}, 1, "SMART WARNING - sda: temperature is 31 (WARNING threshold 30) [WDC WD5000, serial S-sda, at ata1] | sda_temperature=31;30;40 "},
		{"a threshold of nothing", "-c used=90", []*survey.Disk{a}, 3, "SMART UNKNOWN - sda: nothing bad was found [WDC WD5000, serial S-sda, at ata1]; no disk has a value used | "},
		{"nothing ends the line early", "", []*survey.Disk{disk("sda", func(d *survey.Disk) { d.Model = "a|b\nc"; failing(d) })}, 2, "SMART CRITICAL - sda FAILING: it says itself that it is failing [a/b c, serial"},
	} {
		args := append(strings.Fields(c.args), "--no-state")
		out, status := call(0, c.disks, args...)
		if status != c.status || !strings.HasPrefix(out, c.want) || strings.Count(out, "\n") != 1 || strings.Count(out, "|") != min(len(c.disks), 1) && !strings.HasPrefix(c.name, "all left") {
			t.Errorf("%s: %d\n%swant %d %s", c.name, status, out, c.status, c.want)
		}
	}
}

func TestVerbose(t *testing.T) {
	out, _ := call(0, []*survey.Disk{disk("sda", healthy), disk("sdb", count(197, 2))}, "--no-state", "-v")
	_, below, _ := strings.Cut(out, "\n")
	if want := "sdb DEGRADED 500 GB [WDC WD5000, serial S-sdb, at ata1]\n- sectors that cannot be read, waiting to be reallocated: 2 (attribute 197) [attributes]\n" +
		"sda OK 500 GB [WDC WD5000, serial S-sda, at ata1]\n- nothing bad was found [all that was asked]\n"; below != want {
		t.Errorf("%s\nwant %s", below, want)
	}
	out, _ = call(0, []*survey.Disk{disk("sdb", count(197, 2))}, "--no-state", "-vv")
	if !strings.Contains(out, "\n- do: image it before anything writes to it: rescuebox ddrescue -d /dev/sdb ") {
		t.Error(out)
	}
}

// What a monitor sees as the days go by.
func TestState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "state")
	const hour = 3600
	step := func(at int64, disks []*survey.Disk, status int, want string, args ...string) {
		t.Helper()
		out, got := call(at, disks, append(args, "--state", path)...)
		if got != status || !strings.HasPrefix(out, want) {
			t.Errorf("%d\n%swant %d %s", got, out, status, want)
		}
	}
	a := func() *survey.Disk { return disk("sda", healthy) }
	step(0, []*survey.Disk{a(), disk("sdb", count(5, 3))}, 0, "SMART OK - 2 disks, nothing bad was found |")
	step(hour, []*survey.Disk{a(), disk("sdb", count(5, 4))}, 1, "SMART WARNING - 1 of 2 disks: sdb: reallocated rose from 3 to 4 at 20")
	step(26*hour, []*survey.Disk{a(), disk("sdb", count(5, 4))}, 0, "SMART OK - 2 disks, nothing bad was found |")
	step(27*hour, []*survey.Disk{a(), disk("sdb", count(187, 1))}, 2, "SMART CRITICAL - 1 of 2 disks: sdb DEGRADED: reported errors that could not be corrected: 1 (attribute 187) [")
	step(53*hour, []*survey.Disk{a(), disk("sdb", count(187, 1))}, 1, "SMART WARNING - 1 of 2 disks: sdb DEGRADED: reported errors that could not be corrected: 1 (attribute 187) (known) [")
	step(54*hour, []*survey.Disk{a(), disk("sdb", count(187, 1))}, 0, "SMART OK - 2 disks, nothing bad that is new; sdb DEGRADED: reported errors that could not be corrected: 1 (attribute 187) (known) [", "--accept")
	step(55*hour, []*survey.Disk{a(), disk("sdb", count(187, 1))}, 0, "SMART OK - 2 disks, nothing bad that is new; sdb DEGRADED")
	step(56*hour, []*survey.Disk{a()}, 2, "SMART CRITICAL - 1 of 2 disks: sdb is gone since 20")
	step(57*hour, []*survey.Disk{a()}, 0, "SMART OK - sda: nothing bad was found", "--accept")
	step(58*hour, []*survey.Disk{a()}, 0, "SMART OK - sda: nothing bad was found")
	step(59*hour, nil, 2, "SMART CRITICAL - sda is gone since 20")

	// A state that is damaged, once; one that cannot be kept, for as long as it cannot.
	whole, err := os.ReadFile(path)
	if err != nil || os.WriteFile(path, whole[:len(whole)-3], 0o600) != nil {
		t.Fatal(err)
	}
	step(60*hour, []*survey.Disk{a()}, 3, "SMART UNKNOWN - sda: nothing bad was found [WDC WD5000, serial S-sda, at ata1]; the state begins anew: "+path+": damaged in line ")
	step(61*hour, []*survey.Disk{a()}, 0, "SMART OK - sda: nothing")
	if err := os.WriteFile(path+"2", []byte("somebody's"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, status := call(0, []*survey.Disk{a()}, "--state", path+"2")
	if kept, _ := os.ReadFile(path + "2"); status != 3 || !strings.Contains(out, "it has not this form, and is not replaced") || string(kept) != "somebody's" {
		t.Errorf("%s%s", out, kept)
	}
	step(61*hour, []*survey.Disk{disk("sda", failing)}, 2, "SMART CRITICAL - sda FAILING")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	step(62*hour, []*survey.Disk{a()}, 3, "SMART UNKNOWN - sda: nothing bad was found [WDC WD5000, serial S-sda, at ata1]; the state begins anew: "+path+": Is a directory; the state is not kept: "+path+": ")
}

func TestStatePath(t *testing.T) {
	r := &run{o: &options{}}
	for env, want := range map[string]string{
		"": "/var/lib/rescuebox/check_smart.state", "NAGIOS_PLUGIN_STATE_DIRECTORY": "/x/check_smart.state", "MP_STATE_PATH": "/x/check_smart.state",
	} {
		r.s.LookupEnv = func(key string) (string, bool) { return map[bool]string{true: "/x"}[key == env], key == env }
		if got := r.statePath(); got != want {
			t.Errorf("%s: %s", env, got)
		}
	}
}

// What hangs where no command has a limit costs the time there is.
func TestLate(t *testing.T) {
	var b bytes.Buffer
	hang := make(chan struct{})
	defer close(hang)
	r := &run{s: applet.Streams{Out: &b, Name: "check_smart"}, ask: func(context.Context, []survey.Target) ([]*survey.Disk, error) {
		<-hang
		return nil, nil
	}}
	begin := time.Now()
	err := r.main(context.Background(), []string{"-t", "1", "--no-state"})
	if took := time.Since(begin); applet.Status(err) != 2 || took > 5*time.Second || b.String() != "SMART CRITICAL - not done within 1s; a disk or its driver hangs\n" {
		t.Errorf("%v %v %s", err, took, b.String())
	}
}

func TestOptions(t *testing.T) {
	for line, check := range map[string]func(*options) bool{
		"": func(o *options) bool {
			return o.Timeout == 30*time.Second && o.hold == 24*time.Hour && len(o.Devices) == 0
		},
		"-d a b --device=c":          func(o *options) bool { return strings.Join(o.Devices, " ") == "a c b" },
		"-i megaraid,[2-4] /dev/x":   func(o *options) bool { return len(o.Specs) == 3 && o.Specs[2].String() == "megaraid,4" },
		"-i auto":                    func(o *options) bool { return o.Specs == nil },
		"-w 1 --critical=2,used=@3":  func(o *options) bool { return len(o.limits) == 3 },
		"-t 5 --hold 0 -n standby":   func(o *options) bool { return o.Timeout == 5*time.Second && o.hold == 0 && o.LetSleep },
		"-vv --no-state --hide-sn":   func(o *options) bool { return o.verbose == 2 && o.noState && o.hide },
		"--state=/x --accept":        func(o *options) bool { return o.state == "/x" && o.accept },
		"-n standby --nocheck=never": func(o *options) bool { return !o.LetSleep },
	} {
		if o, err := parse(strings.Fields(line)); err != nil || !check(o) {
			t.Errorf("%s: %+v %v", line, o, err)
		}
	}
	for _, bad := range []string{
		"-x", "-t 0", "-t x", "-t 3601", "--hold -1", "-w", "-w x", "-c 5:1", "-i nonsense x", "-i megaraid,[4-2] x", "-i megaraid,[1-999] x", "-i megaraid,[1 x",
		"-i areca,1/1 x", "-i sat", "-n idle", "--no-state --accept", "--no-state --state=x", "--state=", "-g /nowhere/*", "-g [",
	} {
		out, status := call(0, nil, strings.Fields(bad)...)
		if status != 3 || !strings.HasPrefix(out, "SMART UNKNOWN - ") || strings.Count(out, "\n") != 1 {
			t.Errorf("%s: %d %s", bad, status, out)
		}
	}
}

// A recording of a real disk, from the command line to the line, as its counters rise.
func TestRecording(t *testing.T) {
	const capture = "../../internal/smart/testdata/WDC_WD2500JS-75NCB3--10.02E04.blob"
	text, err := os.ReadFile(capture)
	if err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(t.TempDir(), "state")
	for _, c := range []struct {
		id     byte
		n      uint16
		status int
		want   string
	}{
		{5, 0, 0, "SMART OK - recording: nothing bad was found [WDC WD2500JS-75NCB3, serial WD-"},
		{5, 2, 1, "SMART WARNING - recording: reallocated rose from 0 to 2 at "},
		{199, 9, 1, "SMART WARNING - recording LINK: errors on its cable since it was last looked at: 9, reallocated rose"},
		{197, 1, 2, "SMART CRITICAL - recording DEGRADED: sectors that cannot be read, waiting to be reallocated: 1 (attribute 197 Current_Pending_Sector) ["},
	} {
		setRaw(t, text, c.id, c.n)
		r := applettest.Call(&Applet, applettest.Command{Args: []string{"-d", "-", "--state", state, "-w", "Power_On_Hours=1:"}, Stdin: string(text)})
		if r.Status != c.status || !strings.HasPrefix(r.Stdout, c.want) || r.Stderr != "" || !strings.Contains(r.Stdout, " | temperature=") {
			t.Errorf("%d\n%s%swant %d %s", r.Status, r.Stdout, r.Stderr, c.status, c.want)
		}
	}
}

// setRaw changes an attribute in a recording of skdump: blocks of a tag, a length and
// data.
func setRaw(t *testing.T, text []byte, id byte, n uint16) {
	t.Helper()
	i := bytes.Index(text, []byte("SMDT\x00\x00\x02\x00"))
	if i < 0 {
		t.Fatal("no attributes")
	}
	page := text[i+8 : i+8+512]
	for at := 2; at < 2+30*12; at += 12 {
		if page[at] == id {
			binary.LittleEndian.PutUint16(page[at+5:], n)
			page[511] = 0
			sum := byte(0)
			for _, b := range page {
				sum -= b
			}
			page[511] = sum
			return
		}
	}
	t.Fatal("no attribute ", id)
}
