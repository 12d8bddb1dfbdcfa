package scsi

import (
	"errors"
	"strings"
)

var errShort = errors.New("scsi: too few bytes")

// InquiryData is the standard INQUIRY data (SPC-4, 6.6.2).
type InquiryData struct {
	Type                      byte // of device, 5 bits
	Version                   byte // of SPC
	Vendor, Product, Revision []byte
}

// ParseInquiry decodes standard INQUIRY data.
func ParseInquiry(b []byte) (InquiryData, error) {
	if len(b) < 36 || int(b[4])+5 < 36 {
		return InquiryData{}, errShort
	}
	return InquiryData{Type: b[0] & 31, Version: b[2], Vendor: b[8:16], Product: b[16:32], Revision: b[32:36]}, nil
}

// ParseVPD returns the body of a page of vital product data, as long as it came.
func ParseVPD(page byte, b []byte) ([]byte, error) {
	switch {
	case len(b) < 4:
		return nil, errShort
	case b[1] != page:
		return nil, errors.New("scsi: another page came")
	}
	return b[4:min(len(b), 4+int(be16(b[2:])))], nil
}

// Designator is one of the page 83h (SPC-4, 7.8.5).
type Designator struct {
	Protocol    byte // of the transport, where HasProtocol
	HasProtocol bool
	Association byte // 0 the logical unit, 1 the port, 2 the device
	CodeSet     byte // 1 binary, 2 ASCII, 3 UTF-8
	Type        byte // 2 EUI-64, 3 NAA, 8 a name
	Value       []byte
}

// ParseDesignators decodes the body of the page 83h.
func ParseDesignators(b []byte) (list []Designator) {
	for len(b) >= 4 && len(b) >= 4+int(b[3]) {
		end := 4 + int(b[3])
		list = append(list, Designator{
			Protocol: b[0] >> 4, HasProtocol: b[1]&0x80 != 0 && b[1]>>4&3 != 0,
			CodeSet: b[0] & 15, Association: b[1] >> 4 & 3, Type: b[1] & 15, Value: b[4:end],
		})
		b = b[end:]
	}
	return list
}

// LogicalUnitID is the name of the logical unit that is unique in the world, NAA before
// EUI-64 before a name, or empty.
func LogicalUnitID(list []Designator) string {
	id := ""
	rank := 0
	for _, d := range list {
		better := 0
		switch d.Type {
		case 3:
			better = 3
		case 2:
			better = 2
		case 8:
			better = 1
		}
		if d.Association != 0 || better <= rank || len(d.Value) == 0 {
			continue
		}
		switch {
		case d.Type == 8 && d.CodeSet == 3:
			id, _, _ = strings.Cut(string(d.Value), "\x00")
		case d.CodeSet == 1 && d.Type != 8:
			id = hexOf(d.Value)
		default:
			continue
		}
		rank = better
	}
	return id
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	out := []byte("0x")
	for _, c := range b {
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}

// Characteristics is the page B1h of block devices (SBC-3, 6.6.2).
type Characteristics struct {
	Rotation   uint16 // per minute; 0 not reported, 1 none
	FormFactor byte
	Zoned      byte // 1 host aware, 2 device managed
}

// ParseCharacteristics decodes the body of the page B1h.
func ParseCharacteristics(b []byte) (Characteristics, error) {
	if len(b) < 5 {
		return Characteristics{}, errShort
	}
	return Characteristics{Rotation: be16(b), FormFactor: b[3] & 15, Zoned: b[4] >> 4 & 3}, nil
}

// Provisioning is the page B2h of block devices (SBC-3, 6.6.4).
type Provisioning struct {
	Type       byte // 0 not known or full, 1 resource, 2 thin
	ReadsZeros byte // LBPRZ
}

// ParseProvisioning decodes the body of the page B2h.
func ParseProvisioning(b []byte) (Provisioning, error) {
	if len(b) < 3 {
		return Provisioning{}, errShort
	}
	return Provisioning{Type: b[2] & 7, ReadsZeros: b[1] >> 2 & 7}, nil
}

// Limits is the page B0h of block devices (SBC-3, 6.6.3).
type Limits struct {
	Granularity, MaxTransfer, OptimalTransfer uint32 // logical blocks; 0 not reported
}

// ParseLimits decodes the body of the page B0h.
func ParseLimits(b []byte) (Limits, error) {
	if len(b) < 12 {
		return Limits{}, errShort
	}
	return Limits{Granularity: uint32(be16(b[2:])), MaxTransfer: be32(b[4:]), OptimalTransfer: be32(b[8:])}, nil
}

// Capacity is the size of a block device.
type Capacity struct {
	Blocks     uint64
	Block      uint32 // bytes of a logical block
	Physical   uint64 // bytes of a physical block
	Protection byte   // its type, 1 to 3; 0 none
	Intervals  uint64 // of protection information in a logical block
	Managed    bool   // LBPME: blocks can be given back
	ManagedSet bool   // and that is known
}

// ParseCapacity16 decodes the data of ReadCapacity16.
func ParseCapacity16(b []byte) (Capacity, error) {
	if len(b) < 16 {
		return Capacity{}, errShort
	}
	c := Capacity{Blocks: be64(b) + 1, Block: be32(b[8:]), Managed: b[14]&0x80 != 0, ManagedSet: true}
	c.Physical = uint64(c.Block) << (b[13] & 15)
	if b[12]&1 != 0 {
		c.Protection = b[12]>>1&7 + 1
		c.Intervals = 1 << (b[13] >> 4)
	}
	return c, nil
}

// ParseCapacity10 decodes the data of ReadCapacity10. A disk of more blocks than that
// counts has 2^32 of them.
func ParseCapacity10(b []byte) (Capacity, error) {
	if len(b) < 8 {
		return Capacity{}, errShort
	}
	block := be32(b[4:])
	return Capacity{Blocks: uint64(be32(b)) + 1, Block: block, Physical: uint64(block), ManagedSet: true}, nil
}
