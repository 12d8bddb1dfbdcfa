package metrics

import (
	"strings"
	"time"

	"rescuebox/internal/jsontree"
	"rescuebox/internal/smart/survey"
	"rescuebox/internal/smart/verdict"
)

// Questions are what smartctl_exporter's metrics need beside a verdict.
func Questions() *survey.Questions {
	q := survey.Enough()
	q.ATA.SCTStatus, q.ATA.SCTERC = true, true
	return q
}

// What is said of the run.
var (
	devices  = &metric{"smartctl_devices", gauge, "Disks that were asked."}
	finished = &metric{"rescuebox_smartmetrics_last_run_timestamp_seconds", gauge, "When all disks had been asked."}
	took     = &metric{"rescuebox_smartmetrics_duration_seconds", gauge, "How long it took to ask all disks."}
)

// Run tells of the run: how many disks it asked, when it ended and how long it took. An
// old time stamp is a run that no longer happens.
func (t *Text) Run(disks int, end time.Time, duration time.Duration) {
	t.add(devices, float64(disks))
	t.add(finished, float64(end.Unix()))
	t.add(took, duration.Seconds())
}

// What this toolbox alone says of a disk.
var (
	class   = &metric{"rescuebox_disk_verdict", gauge, "The state of a disk: 1 for its class, 0 for the other ones."}
	reason  = &metric{"rescuebox_disk_verdict_reason", gauge, "Why a disk is not OK, the number of reasons of a class and source."}
	missing = &metric{"rescuebox_disk_unanswered_requests", gauge, "Pages and logs that a disk was asked for in vain."}
	counts  = &metric{"rescuebox_disk_errors", gauge, "Errors and bad sectors of a disk, implausible raw values left out."}
	failed  = &metric{"rescuebox_disk_kernel_failed_commands_total", counter, "Commands that failed by the count of the kernel, among them those that a monitor sends."}
)

// classes are all, from the best to the worst.
var classes = []verdict.Class{verdict.OK, verdict.Unknown, verdict.Worn, verdict.Link, verdict.Degraded, verdict.Failing, verdict.Dead}

// Disk tells of one disk.
func (t *Text) Disk(d *survey.Disk) {
	s := sample{t, d, &d.Report.JSON, d.Label()}
	s.verdict()
	s.info()
	s.size()
	s.attributes()
	s.state()
	s.statistics()
	s.logs()
	s.nvme()
	s.scsi()
}

// sample is where the samples of a disk come from.
type sample struct {
	*Text
	disk  *survey.Disk
	json  *jsontree.Node
	label string
}

// tell adds a sample of the disk.
func (s *sample) tell(m *metric, v float64, labels ...string) {
	s.add(m, v, append([]string{"device", s.label}, labels...)...)
}

// number adds what stands in the report, if it does.
func (s *sample) number(m *metric, factor float64, node *jsontree.Node, labels ...string) {
	if v, ok := node.Float(); ok {
		s.tell(m, v*factor, labels...)
	}
}

func (s *sample) verdict() {
	v := &s.disk.Verdict
	for _, c := range classes {
		is := 0.0
		if c == v.Class {
			is = 1
		}
		s.tell(class, is, "verdict", c.String())
	}
	// Not the texts: they hold numbers, and each new one would be a new series.
	type kind struct{ class, source string }
	var kinds []kind
	number := map[kind]float64{}
	for _, r := range v.Reasons {
		k := kind{r.Class.String(), r.Source}
		if r.Class == verdict.OK {
			continue
		}
		if number[k] == 0 {
			kinds = append(kinds, k)
		}
		number[k]++
	}
	for _, k := range kinds {
		s.tell(reason, number[k], "class", k.class, "source", k.source)
	}
	s.tell(missing, float64(len(s.disk.Evidence.Unanswered)))
	for _, c := range s.disk.Evidence.Counters() {
		s.tell(counts, float64(c.Value), "type", c.Name)
	}
	if h := s.disk.Host; h != nil {
		s.tell(failed, float64(h.Failed))
	}
}

var (
	info = &metric{"smartctl_device", gauge, "What a disk is."}
	exit = &metric{"smartctl_device_smartctl_exit_status", gauge, "The exit status that smartctl has for this disk, a sum of bits."}
)

func (s *sample) info() {
	d, text := s.disk, func(names ...string) string { return strings.TrimSpace(s.json.Find(names...).Value()) }
	or := func(a, b string) string {
		if a == "" {
			return b
		}
		return a
	}
	s.tell(info, 1, "interface", d.Type, "protocol", d.Protocol, "model_family", or(text("model_family"), "unknown"),
		"model_name", or(d.Model, "unknown"), "serial_number", d.Serial,
		"ata_additional_product_id", or(text("ata_additional_product_id"), "unknown"), "firmware_version", d.Firmware,
		"ata_version", text("ata_version", "string"), "sata_version", text("sata_version", "string"), "form_factor", text("form_factor", "name"),
		"scsi_vendor", text("scsi_vendor"), "scsi_product", text("scsi_product"), "scsi_revision", text("scsi_revision"), "scsi_version", text("scsi_version"))
	s.tell(exit, float64(d.Report.Status))
}

var (
	capacityBlocks = &metric{"smartctl_device_capacity_blocks", gauge, "Size of a disk in logical blocks."}
	capacityBytes  = &metric{"smartctl_device_capacity_bytes", gauge, "Size of a disk in bytes."}
	nvmeCapacity   = &metric{"smartctl_device_nvme_capacity_bytes", gauge, "Size of all namespaces of an NVMe device in bytes."}
	blockSize      = &metric{"smartctl_device_block_size", gauge, "Size of a block in bytes."}
	speed          = &metric{"smartctl_device_interface_speed", gauge, "Speed of the link in bits per second."}
	rotation       = &metric{"smartctl_device_rotation_rate", gauge, "Rotations of the platters per minute."}
)

func (s *sample) size() {
	s.number(capacityBlocks, 1, s.json.Find("user_capacity", "blocks"))
	s.number(capacityBytes, 1, s.json.Find("user_capacity", "bytes"))
	s.number(nvmeCapacity, 1, s.json.Find("nvme_total_capacity"))
	s.number(blockSize, 1, s.json.Find("logical_block_size"), "blocks_type", "logical")
	s.number(blockSize, 1, s.json.Find("physical_block_size"), "blocks_type", "physical")
	for _, kind := range []string{"max", "current"} {
		bits, _ := s.json.Find("interface_speed", kind, "bits_per_unit").Float()
		s.number(speed, bits, s.json.Find("interface_speed", kind, "units_per_second"), "speed_type", kind)
	}
	if v, _ := s.json.Find("rotation_rate").Float(); v > 0 {
		s.tell(rotation, v)
	}
}
