package metrics

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rescuebox/internal/smart/host"
	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/survey"
	"rescuebox/internal/smart/verdict"
)

// recorded are all disks there are recordings of, each with a name of its own.
func recorded(t *testing.T) []*survey.Disk {
	t.Helper()
	var disks []*survey.Disk
	for _, pattern := range []string{"../testdata/*.blob", "../testdata/raw/*.replay", "../scsireport/testdata/*.cdb"} {
		paths, _ := filepath.Glob(pattern)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			dev, err := survey.Recorded(nil, text)
			if err != nil {
				t.Fatal(path, err)
			}
			s := survey.Survey{}
			d := s.Ask(context.Background(), dev, *Questions(), &report.Output{})
			d.Path = "/dev/" + filepath.Base(path)
			disks = append(disks, d)
		}
	}
	if len(disks) < 24 {
		t.Fatal(len(disks))
	}
	return disks
}

// nvme is one with all that its health page tells.
func nvme() *survey.Disk {
	d := &survey.Disk{Path: "/dev/nvme0", Type: "nvme", Protocol: "NVMe", Kernel: "nvme0n1", Model: "A \"B\"\\C\nD\xff", Serial: "N1", Report: &report.Output{}, Host: &host.Disk{Failed: 3}}
	log := d.Report.JSON.At("nvme_smart_health_information_log")
	for i, name := range []string{"critical_warning", "available_spare", "available_spare_threshold", "percentage_used", "media_errors", "num_err_log_entries", "data_units_read", "data_units_written"} {
		log.At(name).Int(int64(i))
	}
	d.Report.JSON.At("nvme_total_capacity").Number("2000398934016")
	d.Report.JSON.At("temperature", "current").Int(-3)
	d.Evidence = verdict.Evidence{Device: "/dev/nvme0n1", Identified: true, NVMe: &verdict.NVMe{Critical: 4, MediaErrors: 4, Spare: 1}, Unanswered: []string{"self-test log"}, Kernel: verdict.Kernel{Medium: 1}}
	d.Judge()
	return d
}

// everything is the text of all disks; one comes twice, another did not answer.
func everything(t *testing.T) string {
	t.Helper()
	var text Text
	disks := append(recorded(t), nvme(), nvme())
	dead := &survey.Disk{Path: "/dev/sdz", Report: &report.Output{Status: report.OpenFailed}, Err: errors.New("x")}
	dead.Evidence = verdict.Evidence{Silent: time.Second}
	dead.Judge()
	disks = append(disks, dead)
	for _, d := range disks {
		text.Disk(d)
	}
	text.Run(len(disks), time.Unix(1700000000, 5), 1500*time.Millisecond)
	return string(text.Bytes())
}

// Samples, each of which must be there.
var samples = []string{
	`smartctl_device{device="nvme0",interface="nvme",protocol="NVMe",model_family="unknown",model_name="A \"B\"\\C\nD` + "\uFFFD" + `",serial_number="N1",ata_additional_product_id="unknown",firmware_version="",ata_version="",sata_version="",form_factor="",scsi_vendor="",scsi_product="",scsi_revision="",scsi_version=""} 1`,
	`smartctl_device_critical_warning{device="nvme0"} 0`,
	`smartctl_device_available_spare{device="nvme0"} 1`,
	`smartctl_device_bytes_read{device="nvme0"} 3.072e+06`,
	`smartctl_device_bytes_written{device="nvme0"} 3.584e+06`,
	`smartctl_device_nvme_capacity_bytes{device="nvme0"} 2.000398934016e+12`,
	`smartctl_device_temperature{device="nvme0",temperature_type="current"} -3`,
	`rescuebox_disk_verdict{device="nvme0",verdict="FAILING"} 1`,
	`rescuebox_disk_verdict{device="nvme0",verdict="OK"} 0`,
	`rescuebox_disk_verdict_reason{device="nvme0",class="FAILING",source="SMART / health information log"} 1`,
	`rescuebox_disk_unanswered_requests{device="nvme0"} 1`,
	`rescuebox_disk_errors{device="nvme0",type="media_errors"} 4`,
	`rescuebox_disk_errors{device="nvme0",type="kernel_medium_errors"} 1`,
	`rescuebox_disk_kernel_failed_commands_total{device="nvme0"} 3`,
	`rescuebox_disk_verdict{device="sdz",verdict="DEAD"} 1`,
	`smartctl_device_smartctl_exit_status{device="sdz"} 2`,
	`smartctl_devices 27`,
	`rescuebox_smartmetrics_last_run_timestamp_seconds 1.7e+09`,
	`rescuebox_smartmetrics_duration_seconds 1.5`,

	`smartctl_device_attribute{device="WDC_WD5000AAKS--00TMA0-12.01C01.blob",attribute_name="Current_Pending_Sector",attribute_flags_short="-O--C-",attribute_flags_long="updated_online,event_count",attribute_value_type="raw",attribute_id="197"} 529`,
	`smartctl_device_smart_status{device="Maxtor_96147H8--BAC51KJ0--2.blob"} 0`,
	`smartctl_device_smart_status{device="WDC_WD5000AAKS--00TMA0-12.01C01.blob"} 1`,
	`smartctl_device_capacity_bytes{device="WDC_WD5000AAKS--00TMA0-12.01C01.blob"} 5.00107862016e+11`,
	`smartctl_device_block_size{device="1070_INTEL_SSDSC2KB019T7R.replay",blocks_type="logical"} 512`,
	`smartctl_device_interface_speed{device="1070_INTEL_SSDSC2KB019T7R.replay",speed_type="max"} 6e+09`,
	`smartctl_read_total_uncorrected_errors{device="ST300MM0006_sas.cdb"} 0`,
}

func TestText(t *testing.T) {
	text := everything(t)
	lines := strings.Split(text, "\n")
	for _, want := range samples {
		if !slices.Contains(lines, want) {
			name, _, _ := strings.Cut(want, "{")
			t.Errorf("no %s; there are:\n%s", want, strings.Join(slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return !strings.HasPrefix(l, name) })[:2], "\n"))
		}
	}
	// Each family once and in one place, no series twice, one number behind each.
	described, series := map[string]bool{}, map[string]bool{}
	form := regexp.MustCompile(`^([a-z_]+)(\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)+\})? (\S+)$`)
	family := ""
	for _, line := range lines[:len(lines)-1] {
		if name, found := strings.CutPrefix(line, "# HELP "); found {
			family, _, _ = strings.Cut(name, " ")
			if described[family] {
				t.Error(family, "is described twice")
			}
			described[family] = true
			continue
		}
		if strings.HasPrefix(line, "# TYPE "+family+" ") {
			continue
		}
		m := form.FindStringSubmatch(line)
		if m == nil || m[1] != family || series[m[1]+m[2]] {
			t.Fatal(line)
		}
		series[m[1]+m[2]] = true
	}
}

// own are names of smartctl_exporter that its users' dashboards ask for, and Prometheus
// would not have chosen.
var own = regexp.MustCompile(`^smartctl_(` + strings.Join([]string{
	`(` + strings.Join([]string{
		"device_bytes_read", "device_bytes_written", "device_media_errors", "device_num_err_log_entries", "device_power_cycle_count", "device_power_on_seconds",
		"(read|write)_errors_corrected_by_(eccdelayed|eccfast|rereads_rewrites)", "(read|write)_total_uncorrected_errors",
	}, "|") + `) counter metrics should have "_total" suffix`,
	`device_(error_log|power_cycle|self_test_log|self_test_log_error)_count non-histogram and non-summary metrics should not have "_count" suffix`,
}, "|") + `)$`)

// promtool finds nothing but the names that are smartctl_exporter's.
func TestPromtool(t *testing.T) {
	path, err := exec.LookPath("promtool")
	if err != nil {
		path = "/var/cache/promtool/promtool"
	}
	cmd := exec.Command(path, "check", "metrics")
	cmd.Stdin = strings.NewReader(everything(t))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	const complaints = 3
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != complaints) {
		t.Fatalf("%v (scripts/packages installs it)\n%s", err, out.String())
	}
	for line := range strings.Lines(out.String()) {
		if line = strings.TrimSpace(line); !own.MatchString(line) {
			t.Error(line)
		}
	}
}

func TestNothing(t *testing.T) {
	var text Text
	if len(text.Bytes()) != 0 {
		t.Errorf("%s", text.Bytes())
	}
	text.Run(0, time.Unix(1, 0), 0)
	if !strings.Contains(string(text.Bytes()), "\nsmartctl_devices 0\n") {
		t.Errorf("%s", text.Bytes())
	}
}
