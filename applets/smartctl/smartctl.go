// Package smartctl is the applet smartctl.
package smartctl

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applet"
	"rescuebox/internal/errno"
	"rescuebox/internal/smart/drivedb"
	"rescuebox/internal/smart/passthrough"
	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/scan"
	"rescuebox/internal/smart/survey"
)

// Applet is smartctl.
var Applet = applet.Applet{
	Name:          "smartctl",
	Dir:           "usr/sbin",
	Group:         applet.Disk,
	Summary:       "show and test the health of disks",
	Usage:         usage,
	Interruptible: true,
	Run:           start,
}

// Output is that of smartctl 7.5.
const (
	versionText  = "7.5"
	versionMajor = 7
	versionMinor = 5
)

// run is one call.
type run struct {
	ctx    context.Context
	s      applet.Streams
	o      *options
	out    *report.Output
	system scan.System
	now    time.Time
}

func start(ctx context.Context, s applet.Streams, args []string) error {
	o, err := parse(args)
	r := &run{ctx: ctx, s: s, o: o, out: &report.Output{}, now: time.Now()}
	r.prologue(args)
	switch {
	case err != nil:
		r.refuse(err)
	case o.help:
		_, err := io.WriteString(s.Out, usage)
		return err
	case o.version:
		r.out.Print("A program of the toolbox rescuebox. It is free software; see its LICENSE.\n")
	default:
		r.work()
	}
	if err := r.print(); err != nil {
		return err
	}
	if r.out.Status != 0 {
		return applet.Exit(r.out.Status)
	}
	return nil
}

// refuse says what is wrong with the command line.
func (r *run) refuse(err error) {
	r.out.Status |= report.CommandLine
	var wrong *usageError
	if !errors.As(err, &wrong) {
		wrong = &usageError{[]string{err.Error()}}
	}
	for _, line := range wrong.lines {
		if line == "" {
			r.out.Print("\n")
			continue
		}
		r.out.Message("error", line)
	}
	r.hint()
}

func (r *run) hint() { r.out.Print("\nUse smartctl -h to get a usage summary\n\n") }

// prologue is what each output begins with.
func (r *run) prologue(args []string) {
	platform := platform()
	if !r.o.scan && !r.o.scanOpen && !r.o.verdict {
		r.out.Print("smartctl ", versionText, " [", platform, "] (rescuebox)\n",
			"Written anew; the original is Bruce Allen's and Christian Franke's, www.smartmontools.org\n\n")
	}
	j := &r.out.JSON
	j.At("json_format_version").Append().Int(1)
	j.At("json_format_version").Append().Int(0)
	head := j.At("smartctl")
	head.At("version").Append().Int(versionMajor)
	head.At("version").Append().Int(versionMinor)
	head.At("platform_info").String(platform)
	head.At("build_info").String("(rescuebox)")
	head.At("argv").Append().String(r.s.Name)
	for _, a := range args {
		head.At("argv").Append().String(a)
	}
}

// platform is the machine and its kernel, as "x86_64-linux-6.1.0".
func platform() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return runtime.GOARCH + "-" + runtime.GOOS
	}
	return unix.ByteSliceToString(u.Machine[:]) + "-linux-" + unix.ByteSliceToString(u.Release[:])
}

// work does what was asked for.
func (r *run) work() {
	if r.o.scan || r.o.scanOpen {
		r.system.DB = r.database(nil)
		r.scan()
		return
	}
	if r.o.verdict {
		r.verdicts()
		return
	}
	o := r.o
	r.clock()
	d, ok := r.open()
	if !ok {
		return
	}
	defer func() { _ = d.Close() }()
	r.identity(d)
	if o.test {
		r.out.Print(d.Info, ": Device of type '", d.Type, "' [", d.Protocol(), "] detected\n",
			d.Info, ": Device of type '", d.Type, "' [", d.Protocol(), "] opened\n")
		return
	}
	if !o.asked {
		r.out.Print(d.Protocol(), " device successfully opened\n\n",
			"Use 'smartctl -a' (or '-x') to print SMART (and more) information\n\n")
		return
	}
	r.record(d)
	r.report(d)
	if option := r.system.Volume(r.s.Path(o.device)); o.spec == nil && option != "" {
		r.out.Print("\n", o.device, " is a volume of a RAID controller. What of its disks? smartctl -a -d ", option, " ", o.device,
			"\n(smartctl --scan-open lists those of MegaRAID controllers)\n")
	}
}

// clock tells the time.
func (r *run) clock() {
	j := r.out.JSON.At("local_time")
	j.At("time_t").Int(r.now.Unix())
	j.At("asctime").String(r.now.Format("Mon Jan _2 15:04:05 2006 MST"))
}

// identity tells which device it is.
func (r *run) identity(d *scan.Device) {
	j := r.out.JSON.At("device")
	j.At("name").String(d.Name)
	j.At("info_name").String(d.Info)
	j.At("type").String(d.Type)
	j.At("protocol").String(d.Protocol())
}

// report asks the device. That it has stopped answering the report says itself.
func (r *run) report(d *scan.Device) {
	o := r.o
	s := &survey.Survey{System: r.system, Limits: o.limits, Now: r.now}
	if d.ATA != nil {
		s.DB = r.database(o.databases)
		if v := s.DB.Version; v != "" {
			r.out.JSON.At("smartctl", "drive_database_version", "string").String(v)
		}
	}
	if o.full && d.Name != "-" {
		s.ReadLog()
	}
	at := r.out.Text.Len()
	disk := s.Ask(r.ctx, d, survey.Questions{ATA: o.ata, SCSI: o.scsi, NVMe: o.nvme}, r.out)
	if late := (*passthrough.NoAnswerError)(nil); errors.As(disk.Err, &late) {
		r.out.Message("error", d.Info+": "+late.Error()+"; it is not asked for more")
	}
	if o.full {
		r.onTop(disk, at)
	}
}

// database reads that of the host, or those of -B. Without one there is the built-in
// table, so that a broken one is no reason to stop.
func (r *run) database(names []string) *drivedb.DB {
	db, err := drivedb.Open("", names...)
	if err != nil {
		r.out.Message("warning", errno.Reason(err)+": the drive database is not used")
		if db == nil {
			db = &drivedb.DB{}
		}
	}
	return db
}

// print writes the report in the form that was asked for.
func (r *run) print() error {
	o := r.o
	r.out.JSON.At("smartctl", "exit_status").Int(int64(r.out.Status))
	if !o.json {
		if o.silent {
			return nil
		}
		_, err := io.WriteString(r.s.Out, r.out.Text.String())
		return err
	}
	if o.output {
		for _, line := range strings.Split(strings.TrimSuffix(r.out.Text.String(), "\n"), "\n") {
			r.out.JSON.At("smartctl", "output").Append().String(line)
		}
	}
	if o.sorted {
		r.out.JSON.Sort()
	}
	_, err := r.s.Out.Write(r.document())
	return err
}

// document is the report for programs.
func (r *run) document() []byte {
	switch {
	case r.o.lines:
		return r.out.JSON.Lines(r.o.compact)
	case r.o.yaml:
		return r.out.JSON.YAML()
	case r.o.compact:
		return r.out.JSON.Bytes("")
	}
	return r.out.JSON.Bytes("  ")
}
