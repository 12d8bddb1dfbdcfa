package atareport

import (
	"time"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/drivedb"
)

// Options are those of smartctl that concern ATA devices (smartctl(8), 7.5). The zero
// Options ask for nothing.
type Options struct {
	Info         bool     // -i
	Get          Settings // -g
	Health       bool     // -H
	Capabilities bool     // -c
	Attributes   bool     // -A
	Format       Format   // -f

	ErrorLog        bool // -l error
	ErrorLogExt     int  // -l xerror,N: errors to print
	SelfTestLog     bool // -l selftest
	SelfTestLogExt  int  // -l xselftest,N: tests to print
	Selective       bool // -l selective
	GPDirectory     bool // -l directory,g
	SMARTDirectory  bool // -l directory,s
	SCTStatus       bool // -l scttempsts
	SCTHistory      bool // -l scttemphist
	SCTERC          bool // -l scterc
	SCTERCPowerOn   bool // -l scterc,p: the limits after power on
	Statistics      bool // -l devstat
	StatisticsPages []int
	Solid           bool   // -l ssd
	Defects         int    // -l defects,N: entries to print
	Phy             bool   // -l sataphy
	PhyReset        bool   // and sets the counters to zero
	Dumps           []Dump // -l gplog, -l smartlog

	// ErrorLogOrOld and SelfTestLogOrOld print the log with 28 bits where the extended
	// one is not supported: ",error" and ",selftest".
	ErrorLogOrOld, SelfTestLogOrOld bool

	Changes []Change // -s, -o, -S, -l scterc,R,W and -l scttempint,N
	Test    *Test    // -t, -X

	Tolerance  Tolerance
	Checksum   ChecksumPolicy
	PowerCheck PowerCheck // -n
	HideSerial bool       // -q noserial
	Now        time.Time  // for -i; the zero Time leaves it out

	// DB is where names come from; nil is the built-in table.
	DB            *drivedb.DB
	Presets       drivedb.Presets // of -v and -F
	IgnorePresets bool            // -P ignore
}

// Default numbers of entries.
const (
	DefaultErrors    = 8
	DefaultSelfTests = 25
	DefaultDefects   = 31
)

// All sets the options that are -a.
func (o *Options) All() {
	o.Info, o.Health, o.Capabilities, o.Attributes = true, true, true, true
	o.ErrorLog, o.SelfTestLog, o.Selective = true, true, true
}

// Extended sets the options that are -x.
func (o *Options) Extended() {
	o.Info, o.Health, o.Capabilities, o.Attributes = true, true, true, true
	o.Get = AllSettings
	o.Format.Brief = true
	o.ErrorLogExt, o.ErrorLogOrOld = DefaultErrors, true
	o.SelfTestLogExt, o.SelfTestLogOrOld = DefaultSelfTests, true
	o.Selective, o.GPDirectory, o.SMARTDirectory = true, true, true
	o.SCTStatus, o.SCTHistory, o.SCTERC = true, true, true
	o.Statistics, o.Defects, o.Phy = true, DefaultDefects, true
}

// Settings are those that -g shows.
type Settings uint16

// The settings.
const (
	GetAAM Settings = 1 << iota
	GetAPM
	GetDSN
	GetLookAhead
	GetSecurity
	GetWriteCache
	GetReorder       // by an SCT command
	GetSCTWriteCache // by an SCT command
)

// AllSettings are those of -g all.
const AllSettings = GetAAM | GetAPM | GetDSN | GetLookAhead | GetSecurity | GetWriteCache

// Format is how attributes are printed.
type Format struct{ Brief, HexID, HexValue bool }

// Dump is a log that is printed as bytes.
type Dump struct {
	GP      bool // general purpose; else by the SMART command
	Address byte
	// First page and number of pages; 0: up to the end of the log.
	First, Pages int
}

// Tolerance is how many failures are gone on from (-T).
type Tolerance uint8

// The levels of Tolerance.
const (
	Normal         Tolerance = iota // ends when a mandatory command fails
	Conservative                    // ends when an optional one does
	Permissive                      // goes on after one failure
	VeryPermissive                  // always goes on
)

// ChecksumPolicy is what a wrong checksum leads to (-b).
type ChecksumPolicy uint8

// The policies.
const (
	WarnOfChecksum ChecksumPolicy = iota
	ExitOnChecksum
	IgnoreChecksum
)

// PowerCheck says in which power modes the disk is not asked (-n).
type PowerCheck struct {
	Mode PowerLimit
	// Status is the exit status for such a disk, and NoMode that where the disk does not
	// say; negative: the usual one.
	Status, NoMode int
}

// PowerLimit is the mode from which on, downwards, a disk is left alone.
type PowerLimit uint8

// The limits.
const (
	Always PowerLimit = iota
	NotAsleep
	NotInStandby
	NotIdle
)

// Test starts or aborts a self-test.
type Test struct {
	Subcommand byte // ata.TestShort and so on, or a vendor's
	Force      bool // although one is under way
	Spans      []Span
	// Scan of the surface after the spans: nil leaves it as it is; Pending minutes after
	// power on until it goes on, negative: as it is.
	Scan    *bool
	Pending int
}

// Span is a range of a selective self-test.
type Span struct {
	Mode  SpanMode
	First uint64
	Last  uint64
}

// SpanMode says how a span is chosen.
type SpanMode uint8

// The modes.
const (
	FromTo   SpanMode = iota // First to Last; Last beyond the disk is its end
	Redo                     // the span of the last test; Last sectors of it if not 0
	Next                     // the span behind it
	Continue                 // redo it if it was not finished, else the next
)

// Change is a setting to change. They are made in the order in which they stand.
type Change struct {
	What  ChangeOf
	On    bool
	Value uint16 // of a level, timer or limit
	Other uint16 // the limit of writes
	// Persistent keeps it over power cycles, where SCT has that.
	Persistent bool
}

// ChangeOf is what is changed.
type ChangeOf uint8

// What can be changed.
const (
	SetSMART ChangeOf = iota
	SetAutoOffline
	SetAutosave
	SetAAM
	SetAPM
	SetDSN
	SetLookAhead
	SetSecurityFreeze
	SetStandbyTimer
	SetStandbyNow
	SetWriteCache
	SetReorder
	SetSCTWriteCache // On: SCT says; Value 1 on, 2 off; not On: the ATA setting says
	SetERC           // Value and Other in tenths of a second, 0: none
	ResetERC
	SetInterval // of the temperature history in minutes
)

// Pages is what a disk has said, for those who judge it. A nil page was not asked for or
// did not come; Failed tells which of them did not.
type Pages struct {
	Identity   *ata.Identity
	Values     *ata.Values
	Thresholds *ata.Thresholds
	Passed     *bool // by RETURN STATUS
	Names      map[byte]string
	Slept      bool  // and was asked no more
	Hours      int64 // powered on in its life; 0: not told

	Directory, GPDirectory  *ata.Directory
	Errors, ErrorsExt       *ata.ErrorLog
	SelfTests, SelfTestsExt *ata.SelfTestLog
	Selective               *ata.SelectiveLog
	Statistics              []ata.Statistic
	Defects                 *ata.Defects
	Phy                     []ata.PhyCounter
	SCT                     *ata.SCTStatus
	History                 *ata.SCTHistory
	Database                string   // where names are from
	Failed                  []string // what was asked for and did not come
	ReadLimit, WriteLimit   int      // of error recovery in tenths of a second; -1: not known
}
