//go:build amd64

package nvmereport_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"rescuebox/internal/smart/nvmereport"
	"rescuebox/internal/smart/oracle"
	"rescuebox/internal/smart/replay"
	"rescuebox/internal/smart/report"
)

// notOurs is what the program says that calls us.
var notOurs = []oracle.Explained{
	{Path: `json_format_version.*|smartctl\..*|local_time.*|device\..*`, Why: "of the program, not of the disk"},
	{Path: `nvme_power_states\[\d+\]\.(active|idle)_power\..*|[-+] *\d+ [-+] .*W .*`,
		Why: "smartctl takes the scale of the power when active or idle from bits 1:0; it is in bits 7:6 (BASE figure 277)"},
	{Path: `[-+](Thermal Temp|Warning  Comp|Critical Comp).* (Time|Count): +-?\d+`, Why: "smartctl prints numbers of 32 bits as signed"},
	{Path: `[-+]Local Time is:.*`, Why: "of the program, not of the disk"},
}

// unidentified is a namespace of which smartctl 7.5 prints what is all zero.
var unidentified = oracle.Explained{
	Path: `nvme_namespaces\[0\]\.(id|features.*)`, Why: "7.5 has features of no namespace where there are several",
}

// differences from each version of smartctl.
var differences = map[string][]oracle.Explained{
	"7.3": {
		{Path: `-SMART/Health Information \(NVMe Log 0x02\)|\+SMART/Health Information \(NVMe Log 0x02, NSID 0x.*\)`, Why: "7.5 names the namespace"},
		{Path: `- *\d+ -       1 +\d+ +\d+`, Why: "7.5 has no formats of no size"},
		{Path: `[-+](Optional (Admin|NVM) Commands|Log Page Attributes|Namespace 1 Features|Firmware Updates) .*`, Why: "7.5 has more names"},
		{Path: `-Read.* failed: NVMe Status 0x4109|\+Read.* failed: Invalid Log Page \(0x4109\)`, Why: "7.5 has the message"},
	},
}

// message is an entry of the error log, of which 7.3 has not the message.
var message = regexp.MustCompile(`(?m)^(Num   ErrCount.* VS|(?: *\d+){2} +(?:\d+|-) +(?:0x\w+|-) +0x\w+ +(?:0x\w+|-) +(?:\d+|-) +(?:\d+|-) +(?:0x\w+|-))  .*$`)

func TestSmartctl(t *testing.T) {
	smartctl := oracle.New(t)
	for name, d := range variants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compare(t, smartctl, d)
		})
	}
	seeds := 30
	if s := os.Getenv("SEEDS"); s != "" {
		seeds, _ = strconv.Atoi(s)
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("random ", seed), func(t *testing.T) {
			t.Parallel()
			compare(t, smartctl, random(rand.New(rand.NewPCG(uint64(seed), 1))))
		})
	}
}

func compare(t *testing.T, smartctl *oracle.Smartctl, d *disk) {
	t.Helper()
	exchanges := d.exchanges()
	device, err := replay.ParseNVMe(exchanges)
	if err != nil {
		t.Fatal(err)
	}
	o := nvmereport.Options{NSID: uint32(d.nsid), Now: time.Now()}
	o.All()
	if smartctl.Version == "7.3" {
		o.SelfTestLog = false // 7.4 was the first to have it
	}
	var out report.Output
	if err := nvmereport.Run(context.Background(), device, o, &out); err != nil {
		t.Error(err)
	}
	explained := slices.Concat(notOurs, differences[smartctl.Version])
	if d.refuses["errors"] {
		explained = append(explained, oracle.Explained{Path: `\+(Self-test.*|No Self-tests Logged|)`, Why: "smartctl asks no more when this log fails"})
	}
	if d.nsid == -1 {
		explained = append(explained, unidentified)
	}
	text, document, status := smartctl.Both(t, exchanges, d.nsid, "-d", "nvme", "-x")
	ours := out.Text.String()
	if smartctl.Version == "7.3" {
		ours = message.ReplaceAllString(ours, "$1")
	}
	for _, line := range oracle.Text(ours, oracle.Body(text), explained) {
		t.Error(line)
	}
	if int(out.Status) != status {
		t.Errorf("status %d, theirs %d", out.Status, status)
	}
	lines, equal := oracle.JSON(t, out.JSON.Bytes(" "), document, explained)
	for _, line := range lines {
		t.Error(line)
	}
	if equal < 30 && !d.refuses["controller"] && !d.refuses["namespace"] {
		t.Errorf("only %d values to compare", equal)
	}
}
