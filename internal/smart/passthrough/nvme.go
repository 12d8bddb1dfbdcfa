package passthrough

import (
	"context"
	"unsafe"

	"rescuebox/internal/smart/command"
)

// nvmeCommand is struct nvme_passthru_cmd (include/uapi/linux/nvme_ioctl.h).
type nvmeCommand struct {
	opcode, flags              uint8
	_                          uint16
	nsid, cdw2, cdw3           uint32
	metadata, address          uint64
	metadataLength, dataLength uint32
	cdw                        [6]uint32 // 10 to 15
	timeout                    uint32    // milliseconds
	result                     uint32
}

// nvmeAdmin is NVME_IOCTL_ADMIN_CMD.
const nvmeAdmin = 0xc0484e41

// NVMe is an NVMe device: a controller's character device, or a namespace's disk.
type NVMe struct{ *node }

// OpenNVMe opens a device by its path. To a disk that is none the ioctl must not go:
// bridges are known that it breaks until the next power cycle. Package scan tells.
func OpenNVMe(ctx context.Context, path string, limits Limits) (*NVMe, error) {
	n, err := open(ctx, path, limits)
	if err != nil {
		return nil, err
	}
	return &NVMe{n}, nil
}

// NVMe carries an admin command.
func (d *NVMe) NVMe(ctx context.Context, c *command.NVMe) (uint32, error) {
	a, err := newArea(len(c.Data))
	if err != nil {
		return 0, err
	}
	defer a.free()
	p := (*nvmeCommand)(unsafe.Pointer(&a[areaStruct]))
	*p = nvmeCommand{
		opcode: c.Opcode, nsid: c.NSID, cdw: c.CDW, timeout: milliseconds(c.Timeout),
		address: uint64(a.data()), dataLength: uint32(len(c.Data)),
	}
	if c.Direction == command.Out {
		copy(a[areaData:], c.Data)
	}
	status, err := d.ioctl(ctx, nvmeAdmin, a, c.Timeout)
	if err != nil {
		return 0, err
	}
	if status != 0 {
		return p.result, command.NVMeError(status & 0x7fff)
	}
	if c.Direction == command.In {
		copy(c.Data, a[areaData:])
	}
	return p.result, nil
}
