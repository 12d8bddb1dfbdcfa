package metrics

import (
	"strings"

	"rescuebox/internal/jsontree"
)

var (
	attribute   = &metric{"smartctl_device_attribute", gauge, "Attributes of an ATA disk."}
	powerOn     = &metric{"smartctl_device_power_on_seconds", counter, "How long a disk was powered on in its life."}
	powerCycles = &metric{"smartctl_device_power_cycle_count", counter, "How often a disk was powered on in its life."}
	temperature = &metric{"smartctl_device_temperature", gauge, "Temperatures of a disk in degrees Celsius."}
	status      = &metric{"smartctl_device_smart_status", gauge, "1 where a disk says itself that it is good, 0 where it says that it is failing."}
	sctState    = &metric{"smartctl_device_state", gauge, "State of a disk by SCT (0 active, 1 standby, 2 sleep, 3 self-test, 4 offline collection, 5 SCT command)."}
	ercLimit    = &metric{"smartctl_device_erc_seconds", gauge, "How long a disk tries to correct an error, by SCT; 0 is without limit."}
)

func (s *sample) attributes() {
	for _, a := range s.json.Find("ata_smart_attributes", "table").Items() {
		flags := a.Find("flags")
		labels := []string{
			"attribute_name", a.Find("name").Value(), "attribute_flags_short", strings.TrimSpace(flags.Find("string").Value()),
			"attribute_flags_long", set(flags, "prefailure", "updated_online", "performance", "error_rate", "event_count", "auto_keep"),
		}
		id := a.Find("id").Value()
		for _, v := range []struct {
			kind string
			node *jsontree.Node
		}{{"value", a.Find("value")}, {"worst", a.Find("worst")}, {"thresh", a.Find("thresh")}, {"raw", a.Find("raw", "value")}} {
			s.number(attribute, 1, v.node, append(labels[:len(labels):len(labels)], "attribute_value_type", v.kind, "attribute_id", id)...)
		}
	}
}

// set are the names of flags that are true, with commas between them.
func set(flags *jsontree.Node, names ...string) string {
	var is []string
	for _, name := range names {
		if flags.Find(name).Value() == "true" {
			is = append(is, name)
		}
	}
	return strings.Join(is, ",")
}

func (s *sample) state() {
	if hours, ok := s.json.Find("power_on_time", "hours").Float(); ok {
		minutes, _ := s.json.Find("power_on_time", "minutes").Float()
		s.tell(powerOn, 3600*hours+60*minutes)
	}
	s.number(powerCycles, 1, s.json.Find("power_cycle_count"))
	temperatures := s.json.Find("temperature")
	for _, name := range temperatures.Names() {
		s.number(temperature, 1, temperatures.Find(name), "temperature_type", name)
	}
	s.number(status, 1, s.json.Find("smart_status", "passed"))
	s.number(sctState, 1, s.json.Find("ata_sct_status", "device_state", "value"))
	for _, kind := range []string{"read", "write"} {
		limit := s.json.Find("ata_sct_erc", kind)
		if limit.Find("enabled").Value() == "false" {
			s.tell(ercLimit, 0, "op_type", kind)
		}
		if v, ok := limit.Find("deciseconds").Float(); ok {
			s.tell(ercLimit, v/10, "op_type", kind)
		}
	}
}

var (
	statistic = &metric{"smartctl_device_statistics", gauge, "Device statistics and counters of the link of an ATA disk."}
	errorLog  = &metric{"smartctl_device_error_log_count", gauge, "Errors that an ATA disk has logged in its life."}
	testLog   = &metric{"smartctl_device_self_test_log_count", gauge, "Entries of the self-test log."}
	testBad   = &metric{"smartctl_device_self_test_log_error_count", gauge, "Entries of the self-test log that failed."}
)

func (s *sample) statistics() {
	for _, page := range s.json.Find("ata_device_statistics", "pages").Items() {
		for _, v := range page.Find("table").Items() {
			flags := v.Find("flags")
			s.number(statistic, 1, v.Find("value"), "statistic_table", page.Find("name").Value(), "statistic_name", v.Find("name").Value(),
				"statistic_flags_short", strings.TrimSpace(flags.Find("string").Value()),
				"statistic_flags_long", set(flags, "valid", "normalized", "supports_dsn", "monitored_condition_met"))
		}
	}
	for _, v := range s.json.Find("sata_phy_event_counters", "table").Items() {
		s.number(statistic, 1, v.Find("value"), "statistic_table", "SATA PHY Event Counters", "statistic_name", v.Find("name").Value(),
			"statistic_flags_short", "V---", "statistic_flags_long", "valid")
	}
}

func (s *sample) logs() {
	for _, kind := range s.json.Find("ata_smart_error_log").Names() {
		s.number(errorLog, 1, s.json.Find("ata_smart_error_log", kind, "count"), "error_log_type", kind)
	}
	for _, kind := range s.json.Find("ata_smart_self_test_log").Names() {
		log := s.json.Find("ata_smart_self_test_log", kind)
		s.number(testLog, 1, log.Find("count"), "self_test_log_type", kind)
		s.number(testBad, 1, log.Find("error_count_total"), "self_test_log_type", kind)
	}
}

// Their kinds are what the values are, where smartctl_exporter calls all of them counters.
var (
	used        = &metric{"smartctl_device_percentage_used", gauge, "Percent of the planned life of an NVMe device that are used."}
	spare       = &metric{"smartctl_device_available_spare", gauge, "Percent of the spare of an NVMe device that are left."}
	spareLimit  = &metric{"smartctl_device_available_spare_threshold", gauge, "Percent of the spare below which an NVMe device warns."}
	warning     = &metric{"smartctl_device_critical_warning", gauge, "Critical warning of an NVMe device, a sum of bits."}
	mediaErrors = &metric{"smartctl_device_media_errors", counter, "Errors of an NVMe device that could not be corrected."}
	logEntries  = &metric{"smartctl_device_num_err_log_entries", counter, "Entries that the error log of an NVMe device ever had."}
	bytesRead   = &metric{"smartctl_device_bytes_read", counter, "Bytes that were read from an NVMe device in its life."}
	bytesWrite  = &metric{"smartctl_device_bytes_written", counter, "Bytes that were written to an NVMe device in its life."}
)

func (s *sample) nvme() {
	log := s.json.Find("nvme_smart_health_information_log")
	const unit = 1000 * 512 // bytes, whatever the size of a block is (NVM Express Base Specification 5.16.1.3)
	for _, v := range []struct {
		metric *metric
		factor float64
		name   string
	}{
		{used, 1, "percentage_used"}, {spare, 1, "available_spare"}, {spareLimit, 1, "available_spare_threshold"},
		{warning, 1, "critical_warning"}, {mediaErrors, 1, "media_errors"}, {logEntries, 1, "num_err_log_entries"},
		{bytesRead, unit, "data_units_read"}, {bytesWrite, unit, "data_units_written"},
	} {
		s.number(v.metric, v.factor, log.Find(v.name))
	}
}

var (
	grown           = &metric{"smartctl_scsi_grown_defect_list", gauge, "Defects of a SCSI disk since it was made."}
	readFast        = &metric{"smartctl_read_errors_corrected_by_eccfast", counter, "Errors of reading that a SCSI disk corrected without delay."}
	readDelayed     = &metric{"smartctl_read_errors_corrected_by_eccdelayed", counter, "Errors of reading that a SCSI disk corrected with delay."}
	readAgain       = &metric{"smartctl_read_errors_corrected_by_rereads_rewrites", counter, "Errors of reading that a SCSI disk corrected by reading again."}
	readLost        = &metric{"smartctl_read_total_uncorrected_errors", counter, "Errors of reading that a SCSI disk could not correct."}
	writeFast       = &metric{"smartctl_write_errors_corrected_by_eccfast", counter, "Errors of writing that a SCSI disk corrected without delay."}
	writeDelayed    = &metric{"smartctl_write_errors_corrected_by_eccdelayed", counter, "Errors of writing that a SCSI disk corrected with delay."}
	writeAgain      = &metric{"smartctl_write_errors_corrected_by_rereads_rewrites", counter, "Errors of writing that a SCSI disk corrected by writing again."}
	writeLost       = &metric{"smartctl_write_total_uncorrected_errors", counter, "Errors of writing that a SCSI disk could not correct."}
	scsiErrorCounts = []struct {
		metric    *metric
		way, name string
	}{
		{readFast, "read", "errors_corrected_by_eccfast"}, {readDelayed, "read", "errors_corrected_by_eccdelayed"},
		{readAgain, "read", "errors_corrected_by_rereads_rewrites"}, {readLost, "read", "total_uncorrected_errors"},
		{writeFast, "write", "errors_corrected_by_eccfast"}, {writeDelayed, "write", "errors_corrected_by_eccdelayed"},
		{writeAgain, "write", "errors_corrected_by_rereads_rewrites"}, {writeLost, "write", "total_uncorrected_errors"},
	}
)

func (s *sample) scsi() {
	s.number(grown, 1, s.json.Find("scsi_grown_defect_list"))
	for _, v := range scsiErrorCounts {
		s.number(v.metric, 1, s.json.Find("scsi_error_counter_log", v.way, v.name))
	}
}
