package passthrough

import (
	"bytes"
	"context"
	"encoding/binary"
	"testing"
	"time"

	"rescuebox/internal/smart/command"
)

// laid is a structure that is zero but for some fields, by their offsets: uint8, uint16
// and uint32 in the machine's order, words (uintptr), and bytes.
func laid(size uintptr, fields map[int]any) []byte {
	out := make([]byte, size)
	for at, v := range fields {
		switch v := v.(type) {
		case uint8:
			out[at] = v
		case uint16:
			binary.NativeEndian.PutUint16(out[at:], v)
		case uint32:
			binary.NativeEndian.PutUint32(out[at:], v)
		case uintptr:
			putWord(out[at:], v)
		case []byte:
			copy(out[at:], v)
		}
	}
	return out
}

func little16(v uint16) []byte { return binary.LittleEndian.AppendUint16(nil, v) }
func little32(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

var (
	inquiry = []byte{0x12, 0, 0, 0, 36, 0}
	ready   = []byte{0, 0, 0, 0, 0, 0}
	write10 = []byte{0x3b, 2, 0, 0, 0, 0, 0, 0, 4, 0}
)

// Each byte of what MegaRAID controllers are given: struct megasas_iocpacket with a
// megasas_pthru_frame or a megasas_dcmd_frame at 20 (drivers/scsi/megaraid/megaraid_sas.h,
// whose comments have the offsets of the fields).
func TestMegaRAIDPackets(t *testing.T) {
	var got []byte
	var sent area
	d := &MegaRAID{host: 0x0201, disk: 0x1e, node: fake(func(_ uintptr, a area) (int, error) {
		got, sent = bytes.Clone(a[areaStruct:areaStruct+packetSize]), bytes.Clone(a[areaData:])
		if a.data() != 0 && !bytes.Equal(got[packetAreas:packetAreas+wordSize], laid(wordSize, map[int]any{0: a.data()})) {
			t.Errorf("data at %#x: %x", a.data(), got[packetAreas:])
		}
		clear(got[packetAreas : packetAreas+wordSize]) // another in each call
		if got[packetFrame] == frameSCSI {
			if !bytes.Equal(got[packetFrame+0x18:][:wordSize], laid(wordSize, map[int]any{0: a.address(senseAt)})) {
				t.Errorf("sense at %#x: %x", a.address(senseAt), got)
			}
			clear(got[packetFrame+0x18:][:wordSize])
		}
		return 0, nil
	})}
	const frame = 20
	for name, c := range map[string]struct {
		command command.SCSI
		want    map[int]any
	}{
		"in": {command.SCSI{CDB: inquiry, Data: make([]byte, 36), Direction: command.In}, map[int]any{
			8: uint32(1), frame + 0x06: uint8(6), frame + 0x07: uint8(1), frame + 0x10: little16(0x10), frame + 0x12: little16(60),
			frame + 0x14: little32(36), frame + 0x20: inquiry, packetAreas + int(wordSize): uintptr(36),
		}},
		"out": {command.SCSI{CDB: write10, Data: []byte("data"), Direction: command.Out, Timeout: 20 * time.Minute}, map[int]any{
			8: uint32(1), frame + 0x06: uint8(10), frame + 0x07: uint8(1), frame + 0x10: little16(0x08), frame + 0x12: little16(1200),
			frame + 0x14: little32(4), frame + 0x20: write10, packetAreas + int(wordSize): uintptr(4),
		}},
		"no data": {command.SCSI{CDB: ready}, map[int]any{frame + 0x06: uint8(6), frame + 0x12: little16(60)}},
	} {
		if _, err := d.SCSI(context.Background(), &c.command); err != nil {
			t.Fatal(err)
		}
		c.want[0], c.want[4], c.want[12], c.want[16] = uint16(0x0201), uint32(0x30), uint32(0x18), uint32(252)
		c.want[frame], c.want[frame+1], c.want[frame+4] = uint8(4), uint8(252), uint8(0x1e)
		if want := laid(packetSize, c.want); !bytes.Equal(got, want) {
			t.Errorf("%s:\n%x, want\n%x", name, got, want)
		}
		if c.command.Direction == command.Out && string(sent) != "data" {
			t.Errorf("%q", sent)
		}
	}
	if _, err := d.Disks(context.Background()); err != nil {
		t.Fatal(err)
	}
	const list = 8 + 240*24
	want := laid(packetSize, map[int]any{
		0: uint16(0x0201), 4: uint32(0x28), 8: uint32(1), frame: uint8(5), frame + 0x07: uint8(1), frame + 0x10: little16(0x10),
		frame + 0x14: little32(list), frame + 0x18: little32(0x02010000), packetAreas + int(wordSize): uintptr(list),
	})
	if !bytes.Equal(got, want) {
		t.Errorf("list:\n%x, want\n%x", got, want)
	}
}

// Each byte of what Smart Array controllers are given: IOCTL_Command_struct, whose offsets
// are compared with the header.
func TestCCISSPackets(t *testing.T) {
	var got []byte
	d := &CCISS{address: [8]byte{1, 2, 3, 4, 5, 6, 7, 0xc0}, node: fake(func(_ uintptr, a area) (int, error) {
		got = bytes.Clone(a[areaStruct : areaStruct+cissStruct])
		if !bytes.Equal(got[cissData:], laid(wordSize, map[int]any{0: a.data()})) {
			t.Errorf("data at %#x: %x", a.data(), got[cissData:])
		}
		clear(got[cissData:])
		return 0, nil
	})}
	for name, c := range map[string]struct {
		command command.SCSI
		want    map[int]any
	}{
		"in": {command.SCSI{CDB: inquiry, Data: make([]byte, 36), Direction: command.In},
			map[int]any{8: uint8(6), 9: uint8(2<<6 | 4<<3), 10: uint16(60), 12: inquiry, 76: uint16(36)}},
		"out": {command.SCSI{CDB: write10, Data: []byte("data"), Direction: command.Out, Timeout: 20 * time.Minute},
			map[int]any{8: uint8(10), 9: uint8(1<<6 | 4<<3), 10: uint16(1200), 12: write10, 76: uint16(4)}},
		"no data": {command.SCSI{CDB: ready}, map[int]any{8: uint8(6), 9: uint8(4 << 3), 10: uint16(60)}},
	} {
		if _, err := d.SCSI(context.Background(), &c.command); err != nil {
			t.Fatal(err)
		}
		c.want[0] = d.address[:]
		if want := laid(cissStruct, c.want); !bytes.Equal(got, want) {
			t.Errorf("%s:\n%x, want\n%x", name, got, want)
		}
	}
}
