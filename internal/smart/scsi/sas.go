package scsi

// Port is a port of a SAS device, of the page LogProtocolPort (SPL-3, 9.2.8.1).
type Port struct {
	ID         uint16 // relative target port
	Generation byte
	Phys       []Phy
}

// Phy is a phy of a port.
type Phy struct {
	ID                byte
	AttachedType      byte
	AttachedReason    byte
	Reason            byte
	Rate              byte
	Initiator, Target byte // attached; bits 3 SSP, 2 STP, 1 SMP
	Address, Attached uint64
	AttachedID        byte
	InvalidDwords     uint32
	RunningDisparity  uint32
	LossOfDwordSync   uint32
	ResetProblems     uint32
	Events            []PhyEvent
}

// PhyEvent is a counter of a phy that was chosen.
type PhyEvent struct {
	Source          byte
	Value, Detector uint32
}

// sasProtocol is the protocol identifier of SAS (SPC-4, 7.6.1).
const sasProtocol = 6

// ParsePorts decodes LogProtocolPort of a SAS device.
func ParsePorts(b []byte) (ports []Port, err error) {
	list, err := ParseLog(LogProtocolPort, 0, b)
	for _, p := range list {
		v := p.Value
		if len(v) < 4 || v[0]&15 != sasProtocol {
			continue
		}
		port := Port{ID: p.Code, Generation: v[2]}
		v = v[4:]
		// As many as there are said to be; a descriptor tells its own length.
		for n := p.Value[3]; n > 0 && len(v) >= 48; n-- {
			size := int(v[3]) + 4
			if size < 48 { // as a device that leaves it zero
				size = 48
			}
			d := v[:min(size, len(v))]
			port.Phys = append(port.Phys, parsePhy(d))
			v = v[len(d):]
		}
		ports = append(ports, port)
	}
	return ports, err
}

func parsePhy(d []byte) Phy {
	p := Phy{
		ID: d[1], AttachedType: d[4] >> 4 & 7, AttachedReason: d[4] & 15, Reason: d[5] >> 4, Rate: d[5] & 15,
		Initiator: d[6] & 0xe, Target: d[7] & 0xe,
		Address: be64(d[8:]), Attached: be64(d[16:]), AttachedID: d[24],
		InvalidDwords: be32(d[32:]), RunningDisparity: be32(d[36:]), LossOfDwordSync: be32(d[40:]), ResetProblems: be32(d[44:]),
	}
	if len(d) < 52 {
		return p
	}
	for n, e := int(d[51]), d[52:]; n > 0 && len(e) >= 12; n, e = n-1, e[12:] {
		p.Events = append(p.Events, PhyEvent{Source: e[3], Value: be32(e[4:]), Detector: be32(e[8:])})
	}
	return p
}
