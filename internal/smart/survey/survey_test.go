package survey

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/kernellog"
	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/host"
	"rescuebox/internal/smart/passthrough"
	"rescuebox/internal/smart/replay"
	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/scan"
	"rescuebox/internal/smart/verdict"
)

func recorded(t *testing.T, path string) *Disk {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dev := scan.Recorded()
	if strings.HasSuffix(path, ".cdb") {
		dev.SCSI, err = replay.ParseSCSI(b)
	} else {
		dev.ATA, err = replay.ParseATA(b)
	}
	if err != nil {
		t.Fatal(path, err)
	}
	var s Survey
	return s.Ask(context.Background(), dev, *Enough(), &report.Output{})
}

// garbage are raw values that alarm nobody, by the start of what is said of them.
var garbage = map[string][]string{
	"FUJITSU_MHY2120BH--0085000B.blob":  {"attribute 197 Current_Pending_Sector has the raw value 120173136838658", "attribute 198 Offline_Uncorrectable has the raw value 54670830665731"},
	"SAMSUNG_HD501LJ--CR100-12.blob":    {"attribute 187 Reported_Uncorrect has the raw value 65536"},
	"MCCOE64GEMPP--2.9.09.blob":         {"attribute 5 Reallocated_Sector_Ct has the raw value 2379776"},
	"TOSHIBA_MK1651GSY--38IGT0G5T.blob": {"attribute 199 UDMA_CRC_Error_Count has the raw value 42899987"},
}

// captures are what is known to be wrong with the disks; the others are OK. The words
// are of the first reason.
var captures = map[string]struct {
	class verdict.Class
	words string
}{
	"ST9160821AS--3.CLH.blob":              {verdict.Degraded, "offline tests could not read: 1 (attribute 198 "},
	"WDC_WD2500JB--00REA0-20.00K20.blob":   {verdict.Degraded, "waiting to be reallocated: 1 (attribute 197 "},
	"ST320410A--3.39.blob":                 {verdict.Degraded, "Spin_Retry_Count was below what its maker allows"},
	"ST9100821AS--3.CME.blob":              {verdict.Worn, "Start_Stop_Count is at the end of its life"},
	"Maxtor_96147H8--BAC51KJ0--2.blob":     {verdict.Failing, "says itself that it is failing"},
	"Maxtor_96147H8--BAC51KJ0.blob":        {verdict.Degraded, "waiting to be reallocated: 2 (attribute 197 "},
	"WDC_WD5000AAKS--00TMA0-12.01C01.blob": {verdict.Failing, "waiting to be reallocated: 529 (attribute 197 "},
	"SAMSUNG_HD501LJ--CR100-12.blob":       {verdict.Degraded, "waiting to be reallocated: 1 (attribute 197 "},
}

// No disk is alarmed by a raw value that is no count, and each verdict has its reasons.
func TestCaptures(t *testing.T) {
	paths, _ := filepath.Glob("../testdata/*.blob")
	if len(paths) != 18 {
		t.Fatal(paths)
	}
	for _, path := range paths {
		d, name := recorded(t, path), filepath.Base(path)
		v := d.Verdict
		if want := captures[name]; v.Class != want.class || len(v.Reasons) == 0 || !strings.Contains(v.Reasons[0].Text, want.words) {
			t.Errorf("%s: %v %+v", name, v.Class, v)
		}
		for _, words := range garbage[name] {
			if !slices.ContainsFunc(v.Reasons, func(r verdict.Reason) bool {
				return r.Class == verdict.OK && strings.HasPrefix(r.Text, words+", which is no count")
			}) {
				t.Errorf("%s: nothing of %s: %+v", name, words, v.Reasons)
			}
		}
		for _, r := range v.Reasons {
			if r.Source == "" || r.Class > v.Class {
				t.Errorf("%s is %v: %+v", name, v.Class, r)
			}
		}
		if d.Model == "" || d.Serial == "" || d.Size() == 0 {
			t.Errorf("%s: %q %q %d", path, d.Model, d.Serial, d.Size())
		}
	}
}

// What a disk has not told, or with a wrong checksum, makes none OK.
func TestRecordings(t *testing.T) {
	for name, want := range map[string]struct {
		class verdict.Class
		words string
	}{
		"testdata/raw/1070_INTEL_SSDSC2KB019T7R.replay":             {verdict.OK, "nothing bad"},
		"testdata/raw/1637_KINGSTON_SKC600_errlog_bad_index.replay": {verdict.Unknown, "asked: SMART Thresholds; SMART Status"},
		"testdata/raw/1920_WD_RD14X8DD_usb174c55aa.replay":          {verdict.Unknown, "SMART Thresholds (their checksum is wrong)"},
		"scsireport/testdata/0327_WD10_usb_nosat.cdb":               {verdict.Unknown, "nothing of its health"},
		"scsireport/testdata/1403_Samsung_T7_usb_scsi.cdb":          {verdict.Unknown, "nothing of its health"},
		"scsireport/testdata/ST300MM0006_sas.cdb":                   {verdict.Unknown, "asked: informational exceptions log"}, // it has, and the recording has not
	} {
		d := recorded(t, "../"+name)
		if d.Verdict.Class != want.class || !strings.Contains(d.Verdict.Reasons[0].Text, want.words) {
			t.Errorf("%s: %+v", name, d.Verdict)
		}
	}
}

// silent is a disk that answers so many commands of a recording, and then none.
type silent struct {
	disk    command.ATADevice
	answers int
}

func (s *silent) ATA(ctx context.Context, c *command.ATA) (command.Registers, error) {
	if s.answers--; s.answers < 0 {
		return command.Registers{}, &passthrough.NoAnswerError{After: 15 * time.Second, Stuck: true}
	}
	return s.disk.ATA(ctx, c)
}

// Disks of every sort, the worst first.
func TestMixture(t *testing.T) {
	root := t.TempDir()
	node := func(name string, number int, in string) string {
		t.Helper()
		dir := filepath.Join(root, "sys", in)
		for _, d := range []string{dir, filepath.Join(root, "sys/dev/block"), filepath.Join(root, "sys/block"), filepath.Join(root, "dev"), filepath.Join(root, "sys/class/block", name, "holders")} {
			if err := os.MkdirAll(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		const major = 240 // for experiments
		path := filepath.Join(root, "dev", name)
		for _, err := range []error{
			os.Symlink(dir, filepath.Join(root, "sys/dev/block", "240:"+strconv.Itoa(number))),
			os.Symlink(dir, filepath.Join(root, "sys/block", name)),
			os.Symlink("../../../../class/block", filepath.Join(dir, "subsystem")),
			os.WriteFile(filepath.Join(dir, "size"), []byte("2048\n"), 0o644),
			unix.Mknod(path, unix.S_IFBLK|0o600, int(unix.Mkdev(major, uint32(number)))),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	node("vda", 1, "devices/virtio1/block/vda")
	for _, link := range [][2]string{{"../..", "devices/virtio1/block/vda/device"}, {"../../bus/virtio", "devices/virtio1/subsystem"}} {
		if err := os.Symlink(link[0], filepath.Join(root, "sys", link[1])); err != nil {
			t.Fatal(err)
		}
	}
	node("sdb", 2, "devices/ata1/host0/target0:0:0/0:0:0:0/block/sdb")
	for path, text := range map[string]string{"vendor": "ATA\n", "model": "GONE\n", "state": "offline\n"} {
		if err := os.WriteFile(filepath.Join(root, "sys/devices/ata1/host0/target0:0:0/0:0:0:0", path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, link := range [][2]string{{"../..", "block/sdb/device"}, {"../../../../../bus/scsi", "subsystem"}} {
		if err := os.Symlink(link[0], filepath.Join(root, "sys/devices/ata1/host0/target0:0:0/0:0:0:0", link[1])); err != nil {
			t.Fatal(err)
		}
	}
	s := &Survey{System: scan.System{Sys: root + "/sys", Dev: root + "/dev"}, Host: host.System{Sys: root + "/sys", Dev: root + "/dev"}, Log: &kernellog.Log{}}
	s.Log.Add("blk_update_request: I/O error, dev vda, sector 800 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0", -1)

	ctx := context.Background()
	all := s.All(ctx)
	all = append(all, s.Paths(ctx, []string{root + "/dev/none", root}, nil)...)
	for _, answers := range []int{0, 1} {
		dev := scan.Recorded()
		dev.Name, dev.Info = "silent", "silent"
		healthy, err := os.ReadFile("../testdata/WDC_WD2500JS-75NCB3--10.02E04.blob")
		if err != nil {
			t.Fatal(err)
		}
		recording, err := replay.ParseATA(healthy)
		if err != nil {
			t.Fatal(err)
		}
		dev.ATA = &silent{recording, answers}
		all = append(all, s.Ask(ctx, dev, *Enough(), &report.Output{}))
	}
	Sort(all)
	var got []string
	for _, d := range all {
		got = append(got, filepath.Base(d.Path)+" "+d.Verdict.Class.String()+" "+d.Verdict.Reasons[0].Text)
	}
	want := []string{
		"silent DEAD no answer within 15s",
		"sdb DEAD the kernel has given it up: its state is offline",
		"vda DEGRADED reads or writes that failed in the medium: 1, the first at sector 800",
		"silent LINK it stopped to answer: no answer in 15 s, and the command still hangs in the kernel",
		"none UNKNOWN there is no such device",
		filepath.Base(root) + " UNKNOWN not a device",
	}
	slices.Sort(got[4:])
	slices.Sort(want[4:])
	if !slices.Equal(got, want) {
		t.Errorf("%s\nwant %s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
