package passthrough

import (
	"context"
	"errors"
	"strconv"
	"unsafe"

	"rescuebox/internal/smart/command"
)

// sgHeader is struct sg_io_hdr (include/scsi/sg.h).
type sgHeader struct {
	interfaceID, direction       int32
	cdbSize, senseSize           uint8
	vectors                      uint16
	size                         uint32
	data, cdb, sense             uintptr
	timeout                      uint32 // milliseconds
	flags                        uint32
	packID                       int32
	user                         uintptr
	status, masked, message, got uint8 // got: bytes of sense data
	host, driver                 uint16
	missing                      int32 // bytes of data
	duration, info               uint32
}

const (
	sgIO = 0x2285
	// Directions.
	sgNone, sgOut, sgIn = -1, -2, -3

	cdbAt, maxCDB     = areaSmall, 32
	senseAt, maxSense = areaSmall + 64, 252 // SPC-4, 4.5.1
)

var directions = [...]int32{command.None: sgNone, command.In: sgIn, command.Out: sgOut}

// SCSI is a device that SG_IO carries commands to: a disk, or a character device of the
// sg driver.
type SCSI struct{ *node }

// OpenSCSI opens a device by its path.
func OpenSCSI(ctx context.Context, path string, limits Limits) (*SCSI, error) {
	n, err := open(ctx, path, limits)
	if err != nil {
		return nil, err
	}
	return &SCSI{n}, nil
}

// errCommand is a command that is none.
var errCommand = errors.New("a command of a wrong length")

// TransportError is a command that did not reach the device, or whose answer got lost.
type TransportError struct{ Host, Driver uint16 }

// hosts are the statuses of a host adapter (include/scsi/scsi_status.h).
var hosts = [...]string{
	1: "no connection to the device", 2: "the bus stays busy", 3: "the command timed out", 4: "no such device",
	5: "aborted", 6: "parity error", 7: "internal error", 8: "reset", 10: "passed through", 11: "the driver gave up",
	14: "transport disrupted", 15: "transport failed fast", 16: "the device has failed", 17: "nexus failure",
	18: "no space left", 19: "medium error",
}

// Error names the status of the host adapter.
func (e *TransportError) Error() string {
	if int(e.Host) < len(hosts) && hosts[e.Host] != "" {
		return hosts[e.Host]
	}
	return "host adapter status " + strconv.Itoa(int(e.Host)) + ", driver status " + strconv.Itoa(int(e.Driver))
}

// SCSI carries a command.
func (d *SCSI) SCSI(ctx context.Context, c *command.SCSI) (command.Reply, error) {
	if len(c.CDB) == 0 || len(c.CDB) > maxCDB {
		return command.Reply{}, errCommand
	}
	a, err := newArea(len(c.Data))
	if err != nil {
		return command.Reply{}, err
	}
	defer a.free()
	copy(a[cdbAt:], c.CDB)
	h := (*sgHeader)(unsafe.Pointer(&a[areaStruct]))
	*h = sgHeader{
		interfaceID: 'S', direction: directions[c.Direction], cdbSize: uint8(len(c.CDB)), senseSize: maxSense,
		size: uint32(len(c.Data)), data: a.data(), cdb: a.address(cdbAt), sense: a.address(senseAt),
		timeout: milliseconds(c.Timeout),
	}
	if c.Direction == command.Out {
		copy(a[areaData:], c.Data)
	}
	if _, err := d.ioctl(ctx, sgIO, a, c.Timeout); err != nil {
		return command.Reply{}, err
	}
	return d.reply(h, a, c)
}

// Parts of sgHeader.driver: whether there is sense data, and a time limit that passed
// (scsi_status.h of older kernels; new ones have 0 or 8 there).
const (
	driverSense   = 0x08
	driverTimeout = 0x06
)

func (d *SCSI) reply(h *sgHeader, a area, c *command.SCSI) (command.Reply, error) {
	r := command.Reply{Status: h.status, Sense: sense(a, int(h.got))}
	failed := h.host != 0 || h.driver&0x0f != 0 && h.driver&0x0f != driverSense
	if failed && len(r.Sense) == 0 {
		return r, &TransportError{h.host, h.driver}
	}
	// Drivers have been seen that leave the status at 0 where they give sense data.
	if h.driver&driverSense != 0 && h.driver&driverTimeout != driverTimeout && r.Status == 0 {
		r.Status = checkCondition
	}
	if c.Direction == command.In {
		r.Got = len(c.Data)
		if missing := int(h.missing); missing > 0 && missing <= len(c.Data) {
			r.Got -= missing
		}
		copy(c.Data, a[areaData:])
	}
	return r, nil
}

const checkCondition = 2 // SAM-5, 5.3.1

// sense returns a copy of the sense data.
func sense(a area, size int) []byte {
	return append([]byte(nil), a[senseAt:senseAt+min(size, maxSense)]...)
}
