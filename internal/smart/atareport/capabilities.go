package atareport

import (
	"strconv"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/report"
)

// offlineStatus are the low bits of the offline data collection status (ACS-3, table
// 135).
var offlineStatus = map[byte]string{
	0: "was never started",
	2: "was completed without error",
	3: "is in progress",
	4: "was suspended by an interrupting command from host",
	5: "was aborted by an interrupting command from host",
	6: "was aborted by the device with a fatal error",
}

func offlineName(status byte) string {
	status &= 0x7f
	switch name, ok := offlineStatus[status]; {
	case ok:
		return name
	case status >= 0x40:
		return "is in a Vendor Specific state"
	}
	return "is in a Reserved state"
}

func (r *run) capabilities(v *ata.Values) {
	p := r.out.Print
	p("General SMART Values:\n")
	r.offline(v)
	if v.HasSelfTests() {
		r.execution(v)
	}
	seconds := strconv.Itoa(int(v.OfflineSeconds))
	p("Total time to complete Offline \ndata collection: \t\t(", report.Right(seconds, 5), ") seconds.\n")
	r.out.JSON.At("ata_smart_data", "offline_data_collection", "completion_seconds").Uint(uint64(v.OfflineSeconds))
	r.offlineCapabilities(v)
	r.smartCapabilities(v)
	r.errorLogging(v)
	r.polling(v)
	if sct := r.id.SCT(); sct&1 != 0 {
		r.sctCapabilities(sct)
	}
	p("\n")
}

func (r *run) offline(v *ata.Values) {
	status := v.OfflineStatus & 0x7f
	name := offlineName(v.OfflineStatus)
	r.out.Print("Offline data collection status:  (", hex(uint64(v.OfflineStatus), 2), ")\tOffline data collection activity\n\t\t\t\t\t", name, ".\n",
		"\t\t\t\t\tAuto Offline Data Collection: ", [...]string{"Disabled", "Enabled"}[v.OfflineStatus>>7], ".\n")
	node := r.out.JSON.At("ata_smart_data", "offline_data_collection", "status")
	node.At("value").Uint(uint64(v.OfflineStatus))
	node.At("string").String(name)
	switch status {
	case 2:
		node.At("passed").Bool(true)
	case 6:
		node.At("passed").Bool(false)
	}
}

// executions are self-test execution statuses (ACS-3, table 134): text and JSON.
var executions = [16][2]string{
	{"The previous self-test routine completed\n\t\t\t\t\twithout error or no self-test has ever \n\t\t\t\t\tbeen run.", "completed without error"},
	{"The self-test routine was aborted by\n\t\t\t\t\tthe host.", "was aborted by the host"},
	{"The self-test routine was interrupted\n\t\t\t\t\tby the host with a hard or soft reset.", "was interrupted by the host with a reset"},
	{"A fatal error or unknown test error\n\t\t\t\t\toccurred while the device was executing\n\t\t\t\t\tits self-test routine and the device \n\t\t\t\t\twas unable to complete the self-test \n\t\t\t\t\troutine.", "could not complete due to a fatal or unknown error"},
	{"The previous self-test completed having\n\t\t\t\t\ta test element that failed and the test\n\t\t\t\t\telement that failed is not known.", "completed with error (unknown test element)"},
	{"The previous self-test completed having\n\t\t\t\t\tthe electrical element of the test\n\t\t\t\t\tfailed.", "completed with error (electrical test element)"},
	{"The previous self-test completed having\n\t\t\t\t\tthe servo (and/or seek) element of the \n\t\t\t\t\ttest failed.", "completed with error (servo/seek test element)"},
	{"The previous self-test completed having\n\t\t\t\t\tthe read element of the test failed.", "completed with error (read test element)"},
	{"The previous self-test completed having\n\t\t\t\t\ta test element that failed and the\n\t\t\t\t\tdevice is suspected of having handling\n\t\t\t\t\tdamage.", "completed with error (handling damage?)"},
}

func (r *run) execution(v *ata.Values) {
	outcome, tenths := v.SelfTest>>4, int(v.SelfTest&15)
	names := executions[outcome]
	node := r.out.JSON.At("ata_smart_data", "self_test", "status")
	node.At("value").Uint(uint64(v.SelfTest))
	switch {
	case outcome == ata.TestInProgress && tenths == 0 && r.flaws.NoTestRemains:
		names = [2]string{"The previous self-test routine completed\n\t\t\t\t\twith unknown result or self-test in\n\t\t\t\t\tprogress with less than 10% remaining.", "completed with unknown result or in progress with less than 10% remaining"}
	case outcome == ata.TestInProgress:
		left := strconv.Itoa(tenths) + "0%"
		names = [2]string{"Self-test routine in progress...\n\t\t\t\t\t" + left + " of test remaining.", "in progress, " + left + " remaining"}
		node.At("remaining_percent").Int(int64(10 * tenths))
	case names[0] == "":
		names = [2]string{"Reserved.", "reserved"}
	}
	r.out.Print("Self-test execution status:      (", report.Right(strconv.Itoa(int(v.SelfTest)), 4), ")\t", names[0], "\n")
	node.At("string").String(names[1])
	switch {
	case outcome == ata.TestPassed:
		node.At("passed").Bool(true)
	case outcome >= ata.TestFatal && outcome <= ata.TestHandling:
		node.At("passed").Bool(false)
	}
}

func (r *run) offlineCapabilities(v *ata.Values) {
	p := r.out.Print
	p("Offline data collection\ncapabilities: \t\t\t (", hex(uint64(v.Offline), 2), ") ")
	if v.Offline == 0 {
		p("\tOffline data collection not supported.\n")
	} else {
		has := func(bit byte, yes, no string) string {
			if v.Offline&bit != 0 {
				return yes
			}
			return no
		}
		const tabs = "\t\t\t\t\t"
		p(has(ata.OfflineImmediate, "SMART execute Offline immediate.\n", "No SMART execute Offline immediate.\n"),
			tabs, has(ata.OfflineAutomatic, "Auto Offline data collection on/off support.\n", "No Auto Offline data collection support.\n"),
			tabs, has(ata.OfflineAborts, "Abort Offline collection upon new\n"+tabs+"command.\n", "Suspend Offline collection upon new\n"+tabs+"command.\n"),
			tabs, has(ata.OfflineScan, "Offline surface scan supported.\n", "No Offline surface scan supported.\n"),
			tabs, has(ata.OfflineSelfTests, "Self-test supported.\n", "No Self-test supported.\n"),
			tabs, has(ata.OfflineConveyance, "Conveyance Self-test supported.\n", "No Conveyance Self-test supported.\n"),
			tabs, has(ata.OfflineSelective, "Selective Self-test supported.\n", "No Selective Self-test supported.\n"))
	}
	node := r.out.JSON.At("ata_smart_data", "capabilities")
	node.At("values").Item(0).Uint(uint64(v.Offline))
	node.At("values").Item(1).Uint(uint64(v.Capability))
	for _, f := range []struct {
		key string
		bit byte
	}{
		{"exec_offline_immediate_supported", ata.OfflineImmediate}, {"offline_is_aborted_upon_new_cmd", ata.OfflineAborts},
		{"offline_surface_scan_supported", ata.OfflineScan}, {"self_tests_supported", ata.OfflineSelfTests},
		{"conveyance_self_test_supported", ata.OfflineConveyance}, {"selective_self_test_supported", ata.OfflineSelective},
	} {
		node.At(f.key).Bool(v.Offline&f.bit != 0)
	}
}

func (r *run) smartCapabilities(v *ata.Values) {
	p := r.out.Print
	p("SMART capabilities:            (", hex(uint64(v.Capability), 4), ")\t")
	if v.Capability == 0 {
		p("Automatic saving of SMART data\t\t\t\t\tis not implemented.\n")
	} else {
		if v.Capability&1 != 0 {
			p("Saves SMART data before entering\n\t\t\t\t\tpower-saving mode.\n")
		} else {
			p("Does not save SMART data before\n\t\t\t\t\tentering power-saving mode.\n")
		}
		if v.Capability&2 != 0 {
			p("\t\t\t\t\tSupports SMART auto save timer.\n")
		}
	}
	r.out.JSON.At("ata_smart_data", "capabilities", "attribute_autosave_enabled").Bool(v.Capability&1 != 0)
}

// hasErrorLog and the others ask both pages that tell.
func (r *run) hasErrorLog() bool {
	return r.pages.Values != nil && r.pages.Values.HasErrorLog() || r.id.HasErrorLog()
}

// hasSelfTestLog takes what has an error log to have this one too: neither page tells of
// older disks.
func (r *run) hasSelfTestLog() bool {
	return r.pages.Values != nil && r.pages.Values.HasErrorLog() || r.id.HasSelfTests()
}

func (r *run) hasGPLogs() bool { return r.id.HasGPLogging() }

func (r *run) errorLogging(v *ata.Values) {
	p := r.out.Print
	p("Error logging capability:        (", hex(uint64(v.ErrorLogging), 2), ")\tError logging ", [...]string{"NOT supported", "supported"}[bit(r.hasErrorLog())], ".\n\t\t\t\t\t",
		[...]string{"No General Purpose Logging support", "General Purpose Logging supported"}[bit(r.hasGPLogs())], ".\n")
	node := r.out.JSON.At("ata_smart_data", "capabilities")
	node.At("error_logging_supported").Bool(r.hasErrorLog())
	node.At("gp_logging_supported").Bool(r.hasGPLogs())
}

func (r *run) polling(v *ata.Values) {
	show := func(name, key string, minutes uint16) {
		r.out.Print(name, "\nrecommended polling time: \t (", report.Right(strconv.Itoa(int(minutes)), 4), ") minutes.\n")
		r.out.JSON.At("ata_smart_data", "self_test", "polling_minutes", key).Uint(uint64(minutes))
	}
	if v.HasSelfTests() {
		show("Short self-test routine ", "short", v.Short)
		show("Extended self-test routine", "extended", v.Extended)
	}
	if v.HasConveyance() {
		show("Conveyance self-test routine", "conveyance", v.Conveyance)
	}
}

func (r *run) sctCapabilities(sct uint16) {
	p := r.out.Print
	p("SCT capabilities: \t       (", hex(uint64(sct), 4), ")\tSCT Status supported.\n")
	node := r.out.JSON.At("ata_sct_capabilities")
	node.At("value").Uint(uint64(sct))
	for _, f := range []struct {
		bit       int
		text, key string
	}{
		{3, "SCT Error Recovery Control supported.", "error_recovery_control_supported"},
		{4, "SCT Feature Control supported.", "feature_control_supported"},
		{5, "SCT Data Table supported.", "data_table_supported"},
	} {
		if sct>>f.bit&1 != 0 {
			p("\t\t\t\t\t", f.text, "\n")
		}
		node.At(f.key).Bool(sct>>f.bit&1 != 0)
	}
}
