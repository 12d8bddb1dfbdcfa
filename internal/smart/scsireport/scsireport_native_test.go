//go:build amd64

package scsireport_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rescuebox/internal/smart/oracle"
	"rescuebox/internal/smart/replay"
	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/scsi"
	"rescuebox/internal/smart/scsireport"
)

// notOurs is what the program says that calls us.
var notOurs = []oracle.Explained{
	{Path: `json_format_version.*|smartctl\..*|local_time.*|device\..*`, Why: "of the program, not of the disk"},
	{Path: `[-+]Local Time is:.*`, Why: "of the program, not of the disk"},
	{Path: `seagate_farm_log\..*`, Why: "a vendor's log, which is not read"},
}

// theirs is what smartctl of all versions does that we do not.
var theirs = []oracle.Explained{
	{Path: `-Log Sense for temperature failed \[unsupported scsi opcode\]`, Why: "it says so twice"},
	{Path: `-Manufactured in week  of year `, Why: "a device that tells no date"},
	{Path: `[-+]    negotiated logical link rate: .*22\.5 Gbps|-    negotiated logical link rate: reserved \[12\]|scsi_sas_port_12\.phy_0\.negotiated_logical_link_rate`, Why: "SPL-4 has that rate"},
	{Path: `-Device does not support Zoned block device statistics logging`, Why: "a page of zoned disks, which is not read"},
	{Path: `-      in (seconds|hours): .*`, Why: "intervals are not converted to hours"},
}

// of is what is explained of a variant.
var of = map[string][]oracle.Explained{
	"grown defects of ten": {{Path: `\+(Elements in grown defect list: 6)?`, Why: "smartctl does not get to what READ DEFECT DATA(10) answers"}},
	"no logs":              absolute,
	"not printable": {{
		Path: `[-+](Vendor|Product|Revision|Serial number): .*|scsi_(vendor|product|revision|model_name)|model_name|serial_number`,
		Why:  "these are ASCII (SPC-4, 4.3.1); 7.5 escapes what is not UTF-8, and 7.3 nothing, so that its JSON is none",
	}},
	"temperature not limited": absolute,
}

// absolute is a temperature that the device does not tell.
var absolute = []oracle.Explained{{Path: `-(Current Drive|Drive Trip) Temperature: +0 C|-|\+Drive Trip Temperature: +<not available>|temperature\.(current|drive_trip)`, Why: "a temperature that is not known is not 0"}}

// differences from each version of smartctl.
var differences = map[string][]oracle.Explained{
	"7.3": {
		{Path: `-`, Why: "later versions print the lines between parts elsewhere"},
		{Path: `[-+]SMART Health Status: (?i:failure|warning|[a-z ]+ impending failure).*|smart_status\.scsi\.ie_string`, Why: "7.4 and later write them in lower case, and know more"},
		{Path: `scsi_temperature\.drive_trip`, Why: "7.4 and later call it temperature"},
		{Path: `scsi_sas_port_0\.phy_0\.received_aip__.*`, Why: "7.4 and later have one low line"},
	},
}

func TestSmartctl(t *testing.T) {
	smartctl := oracle.New(t)
	for name, d := range variants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compare(t, smartctl, d.lines(), of[name])
		})
	}
}

// Recordings of real devices, retyped from public bug reports.
func TestRecordings(t *testing.T) {
	smartctl := oracle.New(t)
	explained := map[string][]oracle.Explained{
		// It ends at the first page that is missing, and says nothing of the disk's state.
		"0327_WD10_usb_nosat.cdb": {
			{Path: `-scsiModePageOffset: .*|->> Terminate command early.*|-A mandatory SMART command failed.*`, Why: "a bridge without this page is no reason to stop"},
			{Path: `\+.*`, Why: "what we tell instead"},
		},
		"1403_Samsung_T7_usb_scsi.cdb": append(absolute, oracle.Explained{
			Path: `scsi_lb_provisioning\.management_enabled\.value`, Why: "READ CAPACITY(16) tells that there is none; smartctl has -1, not known",
		}),
	}
	files, err := filepath.Glob("testdata/*.cdb")
	if err != nil || len(files) != 3 {
		t.Fatal(err, files)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			exchanges, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, smartctl, exchanges, explained[filepath.Base(file)])
		})
	}
}

// What is changed, started or aborted, and what is said of it.
func TestActions(t *testing.T) {
	smartctl := oracle.New(t)
	yes, no := true, false
	code := func(c scsi.SelfTestCode) *scsi.SelfTestCode { return &c }
	for _, c := range []struct {
		arguments string
		options   scsireport.Options
	}{
		{"-t short", scsireport.Options{Test: code(scsi.BackgroundShort)}},
		{"-t long", scsireport.Options{Test: code(scsi.BackgroundExtended)}},
		{"-t offline", scsireport.Options{Test: code(scsi.DefaultTest)}},
		{"-t short -C", scsireport.Options{Test: code(scsi.ForegroundShort)}},
		{"-X", scsireport.Options{Test: code(scsi.AbortBackgroundTest)}},
		{"-s on", scsireport.Options{Set: scsireport.Settings{SMART: &yes}}},
		{"-s off", scsireport.Options{Set: scsireport.Settings{SMART: &no}}},
		{"-S on", scsireport.Options{Set: scsireport.Settings{Autosave: &yes}}},
		{"-S off", scsireport.Options{Set: scsireport.Settings{Autosave: &no}}},
		{"-s wcache,off", scsireport.Options{Set: scsireport.Settings{WriteCache: &no}}},
		{"-s wcache,on", scsireport.Options{Set: scsireport.Settings{WriteCache: &yes}}},
		{"-s rcache,off", scsireport.Options{Set: scsireport.Settings{ReadCache: &no}}},
		{"-g wcache -g rcache", scsireport.Options{ReadCache: true, WriteCache: true}},
	} {
		for name, d := range map[string]*disk{"willing": willing(), "unwilling": newDisk(), "off": off()} {
			t.Run(name+" "+c.arguments, func(t *testing.T) {
				t.Parallel()
				device, err := replay.ParseSCSI(d.lines())
				if err != nil {
					t.Fatal(err)
				}
				var out report.Output
				o := c.options
				o.Now = time.Now().UTC()
				if err := scsireport.Run(context.Background(), device, o, &out); err != nil {
					t.Error(err)
				}
				text, status := smartctl.Run(t, d.lines(), 0, append([]string{"-d", "scsi"}, strings.Fields(c.arguments)...)...)
				for _, line := range oracle.Text(out.Text.String(), oracle.Body(text), acting) {
					t.Error(line)
				}
				if int(out.Status) != status {
					t.Errorf("status %d, theirs %d", out.Status, status)
				}
			})
		}
	}
}

var acting = []oracle.Explained{
	{Path: `-unable to disable Exception control and warning \[unsupported scsi opcode\]|\+unable to disable Exception control and warning \[not changeable\]`,
		Why: "it tries to set bits that cannot be changed"},
	{Path: `[-+]Estimated completion time: .*`, Why: "the clock goes on"},
}

// willing is a disk that lets itself be set and tested.
func willing() *disk {
	d := newDisk()
	d.willing()
	return d
}

// off is one whose settings are the others.
func off() *disk {
	d := newDisk()
	d.mode("9c 0a 08 00 00 00 00 00 00 00 00 01")
	d.mode("88 12 11 00 ff ff 00 00 ff ff ff ff 80 20 00 00 00 00 00 00")
	d.mode("8a 0a 00 00 00 80 00 00 00 00 2c 40")
	d.willing()
	return d
}

func compare(t *testing.T, smartctl *oracle.Smartctl, exchanges []byte, explained []oracle.Explained) {
	t.Helper()
	device, err := replay.ParseSCSI(exchanges)
	if err != nil {
		t.Fatal(err)
	}
	o := scsireport.Options{Now: time.Now()}
	o.Extended()
	if smartctl.Version == "7.3" {
		o.Statistics = false // 7.4 was the first to have it
	}
	var out report.Output
	r, err := scsireport.Report(context.Background(), device, o, &out)
	if err != nil {
		t.Error(err)
	}
	explained = slices.Concat(explained, notOurs, theirs)
	explained = append(explained, differences[smartctl.Version]...)
	text, status := "", 0
	var document []byte
	if smartctl.Version == "7.3" && r.Pending.OK() && len(r.Pending.Value.Found) > 0 {
		text, status = smartctl.Run(t, exchanges, 0, "-d", "scsi", "-x") // its JSON ends in an assertion
	} else {
		text, document, status = smartctl.Both(t, exchanges, 0, "-d", "scsi", "-x")
	}
	for _, line := range oracle.Text(out.Text.String(), oracle.Body(text), explained) {
		t.Error(line)
	}
	const zoned = "Device does not support Zoned block device statistics logging"
	if int(out.Status) != status && !strings.Contains(text, "Terminate command early") && !strings.Contains(text, zoned) {
		t.Errorf("status %d, theirs %d", out.Status, status)
	}
	if document == nil {
		return
	}
	lines, equal := oracle.JSON(t, out.JSON.Bytes(" "), document, explained)
	for _, line := range lines {
		t.Error(line)
	}
	if equal < 7 {
		t.Errorf("only %d values to compare", equal)
	}
}
