package nvme

import (
	"strconv"

	"rescuebox/internal/smart/command"
)

// Meaning is what a status says, by the names of BASE 3.3.3.2.1 and of the NVM, Zoned
// Namespace and Key Value command sets.
func Meaning(status command.NVMeError) string {
	kind, code := uint8(status>>8&7), uint8(status)
	kindName := ""
	var name string
	switch kind {
	case 0:
		kindName, name = "Generic Command Status", of(code, generic[:], 0x80, genericIO[:])
	case 1:
		kindName, name = "Command Specific Status", of(code, specific[:], 0x80, specificIO[:])
		if name == "" {
			name = of(code, nil, 0xb8, zoned[:])
		}
	case 2:
		kindName, name = "Media and Data Integrity Error", of(code, nil, 0x80, media[:])
	case 3:
		kindName, name = "Path Related Status", path(code)
	case 7:
		return "Vendor Specific Status " + hexByte(code)
	default:
		return "Unknown Status 0x" + strconv.Itoa(int(kind)) + "/" + hexByte(code)
	}
	switch {
	case name != "":
		return name
	case code >= 0xc0:
		return "Vendor Specific " + kindName + " " + hexByte(code)
	}
	return "Unknown " + kindName + " " + hexByte(code)
}

// of finds a code in two lists, one of which starts at 0 and one at second.
func of(code uint8, first []string, second uint8, rest []string) string {
	if int(code) < len(first) {
		return first[code]
	}
	if code >= second && int(code-second) < len(rest) {
		return rest[code-second]
	}
	return ""
}

func path(code uint8) string {
	switch code {
	case 0x00:
		return "Internal Path Error"
	case 0x01:
		return "Asymmetric Access Persistent Loss"
	case 0x02:
		return "Asymmetric Access Inaccessible"
	case 0x03:
		return "Asymmetric Access Transition"
	case 0x60:
		return "Controller Pathing Error"
	case 0x70:
		return "Host Pathing Error"
	case 0x71:
		return "Command Aborted By Host"
	}
	return ""
}

func hexByte(b uint8) string {
	const digits = "0123456789abcdef"
	return "0x" + string([]byte{digits[b>>4], digits[b&15]})
}

var generic = [...]string{
	"Successful Completion",
	"Invalid Command Opcode",
	"Invalid Field in Command",
	"Command ID Conflict",
	"Data Transfer Error",
	"Commands Aborted due to Power Loss Notification",
	"Internal Error",
	"Command Abort Requested",
	"Command Aborted due to SQ Deletion",
	"Command Aborted due to Failed Fused Command",
	"Command Aborted due to Missing Fused Command",
	"Invalid Namespace or Format",
	"Command Sequence Error",
	"Invalid SGL Segment Descriptor",
	"Invalid Number of SGL Descriptors",
	"Data SGL Length Invalid",
	"Metadata SGL Length Invalid",
	"SGL Descriptor Type Invalid",
	"Invalid Use of Controller Memory Buffer",
	"PRP Offset Invalid",
	"Atomic Write Unit Exceeded",
	"Operation Denied",
	"SGL Offset Invalid",
	"",
	"Host Identifier Inconsistent Format",
	"Keep Alive Timer Expired",
	"Keep Alive Timeout Invalid",
	"Command Aborted due to Preempt and Abort",
	"Sanitize Failed",
	"Sanitize In Progress",
	"SGL Data Block Granularity Invalid",
	"Command Not Supported for Queue in CMB",
	"Namespace is Write Protected",
	"Command Interrupted",
	"Transient Transport Error",
	"Command Prohibited by Command and Feature Lockdown",
	"Admin Command Media Not Ready",
}

var genericIO = [...]string{
	"LBA Out of Range",
	"Capacity Exceeded",
	"Namespace Not Ready",
	"Reservation Conflict",
	"Format In Progress",
	"Invalid Value Size",
	"Invalid Key Size",
	"KV Key Does Not Exist",
	"Unrecovered Error",
	"Key Exists",
}

var specific = [...]string{
	"Completion Queue Invalid",
	"Invalid Queue Identifier",
	"Invalid Queue Size",
	"Abort Command Limit Exceeded",
	"Abort Command Is Missing",
	"Asynchronous Event Request Limit Exceeded",
	"Invalid Firmware Slot",
	"Invalid Firmware Image",
	"Invalid Interrupt Vector",
	"Invalid Log Page",
	"Invalid Format",
	"Firmware Activation Requires Conventional Reset",
	"Invalid Queue Deletion",
	"Feature Identifier Not Saveable",
	"Feature Not Changeable",
	"Feature Not Namespace Specific",
	"Firmware Activation Requires NVM Subsystem Reset",
	"Firmware Activation Requires Controller Level Reset",
	"Firmware Activation Requires Maximum Time Violation",
	"Firmware Activation Prohibited",
	"Overlapping Range",
	"Namespace Insufficient Capacity",
	"Namespace Identifier Unavailable",
	"",
	"Namespace Already Attached",
	"Namespace Is Private",
	"Namespace Not Attached",
	"Thin Provisioning Not Supported",
	"Controller List Invalid",
	"Device Self-test In Progress",
	"Boot Partition Write Prohibited",
	"Invalid Controller Identifier",
	"Invalid Secondary Controller State",
	"Invalid Number of Controller Resources",
	"Invalid Resource Identifier",
	"Sanitize Prohibited While Persistent Memory Region is Enabled",
	"ANA Group Identifier Invalid",
	"ANA Attach Failed",
	"Insufficient Capacity",
	"Namespace Attachment Limit Exceeded",
	"Prohibition of Command Execution Not Supported",
	"I/O Command Set Not Supported",
	"I/O Command Set Not Enabled",
	"I/O Command Set Combination Rejected",
	"Invalid I/O Command Set",
	"Identifier Unavailable",
}

var specificIO = [...]string{
	"Conflicting Attributes",
	"Invalid Protection Information",
	"Attempted Write to Read Only Range",
	"Command Size Limit Exceeded",
}

var zoned = [...]string{
	"Zoned Boundary Error",
	"Zone Is Full",
	"Zone Is Read Only",
	"Zone Is Offline",
	"Zone Invalid Write",
	"Too Many Active Zones",
	"Too Many Open Zones",
	"Invalid Zone State Transition",
}

var media = [...]string{
	"Write Fault",
	"Unrecovered Read Error",
	"End-to-end Guard Check Error",
	"End-to-end Application Tag Check Error",
	"End-to-end Reference Tag Check Error",
	"Compare Failure",
	"Access Denied",
	"Deallocated or Unwritten Logical Block",
	"End-to-End Storage Tag Check Error",
}
