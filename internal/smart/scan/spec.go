package scan

import (
	"errors"
	"strconv"
	"strings"

	"rescuebox/internal/smart/bridge"
)

// Spec is how a device is talked to: an argument of -d (smartctl(8)).
type Spec struct {
	kind  kind
	text  string
	below *Spec // what carries it: sat+megaraid,0

	auto     bool   // sat: only if the disk answers as one
	short    bool   // sat: by the command of 12 bytes
	number   int    // megaraid, cciss: the disk; usbjmicron: the port, negative: any
	nsid     uint32 // nvme and its bridges; 0: all
	first    byte   // usbcypress: how its commands begin
	prolific bool   // usbjmicron
	extended bool
	either   bool // an NVMe bridge that may have a SATA disk
}

type kind uint8

const (
	automatic kind = iota
	ata
	scsi
	sat
	nvme
	cypress
	jmicron
	prolific
	sunplus
	asmedia
	jmicronNVMe
	realtek
	megaraid
	cciss
)

// kinds are the types by their names, with what smartctl shows behind a device's name.
var kinds = [...]struct{ name, shown, protocol string }{
	automatic: {"auto", "", ""}, ata: {"ata", "", "ATA"}, scsi: {"scsi", "", "SCSI"},
	sat: {"sat", " [SAT]", "ATA"}, nvme: {"nvme", "", "NVMe"},
	cypress: {"usbcypress", " [USB Cypress]", "ATA"}, jmicron: {"usbjmicron", " [USB JMicron]", "ATA"},
	prolific: {"usbprolific", " [USB Prolific]", "ATA"}, sunplus: {"usbsunplus", " [USB Sunplus]", "ATA"},
	asmedia: {"sntasmedia", " [USB NVMe ASMedia]", "NVMe"}, jmicronNVMe: {"sntjmicron", " [USB NVMe JMicron]", "NVMe"},
	realtek: {"sntrealtek", " [USB NVMe Realtek]", "NVMe"}, megaraid: {"megaraid", "", "SCSI"}, cciss: {"cciss", "", "SCSI"},
}

// Types is what -d may be.
const Types = "ata, scsi[+TYPE], nvme[,NSID], sat[,auto][,N][+TYPE], usbcypress[,X], usbjmicron[,p][,x][,N], " +
	"usbprolific, usbsunplus, sntasmedia[/sat], sntjmicron[,NSID][/sat], sntrealtek[/sat], megaraid,N, cciss,N, auto, test"

// lacking are types that smartctl has and this has not.
var lacking = [...]string{
	"intelliprop", "jmb39x", "jms56x", "marvell", "areca", "3ware", "hpt", "aacraid", "usbasm1352r", "sssraid", "jmb39x-q", "jmb39x-q2",
}

// LackingError is a type of device that smartctl knows.
type LackingError struct{ Type string }

// Error names the type.
func (e *LackingError) Error() string {
	return "device type '" + e.Type + "' is not supported by rescuebox"
}

// ErrUnknown is a type of device that nobody knows.
var ErrUnknown = errors.New("unknown device type")

// Parse reads an argument of -d.
func Parse(text string) (*Spec, error) {
	upper, lower, tunnelled := strings.Cut(text, "+")
	fields := strings.Split(upper, ",")
	name, either := strings.CutSuffix(fields[0], "/sat")
	s := &Spec{text: text, number: -1, first: bridge.CypressSignature, kind: automatic, either: either}
	for k := range kinds {
		if kinds[k].name == name {
			s.kind = kind(k)
			if !s.arguments(fields[1:]) {
				return nil, ErrUnknown
			}
			return s.carried(lower, tunnelled)
		}
	}
	for _, l := range lacking {
		if name == l {
			return nil, &LackingError{text}
		}
	}
	return nil, ErrUnknown
}

// carried reads what is behind a plus sign.
func (s *Spec) carried(lower string, tunnelled bool) (*Spec, error) {
	if s.either && s.kind != asmedia && s.kind != jmicronNVMe && s.kind != realtek {
		return nil, ErrUnknown
	}
	if !tunnelled {
		return s, nil
	}
	if s.kind != sat && s.kind != scsi {
		return nil, ErrUnknown
	}
	below, err := Parse(lower)
	if err != nil {
		return nil, err
	}
	if below.kind != megaraid && below.kind != cciss && below.kind != scsi || below.below != nil {
		return nil, ErrUnknown
	}
	s.below = below
	return s, nil
}

// arguments reads what is behind commas.
func (s *Spec) arguments(list []string) bool {
	if s.kind == megaraid || s.kind == cciss {
		most := map[kind]uint64{megaraid: 127, cciss: 127}[s.kind]
		return len(list) == 1 && s.disk(list[0], most)
	}
	for i, a := range list {
		// NSID may be behind a name that has been cut from "/sat".
		a, either := strings.CutSuffix(a, "/sat")
		s.either = s.either || either
		if !s.argument(a, i) {
			return false
		}
	}
	return true
}

func (s *Spec) disk(text string, most uint64) bool {
	n, err := strconv.ParseUint(text, 10, 32)
	s.number = int(n)
	return err == nil && n <= most
}

func (s *Spec) argument(a string, i int) bool {
	switch s.kind {
	case sat:
		switch {
		case a == "auto" && i == 0:
			s.auto = true
		case a == "12":
			s.short = true
		default:
			return a == "16" || a == "0"
		}
		return true
	case nvme, jmicronNVMe:
		n, err := strconv.ParseUint(a, 0, 32)
		s.nsid = uint32(n)
		return err == nil && n > 0 && i == 0
	case cypress:
		n, err := strconv.ParseUint(strings.TrimPrefix(a, "0x"), 16, 8)
		s.first = byte(n)
		return err == nil && i == 0
	case jmicron:
		switch a {
		case "p":
			s.prolific = true
		case "x":
			s.extended = true
		default:
			return s.disk(a, 1)
		}
		return true
	}
	return false
}

// Behind reports whether an argument of -d is of a disk that only a controller can reach,
// so that a path with it is not the disk's own.
func Behind(option string) bool {
	s, err := Parse(option)
	if err != nil {
		return false
	}
	if s.below != nil {
		s = s.below
	}
	return s.kind == megaraid || s.kind == cciss
}

// String is the argument of -d.
func (s *Spec) String() string { return s.text }
