package passthrough

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"rescuebox/internal/smart/command"
)

// A controller of the MegaRAID SAS family takes frames of its firmware interface in a
// struct megasas_iocpacket (drivers/scsi/megaraid/megaraid_sas.h), packed: the host's
// number, where in the frame the list of data areas and the address of the sense data
// are, the frame, and the areas. Numbers in a frame are little-endian, all others the
// machine's.
const (
	packetFrame = 20  // offset of the frame in the packet
	frameSize   = 128 // of the part that a packet has room for
	packetAreas = packetFrame + frameSize
	maxAreas    = 16

	wordSize   = unsafe.Sizeof(uintptr(0))
	packetSize = packetAreas + maxAreas*2*wordSize

	// megaIoctl is MEGASAS_IOC_FIRMWARE: _IOWR('M', 1, struct megasas_iocpacket).
	megaIoctl = 3<<30 | packetSize<<16 | 'M'<<8 | 1
)

// Offsets in a frame, and values there.
const (
	frameStatus, frameSCSIStatus = 2, 3
	frameTarget, frameCDBSize    = 4, 6
	frameSenseSize               = 1
	frameAreas                   = 7
	frameFlags, frameTimeout     = 0x10, 0x12
	frameSize32                  = 0x14 // of the data
	frameOpcode                  = 0x18 // of a direct command
	frameSense                   = 0x18 // address, of a passed through command
	frameCDB                     = 0x20
	frameSCSIList, frameList     = 0x30, 0x28

	frameSCSI, frameDirect = 0x04, 0x05 // commands
	frameOut, frameIn      = 0x08, 0x10 // flags

	statusNoDevice       = 0x0c
	statusSCSIError      = 0x2d // the SCSI status says which
	directDisks          = 0x02010000
	diskEntry            = 24
	maxDisks             = 240 // MAX_PHYS_DISKS of the driver is 256
	diskTypeDirect  byte = 0
)

// MegaRAID is a disk behind a controller.
type MegaRAID struct {
	*node
	host uint16
	disk uint8
}

// OpenMegaRAID opens a disk by the number of the controller's SCSI host, as in
// /sys/class/scsi_host/host0, and the number that the controller gives the disk.
func OpenMegaRAID(ctx context.Context, host uint16, disk uint8, limits Limits) (*MegaRAID, error) {
	n, err := openController(ctx, "/proc/devices", "/dev", limits)
	if err != nil {
		return nil, err
	}
	return &MegaRAID{n, host, disk}, nil
}

// errNoDriver is a kernel without a driver for the controllers, or an older one.
var errNoDriver = errors.New("the kernel has no driver megaraid_sas")

// openController opens the character device of the driver. Nothing makes a node for it;
// smartctl leaves one in /dev, but here one that is there only while it is opened does.
func openController(ctx context.Context, list, dev string, limits Limits) (*node, error) {
	if n, err := open(ctx, dev+"/megaraid_sas_ioctl_node", limits); err == nil {
		return n, nil
	}
	text, err := os.ReadFile(list)
	if err != nil {
		return nil, err
	}
	major, ok := characterMajor(string(text), "megaraid_sas_ioctl")
	if !ok {
		return nil, errNoDriver
	}
	path := dev + "/.megaraid_sas_ioctl." + strconv.Itoa(os.Getpid())
	if err := unix.Mknod(path, unix.S_IFCHR|0o600, int(unix.Mkdev(major, 0))); err != nil {
		return nil, &os.PathError{Op: "mknod", Path: path, Err: err}
	}
	defer os.Remove(path)
	return open(ctx, path, limits)
}

// characterMajor finds a driver's number in /proc/devices.
func characterMajor(text, name string) (uint32, bool) {
	characters, _, _ := strings.Cut(text, "Block devices:")
	for line := range strings.Lines(characters) {
		f := strings.Fields(line)
		if len(f) == 2 && f[1] == name {
			n, err := strconv.ParseUint(f[0], 10, 12)
			return uint32(n), err == nil
		}
	}
	return 0, false
}

// packet puts a frame, and where its list of areas is, into an area.
func (d *MegaRAID) packet(a area, frame []byte, list int, direction command.Direction) []byte {
	p := a[areaStruct : areaStruct+packetSize]
	binary.NativeEndian.PutUint16(p, d.host)
	binary.NativeEndian.PutUint32(p[4:], uint32(list))
	f := p[packetFrame : packetFrame+frameSize]
	copy(f, frame)
	size := len(a) - areaData
	if size > 0 {
		binary.NativeEndian.PutUint32(p[8:], 1) // one area
		f[frameAreas] = 1
		putWord(p[packetAreas:], a.data())
		putWord(p[packetAreas+wordSize:], uintptr(size))
	}
	flags := map[command.Direction]uint16{command.In: frameIn, command.Out: frameOut}[direction]
	binary.LittleEndian.PutUint16(f[frameFlags:], flags)
	binary.LittleEndian.PutUint32(f[frameSize32:], uint32(size))
	return p
}

func putWord(b []byte, v uintptr) {
	if wordSize == 4 {
		binary.NativeEndian.PutUint32(b, uint32(v))
		return
	}
	binary.NativeEndian.PutUint64(b, uint64(v))
}

// SCSI carries a command to the disk.
func (d *MegaRAID) SCSI(ctx context.Context, c *command.SCSI) (command.Reply, error) {
	const longest = 16
	if len(c.CDB) == 0 || len(c.CDB) > longest {
		return command.Reply{}, errCommand
	}
	a, err := newArea(len(c.Data))
	if err != nil {
		return command.Reply{}, err
	}
	defer a.free()
	if c.Direction == command.Out {
		copy(a[areaData:], c.Data)
	}
	frame := make([]byte, frameSCSIList)
	frame[0], frame[frameSenseSize], frame[frameTarget], frame[frameCDBSize] = frameSCSI, maxSense, d.disk, byte(len(c.CDB))
	binary.LittleEndian.PutUint16(frame[frameTimeout:], uint16(min(milliseconds(c.Timeout)/1000, 0xffff)))
	copy(frame[frameCDB:], c.CDB)
	p := d.packet(a, frame, frameSCSIList, c.Direction)
	binary.NativeEndian.PutUint32(p[12:], frameSense)
	binary.NativeEndian.PutUint32(p[16:], maxSense)
	putWord(p[packetFrame+frameSense:], a.address(senseAt))
	if _, err := d.ioctl(ctx, megaIoctl, a, c.Timeout); err != nil {
		return command.Reply{}, err
	}
	return d.reply(p[packetFrame:], a, c)
}

func (d *MegaRAID) reply(frame []byte, a area, c *command.SCSI) (command.Reply, error) {
	r := command.Reply{}
	switch status := frame[frameStatus]; status {
	case 0:
	case statusSCSIError:
		r.Status = frame[frameSCSIStatus]
		if r.Status == checkCondition {
			all := sense(a, maxSense)
			r.Sense = all[:min(len(all), 8+int(all[7]))]
		}
	default:
		return r, ControllerError(status)
	}
	if c.Direction == command.In {
		r.Got = len(c.Data)
		copy(c.Data, a[areaData:])
	}
	return r, nil
}

// ControllerError is a status of a MegaRAID controller's firmware.
type ControllerError uint8

// Error names it, or gives its number.
func (e ControllerError) Error() string {
	if e == statusNoDevice {
		return "the controller has no such disk"
	}
	return "controller status 0x" + strconv.FormatUint(uint64(e), 16)
}

// Disks asks the controller which disks there are, by the numbers that it gives them.
func (d *MegaRAID) Disks(ctx context.Context) ([]uint8, error) {
	const size = 8 + maxDisks*diskEntry
	a, err := newArea(size)
	if err != nil {
		return nil, err
	}
	defer a.free()
	frame := make([]byte, frameList)
	frame[0] = frameDirect
	binary.LittleEndian.PutUint32(frame[frameOpcode:], directDisks)
	p := d.packet(a, frame, frameList, command.In)
	if _, err := d.ioctl(ctx, megaIoctl, a, 0); err != nil {
		return nil, err
	}
	if status := p[packetFrame+frameStatus]; status != 0 {
		return nil, ControllerError(status)
	}
	return parseDisks(bytes.Clone(a[areaData:])), nil
}

// parseDisks reads struct MR_PD_LIST: its size, the number of entries, and those: the
// number of the disk, and at 6 the type of the device (SPC-4, 6.6.2).
func parseDisks(b []byte) []uint8 {
	var disks []uint8
	if len(b) < 8 {
		return nil
	}
	count := binary.LittleEndian.Uint32(b[4:])
	for at := 8; count > 0 && at+diskEntry <= len(b); at, count = at+diskEntry, count-1 {
		// The frame that carries commands to a disk has a byte for its number.
		if id := binary.LittleEndian.Uint16(b[at:]); b[at+6] == diskTypeDirect && id <= 0xff {
			disks = append(disks, uint8(id))
		}
	}
	return disks
}
