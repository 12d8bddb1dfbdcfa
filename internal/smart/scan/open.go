package scan

import (
	"context"
	"errors"
	"strconv"
	"strings"

	atadata "rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/bridge"
	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/passthrough"
	scsidata "rescuebox/internal/smart/scsi"
)

// Device is an opened disk: one of ATA, SCSI and NVMe is set.
type Device struct {
	Name string // as it was asked for
	Info string // and with what carries its commands
	Type string // smartctl's name of what carries them
	// Option is the argument of -d that opens it again.
	Option string

	ATA  command.ATADevice
	SCSI command.SCSIDevice
	NVMe command.NVMeDevice
	NSID uint32 // of NVMe; 0: all namespaces

	close func() error
}

// Protocol is that of the disk's commands: ATA, SCSI or NVMe.
func (d *Device) Protocol() string {
	switch {
	case d.ATA != nil:
		return "ATA"
	case d.NVMe != nil:
		return "NVMe"
	}
	return "SCSI"
}

// Close closes it.
func (d *Device) Close() error { return d.close() }

// Shown is how a device will show before it is opened: its name with what carries its
// commands, its type, and its protocol.
func (s *Spec) Shown(path string) (info, name, protocol string) {
	if s.auto {
		return path + " [SCSI/SAT]", s.text, "SCSI"
	}
	info, name = path, kinds[s.kind].name
	if s.below != nil || s.kind == megaraid || s.kind == cciss {
		name = s.text // with the number of the disk
	}
	if s.below != nil && s.kind == sat {
		info += s.below.disks()
	}
	return info + s.disks() + kinds[s.kind].shown, name, kinds[s.kind].protocol
}

// disks is how smartctl shows the number of a disk behind a controller.
func (s *Spec) disks() string {
	if s.kind != megaraid && s.kind != cciss {
		return ""
	}
	n := strconv.Itoa(s.number)
	if len(n) < 2 {
		n = "0" + n
	}
	return " [" + kinds[s.kind].name + "_disk_" + n + "]"
}

// Open opens a device; a nil Spec is to be detected. A RAID controller's disks are
// looked at whether they are ATA ones.
func (s System) Open(ctx context.Context, path string, spec *Spec, limits passthrough.Limits) (*Device, error) {
	if spec == nil || spec.kind == automatic && spec.below == nil {
		var err error
		if spec, err = s.Detect(path); err != nil {
			return nil, err
		}
	}
	d := &Device{Name: path, Option: spec.text}
	if spec.kind == nvme {
		if is, err := s.Detect(path); err == nil && is.kind != nvme && is.kind != automatic {
			return nil, &NotDiskError{path, "no NVMe device, and there are USB bridges that NVMe commands break"}
		}
		n, err := passthrough.OpenNVMe(ctx, path, limits)
		if err != nil {
			return nil, err
		}
		d.NVMe, d.NSID, d.close = n, spec.nsid, n.Close
		d.Info, d.Type, _ = spec.Shown(path)
		return d, nil
	}
	carrier, err := s.carrier(ctx, path, spec, limits)
	if err != nil {
		return nil, err
	}
	d.close = carrier.Close
	d.wrap(ctx, carrier, spec)
	return d, nil
}

// closer is a SCSI device that was opened.
type closer interface {
	command.SCSIDevice
	Close() error
}

// carrier opens what carries SCSI commands to the disk.
func (s System) carrier(ctx context.Context, path string, spec *Spec, limits passthrough.Limits) (closer, error) {
	if spec.below != nil {
		spec = spec.below
	}
	switch spec.kind {
	case megaraid:
		host, err := s.host(path)
		if err != nil {
			return nil, &NotDiskError{path, err.Error()}
		}
		return passthrough.OpenMegaRAID(ctx, host, uint8(spec.number), limits)
	case cciss:
		return passthrough.OpenCCISS(ctx, path, spec.number, limits)
	}
	return passthrough.OpenSCSI(ctx, path, limits)
}

// wrap puts around a carrier what the type says.
func (d *Device) wrap(ctx context.Context, carrier command.SCSIDevice, spec *Spec) {
	d.Info, d.Type, _ = spec.Shown(d.Name)
	switch spec.kind {
	case scsi, automatic, megaraid, cciss:
		if spec.kind != scsi && spec.below == nil && isATA(ctx, carrier) {
			d.asSAT(carrier, spec)
		}
	case ata:
		d.ATA = &bridge.SAT{Dev: carrier}
	case sat:
		d.sat(ctx, carrier, spec)
	case cypress:
		d.ATA = bridge.Cypress(carrier, spec.first)
	case jmicron:
		d.ATA = &bridge.JMicron{Dev: carrier, Prolific: spec.prolific, Extended: spec.extended, Port: spec.number}
	case prolific:
		d.ATA = bridge.Prolific(carrier)
	case sunplus:
		d.ATA = bridge.Sunplus(carrier)
	default:
		d.nvmeBridge(ctx, carrier, spec)
	}
	d.SCSI = nil
	if d.ATA == nil && d.NVMe == nil {
		d.SCSI = carrier
	}
}

// asSAT makes it an ATA disk of what carries it.
func (d *Device) asSAT(carrier command.SCSIDevice, spec *Spec) {
	d.ATA = &bridge.SAT{Dev: carrier}
	d.Info += kinds[sat].shown
	d.Type = "sat"
	if spec.kind != automatic {
		d.Type += "+" + spec.text
	}
	d.Option = d.Type
}

// sat tries the command of 12 bytes where that of 16 is not known.
func (d *Device) sat(ctx context.Context, carrier command.SCSIDevice, spec *Spec) {
	if !spec.auto {
		d.ATA = &bridge.SAT{Dev: carrier, Short: spec.short}
		return
	}
	for _, short := range []bool{spec.short, true} {
		dev := &bridge.SAT{Dev: carrier, Short: short}
		if identifies(ctx, dev) {
			d.ATA, d.Info, d.Type, d.Option = dev, d.Name+kinds[sat].shown, "sat", "sat"
			if short {
				d.Option = "sat,12"
			}
			return
		}
	}
	d.Info, d.Type, d.Option = d.Name, "scsi", "scsi"
}

// Answers sends the most harmless command that a disk itself must answer, and reports what
// came of it where it did not.
func (d *Device) Answers(ctx context.Context) error {
	var err error
	var refused *command.ATAError
	switch {
	case d.ATA != nil:
		if _, err = d.ATA.ATA(ctx, atadata.IdentifyDevice()); errors.As(err, &refused) {
			err = nil
		}
	case d.SCSI != nil:
		_, err = d.SCSI.SCSI(ctx, scsidata.Inquiry())
	}
	return err
}

// identifies reports whether an ATA disk answers.
func identifies(ctx context.Context, dev command.ATADevice) bool {
	c := atadata.IdentifyDevice()
	if _, err := dev.ATA(ctx, c); err != nil {
		return false
	}
	id, err := atadata.ParseIdentity(c.Data)
	// Bridges have been seen that answer anything with zeros or what was in their memory.
	return err == nil && strings.Trim(string(id.Model()), " \x00") != ""
}

// isATA reports whether a SCSI device is an ATA one that is translated (SAT-4, 8.3.2).
func isATA(ctx context.Context, dev command.SCSIDevice) bool {
	c := scsidata.Inquiry()
	reply, err := dev.SCSI(ctx, c)
	return err == nil && reply.Status == 0 && strings.HasPrefix(string(c.Data[8:]), "ATA     ")
}

func (d *Device) nvmeBridge(ctx context.Context, carrier command.SCSIDevice, spec *Spec) {
	d.NSID = spec.nsid
	switch spec.kind {
	case asmedia:
		d.NVMe = bridge.ASMedia{Dev: carrier}
	case jmicronNVMe:
		d.NVMe = bridge.JMicronNVMe{Dev: carrier}
	case realtek:
		d.NVMe = bridge.Realtek{Dev: carrier}
	}
	if !spec.either {
		return
	}
	if dev := (&bridge.SAT{Dev: carrier}); identifies(ctx, dev) {
		d.ATA, d.NVMe = dev, nil
		d.Info, d.Type, d.Option = d.Name+kinds[sat].shown, "sat", "sat"
	}
}

// Disks are the disks of a controller that List has found.
func (s System) Disks(ctx context.Context, controller int, limits passthrough.Limits) ([]Found, error) {
	c, err := passthrough.OpenMegaRAID(ctx, uint16(controller), 0, limits)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	numbers, err := c.Disks(ctx)
	var found []Found
	for _, n := range numbers {
		if spec, err := Parse("megaraid," + strconv.Itoa(int(n))); err == nil {
			found = append(found, Found{Path: Bus(controller), Spec: spec, Controller: controller})
		}
	}
	return found, err
}

// Recorded is a device that is none: what it answers is set by who has it.
func Recorded() *Device {
	return &Device{Name: "-", Info: "-", Type: "ata", close: func() error { return nil }}
}
