// Package survey asks disks of their health, one or all of a system at the same time, and
// gives of each what it said, what the system knows of it, and a verdict.
package survey

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/errno"
	"rescuebox/internal/kernellog"
	"rescuebox/internal/order"
	"rescuebox/internal/smart/atareport"
	"rescuebox/internal/smart/drivedb"
	"rescuebox/internal/smart/host"
	"rescuebox/internal/smart/nvmereport"
	"rescuebox/internal/smart/passthrough"
	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/scan"
	"rescuebox/internal/smart/scsireport"
	"rescuebox/internal/smart/verdict"
)

// Survey says how disks are asked. The zero Survey asks those of the system that it runs
// on, of what a verdict needs, without names of attributes and without the kernel's log.
type Survey struct {
	System    scan.System
	Host      host.System
	Limits    passthrough.Limits // zero: passthrough.DefaultLimits
	Questions *Questions         // nil: Enough
	DB        *drivedb.DB        // names of attributes; nil: the built-in ones
	Log       *kernellog.Log     // nil: not read
	LogError  error              // why it is not, or not all of it
	Now       time.Time          // for reports; zero: they leave it out
}

// ReadLog reads the kernel's log. Why it could not be is in LogError.
func (s *Survey) ReadLog() {
	s.Log = &kernellog.Log{}
	s.LogError = s.Log.ReadKernel("/dev/kmsg")
}

// Questions are what disks are asked, by their family.
type Questions struct {
	ATA  atareport.Options
	SCSI scsireport.Options
	NVMe nvmereport.Options
}

// Enough are the questions that a verdict needs. They are of what the disk says that it
// has, so that one that fails tells something.
func Enough() *Questions {
	q := &Questions{}
	q.ATA = atareport.Options{
		Info: true, Health: true, Attributes: true, Statistics: true, Phy: true,
		ErrorLogExt: atareport.DefaultErrors, ErrorLogOrOld: true,
		SelfTestLogExt: atareport.DefaultSelfTests, SelfTestLogOrOld: true,
		Defects: atareport.DefaultDefects, Tolerance: atareport.VeryPermissive,
	}
	q.ATA.PowerCheck.Status, q.ATA.PowerCheck.NoMode = -1, -1
	q.SCSI.All()
	q.SCSI.Pending, q.SCSI.Background, q.SCSI.SolidState = true, true, true
	q.SCSI.Tolerate = 1 << 20
	q.NVMe.All()
	return q
}

// Disk is a disk, what it said, and what is thought of that.
type Disk struct {
	Path string // as it was asked for: "/dev/sda", "/dev/nvme0", "/dev/bus/0"; "-": a recording
	// Info is the path with what carries the commands, Type smartctl's name of that,
	// Option the argument of -d that opens it again.
	Info, Type, Option string
	Protocol           string // ATA, SCSI or NVMe; "": it was not opened
	Kernel             string // what the kernel calls it, as "sda" or "nvme0n1"; "": nothing

	// Printable. Of a disk that does not answer, Model and Serial are what it told the
	// kernel once; "": nothing.
	Model, Serial, Firmware string

	// At most one is set: what it said, by its family.
	ATA  *atareport.Pages
	SCSI *scsireport.Pages
	NVMe *nvmereport.Pages
	// Report is smartctl's of the same: its text, its JSON keys, its status.
	Report *report.Output
	Host   *host.Disk // nil: not known to this system, or a recording
	Err    error      // why it was not opened, or stopped to answer

	// Verdict is by Evidence. Who knows more, as the counters of an earlier day, adds
	// that and calls Judge again.
	Evidence verdict.Evidence
	Verdict  verdict.Verdict
}

// Judge makes the verdict anew.
func (d *Disk) Judge() { d.Verdict = verdict.Judge(&d.Evidence) }

// Size is that of the disk in bytes; 0: not known.
func (d *Disk) Size() int64 { return d.Evidence.Size }

// All asks all disks of the system, those behind its controllers among them, and returns
// them with the worst first; drives without a medium are left out. They are asked at the same time: one that does not answer
// costs its time limit, and the others nothing.
func (s *Survey) All(ctx context.Context) []*Disk {
	var lock sync.Mutex
	var disks []*Disk
	var wait sync.WaitGroup
	for _, f := range append(s.System.List(), s.System.Others()...) {
		wait.Go(func() {
			asked := s.found(ctx, f)
			lock.Lock()
			defer lock.Unlock()
			disks = append(disks, asked...)
		})
	}
	wait.Wait()
	// Card readers have a drive for each slot.
	disks = slices.DeleteFunc(disks, func(d *Disk) bool { return d.Evidence.Empty })
	Sort(disks)
	return disks
}

// Paths asks several disks at the same time, and returns them in the same order.
func (s *Survey) Paths(ctx context.Context, paths []string, spec *scan.Spec) []*Disk {
	disks := make([]*Disk, len(paths))
	var wait sync.WaitGroup
	for i, path := range paths {
		wait.Go(func() { disks[i] = s.Path(ctx, path, spec) })
	}
	wait.Wait()
	return disks
}

// Sort puts the worst first, and those that are equally bad in the order of their names.
func Sort(disks []*Disk) {
	order.Stable(disks, func(x, y **Disk) bool {
		a, b := *x, *y
		return cmp.Or(cmp.Compare(b.Verdict.Class, a.Verdict.Class), cmp.Compare(len(a.Path), len(b.Path)),
			cmp.Compare(a.Path, b.Path), cmp.Compare(len(a.Option), len(b.Option)), cmp.Compare(a.Option, b.Option)) < 0
	})
}

// found asks a device of a list; one that is a controller for all of its disks.
func (s *Survey) found(ctx context.Context, f scan.Found) []*Disk {
	if f.Path != "" {
		return []*Disk{s.Path(ctx, f.Path, f.Spec)}
	}
	members, err := s.System.Disks(ctx, f.Controller, s.limits())
	disks := make([]*Disk, len(members))
	var wait sync.WaitGroup
	for i, m := range members {
		wait.Go(func() { disks[i] = s.Path(ctx, m.Path, m.Spec) })
	}
	wait.Wait()
	if err != nil {
		path := scan.Bus(f.Controller)
		d := &Disk{Path: path, Info: path, Type: "megaraid", Option: "megaraid,N", Report: &report.Output{}, Err: err}
		s.unopened(d, err)
		s.finish(d)
		disks = append(disks, d)
	}
	return disks
}

func (s *Survey) limits() passthrough.Limits {
	if s.Limits == (passthrough.Limits{}) {
		return passthrough.DefaultLimits
	}
	return s.Limits
}

// Path asks the disk at a path; a nil Spec is to be detected.
func (s *Survey) Path(ctx context.Context, path string, spec *scan.Spec) *Disk {
	d := &Disk{Path: path, Info: path, Report: &report.Output{}}
	if spec != nil {
		d.Info, d.Type, _ = spec.Shown(path)
		d.Option = spec.String()
	}
	dev, err := s.System.Open(ctx, path, spec, s.limits())
	if err != nil {
		s.locate(d)
		s.unopened(d, err)
		s.finish(d)
		return d
	}
	defer func() { _ = dev.Close() }()
	q := s.Questions
	if q == nil {
		q = Enough()
	}
	return s.Ask(ctx, dev, *q, d.Report)
}

// Ask asks an opened disk, or a recording, and writes the report of that.
func (s *Survey) Ask(ctx context.Context, dev *scan.Device, q Questions, out *report.Output) *Disk {
	d := &Disk{Path: dev.Name, Info: dev.Info, Type: dev.Type, Option: dev.Option, Protocol: dev.Protocol(), Report: out}
	s.locate(d)
	switch {
	case dev.ATA != nil:
		if q.ATA.DB == nil {
			q.ATA.DB = s.DB
		}
		q.ATA.Now = s.Now
		d.ATA, d.Err = atareport.Inspect(ctx, dev.ATA, q.ATA, out)
		s.ata(d)
		if d.Path == "-" {
			unrecorded(&d.Evidence)
		}
	case dev.NVMe != nil:
		q.NVMe.Now, q.NVMe.NSID = s.Now, dev.NSID
		d.NVMe, d.Err = nvmereport.Report(ctx, dev.NVMe, q.NVMe, out)
		s.nvme(d)
	default:
		q.SCSI.Now = s.Now
		d.SCSI, d.Err = scsireport.Report(ctx, dev.SCSI, q.SCSI, out)
		s.scsi(d)
	}
	s.stopped(d)
	s.finish(d)
	return d
}

// unrecorded makes of logs that a recording has not what was not asked for, rather than
// what the disk could not tell: skdump records none.
func unrecorded(e *verdict.Evidence) {
	asked := e.Unanswered
	e.Unanswered = nil
	for _, what := range asked {
		if strings.HasPrefix(what, "SMART Error Log") || strings.HasPrefix(what, "SMART Self-test Log") {
			e.Lacking = append(e.Lacking, what)
		} else {
			e.Unanswered = append(e.Unanswered, what)
		}
	}
}

// unopened tells why a disk could not be opened.
func (s *Survey) unopened(d *Disk, err error) {
	d.Err = err
	d.Report.Status |= report.OpenFailed
	e := &d.Evidence
	var none *scan.NotDiskError
	var late *passthrough.NoAnswerError
	switch {
	case errors.As(err, &late) && late.Cause == nil && !late.Killed:
		e.Silent = late.After
	case errors.As(err, &none):
		e.Unopened = none.Why
		e.Virtual = none.Why == scan.Virtual
	case errors.Is(err, fs.ErrNotExist):
		e.Unopened = "there is no such device"
	default:
		e.Unopened = "it cannot be opened: " + errno.Reason(err)
	}
}

// stopped tells of a disk that did not answer, or no more.
func (s *Survey) stopped(d *Disk) {
	if d.Err == nil {
		return
	}
	e := &d.Evidence
	var late *passthrough.NoAnswerError
	var slow *passthrough.BudgetError
	switch {
	case errors.As(d.Err, &late) && late.Cause == nil && !late.Killed && !e.Identified:
		e.Silent = late.After
	case !e.Identified && notOurs(d.Err):
		e.Unopened = "it cannot be asked: " + errno.Reason(d.Err)
	case errors.As(d.Err, &late) && (late.Cause != nil || late.Killed):
		e.Unanswered = append(e.Unanswered, late.Error())
	case errors.As(d.Err, &late), errors.As(d.Err, &slow):
		e.Stopped = d.Err.Error()
	case e.Identified:
		e.Stopped = errno.Reason(d.Err)
	}
}

// notOurs reports whether an error is of who asks, and says nothing of the disk.
func notOurs(err error) bool {
	for _, e := range []error{unix.EPERM, unix.EACCES, unix.ENOTTY, unix.EINVAL, unix.ENOSYS, unix.EOPNOTSUPP, unix.ENOMEM, context.Canceled} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// locate finds the disk in the system.
func (s *Survey) locate(d *Disk) {
	d.Evidence.Phy.Since = -1
	if d.Path == "-" {
		return
	}
	d.Evidence.Ask = d.Path
	if found, err := s.System.Detect(d.Path); d.Type != "" && (err != nil || found.String() != d.Option) {
		d.Evidence.Option = d.Option
	}
	if scan.Behind(d.Option) { // a controller: the path is not the disk's own
		return
	}
	d.Kernel = s.System.Kernel(d.Path)
	if d.Kernel == "" {
		d.Evidence.Device = d.Path
		return
	}
	d.Evidence.Volume = s.System.Volume(d.Path)
	d.Evidence.Device = filepath.Join(cmp.Or(s.System.Dev, "/dev"), d.Kernel)
	facts := s.Host.Disk(d.Kernel, s.Log)
	d.Host = &facts
}

// finish adds what the system knows, and judges.
func (s *Survey) finish(d *Disk) {
	e := &d.Evidence
	e.Virtual = e.Virtual || virtual(d.Model)
	if h := d.Host; h != nil {
		e.Kernel = verdict.Kernel{Medium: h.Medium, Transport: h.Link, Sectors: h.Sectors, Failed: h.Failed, Faulty: h.Faulty, Offline: h.Offline}
		if d.Model == "" {
			d.Model = h.Model
		}
		if e.Size == 0 {
			e.Size = h.Size
		}
		if d.Serial == "" {
			d.Serial = h.Serial
		}
		if s.LogError != nil {
			e.Kernel.Unread = append(e.Kernel.Unread, "kernel log: "+errno.Reason(s.LogError))
		} else if s.Log != nil && s.Log.Missed > 0 {
			e.Kernel.Unread = append(e.Kernel.Unread, "parts of the kernel log: it has not kept them")
		}
	}
	d.Judge()
}
