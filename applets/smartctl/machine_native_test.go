//go:build amd64

package smartctl

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"rescuebox/internal/smart/oracle"
	"rescuebox/internal/smart/report"
	"rescuebox/scripts/vmlab"
)

// script asks each disk of the machine by both programs. What each says follows a line
// with a name, who said it and the status.
const script = `
say() {
	name=$1
	shift
	for who in theirs ours; do
		program=$THEIRS
		[ $who = ours ] && program=/ours/smartctl
		$program "$@" >/tmp/out 2>&1
		echo "@@ $name $who $?"
		cat /tmp/out
	done
}
ours() {
	name=$1
	shift
	/ours/smartctl "$@" >/tmp/out 2>&1
	echo "@@ $name ours $?"
	cat /tmp/out
}
path() { echo /dev/$(readlink /dev/disk$1); }
for d in /sys/block/sd*; do
	if grep -q scsi_debug $d/device/model; then debug=/dev/${d##*/}; fi
done
raid=/dev/bus/$(readlink /sys/block/$(readlink /dev/disk4)/device | sed 's,.*/,,; s,:.*,,')

ours scan --scan
ours scan-open -j --scan-open
say ata -j -x $(path 0)
say ata-text -a $(path 0)
say nvme -j -x $(path 1)
say controller -j -a /dev/nvme0
say scsi -j -x $(path 2)
say usb -j -x -d scsi $(path 3)
say usb-sat -j -a -d sat $(path 3)
say usb-jmicron -j -i -d usbjmicron,0 $(path 3)
say usb-cypress -j -i -d usbcypress $(path 3)
say usb-asmedia -j -i -d sntasmedia $(path 3)
say volume -j -i -T permissive $(path 4)
ours volume-text -i $(path 4)
say megaraid -j -a -d megaraid,0 $raid
say debug -j -x $debug
say virtio -j -a $(path 5)
ours usb-unknown -j -i $(path 3)
ours not-nvme -a -d nvme $(path 3)
ours read-only -j -i $(path 6)
ours large -j -i $(path 7)
say nvme-warns -j -H -A $(path 8)
# What the library does that the toolbox could have been made of.
echo "@@ read-only smartgo 0"
/ours/smartgo serial $(path 6)
echo "@@ large smartgo 0"
/ours/smartgo capacity $(path 7)
[ -e /dev/.megaraid_sas_ioctl* ] && echo "@@ left-behind ours 1"

# What ours has recorded, theirs reads.
/ours/smartctl -r ataioctl,2 -a $(path 0) >/tmp/recording
for who in theirs ours; do
	program=$THEIRS
	[ $who = ours ] && program=/ours/smartctl
	$program -j -a - </tmp/recording >/tmp/out 2>&1
	echo "@@ recorded $who $?"
	cat /tmp/out
done

ours test -t short $(path 0)
sleep 3
say tested -j -l selftest $(path 0)

# A disk that says it is well, and of which the kernel knows better.
dd if=$(path 9) of=/dev/null bs=4096 skip=100 count=1 2>/dev/null && echo "@@ readable ours 1"
ours unread -j --verdict $(path 9)
ours unread-text --verdict $(path 9)
ours unread-top -a $(path 9)
ours warned --verdict $(path 8)

# A disk that takes commands and does not answer.
driver=/sys/bus/pseudo/drivers/scsi_debug
echo 4 >$driver/opts
echo 1 >$driver/every_nth
cut -d. -f1 /proc/uptime >/tmp/before
/ours/smartctl --timeout=2 -x $debug >/tmp/out 2>&1
status=$?
echo "@@ silent ours $status"
cat /tmp/out
echo "seconds $(($(cut -d. -f1 /proc/uptime) - $(cat /tmp/before)))"
# The others are asked meanwhile.
ours others --timeout=2 --scan-open
cut -d. -f1 /proc/uptime >/tmp/before
/ours/smartctl --timeout=2 --verdict >/tmp/out 2>&1
status=$?
echo "@@ verdicts ours $status"
cat /tmp/out
echo "seconds $(($(cut -d. -f1 /proc/uptime) - $(cat /tmp/before)))"
ours still -j -H $(path 0)
echo 0 >$driver/every_nth
echo "@@ end ours 0"
`

// explained are values of smartctl 7.3 that ours has not, or others.
var explained = []oracle.Explained{
	{Path: `smartctl\.(version\[\d\]|svn_revision|build_info|argv\[\d+\])`, Why: "they name the program"},
	{Path: `local_time\..*`, Why: "a second may pass"},
}

// notReported are values of SCSI disks.
var notReported = []oracle.Explained{
	{Path: `rotation_rate`, Why: "the disk does not report one: that is not 0, a solid-state disk"},
	{Path: `scsi_lb_provisioning\.management_enabled\.value`, Why: "7.3 takes the bit for a signed number of one"},
	{Path: `temperature\.current|scsi_temperature\.drive_trip`, Why: "the disk has no such page; 7.3 prints what was in its memory"},
}

// compared are the disks and questions that both programs were given.
var compared = map[string][]oracle.Explained{
	"ata": nil, "recorded": nil, "tested": nil, "nvme": nil, "nvme-warns": nil, "controller": nil, "debug": notReported, "megaraid": notReported,
	"scsi": notReported, "usb": notReported, "usb-sat": nil, "usb-cypress": nil, "usb-jmicron": nil,
	"usb-asmedia": {{Path: `smartctl\.messages\[0\]\.string`, Why: "the bridge's refusal is one of NVMe here"}},
	"volume": append([]oracle.Explained{
		{Path: `smartctl\.exit_status`, Why: "a failed command is told even where it is gone on from"},
	}, notReported...),
	"virtio": {{Path: `smartctl\.messages\[0\]\.string`, Why: "says what it is"}},
}

// said is what a program said.
type said struct {
	status int
	text   string
}

// seconds is what 2 are on a machine that emulates another one beside much else.
var seconds = regexp.MustCompile("\nseconds [2-6]\n")

// Every emulated disk, asked by ours and by Debian's smartctl in one machine.
func TestMachine(t *testing.T) {
	answers := machine(t, oracle.New(t))
	for name, reasons := range compared {
		t.Run(name, func(t *testing.T) {
			a, b := answers[name+" ours"], answers[name+" theirs"]
			differ, equal := oracle.JSON(t, []byte(a.text), []byte(b.text), append(reasons, explained...))
			t.Log(equal, "values are equal")
			if equal < 10 {
				t.Error("nothing was compared")
			}
			for _, d := range differ {
				t.Error(d)
			}
		})
	}
	a, b := onTop.ReplaceAllString(oracle.Body(answers["ata-text ours"].text), ""), oracle.Body(answers["ata-text theirs"].text)
	for _, line := range oracle.Text(a, b, []oracle.Explained{{Path: "[-+]Local Time is:.*", Why: "a second may pass"}}) {
		t.Error(line)
	}
	for name, want := range map[string]struct {
		status   int
		contains []string
	}{
		// A bridge that no table knows is asked whether it knows the standard.
		"usb-unknown": {0, []string{`"type": "scsi"`, `"serial_number": "VMLAB03"`}},
		// smart.go opens for writing, and so not at all; and of a size it has 32 bits.
		"read-only":  {0, []string{`"serial_number": "VMLAB06"`}},
		"large":      {0, []string{`"bytes": 3298534883328`}},
		"nvme-warns": {int(report.Failing), []string{`"passed": false`}},
		"scan":       {0, []string{"-d sat # ", "-d sat,auto # ", "-d megaraid,0 # /dev/bus/", "/dev/nvme0 -d nvme # /dev/nvme0, NVMe device\n"}},
		"scan-open":  {0, []string{`"type": "sat"`, `[megaraid_disk_00]"`}},
		"silent":     {int(report.OpenFailed | report.ReadFailed), []string{"no answer in 2 s", "\nseconds 2\n"}},
		"others":     {0, []string{"open failed: no answer in 2 s", "-d sat # ", "[megaraid_disk_00], SCSI device\n"}},
		"test":       {0, []string{`routine immediately in off-line mode" successful.`}},
		"tested":     {0, []string{`"string": "Completed without error"`}},
		"unread": {int(report.Failing), []string{`"passed": true`, `"class": "DEGRADED"`, `"source": "kernel log"`, `"bad_sectors": [
            800
`}},
		"unread-text": {int(report.Failing), []string{"DEGRADED /dev/sd", "the first at sector\n            800 [kernel log]\n", "rescuebox ddrescue -d /dev/sd"}},
		"unread-top":  {0, []string{"\n# Verdict: DEGRADED: ", "result: PASSED"}},
		"warned":      {int(report.Failing), []string{"FAILING /dev/nvme", "serial VMLAB08", "its spare is below the threshold (critical warning)", "reliability is degraded"}},
		"verdicts":    {int(report.Failing | report.OpenFailed | report.ReadFailed), []string{"DEAD ", "no answer within 2s", "\nFAILING /dev/nvme1", "\nDEGRADED /dev/sd", "[megaraid_disk_00]", "a virtual disk", "\n3 of 12 disks must be imaged: ", "\nseconds 2\n"}},
		"still":       {0, []string{`"passed": true`}},
	} {
		got := answers[name+" ours"]
		for _, text := range want.contains {
			// A second may end between.
			if !strings.Contains(seconds.ReplaceAllString(got.text, "\nseconds 2\n"), text) || got.status != want.status {
				t.Errorf("%s: status %d, without %q\n%s", name, got.status, text, got.text)
			}
		}
	}
	for name, want := range map[string]string{"read-only": "read-only file system", "large": "0 <nil>"} {
		if got := answers[name+" smartgo"].text; !strings.Contains(got, want) {
			t.Errorf("smart.go does better now: %s: %s", name, got)
		}
	}
	if _, left := answers["left-behind ours"]; left {
		t.Error("a node is left in /dev")
	}
}

// onTop is the verdict, which theirs has not.
var onTop = regexp.MustCompile(`(?m)\A(# .*\n)+\n`)

var mark = regexp.MustCompile(`(?m)^@@ (\S+ \S+) (\d+)\n`)

// build makes a program of a folder.
func build(t *testing.T, dir, what string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	cmd := exec.Command("go", "build", "-C", dir, "-o", program, what)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// machine runs the script, and returns what was said by name.
func machine(t *testing.T, theirs *oracle.Smartctl) map[string]said {
	t.Helper()
	program, library := build(t, "../..", "./cmd/rescuebox"), build(t, "testdata/smartgo", ".")
	var disks []vmlab.Disk
	for i, bus := range []vmlab.Bus{vmlab.AHCI, vmlab.NVMe, vmlab.SCSI, vmlab.USB, vmlab.MegaSAS, vmlab.Virtio, vmlab.SCSI, vmlab.SCSI, vmlab.NVMe, vmlab.AHCI} {
		path := filepath.Join(t.TempDir(), fmt.Sprint("disk", i))
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		size := int64(64 << 20)
		if i == 7 {
			size = 3 << 40
		}
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		disks = append(disks, vmlab.Disk{Path: path, Bus: bus, ReadOnly: i == 6})
	}
	const spareAndReliability = 1 | 4
	disks[8].Critical = spareAndReliability
	disks[9].Bad = []int64{800}
	output, err := vmlab.Run(context.Background(), vmlab.Config{
		Disks: disks,
		Files: map[string]string{
			"/ours/smartctl": program,
			"/ours/smartgo":  library,
			"/var/lib/smartmontools/drivedb/drivedb.h": theirs.Database(t),
		},
		Programs: []string{theirs.Path()},
		Modules:  []string{"sg", "scsi_debug"},
		Script:   "THEIRS=" + theirs.Path() + "\n" + script,
		Timeout:  6 * time.Minute,
	})
	if err != nil || !strings.Contains(output, "@@ end ") {
		t.Fatalf("%v (scripts/packages installs what it takes)\n%.20000s", err, output)
	}
	if dir := os.Getenv("SMARTCTL_MACHINE"); dir != "" {
		_ = os.WriteFile(dir, []byte(output), 0o644)
	}
	answers := map[string]said{}
	marks := mark.FindAllStringSubmatchIndex(output, -1)
	for i, m := range marks {
		end := len(output)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		status, _ := strconv.Atoi(output[m[4]:m[5]])
		answers[output[m[2]:m[3]]] = said{status, output[m[1]:end]}
	}
	return answers
}
