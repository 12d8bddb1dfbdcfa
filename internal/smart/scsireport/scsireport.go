// Package scsireport asks a SCSI device what smartctl asks it, and reports as smartctl
// does: the same sections of text, JSON keys and exit status (smartctl(8), 7.5).
package scsireport

import (
	"context"
	"math/bits"
	"time"

	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/scsi"
)

// Options are those of smartctl that concern SCSI devices.
type Options struct {
	Info        bool // -i
	Health      bool // -H
	Attributes  bool // -A
	ErrorLog    bool // -l error
	SelfTestLog bool // -l selftest
	Background  bool // -l background
	SASPhy      bool // -l sasphy
	SolidState  bool // -l ssd
	Environment bool // -l envrep
	Statistics  bool // -l genstats
	Pending     bool // -l defects
	ReadCache   bool // -g rcache
	WriteCache  bool // -g wcache

	Set   Settings
	Test  *scsi.SelfTestCode // -t, -X; nil: none
	Force bool               // -t force: even if one runs

	// Asleep ends the report of a device whose power condition is that or a deeper one
	// (-n), with AsleepStatus. Active: none does.
	Asleep       scsi.Power
	AsleepStatus report.Status

	Tolerate   int       // -T permissive: how many mandatory commands may fail
	HideSerial bool      // -q noserial
	Now        time.Time // for -i and -t long
}

// Settings are what is changed; nil is left.
type Settings struct {
	SMART      *bool // -s on|off
	Autosave   *bool // -S
	ReadCache  *bool // -s rcache,
	WriteCache *bool // -s wcache,
}

// All sets the options that are -a.
func (o *Options) All() {
	o.Info, o.Health, o.Attributes, o.ErrorLog, o.SelfTestLog = true, true, true, true, true
}

// Extended sets the options that are -x.
func (o *Options) Extended() {
	o.All()
	o.ReadCache, o.WriteCache = true, true
	o.Pending = true
	o.Background, o.SASPhy, o.SolidState, o.Environment, o.Statistics = true, true, true, true, true
}

func (o *Options) readsData() bool {
	return o.Health || o.Attributes || o.ErrorLog || o.SelfTestLog || o.Background || o.SASPhy || o.SolidState
}

// answer is what a device said to a command, decoded, or why not.
type answer[T any] struct {
	Asked bool
	Value T
	Err   error
}

// OK reports whether there is a value.
func (a answer[T]) OK() bool { return a.Asked && a.Err == nil }

// Pages is what a device has said.
type Pages struct {
	Inquiry         answer[scsi.InquiryData]
	VPD             []byte // pages that there are; nil: not known
	Capacity        answer[scsi.Capacity]
	Characteristics answer[scsi.Characteristics]
	Provisioning    answer[scsi.Provisioning]
	Designators     answer[[]scsi.Designator]
	Serial          answer[[]byte]
	Protocol        answer[byte]
	Ready           answer[struct{}]
	Exceptions      answer[scsi.Exceptions]
	Caching         answer[scsi.Caching]
	Control         answer[scsi.Control]

	Logs        []byte // log pages that there are; nil: not known
	Health      answer[scsi.InformationalExceptions]
	Temperature answer[scsi.Temperature]
	StartStop   answer[scsi.StartStop]
	Defects     answer[scsi.Defects]
	Read        answer[scsi.ErrorCounters]
	Write       answer[scsi.ErrorCounters]
	Verify      answer[scsi.ErrorCounters]
	NonMedium   answer[Counted]
	SelfTests   answer[[]scsi.SelfTestResult]
	Used        answer[Counted] // percent
	Background  answer[scsi.BackgroundScan]
	Environment answer[[]scsi.Environment]
	Statistics  answer[scsi.Statistics]
	Ports       answer[[]scsi.Port]
	Pending     answer[scsi.PendingDefects]
	Slept       bool       // and so was asked no more
	Sense       scsi.Sense // that REQUEST SENSE told
}

// Counted is a number that a page may hold.
type Counted struct {
	Value uint64
	Known bool
}

// Uncorrected is how many errors of reading, writing and verifying could not be
// corrected, and whether any of the pages says so.
func (p *Pages) Uncorrected() (total uint64, known bool) {
	for _, a := range []answer[scsi.ErrorCounters]{p.Read, p.Write, p.Verify} {
		if a.OK() && a.Value.Known {
			sum, carry := bits.Add64(total, a.Value.Uncorrected, 0)
			total, known = sum|-carry, true // the most there can be, where that is too small
		}
	}
	return total, known
}

// Run asks the device for what the options need, reports it, and does what they say to
// do. Its error is that the device did not answer at all; the report says so too.
func Run(ctx context.Context, dev command.SCSIDevice, o Options, out *report.Output) error {
	_, err := Report(ctx, dev, o, out)
	return err
}

// Report is Run, and returns what the device has said.
func Report(ctx context.Context, dev command.SCSIDevice, o Options, out *report.Output) (*Pages, error) {
	r := &run{reader: reader{ctx: ctx, dev: dev}, o: o, out: out, p: &Pages{}}
	r.all()
	if r.dead != nil {
		out.Status |= report.ReadFailed
		if r.p.Inquiry.Err != nil {
			out.Status |= report.OpenFailed
		}
	}
	return r.p, r.dead
}

// run is a report that is being made.
type run struct {
	reader
	subpages *answer[[][2]byte]
	o        Options
	out      *report.Output
	p        *Pages
}

func (r *run) all() {
	if r.asleep() || !r.identify() {
		return
	}
	if r.o.Info && !r.info() {
		return
	}
	if (r.o.ReadCache || r.o.WriteCache) && r.disk() {
		r.cache()
	}
	if r.o.Info {
		r.out.Print("\n")
	}
	if !r.settings() {
		return
	}
	r.readLogList()
	if r.o.readsData() {
		r.out.Print("=== START OF READ SMART DATA SECTION ===\n")
	}
	for _, part := range []struct {
		wanted bool
		do     func()
	}{
		{r.o.Health, r.health},
		{(r.o.Health || r.o.SolidState) && r.disk(), r.solidState},
		{r.o.Environment, r.environment},
		{r.o.Attributes, r.attributes},
		{r.o.ErrorLog, r.errorLog},
		{r.o.Pending, r.pending},
		{r.o.ErrorLog, r.saving},
		{r.o.SelfTestLog, r.selfTests},
		{r.o.Background && r.disk(), r.background},
		{r.o.Statistics, r.statistics},
		{r.o.SASPhy, r.ports},
	} {
		if part.wanted && r.dead == nil {
			part.do()
		}
	}
	if r.o.Test != nil && r.dead == nil {
		r.test(*r.o.Test)
	}
}

// mandatory reports whether to go on after a mandatory command has failed.
func (r *run) mandatory(bit report.Status) bool {
	r.out.Status |= bit
	if r.o.Tolerate > 0 && r.dead == nil {
		r.o.Tolerate--
		return true
	}
	r.out.Message("error", "A mandatory SMART command failed: exiting. To continue, add one or more '-T permissive' options.")
	return false
}

// failed reports a page that did not come.
func (r *run) failed(text string, err error) {
	r.out.Message("error", text+" ["+err.Error()+"]")
	r.out.Status |= report.ReadFailed
}
