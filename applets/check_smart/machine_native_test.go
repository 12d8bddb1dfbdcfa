//go:build amd64

package checksmart

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"rescuebox/scripts/vmlab"
)

// script is what a monitor sees of a machine. What is said follows a line with a name and
// the status, and then how long it took.
const script = `
run() {
	name=$1
	shift
	before=$(cut -d. -f1 /proc/uptime)
	/ours/rescuebox "$@" >/tmp/out 2>&1
	echo "@@ $name $?"
	cat /tmp/out
	echo "seconds $(($(cut -d. -f1 /proc/uptime) - before))"
}
path() { echo /dev/$(readlink /dev/disk$1); }
for d in /sys/block/sd*; do
	if grep -q scsi_debug $d/device/model; then debug=/dev/${d##*/}; fi
done
warns=$(path 2)
warns=${warns%n1}
bad=$(path 3)

run fine check_smart --skip $warns
run warns check_smart
run thresholds check_smart $(path 1) -c temperature=@1:200 -w used=~:-1 --no-state
dd if=$bad of=/dev/null bs=4096 skip=100 count=1 2>/dev/null && echo "@@ readable 1"
run unread check_smart --skip $warns
run accepted check_smart --skip $warns --accept
run known check_smart --skip $warns
dd if=$bad of=/dev/null bs=4096 skip=100 count=1 2>/dev/null && echo "@@ readable 1"
run rose check_smart --skip $warns
run metrics smartmetrics -o /tmp/smart.prom
cat /tmp/smart.prom

echo 1 >/sys/block/${bad#/dev/}/device/delete
run gone check_smart --skip $warns

driver=/sys/bus/pseudo/drivers/scsi_debug
echo 4 >$driver/opts
echo 1 >$driver/every_nth
run wedged check_smart -t 5
run wedged-metrics smartmetrics -t 5
echo 0 >$driver/every_nth
echo "@@ end 0"
`

var mark = regexp.MustCompile(`(?m)^@@ (\S+) (\d+)\n`)

var seconds = regexp.MustCompile(`(?m)^(?:\d )?seconds (\d+)$`)

// What both programs say of real drivers: errors that only the kernel has seen, a disk
// that goes, and one that takes commands and does not answer.
func TestMachine(t *testing.T) {
	program := filepath.Join(t.TempDir(), "rescuebox")
	cmd := exec.Command("go", "build", "-C", "../..", "-o", program, "./cmd/rescuebox")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var disks []vmlab.Disk
	for i, bus := range []vmlab.Bus{vmlab.AHCI, vmlab.NVMe, vmlab.NVMe, vmlab.AHCI} {
		path := filepath.Join(t.TempDir(), fmt.Sprint("disk", i))
		if err := os.WriteFile(path, make([]byte, 64<<20), 0o600); err != nil {
			t.Fatal(err)
		}
		disks = append(disks, vmlab.Disk{Path: path, Bus: bus})
	}
	const spare = 1
	disks[2].Critical = spare
	disks[3].Bad = []int64{800}
	output, err := vmlab.Run(context.Background(), vmlab.Config{
		Disks: disks, Files: map[string]string{"/ours/rescuebox": program}, Modules: []string{"sg", "scsi_debug"},
		Script: script, Timeout: 4 * time.Minute,
	})
	if err != nil || !strings.Contains(output, "@@ end ") {
		t.Fatalf("%v (scripts/packages installs what it takes)\n%.20000s", err, output)
	}
	said := map[string]string{}
	marks := mark.FindAllStringSubmatchIndex(output, -1)
	for i, m := range marks {
		end := len(output)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		said[output[m[2]:m[3]]] = output[m[4]:m[5]] + " " + output[m[1]:end]
	}
	for name, want := range map[string][]string{
		"fine":       {"3 SMART UNKNOWN - 4 virtual disks that cannot say anything | "},
		"warns":      {"2 SMART CRITICAL - 1 of 5 disks: nvme1 FAILING: its spare is below the threshold (critical warning) [QEMU NVMe Ctrl, serial VMLAB02", "nvme0_spare=", "nvme1_media_errors=0c"},
		"thresholds": {"2 SMART CRITICAL - nvme0n1 UNKNOWN: ", "temperature is 50 (CRITICAL threshold @1:200)", "used is 0% (WARNING threshold ~:-1)", "| temperature=50;;@1:200"},
		"unread":     {"2 SMART CRITICAL - 1 of 4 disks: sd", " DEGRADED: reads or writes that failed in the medium: ", "the first at sector 800", "serial VMLAB03, at ata"},
		"accepted":   {"0 SMART OK - 1 disk, nothing bad that is new; 3 virtual disks", "(known)"},
		"known":      {"0 SMART OK - 1 disk, nothing bad that is new; 3 virtual disks", "(known)"},
		"rose":       {"2 SMART CRITICAL - 1 of 4 disks: sd", "in the medium"},
		"metrics": {"0 ", `verdict="DEGRADED"} 1`, `verdict="FAILING"} 1`, "smartctl_devices 5\n", `smartctl_device_smart_status{device="nvme1"} 0`,
			`smartctl_device_temperature{device="nvme0",temperature_type="current"} 50`, `serial_number="VMLAB03"`},
		"gone":           {"2 SMART CRITICAL - 1 of 4 disks: sd", " is gone since ", "QEMU HARDDISK, serial VMLAB03, at ata"},
		"wedged":         {"2 SMART CRITICAL - 3 of 5 disks: ", " DEAD: no answer within 4s", " FAILING: ", " is gone since "},
		"wedged-metrics": {"0 ", `verdict="DEAD"} 1`},
	} {
		for _, text := range want {
			if !strings.Contains(said[name], text) {
				t.Errorf("%s: without %q\n%s", name, text, said[name])
			}
		}
		if took := seconds.FindStringSubmatch(said[name]); took == nil || len(took[1]) > 1 || took[1] > "6" {
			t.Errorf("%s took %q seconds", name, took)
		}
	}
	if _, readable := said["readable"]; readable {
		t.Error("the bad sector can be read")
	}
}
