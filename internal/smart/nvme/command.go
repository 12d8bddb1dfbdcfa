// Package nvme decodes what an NVMe device says of itself. The data structures are those
// of the NVM Express Base Specification 2.0 (BASE) and of the NVM Command Set
// Specification 1.0 (NVM), to which the section numbers refer.
package nvme

import (
	"encoding/binary"
	"errors"

	"rescuebox/internal/smart/command"
)

// Broadcast is the namespace of what concerns all of them, or the controller.
const Broadcast = 0xffffffff

// Sizes of what is read, in bytes.
const (
	IdentifySize = 4096
	HealthSize   = 512
	ErrorSize    = 64 // an entry
	SelfTestSize = 564
)

// The log pages (BASE 5.16.1).
const (
	LogErrors   = 0x01
	LogHealth   = 0x02
	LogSelfTest = 0x06
)

const (
	opLogPage  = 0x02
	opIdentify = 0x06
	opSelfTest = 0x14
)

// IdentifyController asks for the data of the controller (BASE 5.17.2.1).
func IdentifyController() *command.NVMe { return identify(0, 1) }

// IdentifyNamespace asks for the data of a namespace (BASE 5.17.2.2).
func IdentifyNamespace(nsid uint32) *command.NVMe { return identify(nsid, 0) }

func identify(nsid, structure uint32) *command.NVMe {
	return &command.NVMe{
		Opcode: opIdentify, NSID: nsid, CDW: [6]uint32{structure},
		Data: make([]byte, IdentifySize), Direction: command.In,
	}
}

// GetLog asks for the first bytes of a log page, a multiple of four (BASE 5.16).
func GetLog(page byte, nsid uint32, size int) *command.NVMe {
	dwords := uint32(size/4 - 1)
	return &command.NVMe{
		Opcode: opLogPage, NSID: nsid,
		CDW:  [6]uint32{uint32(page) | dwords<<16, dwords >> 16},
		Data: make([]byte, size), Direction: command.In,
	}
}

// TestCode is a kind of self-test (BASE 5.9).
type TestCode uint8

// The kinds of self-test, and what ends one.
const (
	ShortTest    TestCode = 1
	ExtendedTest TestCode = 2
	VendorTest   TestCode = 0xe
	AbortTest    TestCode = 0xf
)

// SelfTest starts or aborts a self-test of a namespace, or of the controller and all
// namespaces (BASE 5.9).
func SelfTest(nsid uint32, code TestCode) *command.NVMe {
	return &command.NVMe{Opcode: opSelfTest, NSID: nsid, CDW: [6]uint32{uint32(code)}}
}

// Uint128 is a counter of 128 bits.
type Uint128 struct{ Hi, Lo uint64 }

// Uint64 is the counter, or the largest number of 64 bits.
func (u Uint128) Uint64() uint64 {
	if u.Hi > 0 {
		return 1<<64 - 1
	}
	return u.Lo
}

// errShort is for data that ends before the structure does.
var errShort = errors.New("nvme: too few bytes")

// structure is the bytes of a data structure of a known size.
type structure []byte

func (s structure) u16(at int) uint16 { return binary.LittleEndian.Uint16(s[at:]) }
func (s structure) u32(at int) uint32 { return binary.LittleEndian.Uint32(s[at:]) }
func (s structure) u64(at int) uint64 { return binary.LittleEndian.Uint64(s[at:]) }
func (s structure) u128(at int) Uint128 {
	return Uint128{Hi: s.u64(at + 8), Lo: s.u64(at)}
}
