// Package nvmereport asks an NVMe device what smartctl asks it, and reports as smartctl
// does: the same sections of text, JSON keys and exit status (smartctl(8), 7.5).
package nvmereport

import (
	"context"
	"errors"
	"strconv"
	"time"

	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/nvme"
	"rescuebox/internal/smart/report"
)

// Options are those of smartctl that concern NVMe devices.
type Options struct {
	NSID         uint32 // of the device; 0 is nvme.Broadcast, the controller
	Info         bool   // -i
	Capabilities bool   // -c
	Health       bool   // -H
	Attributes   bool   // -A
	ErrorLog     int    // -l error,N: entries to print; 0: none
	SelfTestLog  bool   // -l selftest
	Dumps        []Dump // -l nvmelog,PAGE,SIZE
	Test         nvme.TestCode
	HideSerial   bool      // -q noserial
	Now          time.Time // for -i
}

// Dump is a log page that is printed as bytes.
type Dump struct {
	Page byte
	Size int // bytes, a multiple of four
}

// DefaultErrors is how many entries of the error log -l error and -a print.
const DefaultErrors = 16

// All sets the options that are -a, and -x too.
func (o *Options) All() {
	o.Info, o.Capabilities, o.Health, o.Attributes = true, true, true, true
	o.SelfTestLog = true
	if o.ErrorLog == 0 {
		o.ErrorLog = DefaultErrors
	}
}

// Pages is what a device has said. A nil page was not asked for or did not come; its
// error says which.
type Pages struct {
	NSID       uint32 // of the device
	Controller *nvme.Controller
	Namespace  *nvme.Namespace
	Described  uint32 // the NSID of Namespace, 0: none

	Health     *nvme.Health
	HealthNSID uint32
	Errors     []nvme.LoggedError
	Places     []int // of Errors in the log
	ErrorsRead int   // entries, used or not
	SelfTests  *nvme.SelfTestLog
	Dumps      [][]byte

	ControllerError, NamespaceError, HealthError, ErrorsError, SelfTestsError error
	DumpErrors                                                                []error
}

// Read asks the device for what the options need. Its error is that the device did not
// answer at all any more; what had come before is in the pages.
func Read(ctx context.Context, dev command.NVMeDevice, o Options) (*Pages, error) {
	p := &Pages{NSID: o.NSID}
	if p.NSID == 0 {
		p.NSID = nvme.Broadcast
	}
	r := &reader{ctx: ctx, dev: dev}
	p.Controller, p.ControllerError = readController(r)
	if p.Controller == nil {
		return p, r.dead
	}
	if o.Info || o.Capabilities {
		p.readNamespace(r)
		if p.NamespaceError != nil {
			return p, r.dead
		}
	}
	if o.Health || o.Attributes {
		p.readHealth(r)
	}
	if o.ErrorLog > 0 {
		p.readErrors(r, o.ErrorLog)
	}
	if (o.SelfTestLog || o.Test != 0) && p.hasSelfTests() {
		p.readSelfTests(r)
	}
	for _, d := range o.Dumps {
		b, err := r.data(nvme.GetLog(d.Page, p.NSID, d.Size))
		p.Dumps, p.DumpErrors = append(p.Dumps, b), append(p.DumpErrors, err)
	}
	return p, r.dead
}

// reader asks no more of a device that a command did not come back from: each more would
// cost its time limit.
type reader struct {
	ctx  context.Context
	dev  command.NVMeDevice
	dead error
}

func (r *reader) data(c *command.NVMe) ([]byte, error) {
	if r.dead != nil {
		return nil, r.dead
	}
	if _, err := r.dev.NVMe(r.ctx, c); err != nil {
		var status command.NVMeError
		if !errors.As(err, &status) {
			r.dead = err
		}
		return nil, err
	}
	return c.Data, nil
}

func readController(r *reader) (*nvme.Controller, error) {
	b, err := r.data(nvme.IdentifyController())
	if err != nil {
		return nil, err
	}
	c, err := nvme.ParseController(b)
	if err != nil {
		return nil, err
	}
	return &c, nil
}

func (p *Pages) readNamespace(r *reader) {
	nsid := p.NSID
	if nsid == nvme.Broadcast {
		if p.Controller.Namespaces != 1 {
			return
		}
		nsid = 1
	}
	p.Described = nsid
	b, err := r.data(nvme.IdentifyNamespace(nsid))
	if err == nil {
		var n nvme.Namespace
		if n, err = nvme.ParseNamespace(b); err == nil {
			p.Namespace = &n
		}
	}
	p.NamespaceError = err
}

func (p *Pages) readHealth(r *reader) {
	p.HealthNSID = nvme.Broadcast
	if p.Controller.LogAttributes&nvme.LogPerNamespace != 0 {
		p.HealthNSID = p.NSID
	}
	b, err := r.data(nvme.GetLog(nvme.LogHealth, p.HealthNSID, nvme.HealthSize))
	if err == nil {
		var h nvme.Health
		if h, err = nvme.ParseHealth(b); err == nil {
			p.Health = &h
		}
	}
	p.HealthError = err
}

func (p *Pages) readErrors(r *reader, entries int) {
	p.ErrorsRead = min(entries, p.Controller.ErrorEntries)
	b, err := r.data(nvme.GetLog(nvme.LogErrors, nvme.Broadcast, p.ErrorsRead*nvme.ErrorSize))
	if err == nil {
		p.Errors, p.Places = nvme.ParseErrors(b)
	}
	p.ErrorsError = err
}

func (p *Pages) hasSelfTests() bool { return p.Controller.AdminCommands&nvme.AdminSelfTest != 0 }

func (p *Pages) readSelfTests(r *reader) {
	b, err := r.data(nvme.GetLog(nvme.LogSelfTest, nvme.Broadcast, nvme.SelfTestSize))
	if err == nil {
		var l nvme.SelfTestLog
		if l, err = nvme.ParseSelfTests(b); err == nil {
			p.SelfTests = &l
		}
	}
	p.SelfTestsError = err
}

// Run reads what the options ask for, reports it, and starts or aborts a self-test. Its
// error is that the device did not answer at all; the report says so too.
func Run(ctx context.Context, dev command.NVMeDevice, o Options, out *report.Output) error {
	_, err := Report(ctx, dev, o, out)
	return err
}

// Report is Run, and returns what the device has said.
func Report(ctx context.Context, dev command.NVMeDevice, o Options, out *report.Output) (*Pages, error) {
	p, err := Read(ctx, dev, o)
	p.Print(o, out)
	if err != nil || out.Status&report.OpenFailed != 0 || o.Test == 0 {
		return p, err
	}
	return p, p.test(ctx, dev, o.Test, out)
}

// Print reports what was read.
func (p *Pages) Print(o Options, out *report.Output) {
	if p.Controller == nil {
		out.Message("error", "Read NVMe Identify Controller failed: "+failure(p.ControllerError))
		out.Status |= report.OpenFailed
		return
	}
	if o.Info || o.Capabilities {
		out.Print("=== START OF INFORMATION SECTION ===\n")
		if p.NamespaceError != nil {
			out.Message("error", "Read NVMe Identify Namespace "+hex(uint64(p.Described), 1)+" failed: "+failure(p.NamespaceError))
			out.Status |= report.OpenFailed
			return
		}
		if o.Info {
			p.info(o, out)
		}
		if o.Capabilities {
			p.capabilities(out)
		}
		out.Print("\n")
	}
	if o.Health || o.Attributes || o.ErrorLog > 0 || o.SelfTestLog {
		out.Print("=== START OF SMART DATA SECTION ===\n")
	}
	p.printLogs(o, out)
}

func (p *Pages) printLogs(o Options, out *report.Output) {
	switch {
	case p.HealthError != nil:
		p.failed(out, "Read NVMe SMART/Health Information (NSID "+hex(uint64(p.HealthNSID), 1)+") failed: ", p.HealthError)
	case p.Health != nil:
		if o.Health {
			printHealth(p.Health, out)
		}
		if o.Attributes {
			p.attributes(out)
		}
	}
	if o.ErrorLog > 0 {
		if p.ErrorsError != nil {
			p.failed(out, "Read "+strconv.Itoa(p.ErrorsRead)+" entries from Error Information Log failed: ", p.ErrorsError)
		} else {
			p.errorLog(out)
		}
	}
	if o.SelfTestLog || o.Test != 0 {
		switch {
		case !p.hasSelfTests():
			out.Print("Self-tests not supported\n\n")
		case p.SelfTestsError != nil:
			p.failed(out, "Read Self-test Log failed: ", p.SelfTestsError)
		case o.SelfTestLog:
			printSelfTests(p.SelfTests, out)
		}
	}
	for i, d := range o.Dumps {
		p.dump(out, d, p.Dumps[i], p.DumpErrors[i])
	}
}

func (p *Pages) failed(out *report.Output, text string, err error) {
	out.Message("error", text+failure(err))
	out.Print("\n")
	out.Status |= report.ReadFailed
}

// failure is what a command failed with.
func failure(err error) string {
	var status command.NVMeError
	if errors.As(err, &status) {
		return nvme.Meaning(status) + " (" + hex(uint64(status), 4) + ")"
	}
	if err == nil {
		return "no answer"
	}
	return err.Error()
}

// hex is v in hexadecimal digits, at least so many.
func hex(v uint64, digits int) string {
	s := strconv.FormatUint(v, 16)
	for len(s) < digits {
		s = "0" + s
	}
	return "0x" + s
}
