package passthrough

import (
	"context"
	"encoding/binary"
	"errors"
	"strconv"

	"rescuebox/internal/smart/command"
)

// The controllers of the drivers cciss, hpsa and smartpqi take commands in a struct
// IOCTL_Command_struct (include/uapi/linux/cciss_ioctl.h): the address of a disk, the
// request, what came of it, and the data.
const (
	cissRequest  = 8  // after the address
	cissError    = 28 // the error information
	cissSize     = 76 // of the data
	cissData     = 80 // address
	cissStruct   = cissData + wordSize
	cissMaxData  = 0xffff
	cissMaxCDB   = 16
	cissSenseMax = 32

	// cissIoctl is CCISS_PASSTHRU: _IOWR('B', 11, IOCTL_Command_struct).
	cissIoctl = 3<<30 | cissStruct<<16 | 'B'<<8 | 11
)

// Values of the error information: a SCSI status that is not GOOD, less data than was
// asked for, more of it.
const (
	cissSCSIStatus = 1
	cissUnderrun   = 2
	cissOverrun    = 3
)

// CCISS is a disk behind an HP Smart Array controller.
type CCISS struct {
	*node
	address [8]byte
}

var errNoDisk = errors.New("the controller has no such disk")

// OpenCCISS opens the disk that is the nth that the controller reports, by the path of
// a device of the controller.
func OpenCCISS(ctx context.Context, path string, n int, limits Limits) (*CCISS, error) {
	opened, err := open(ctx, path, limits)
	if err != nil {
		return nil, err
	}
	d := &CCISS{node: opened}
	disks, err := d.disks(ctx)
	if err == nil && (n < 0 || n >= len(disks)) {
		err = errNoDisk
	}
	if err != nil {
		_ = d.Close()
		return nil, err
	}
	d.address = disks[n]
	return d, nil
}

// disks asks the controller, which has the address 0, for those of its disks, by the
// vendor's command REPORT PHYSICAL LUNS.
func (d *CCISS) disks(ctx context.Context) ([][8]byte, error) {
	const size = 8 + 8*128
	c := &command.SCSI{CDB: []byte{0xc3, 0, 0, 0, 0, 0, 0, 0, size >> 8, size & 0xff, 0, 0}, Data: make([]byte, size), Direction: command.In}
	reply, err := d.SCSI(ctx, c)
	if err != nil {
		return nil, err
	}
	if reply.Status != 0 {
		return nil, errors.New("the controller does not tell its disks (SCSI status " + strconv.Itoa(int(reply.Status)) + ")")
	}
	var list [][8]byte
	end := min(8+int64(binary.BigEndian.Uint32(c.Data)), size)
	for at := int64(8); at+8 <= end; at += 8 {
		list = append(list, [8]byte(c.Data[at:]))
	}
	return list, nil
}

// SCSI carries a command to the disk.
func (d *CCISS) SCSI(ctx context.Context, c *command.SCSI) (command.Reply, error) {
	if len(c.CDB) == 0 || len(c.CDB) > cissMaxCDB || len(c.Data) > cissMaxData {
		return command.Reply{}, errCommand
	}
	a, err := newArea(len(c.Data))
	if err != nil {
		return command.Reply{}, err
	}
	defer a.free()
	b := a[areaStruct : areaStruct+cissStruct]
	copy(b, d.address[:])
	r := b[cissRequest:]
	r[0] = byte(len(c.CDB))
	// The type of the request (0: a command) in bits 0 to 2, its attribute (4: simple)
	// in 3 to 5, the direction in 6 and 7.
	direction := map[command.Direction]byte{command.In: 2, command.Out: 1}[c.Direction]
	r[1] = direction<<6 | 4<<3
	binary.NativeEndian.PutUint16(r[2:], uint16(min(milliseconds(c.Timeout)/1000, 0xffff)))
	copy(r[4:], c.CDB)
	binary.NativeEndian.PutUint16(b[cissSize:], uint16(len(c.Data)))
	putWord(b[cissData:], a.data())
	if c.Direction == command.Out {
		copy(a[areaData:], c.Data)
	}
	if _, err := d.ioctl(ctx, cissIoctl, a, c.Timeout); err != nil {
		return command.Reply{}, err
	}
	return cissReply(b[cissError:], a, c)
}

func cissReply(info []byte, a area, c *command.SCSI) (command.Reply, error) {
	r := command.Reply{}
	switch what := binary.NativeEndian.Uint16(info[2:]); what {
	case 0, cissUnderrun, cissOverrun:
	case cissSCSIStatus:
		r.Status = info[0]
		r.Sense = append(r.Sense, info[16:16+min(int(info[1]), cissSenseMax)]...)
	default:
		return r, errors.New("the controller could not carry the command (status " + strconv.Itoa(int(what)) + ")")
	}
	if c.Direction == command.In {
		missing := binary.NativeEndian.Uint32(info[4:])
		r.Got = max(0, len(c.Data)-int(min(missing, cissMaxData)))
		copy(c.Data, a[areaData:])
	}
	return r, nil
}
