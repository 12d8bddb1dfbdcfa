package smartctl

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"

	"rescuebox/internal/errno"
	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/replay"
	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/scan"
	"rescuebox/internal/smart/survey"
)

// open opens the device, or says why not.
func (r *run) open() (*scan.Device, bool) {
	o := r.o
	if o.device == "-" {
		return r.recorded()
	}
	if o.spec == nil {
		r.system.DB = r.database(nil)
	}
	d, err := r.system.Open(r.ctx, r.s.Path(o.device), o.spec, o.limits)
	if err == nil {
		return d, true
	}
	var none *scan.NotDiskError
	if errors.As(err, &none) {
		r.out.Message("error", o.device+": "+none.Why)
		switch none.Why {
		case scan.Undetected:
			r.out.Print("Please specify device type with the -d option.\n")
		case scan.NotDevice:
			r.out.Print("A recording of a disk is read from standard input: smartctl [OPTIONS] - <FILE\n")
		}
		r.out.Status |= report.CommandLine
		r.hint()
		return nil, false
	}
	info, reason := o.device, errno.Reason(err)
	if o.spec != nil {
		info, _, _ = o.spec.Shown(o.device)
	}
	if errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(o.device, "/dev/") {
		reason = "No such device"
	}
	r.out.Message("error", "Smartctl open device: "+info+" failed: "+reason)
	r.out.Status |= report.OpenFailed
	return nil, false
}

// recorded makes a device of what stands in standard input.
func (r *run) recorded() (*scan.Device, bool) {
	text, err := io.ReadAll(io.LimitReader(r.s.In, survey.LongestRecording))
	var d *scan.Device
	if err == nil {
		d, err = survey.Recorded(r.o.spec, text)
	}
	if err != nil {
		r.out.Message("error", "Smartctl open device: - failed: "+errno.Reason(err))
		r.out.Print("Standard input is to be a recording: what smartctl -r ioctl,2 prints, or a file of skdump --save.\n")
		r.out.Status |= report.OpenFailed
		return nil, false
	}
	return d, true
}

// record lets each exchange with a device be told, if -r says so.
func (r *run) record(d *scan.Device) {
	level := r.o.report[d.Protocol()]
	switch {
	case level == 0:
	case d.ATA != nil:
		d.ATA = ataRecorder{d.ATA, r.out, level}
	case d.NVMe != nil:
		d.NVMe = nvmeRecorder{d.NVMe, r.out}
	default:
		d.SCSI = scsiRecorder{d.SCSI, r.out}
	}
}

// ataRecorder tells exchanges as smartctl does, which reads them again.
type ataRecorder struct {
	command.ATADevice
	out   *report.Output
	level int
}

// ATA carries a command and tells it.
func (a ataRecorder) ATA(ctx context.Context, c *command.ATA) (command.Registers, error) {
	r, err := a.ATADevice.ATA(ctx, c)
	told := r
	if err != nil {
		told.Status |= 1
	}
	for line := range strings.Lines(string(replay.AppendATA(nil, c, told))) {
		if a.level > 1 || strings.HasPrefix(line, "REPORT-IOCTL") {
			a.out.Print(line)
		}
	}
	return r, err
}

type scsiRecorder struct {
	command.SCSIDevice
	out *report.Output
}

// SCSI carries a command and tells it.
func (s scsiRecorder) SCSI(ctx context.Context, c *command.SCSI) (command.Reply, error) {
	reply, err := s.SCSIDevice.SCSI(ctx, c)
	if err != nil {
		s.out.Print("# ", err.Error(), "\n")
		return reply, err
	}
	var data []byte
	if c.Direction == command.In {
		data = c.Data[:reply.Got]
	}
	s.out.Print(string(replay.AppendSCSI(nil, c.CDB, reply.Status, data, reply.Sense)))
	return reply, err
}

type nvmeRecorder struct {
	command.NVMeDevice
	out *report.Output
}

// NVMe carries a command and tells it.
func (n nvmeRecorder) NVMe(ctx context.Context, c *command.NVMe) (uint32, error) {
	result, err := n.NVMeDevice.NVMe(ctx, c)
	var status command.NVMeError
	if err != nil && !errors.As(err, &status) {
		n.out.Print("# ", err.Error(), "\n")
		return result, err
	}
	var data []byte
	if c.Direction == command.In && err == nil {
		data = c.Data
	}
	n.out.Print(string(replay.AppendNVMe(nil, c, status, data)))
	return result, err
}
