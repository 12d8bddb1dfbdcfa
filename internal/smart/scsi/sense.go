package scsi

// Sense is sense data of either format (SPC-4, 4.5).
type Sense struct {
	Key, ASC, ASCQ byte
	// Progress of what goes on, in 65536ths, where HasProgress.
	Progress    uint16
	HasProgress bool
}

// The sense keys (SPC-4, 4.5.6).
const (
	NoSense        = 0
	RecoveredError = 1
	NotReady       = 2
	MediumError    = 3
	HardwareError  = 4
	IllegalRequest = 5
	UnitAttention  = 6
	AbortedCommand = 0xb
	Completed      = 0xf
)

// ParseSense decodes sense data. What is missing in it is zero.
func ParseSense(b []byte) Sense {
	full := make([]byte, 252)
	n := copy(full, b)
	var s Sense
	switch full[0] & 0x7f {
	case 0x70, 0x71: // fixed format
		end := min(n, 8+int(full[7]))
		s.Key = full[2] & 15
		if end > 13 {
			s.ASC, s.ASCQ = full[12], full[13]
		}
		if end > 17 && full[15]&0x80 != 0 && s.Key <= NotReady {
			s.Progress, s.HasProgress = be16(full[16:]), true
		}
	case 0x72, 0x73: // descriptors
		s.Key, s.ASC, s.ASCQ = full[1]&15, full[2], full[3]
		end := min(n, 8+int(full[7]))
		for at := 8; at+2 <= end; at += 2 + int(full[at+1]) {
			d := full[at:end]
			if d[0] == 2 && len(d) >= 7 && d[4]&0x80 != 0 && s.Key <= NotReady {
				s.Progress, s.HasProgress = be16(d[5:]), true
			}
		}
	}
	return s
}

// Failed reports whether a command with this sense data has failed.
func (s Sense) Failed() bool {
	return s.Key != NoSense && s.Key != RecoveredError && s.Key != Completed
}

// SelfTesting reports whether a self-test runs: LOGICAL UNIT NOT READY, SELF-TEST IN
// PROGRESS, or only that there is progress (SPC-4, 5.17.3).
func (s Sense) SelfTesting() bool { return s.HasProgress && s.ASC == 4 && s.ASCQ == 9 }

// Power is how much of a device sleeps, the deeper the greater.
type Power int

// The power conditions (SPC-4, 5.12).
const (
	Active Power = iota
	Idle
	Standby
	Stopped
)

// PowerCondition is what REQUEST SENSE tells of it, and what it is called.
func (s Sense) PowerCondition() (Power, string) {
	if s.Key == NotReady && s.ASC == 0x04 && s.ASCQ == 0x02 {
		return Stopped, "STOPPED"
	}
	if s.ASC != 0x5e {
		return Active, "ACTIVE"
	}
	switch s.ASCQ {
	case 0x00:
		return Standby, "LOW POWER"
	case 0x01, 0x05, 0x07:
		return Idle, "IDLE BY TIMER"
	case 0x03, 0x06, 0x08:
		return Idle, "IDLE BY COMMAND"
	case 0x02, 0x09:
		return Standby, "STANDBY BY TIMER"
	case 0x04, 0x0a:
		return Standby, "STANDBY BY COMMAND"
	}
	return Active, "ACTIVE"
}

var keys = [...]string{
	"No Sense", "Recovered Error", "Not Ready", "Medium Error", "Hardware Error", "Illegal Request",
	"Unit Attention", "Data Protect", "Blank Check", "Vendor specific(9)", "Copy Aborted",
	"Aborted Command", "Equal", "Volume Overflow", "Miscompare", "Completed",
}

// KeyName is the name of a sense key.
func KeyName(key byte) string { return keys[key&15] }

var impending = [...]string{
	"", "Hardware", "Controller", "Data channel", "Servo", "Spindle", "Firmware",
}

var impendingWhy = [...]string{
	"general hard drive failure", "drive error rate too high", "data error rate too high",
	"seek error rate too high", "too many block reassigns", "access times too high",
	"start unit times too high", "channel parametrics", "controller detected",
	"throughput performance", "seek time performance", "spin-up retry count",
	"drive calibration retry count", "power loss protection circuit",
}

var warnings = [...]string{
	"Warning", "Warning - specified temperature exceeded", "Warning - enclosure degraded",
	"Warning - background self-test failed", "Warning - background pre-scan detected medium error",
	"Warning - background medium scan detected medium error", "Warning - non-volatile cache now volatile",
	"Warning - degraded power to non-volatile cache", "Warning - power loss expected",
	"Warning - device statistics notification active",
	"Warning - high critical temperature limit exceeded", "Warning - low critical temperature limit exceeded",
	"Warning - high operating temperature limit exceeded", "Warning - low operating temperature limit exceeded",
	"Warning - high critical humidity limit exceeded", "Warning - low critical humidity limit exceeded",
	"Warning - high operating humidity limit exceeded", "Warning - low operating humidity limit exceeded",
	"Warning - microcode security at risk", "Warning - microcode digital signature validation failure",
	"Warning - physical element status change",
}

// Exception is what an additional sense code tells of the health of the device, or empty
// where it is about something else (SPC-4, F.2).
func Exception(asc, ascq byte) string {
	switch asc {
	case 0x0b:
		if int(ascq) < len(warnings) {
			return warnings[ascq]
		}
	case 0x5d:
		return predicted(ascq)
	}
	return ""
}

func predicted(ascq byte) string {
	switch ascq {
	case 0x00:
		return "Failure prediction threshold exceeded"
	case 0x01:
		return "Media failure prediction threshold exceeded"
	case 0x02:
		return "Logical unit failure prediction threshold exceeded"
	case 0x03:
		return "spare area exhaustion failure prediction threshold exceeded"
	case 0x73:
		return "Media impending failure endurance limit met"
	case 0xff:
		return "Failure prediction threshold exceeded (false)"
	}
	if part, why := int(ascq>>4), int(ascq&15); part > 0 && part < len(impending) && why < len(impendingWhy) {
		return impending[part] + " impending failure " + impendingWhy[why]
	}
	// What is not assigned here is still a prediction of failure.
	return "Failure prediction threshold exceeded"
}
