package scsireport

import (
	"bytes"
	"math/bits"
	"strings"
)

// product is a number of bytes, the more significant 64 bits first.
func product(blocks, size uint64) [2]uint64 {
	hi, lo := bits.Mul64(blocks, size)
	return [2]uint64{hi, lo}
}

// printable is a field of text without spaces around it, up to the first NUL, and with
// \xNN for what is not printable ASCII, as smartctl has it in JSON.
func printable(field []byte) string {
	field, _, _ = bytes.Cut(field, []byte{0})
	var b strings.Builder
	for _, c := range bytes.Trim(field, " ") {
		if c >= ' ' && c <= '~' {
			b.WriteByte(c)
			continue
		}
		const digits = "0123456789abcdef"
		b.WriteString(`\x`)
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

// of is a name of a list, or what another is called.
func of(names []string, i byte, other string) string {
	if int(i) < len(names) && names[i] != "" {
		return names[i]
	}
	return other
}

// deviceType is a peripheral device type (SPC-4, 6.6.2).
func deviceType(t byte) string {
	switch t {
	case 30:
		return "well known logical unit"
	case 31:
		return "unknown or no device type"
	}
	return of(deviceTypes[:], t, "reserved ["+hex(uint64(t))+"]")
}

var deviceTypes = [...]string{
	"disk", "tape", "printer", "processor", "optical disk(4)", "CD/DVD", "scanner", "optical disk(7)",
	"medium changer", "communications", "graphics(10)", "graphics(11)", "storage array", "enclosure",
	"simplified disk", "optical card reader", "", "object based storage", "automation/driver interface",
	"security manager device", "host managed zoned block device",
}

// transport is a protocol identifier (SPC-4, 7.6.1).
func transport(p byte) string {
	if p == 15 {
		return "None given [0xf]"
	}
	return of(transports[:], p, hex(uint64(p)))
}

var transports = [...]string{
	"Fibre channel (FCP-4)", "Parallel SCSI (SPI-4)", "SSA", "IEEE 1394 (SBP-3)", "RDMA (SRP)", "iSCSI",
	"SAS (SPL-4)", "ADT", "ATA (ACS-2)", "UAS", "SOP", "PCIe",
}

// The self-tests and how they ended (SPC-4, 7.3.14).
var testCodes = [...]string{
	"Default", "Background short", "Background long", "Reserved(3)", "Abort background",
	"Foreground short", "Foreground long", "Reserved(7)",
}

func testOutcome(o byte) string {
	if o == 15 {
		return "Self test in progress ..."
	}
	return of(testOutcomes[:], o, "Reserved("+decimal(o)+")")
}

var testOutcomes = [...]string{
	"Completed", "Aborted (by user command)", "Aborted (device reset ?)", "Unknown error, incomplete",
	"Completed, segment failed", "Failed in first segment", "Failed in second segment", "Failed in segment",
}

// scanStates are those of the background scan (SBC-3, 6.4.2.2).
var scanStates = [...]string{
	"no scans active", "scan is active", "pre-scan is active", "halted due to fatal error",
	"halted due to a vendor specific pattern of error", "halted due to medium formatted without P-List",
	"halted - vendor specific cause", "halted due to temperature out of range",
	"waiting until BMS interval timer expires",
}

// reassigned is what became of a block that the scan found (SBC-3, 6.4.2.3).
var reassigned = [...]string{
	"Reserved [0x0]", "Require Write or Reassign Blocks command", "Successfully reassigned", "Reserved [0x3]",
	"Reassignment by disk failed", "Recovered via rewrite in-place", "Reassigned by app, has valid data",
	"Reassigned by app, has no valid data", "Unsuccessfully reassigned by app",
}

// What is attached to a phy, and why it was last reset (SPL-3, 9.4.3.10).
var attachedTypes = [...]string{
	"no device attached", "SAS or SATA device", "expander device", "expander device (fanout)",
}

var resetReasons = [...]string{
	"unknown", "power on", "hard reset", "SMP phy control function", "loss of dword synchronization",
	"mux mix up", "I_T nexus loss timeout for STP/SATA", "break timeout timer expired", "phy test function stopped",
	"expander device reduced functionality",
}

var linkRates = [...]string{
	"phy enabled; unknown", "phy disabled", "phy enabled; speed negotiation failed",
	"phy enabled; SATA spinup hold state", "phy enabled; port selector", "phy enabled; reset in progress",
	"phy enabled; unsupported phy attached", "", "phy enabled; 1.5 Gbps", "phy enabled; 3 Gbps",
	"phy enabled; 6 Gbps", "phy enabled; 12 Gbps", "phy enabled; 22.5 Gbps",
}

// accesses are the counters of the page 19h (SPC-4, 7.3.7): their labels and JSON keys.
var accesses = [...][2]string{
	{"Number of read commands", "number_of_read_commands"},
	{"Number of write commands", "number_of_write_commands"},
	{"number of logical blocks received", "number_of_logical_blocks_received"},
	{"number of logical blocks transmitted", "number_of_logical_blocks_transmitted"},
	{"read command processing intervals", "read_command_processing_intervals"},
	{"write command processing intervals", "write_command_processing_intervals"},
	{"weighted number of read commands plus write commands", "weighted_number_of_read_commands_plus_write_commands"},
	{"weighted read command processing plus write command processing", "weighted_read_command_processing_plus_write_command_processing"},
}

var forced = [...][2]string{
	{"Number of read FUA commands", "number_of_read_fua_commands"},
	{"Number of write FUA commands", "number_of_write_fua_commands"},
	{"Number of read FUA_NV commands", "number_of_read_fua_nv_commands"},
	{"Number of write FUA_NV commands", "number_of_write_fua_nv_commands"},
	{"Number of read FUA intervals", "number_of_read_fua_intervals"},
	{"Number of write FUA intervals", "number_of_write_fua_intervals"},
	{"Number of read FUA_NV intervals", "number_of_read_fua_nv_intervals"},
	{"Number of write FUA_NV intervals", "number_of_write_fua_nv_intervals"},
}

// phyEvent is a source of a counter of a phy (SPL-3, 9.2.8.1), whether it keeps the
// greatest value instead of counting, and its unit.
func phyEvent(source byte) (text string, peak bool, unit string) {
	switch source {
	case 0x05:
		return "Elasticity buffer overflow", false, ""
	case 0x06:
		return "Received ERROR", false, ""
	case 0x20:
		return "Received address frame error", false, ""
	case 0x21:
		return "Transmitted abandon-class OPEN_REJECT", false, ""
	case 0x22:
		return "Received abandon-class OPEN_REJECT", false, ""
	case 0x23:
		return "Transmitted retry-class OPEN_REJECT", false, ""
	case 0x24:
		return "Received retry-class OPEN_REJECT", false, ""
	case 0x25:
		return "Received AIP (WAITING ON PARTIAL)", false, ""
	case 0x26:
		return "Received AIP (WAITING ON CONNECTION)", false, ""
	case 0x2b:
		return "Peak transmitted pathway blocked", true, ""
	case 0x2c:
		return "Peak transmitted arbitration wait time (us)", true, " (us)"
	case 0x2d:
		return "Peak arbitration time (us)", true, ""
	case 0x2e:
		return "Peak connection time (us)", true, ""
	}
	return frameEvent(source), false, ""
}

func frameEvent(source byte) string {
	switch source {
	case 0x01:
		return "Invalid word"
	case 0x02:
		return "Running disparity error"
	case 0x03:
		return "Loss of dword synchronization"
	case 0x04:
		return "Phy reset problem"
	case 0x40:
		return "Transmitted SSP frame"
	case 0x41:
		return "Received SSP frame"
	case 0x42:
		return "Transmitted SSP frame error"
	case 0x43:
		return "Received SSP frame error"
	case 0x44:
		return "Transmitted CREDIT_BLOCKED"
	case 0x45:
		return "Received CREDIT_BLOCKED"
	case 0x50:
		return "Transmitted SATA frame"
	case 0x51:
		return "Received SATA frame"
	case 0x52:
		return "SATA flow control buffer overflow"
	case 0x60:
		return "Transmitted SMP frame"
	case 0x61:
		return "Received SMP frame"
	case 0x63:
		return "Received SMP frame error"
	}
	return ""
}
