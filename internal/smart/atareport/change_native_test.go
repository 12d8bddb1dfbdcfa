//go:build amd64

package atareport_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rescuebox/internal/smart/atareport"
	"rescuebox/internal/smart/drivedb"
	"rescuebox/internal/smart/oracle"
	"rescuebox/internal/smart/report"
)

type change = atareport.Change

// changes are command lines of smartctl, and what they are in Options.
var changes = []struct {
	args string
	o    atareport.Options
}{
	{"-s on", make1(change{What: atareport.SetSMART, On: true})},
	{"-s off", make1(change{What: atareport.SetSMART})},
	{"-s off -o on -S off -H", with(health, change{What: atareport.SetSMART}, change{What: atareport.SetAutoOffline, On: true}, change{What: atareport.SetAutosave})},
	{"-s on -o on -S on -H", with(health, change{What: atareport.SetSMART, On: true}, change{What: atareport.SetAutoOffline, On: true}, change{What: atareport.SetAutosave, On: true})},
	{"-o on", make1(change{What: atareport.SetAutoOffline, On: true})},
	{"-o off -H", with(health, change{What: atareport.SetAutoOffline})},
	{"-T conservative -o on -H", with(conservative, change{What: atareport.SetAutoOffline, On: true})},
	{"-T permissive -o off -S off -H", with(permissive, change{What: atareport.SetAutoOffline}, change{What: atareport.SetAutosave})},
	{"-T verypermissive -s on -o on -S on -H", with(veryPermissive, change{What: atareport.SetSMART, On: true}, change{What: atareport.SetAutoOffline, On: true}, change{What: atareport.SetAutosave, On: true})},
	{"-T permissive -s off -H", with(permissive, change{What: atareport.SetSMART})},
	{"-S on", make1(change{What: atareport.SetAutosave, On: true})},
	{"-S off", make1(change{What: atareport.SetAutosave})},
	{"-s aam,off -s aam,128 -i", with(info, change{What: atareport.SetAAM}, change{What: atareport.SetAAM, On: true, Value: 128})},
	{"-s aam,0 -s apm,1", make1(change{What: atareport.SetAAM, On: true}, change{What: atareport.SetAPM, On: true, Value: 1})},
	{"-s aam,off -s apm,off", make1(change{What: atareport.SetAPM}, change{What: atareport.SetAAM})},
	{"-s apm,128 -g all", with(get(atareport.AllSettings), change{What: atareport.SetAPM, On: true, Value: 128})},
	{"-s apm,254 -s aam,254", make1(change{What: atareport.SetAPM, On: true, Value: 254}, change{What: atareport.SetAAM, On: true, Value: 254})},
	{"-s lookahead,on -s wcache,on -s dsn,on", make1(change{What: atareport.SetLookAhead, On: true}, change{What: atareport.SetWriteCache, On: true}, change{What: atareport.SetDSN, On: true})},
	{"-s lookahead,off -s wcache,off -s dsn,off -g wcache", with(get(atareport.GetWriteCache), change{What: atareport.SetLookAhead}, change{What: atareport.SetWriteCache}, change{What: atareport.SetDSN})},
	{"-s security-freeze -g security", with(get(atareport.GetSecurity), change{What: atareport.SetSecurityFreeze})},
	{"-s standby,off", make1(timer(0))}, {"-s standby,1", make1(timer(1))}, {"-s standby,240", make1(timer(240))},
	{"-s standby,241", make1(timer(241))}, {"-s standby,251", make1(timer(251))}, {"-s standby,252", make1(timer(252))},
	{"-s standby,253", make1(timer(253))}, {"-s standby,254", make1(timer(254))}, {"-s standby,255 -s on", make1(timer(255), change{What: atareport.SetSMART, On: true})},
	{"-s standby,now", make1(change{What: atareport.SetStandbyNow})},
	{"-s standby,now -s standby,30 -H", with(health, timer(30), change{What: atareport.SetStandbyNow})},
	{"-s standby,now -s standby,off", make1(timer(0), change{What: atareport.SetStandbyNow})},
	{"-s standby,now -s apm,3 -l scterc", with(atareport.Options{SCTERC: true}, change{What: atareport.SetAPM, On: true, Value: 3}, change{What: atareport.SetStandbyNow})},
	{"-g wcreorder", get(atareport.GetReorder)}, {"-g wcache-sct -g aam", get(atareport.GetSCTWriteCache | atareport.GetAAM)},
	{"-g wcreorder -g wcache-sct -g all -H", func() atareport.Options {
		o := get(atareport.AllSettings | atareport.GetReorder | atareport.GetSCTWriteCache)
		o.Health = true
		return o
	}()},
	{"-s wcreorder,on", make1(change{What: atareport.SetReorder, On: true})},
	{"-g wcreorder -s wcreorder,off,p", with(get(atareport.GetReorder), change{What: atareport.SetReorder, Persistent: true})},
	{"-s wcache-sct,ata", make1(change{What: atareport.SetSCTWriteCache})},
	{"-s wcache-sct,on,p -H", with(health, change{What: atareport.SetSCTWriteCache, On: true, Value: 1, Persistent: true})},
	{"-s wcache-sct,off -g wcache-sct", with(get(atareport.GetSCTWriteCache), change{What: atareport.SetSCTWriteCache, On: true, Value: 2})},
	{"-s wcache-sct,off -s wcreorder,off -s security-freeze", make1(change{What: atareport.SetSCTWriteCache, On: true, Value: 2}, change{What: atareport.SetReorder}, change{What: atareport.SetSecurityFreeze})},
	{"-s wcache-sct,on -s standby,now", make1(change{What: atareport.SetSCTWriteCache, On: true, Value: 1}, change{What: atareport.SetStandbyNow})},
	{"-l scterc", atareport.Options{SCTERC: true}},
	{"-l scterc -H -l scttempsts", atareport.Options{SCTERC: true, Health: true, SCTStatus: true}},
	{"-l scterc,p", atareport.Options{SCTERCPowerOn: true}},
	{"-l scterc,70,80", make1(change{What: atareport.SetERC, Value: 70, Other: 80})},
	{"-l scterc,70,70", make1(change{What: atareport.SetERC, Value: 70, Other: 70})},
	{"-l scterc,0,0", make1(change{What: atareport.SetERC})},
	{"-l scterc,70,0,p", make1(change{What: atareport.SetERC, Value: 70, Persistent: true})},
	{"-l scterc,65,100 -l scterc", with(atareport.Options{SCTERC: true}, change{What: atareport.SetERC, Value: 65, Other: 100})},
	{"-l scterc,65,100,p -l scterc,p", with(atareport.Options{SCTERCPowerOn: true}, change{What: atareport.SetERC, Value: 65, Other: 100, Persistent: true})},
	{"-l scterc,reset", make1(change{What: atareport.ResetERC})},
	{"-l scterc,reset -l scterc", with(atareport.Options{SCTERC: true}, change{What: atareport.ResetERC})},
	{"-l scterc,reset -l scterc,70,90", make1(change{What: atareport.ResetERC}, change{What: atareport.SetERC, Value: 70, Other: 90})},
	{"-l scterc,70,90 -l scterc,reset", make1(change{What: atareport.SetERC, Value: 70, Other: 90}, change{What: atareport.ResetERC})},
	{"-l scttempint,5", make1(change{What: atareport.SetInterval, Value: 5})},
	{"-l scttempint,1,p -l scttempsts -l scterc", with(atareport.Options{SCTStatus: true, SCTERC: true}, change{What: atareport.SetInterval, Value: 1, Persistent: true})},
	{"-l scttempint,1 -l scttemphist", with(atareport.Options{SCTHistory: true}, change{What: atareport.SetInterval, Value: 1})},
	{"-s on -i -c -l selftest", with(atareport.Options{Info: true, Capabilities: true, SelfTestLog: true}, change{What: atareport.SetSMART, On: true})},
	{"-l error", atareport.Options{ErrorLog: true}},
	{"-T permissive -l selftest", atareport.Options{SelfTestLog: true, Tolerance: atareport.Permissive}},
}

var (
	health         = atareport.Options{Health: true}
	info           = atareport.Options{Info: true}
	conservative   = atareport.Options{Health: true, Tolerance: atareport.Conservative}
	permissive     = atareport.Options{Health: true, Tolerance: atareport.Permissive}
	veryPermissive = atareport.Options{Health: true, Tolerance: atareport.VeryPermissive}
)

func timer(n uint16) change { return change{What: atareport.SetStandbyTimer, On: n != 0, Value: n} }

func make1(c ...change) atareport.Options { return atareport.Options{Changes: c} }

func with(o atareport.Options, c ...change) atareport.Options {
	o.Changes = c
	return o
}

func get(s atareport.Settings) atareport.Options { return atareport.Options{Get: s} }

// lives are disks of all kinds: with and without what can be set, and such as refuse.
var lives = map[string]func(*live){
	"able": func(*live) {},
	"refusing all": func(l *live) {
		l.refuses = refusing("command ef", "command e0", "command e2", "command e3", "command f5", "command b0 feature d2", "command b0 feature d6", "command b0 feature d8", "command b0 feature d9", "command b0 feature db")
	},
	"refusing the second": func(l *live) {
		l.refuses = refusing("command b0 feature d6 count 01 lba c24fe0 writes 0:0003 1:0001 2:0002", "command b0 feature d6 count 01 lba c24fe0 writes 0:0003 1:0002 2:0002", "command ef feature 05", "command b0 feature db")
	},
	"without data":            func(l *live) { l.values = nil },
	"without thresholds":      func(l *live) { l.thresholds = nil },
	"without SCT status":      func(l *live) { delete(l.smart, 0xe0) },
	"SCT busy":                func(l *live) { put(l.smart[0xe0], map[int]uint16{7: 0xffff}) },
	"SCT unknown":             func(l *live) { put(l.smart[0xe0], map[int]uint16{0: 9}) },
	"SCT fails":               func(l *live) { l.extended = 3 },
	"SCT states unknown":      func(l *live) { l.features[1], l.features[2] = [2]uint16{7, 0}, [2]uint16{0, 0} },
	"SCT states other":        func(l *live) { l.features[1], l.features[2] = [2]uint16{3, 1}, [2]uint16{2, 1} },
	"without SCT":             words(map[int]uint16{206: 0}),
	"SCT status only":         words(map[int]uint16{206: 1}),
	"SCT ERC only":            words(map[int]uint16{206: 9}),
	"SCT features only":       words(map[int]uint16{206: 0x11}),
	"SCT tables only":         words(map[int]uint16{206: 0x21}),
	"locked":                  words(map[int]uint16{128: 7}),
	"frozen":                  words(map[int]uint16{128: 0x2b}),
	"without SMART":           words(map[int]uint16{82: 0x346a}),
	"SMART off":               words(map[int]uint16{85: 0x3468}),
	"SMART not told":          words(map[int]uint16{83: 0}),
	"SMART not told, and off": words(map[int]uint16{83: 0, 85: 0x3468}),
	"timer of the vendor":     words(map[int]uint16{49: 0x0f00}),
	"timer with a minimum":    words(map[int]uint16{50: 0x4001}),
	"timer with neither":      words(map[int]uint16{49: 0x0f00, 50: 0x4001}),
	"word 50 not filled in":   words(map[int]uint16{50: 0xc001}),
	"without automatic tests": func(l *live) { l.values[367] = 0x79; seal(l.values) },
	"with AAM and DSN":        words(map[int]uint16{83: 0x7f09, 86: 0xbe49, 119: 0x4200, 120: 0x4200}),
}

func words(w map[int]uint16) func(*live) {
	return func(l *live) { put(l.identify, w) }
}

// about are the options that a kind of disk matters to, for all others are as with any
// disk; with ALL in the environment each is tried with each.
var about = map[string]string{
	"refusing the second": "scterc|apm|-o ", "without data": "-o |-H|-A", "without thresholds": "-[HA]( |$)", "without automatic tests": "-o ",
	"without SCT status": aboutSCT, "SCT busy": aboutSCT, "SCT unknown": aboutSCT, "SCT fails": aboutSCT, "SCT states unknown": "-g wc", "SCT states other": "-g wc",
	"without SCT": aboutSCT, "SCT status only": aboutSCT, "SCT ERC only": "scterc$|tempint|wcre", "SCT features only": "tempint|hist|wcre", "SCT tables only": "tempint|hist|wcre",
	"locked": aboutSCT + "|security", "frozen": "security", "without SMART": aboutSMART, "SMART off": aboutSMART, "SMART not told": aboutSMART, "SMART not told, and off": aboutSMART,
	"timer of the vendor": aboutTimer, "timer with a minimum": aboutTimer, "timer with neither": aboutTimer, "word 50 not filled in": aboutTimer,
	"with AAM and DSN": "aam|dsn|-g all",

	"busy offline": "short|cont$|offline|-X", "busy, nearly done": "short|long|10-20|offline|-X",
	"refusing tests":        "^-t (short|long|conv|offline|select|vendor,0x40)|-X",
	"without offline tests": "offline", "aborts offline tests": "offline", "without self-tests": "short|long|-X", "without conveyance tests": "conveyance",
	"no times": "short|long|conv|offline", "a day": "short|long|conv|offline", "interrupted": aboutSpans, "aborted": aboutSpans, "failed": aboutSpans,
	"without selective tests": aboutSpans, "without selective log": aboutSpans, "refusing to write the log": aboutSpans, "log of version 0": aboutSpans, "log of version 2": aboutSpans,
	"log with a wrong checksum": aboutSpans, "log all zero": aboutSpans, "scan under way": aboutSpans, "scan pending": aboutSpans, "span under way": aboutSpans,
	"span at the end": aboutSpans, "span behind the end": aboutSpans, "span reversed": "10-20|redo", "span that begins at 0": aboutSpans, "four spans": aboutSpans,
	"size not known": "select|short", "with a wrong checksum": "short|10-20",
}

const (
	aboutSCT   = "^-g wcre|-s wcreorder,on|sct,ata|sct,on,p|scterc(,70,80|,reset -l scterc)?$|tempint"
	aboutTimer = "standby,(off|1|254)$"
	aboutSMART = "-s o|-[oSHiA]( |$)|error|selftest|short|-X|10-20"
	aboutSpans = "redo|cont|next -t|10-20"
)

func concerns(t *testing.T, disk, args string) bool {
	matters, err := regexp.MatchString(about[disk], args)
	if err != nil {
		t.Fatal(err)
	}
	return matters || os.Getenv("ALL") != ""
}

// TestChanges compares what is printed, and what is sent, with smartctl.
func TestChanges(t *testing.T) {
	o := newOracle(t)
	for name, make := range lives {
		for _, c := range changes {
			if !concerns(t, name, c.args) {
				continue
			}
			o.besideOf(t, name, make, c.args, c.o)
		}
	}
}

// pair is smartctl with a drive database that is read soon.
type pair struct {
	*oracle.Smartctl
	path string
	db   *drivedb.DB
}

func newOracle(t *testing.T) *pair {
	t.Helper()
	p := &pair{Smartctl: oracle.New(t), path: filepath.Join(t.TempDir(), "drivedb.h")}
	if err := os.WriteFile(p.path, []byte(`{ "DEFAULT", "-", "-", "", "" },`), 0o644); err != nil {
		t.Fatal(err)
	}
	var err error
	if p.db, err = drivedb.Open("/", p.path); err != nil {
		t.Fatal(err)
	}
	return p
}

// besideOf is beside with a disk that is another than a new one.
func (p *pair) besideOf(t *testing.T, disk string, change func(*live), args string, o atareport.Options) {
	t.Helper()
	t.Run(disk+": "+args, func(t *testing.T) {
		t.Parallel()
		p.beside(t, args, func() *live {
			l := newLive()
			change(l)
			return l
		}, o, changeDifferences)
	})
}

// beside runs the options on two such disks, by us and by smartctl. It counts the values
// that are equal.
func (p *pair) beside(t *testing.T, args string, disk func() *live, o atareport.Options, explained []oracle.Explained) (equal int) {
	t.Helper()
	ours, theirs := disk(), disk()
	o.Now, o.DB = time.Now().UTC(), p.db
	var out report.Output
	if err := atareport.Run(context.Background(), ours, o, &out); err != nil {
		t.Error(err)
	}
	document, status := p.Serve(t, theirs.serve, append([]string{"-B", p.path, "-d", "sat", "--json=o"}, strings.Fields(args)...)...)
	var d struct {
		Smartctl struct{ Output []string }
	}
	if err := json.Unmarshal([]byte(document), &d); err != nil {
		t.Fatalf("%v in\n%s", err, document)
	}
	for i, s := range theirs.told { // see docs/smart.md
		if at := strings.Index(s, " writes 0:0004 1:0002 2:000"); at >= 0 {
			theirs.told[i] = s[:at+len(" writes 0:0004 1:0002 2:0000")]
		}
	}
	if a, b := ours.told, theirs.told; !slices.Equal(a, b) {
		t.Errorf("we send\n\t%s\nthey send\n\t%s", strings.Join(a, "\n\t"), strings.Join(b, "\n\t"))
	}
	body := oracle.Body(strings.Join(d.Smartctl.Output, "\n") + "\n")
	text := strings.ReplaceAll(out.Text.String(), "the device reports an error (status 0x51, error 0x04)", "scsi error aborted command")
	for _, line := range oracle.Text(reword(text), reword(body), explained) {
		t.Error(line)
	}
	lines, equal := oracle.JSON(t, out.JSON.Bytes(" "), []byte(document), explained)
	for _, line := range lines {
		t.Error(line)
	}
	if int(out.Status) != status {
		t.Errorf("status %d, theirs %d", out.Status, status)
	}
	return equal
}

// changeDifferences are those of all such runs.
var changeDifferences = []oracle.Explained{
	{Path: `[-+](Local Time is|Test will complete after).*`, Why: "a second may pass"},
	{Path: `json_format_version.*|smartctl\.(version|platform|build|svn|argv|output|exit|drive|pre).*|local_time.*|device\..*`, Why: "of the program, not of the disk"},
}
