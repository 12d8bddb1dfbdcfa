package smartctl

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"rescuebox/internal/applettest"
	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/atareport"
	"rescuebox/internal/smart/nvme"
	"rescuebox/internal/smart/nvmereport"
	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/scsi"
)

func TestMain(m *testing.M) { applettest.Main(m, &Applet) }

func TestScripts(t *testing.T) { applettest.Scripts(t) }

// What options mean, each by what it changes in those of the reports.
func TestOptions(t *testing.T) {
	on, off := true, false
	for line, check := range map[string]func(o *options) bool{
		"-i": func(o *options) bool {
			return o.ata.Info && o.scsi.Info && o.nvme.Info && !o.ata.Health && o.asked
		},
		"-Hc -A": func(o *options) bool { return o.ata.Health && o.ata.Capabilities && o.nvme.Attributes && !o.ata.Info },
		"-a":     func(o *options) bool { return o.ata.Selective && o.scsi.SelfTestLog && o.nvme.ErrorLog == 16 },
		"-x": func(o *options) bool {
			return o.ata.Phy && o.ata.Format.Brief && o.scsi.Background && o.nvme.SelfTestLog
		},
		"-f brief -f old":   func(o *options) bool { return !o.ata.Format.Brief && !o.asked },
		"-f hex,id":         func(o *options) bool { return o.ata.Format.HexID && !o.ata.Format.HexValue },
		"-l error":          func(o *options) bool { return o.ata.ErrorLog && o.scsi.ErrorLog && o.nvme.ErrorLog == 16 },
		"-l error,64":       func(o *options) bool { return o.nvme.ErrorLog == 64 },
		"-l xerror":         func(o *options) bool { return o.ata.ErrorLogExt == 8 && !o.ata.ErrorLogOrOld },
		"-l xerror,3,error": func(o *options) bool { return o.ata.ErrorLogExt == 3 && o.ata.ErrorLogOrOld },
		"-l xselftest,selftest": func(o *options) bool {
			return o.ata.SelfTestLogExt == 25 && o.ata.SelfTestLogOrOld && !o.ata.SelfTestLog
		},
		"-l devstat,3 -l devstat,0": func(o *options) bool {
			return o.ata.Statistics && reflect.DeepEqual(o.ata.StatisticsPages, []int{3, 0})
		},
		"-l defects,5 -l ssd": func(o *options) bool { return o.ata.Defects == 5 && o.scsi.Pending && o.scsi.SolidState && o.ata.Solid },
		"-l gplog,0x30": func(o *options) bool {
			return reflect.DeepEqual(o.ata.Dumps, []atareport.Dump{{GP: true, Address: 0x30, Pages: 1}})
		},
		"-l smartlog,224,1+2 -l gplog,7,1-3 -l gplog,8,2+": func(o *options) bool {
			return reflect.DeepEqual(o.ata.Dumps, []atareport.Dump{
				{Address: 224, First: 1, Pages: 2}, {GP: true, Address: 7, First: 1, Pages: 3}, {GP: true, Address: 8, First: 2}})
		},
		"-l nvmelog,0xc0,512": func(o *options) bool {
			return reflect.DeepEqual(o.nvme.Dumps, []nvmereport.Dump{{Page: 0xc0, Size: 512}})
		},
		"-l scterc,70,80,p": changes(atareport.Change{What: atareport.SetERC, Value: 70, Other: 80, Persistent: true}),
		"-l scterc,p":       func(o *options) bool { return o.ata.SCTERCPowerOn && !o.ata.SCTERC },
		"-l scttempint,5":   changes(atareport.Change{What: atareport.SetInterval, Value: 5}),
		"-s off -o on -S off": changes(atareport.Change{What: atareport.SetSMART}, atareport.Change{What: atareport.SetAutoOffline, On: true},
			atareport.Change{What: atareport.SetAutosave}),
		"-s apm,128 -s aam,off": changes(atareport.Change{What: atareport.SetAPM, On: true, Value: 128}, atareport.Change{What: atareport.SetAAM}),
		"-s standby,241 -s standby,off -s standby,now": changes(atareport.Change{What: atareport.SetStandbyTimer, On: true, Value: 241},
			atareport.Change{What: atareport.SetStandbyTimer}, atareport.Change{What: atareport.SetStandbyNow}),
		"-s wcache-sct,off,p -s wcache-sct,ata": changes(atareport.Change{What: atareport.SetSCTWriteCache, On: true, Value: 2, Persistent: true},
			atareport.Change{What: atareport.SetSCTWriteCache}),
		"--set=wcache,on --smart=rcache,off": func(o *options) bool {
			return reflect.DeepEqual(o.scsi.Set.WriteCache, &on) && reflect.DeepEqual(o.scsi.Set.ReadCache, &off) && len(o.ata.Changes) == 1
		},
		"-t short": func(o *options) bool {
			return o.ata.Test.Subcommand == ata.TestShort && *o.scsi.Test == scsi.BackgroundShort && o.nvme.Test == nvme.ShortTest && o.ata.Test.Pending == -1
		},
		"-C -t long": func(o *options) bool {
			return o.ata.Test.Subcommand == ata.TestExtended|ata.TestCaptive && *o.scsi.Test == scsi.ForegroundExtended
		},
		"-X": func(o *options) bool { return o.ata.Test.Subcommand == ata.TestAbort && o.nvme.Test == nvme.AbortTest },
		"-t vendor,0x90 -t force": func(o *options) bool {
			return o.ata.Test.Subcommand == 0x90 && o.ata.Test.Force && o.scsi.Test == nil
		},
		"-t select,10-20 -t select,5+10 -t select,7-max -t select,redo+3 -t select,next -t afterselect,on -t pending,0": func(o *options) bool {
			return o.ata.Test.Subcommand == ata.TestSelective && o.ata.Test.Pending == 0 && *o.ata.Test.Scan && reflect.DeepEqual(o.ata.Test.Spans, []atareport.Span{
				{First: 10, Last: 20}, {First: 5, Last: 14}, {First: 7, Last: ^uint64(0)}, {Mode: atareport.Redo, Last: 3}, {Mode: atareport.Next}})
		},
		"-n standby,0,5": func(o *options) bool {
			return o.ata.PowerCheck == atareport.PowerCheck{Mode: atareport.NotInStandby, NoMode: 5} && o.scsi.Asleep == scsi.Standby && o.scsi.AsleepStatus == 0
		},
		"-n idle":                         func(o *options) bool { return o.scsi.Asleep == scsi.Idle && o.scsi.AsleepStatus == report.OpenFailed },
		"-T permissive -T permissive":     func(o *options) bool { return o.scsi.Tolerate == 2 && o.ata.Tolerance == atareport.Permissive },
		"-b exit -P ignore":               func(o *options) bool { return o.ata.Checksum == atareport.ExitOnChecksum && o.ata.IgnorePresets },
		"-r ioctl,2 -r scsiioctl":         func(o *options) bool { return o.report["ATA"] == 2 && o.report["SCSI"] == 3 },
		"-q silent -q noserial":           func(o *options) bool { return o.silent && o.ata.HideSerial && o.nvme.HideSerial },
		"--json=cos":                      func(o *options) bool { return o.json && o.compact && o.output && o.sorted },
		"-ji":                             func(o *options) bool { return o.json && o.ata.Info },
		"--timeout=3":                     func(o *options) bool { return o.limits.Command == 3*time.Second && o.limits.Disk == time.Minute },
		"--timeout=90,20":                 func(o *options) bool { return o.limits.Disk == 20*time.Second },
		"--timeout=90":                    func(o *options) bool { return o.limits.Disk == 90*time.Second },
		"-d sat,12 -d test":               func(o *options) bool { return o.test && o.spec.String() == "sat,12" },
		"-d sat -d auto":                  func(o *options) bool { return o.spec == nil },
		"-v 9,minutes -F samsung -B +x.h": func(o *options) bool { return o.ata.Presets.Flaws().SwappedAll && o.databases[0] == "+x.h" },
		"--verdict":                       func(o *options) bool { return o.verdict && !o.full && len(o.devices) == 1 },
		"-g all":                          func(o *options) bool { return o.scsi.WriteCache && o.ata.Get == atareport.AllSettings },
	} {
		o, err := parse(append(strings.Fields(line), "/dev/x"))
		if err != nil || !check(o) {
			t.Errorf("%s: %v\nata %+v\nscsi %+v\nnvme %+v", line, err, o.ata, o.scsi, o.nvme)
		}
	}
}

func changes(want ...atareport.Change) func(*options) bool {
	return func(o *options) bool { return reflect.DeepEqual(o.ata.Changes, want) }
}

func TestMistakes(t *testing.T) {
	const missing = "ERROR: smartctl requires a device name as the final command-line argument."
	for line, want := range map[string]string{
		"": missing, "-a": missing, "a b": "You have provided 2 device names:", "-z x": "UNRECOGNIZED OPTION: z", "--zz x": "UNRECOGNIZED OPTION: zz",
		"-l": "ARGUMENT REQUIRED FOR OPTION: l", "-X -t short x": "can only run a single test type", "-t short -t long x": "can only run a single test type",
		"-t afterselect,on x": "only work with -t select", "-t select,5-2 x": "Start LBA (5) > ending LBA (2)",
		"-t select,1-2 -t select,1-2 -t select,1-2 -t select,1-2 -t select,1-2 -t select,1-2 x": "No more than five",
		"-d sat -": "not allowed in conjunction", "--scan x": "takes no device name", "--identify x": "--identify  is not supported by rescuebox",
		"-d areca,1/1 x": "'areca,1/1' is not supported by rescuebox", "-d foo x": "Unknown device type 'foo'", "-q errorsonly x": "-q errorsonly is not supported",
		"-P showall x": "-P showall is not supported", "-l farm x": "-l farm is not supported", "-l sasphy,reset x": "is not supported by rescuebox",
		"--json=u x": "--json=u is not supported", "--verdict -x x": "--verdict goes with no option", "--verdict - x": "standard input is one device",
		"--verdict -d sat": "requires a device name",
	} {
		if _, err := parse(strings.Fields(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
	for _, bad := range []string{
		"-l foo", "-l error,0", "-l error,x", "-l xerror,0", "-l xerror,error,3", "-l defects,0", "-l devstat,256", "-l scterc,1", "-l scterc,1,1000", "-l scttempint,0",
		"-l gplog", "-l gplog,256", "-l gplog,1,3-1", "-l gplog,1,+", "-l nvmelog,2", "-l nvmelog,2,3", "-l nvmelog,0,512", "-l selftest,1",
		"-s foo", "-s on,", "-s on,1", "-s apm,0", "-s apm,255", "-s aam", "-s standby,256", "-s wcache", "-s dsn,2", "-s security-freeze,on", "-o x", "-S x", "-g x",
		"-t x", "-t short,1", "-t vendor", "-t vendor,90", "-t vendor,0x100", "-t select", "-t select,x-2", "-t select,3+0", "-t pending,x", "-t afterselect,x",
		"-n x", "-n never,1", "-n standby,256", "-n standby,1,2,3", "-T x", "-b x", "-r x", "-r ioctl,0", "-q x", "-f x", "-v x", "-F x", "-P x", "--json=x",
		"--timeout=0", "--timeout=x", "--timeout=1,", "-d sat,99",
	} {
		_, err := parse(append(strings.Fields(bad), "x"))
		if err == nil || !strings.Contains(err.Error(), "=======> ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// A recording that ours has made of a recording is the same.
func TestRecording(t *testing.T) {
	capture, err := os.ReadFile("../../internal/smart/testdata/raw/1070_INTEL_SSDSC2KB019T7R.replay")
	if err != nil {
		t.Fatal(err)
	}
	first := applettest.Call(&Applet, applettest.Command{Name: "smartctl", Args: []string{"-r", "ataioctl,2", "-a", "-"}, Stdin: string(capture)})
	a := applettest.Call(&Applet, applettest.Command{Name: "smartctl", Args: []string{"-j", "-a", "-"}, Stdin: string(capture)})
	b := applettest.Call(&Applet, applettest.Command{Name: "smartctl", Args: []string{"-j", "-a", "-"}, Stdin: first.Stdout})
	var x, y map[string]any
	if json.Unmarshal([]byte(a.Stdout), &x) != nil || json.Unmarshal([]byte(b.Stdout), &y) != nil {
		t.Fatalf("no JSON: %s\n%s", a.Stdout, b.Stdout)
	}
	delete(x, "local_time")
	delete(y, "local_time")
	if !reflect.DeepEqual(x, y) || x["serial_number"] == nil {
		t.Errorf("%s\n%s", a.Stdout, b.Stdout)
	}
}

// Lines have at most 80 characters, whatever is in them.
func TestWrap(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, text := range []string{"", "a", strings.Repeat("word ", 40), long, "a " + long + " b", "a\x1b[2Jb\nc"} {
		got := wrap("  why    ", "            ", text)
		for line := range strings.Lines(got) {
			if len(line) > 81 || strings.ContainsRune(line, 0x1b) {
				t.Errorf("%q", line)
			}
		}
		if strings.Join(strings.Fields(strings.TrimPrefix(got, "  why")), "") != strings.Join(strings.Fields(strings.Map(harmless, text)), "") {
			t.Errorf("%q is %q", text, got)
		}
	}
	if got, want := typing("rescuebox ddrescue -d "+strings.Repeat("y", 60)+" z"), "    rescuebox ddrescue -d \\\n      "+strings.Repeat("y", 60)+" z\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Whatever the command line is, JSON is what comes where it is asked for.
func FuzzParse(f *testing.F) {
	f.Add("-j -x -l gplog,1,2-3 -t select,1-2 /dev/null")
	f.Add("--json=cos -d sat,12 -T permissive -n standby,3 -v 9,minutes -")
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Fields(line)
		o, err := parse(args)
		if err != nil && strings.TrimSpace(err.Error()) == "" {
			t.Fatal("no message")
		}
		// Only what asks no device of this machine.
		if err == nil && o.device != "-" || !o.json {
			return
		}
		r := applettest.Call(&Applet, applettest.Command{Name: "smartctl", Args: args})
		if !o.help && !o.version && !o.lines && !o.yaml && !json.Valid([]byte(r.Stdout)) {
			t.Fatalf("%q", r.Stdout)
		}
	})
}
