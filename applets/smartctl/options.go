package smartctl

import (
	"strconv"
	"strings"
	"time"

	"rescuebox/internal/getopt"
	"rescuebox/internal/smart/atareport"
	"rescuebox/internal/smart/nvmereport"
	"rescuebox/internal/smart/passthrough"
	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/scan"
	"rescuebox/internal/smart/scsi"
	"rescuebox/internal/smart/scsireport"
)

// Long options without a letter.
const (
	longScan = getopt.LongOnly + iota
	longScanOpen
	longJSON
	longIdentify
	longTimeout
	longUsage
	longVerdict
)

var known = []getopt.Option{
	{Short: 'h', Long: "help"}, {Short: 'h', Long: "usage"}, {Short: '?'},
	{Short: 'V', Long: "version"}, {Short: 'V', Long: "copyright"}, {Short: 'V', Long: "license"},
	{Short: 'i', Long: "info"}, {Short: longIdentify, Long: "identify", Arg: getopt.Optional},
	{Short: 'g', Long: "get", Arg: getopt.Required},
	{Short: 'a', Long: "all"}, {Short: 'x', Long: "xall"},
	{Short: longScan, Long: "scan"}, {Short: longScanOpen, Long: "scan-open"},
	{Short: 'j'}, {Short: longJSON, Long: "json", Arg: getopt.Optional},
	{Short: 'q', Long: "quietmode", Arg: getopt.Required},
	{Short: 'd', Long: "device", Arg: getopt.Required},
	{Short: 'T', Long: "tolerance", Arg: getopt.Required},
	{Short: 'b', Long: "badsum", Arg: getopt.Required},
	{Short: 'r', Long: "report", Arg: getopt.Required},
	{Short: 'n', Long: "nocheck", Arg: getopt.Required},
	{Short: 's', Long: "smart", Arg: getopt.Required}, {Short: 's', Long: "set", Arg: getopt.Required},
	{Short: 'o', Long: "offlineauto", Arg: getopt.Required},
	{Short: 'S', Long: "saveauto", Arg: getopt.Required},
	{Short: 'H', Long: "health"}, {Short: 'c', Long: "capabilities"}, {Short: 'A', Long: "attributes"},
	{Short: 'f', Long: "format", Arg: getopt.Required},
	{Short: 'l', Long: "log", Arg: getopt.Required},
	{Short: 'v', Long: "vendorattribute", Arg: getopt.Required},
	{Short: 'F', Long: "firmwarebug", Arg: getopt.Required},
	{Short: 'P', Long: "presets", Arg: getopt.Required},
	{Short: 'B', Long: "drivedb", Arg: getopt.Required},
	{Short: 't', Long: "test", Arg: getopt.Required},
	{Short: 'C', Long: "captive"}, {Short: 'X', Long: "abort"},
	{Short: longTimeout, Long: "timeout", Arg: getopt.Required},
	{Short: longVerdict, Long: "verdict"},
}

// valid is what an option's value may be.
var valid = map[rune]string{
	'q': "silent, noserial",
	'd': scan.Types,
	'T': "normal, conservative, permissive, verypermissive",
	'b': "warn, exit, ignore",
	'r': "ioctl[,N], ataioctl[,N], scsiioctl[,N], nvmeioctl[,N]",
	'n': "never, sleep[,STATUS[,STATUS2]], standby[,STATUS[,STATUS2]], idle[,STATUS[,STATUS2]]",
	's': "on, off, aam,[N|off], apm,[N|off], dsn,[on|off], lookahead,[on|off], security-freeze, standby,[N|off|now], " +
		"wcache,[on|off], rcache,[on|off], wcreorder,[on|off[,p]], wcache-sct,[ata|on|off[,p]]",
	'o': "on, off", 'S': "on, off",
	'g': "all, aam, apm, dsn, lookahead, security, wcache, rcache, wcreorder, wcache-sct",
	'f': "old, brief, hex[,id|val]",
	'l': "error[,NUM], selftest, selective, directory[,g|s], xerror[,N][,error], xselftest[,N][,selftest], background, sasphy, " +
		"sataphy[,reset], scttemp[sts,hist], scttempint,N[,p], scterc[,N,M][,p|reset], devstat[,N], defects[,N], ssd, " +
		"gplog,N[,RANGE], smartlog,N[,RANGE], nvmelog,N,SIZE, envrep, genstats",
	't':         "offline, short, long, conveyance, force, vendor,N, select,M-N, pending,N, afterselect,[on|off]",
	'P':         "use, ignore",
	'F':         "none, nologdir, samsung, samsung2, samsung3, xerrorlba, swapid",
	'v':         "N,FORMAT[:ORDER][,NAME]",
	longJSON:    "c, g, o, s, v, y",
	longTimeout: "SECONDS[,SECONDS]",
}

// options are a command line.
type options struct {
	help, version  bool
	json           bool
	compact        bool
	sorted, output bool // of JSON: keys in their order; with the text in it
	lines, yaml    bool // in the form of statements, or YAML
	silent         bool

	verdict        bool
	full           bool // -a or -x, which have the verdict on top
	scan, scanOpen bool
	test           bool // -d test
	spec           *scan.Spec
	limits         passthrough.Limits
	report         map[string]int // level of -r by protocol
	databases      []string       // -B

	asked bool // for anything at all to be printed or done
	ata   atareport.Options
	scsi  scsireport.Options
	nvme  nvmereport.Options

	selfTest testChoice
	device   string
	devices  []string // of --verdict
}

// usageError is a mistake in the command line; lines are its messages.
type usageError struct{ lines []string }

func (e *usageError) Error() string { return strings.Join(e.lines, "\n") }

func mistake(lines ...string) error { return &usageError{lines} }

// invalid says that an option's value is none.
func invalid(p *getopt.Parser, also ...string) error {
	name := optionName(p)
	lines := []string{
		"=======> INVALID ARGUMENT TO " + name + ": " + p.Value(),
		"=======> VALID ARGUMENTS ARE: " + valid[p.Opt()] + " <=======",
	}
	return mistake(append(lines, also...)...)
}

func optionName(p *getopt.Parser) string {
	if p.Opt() >= getopt.LongOnly {
		return p.Name()
	}
	return "-" + string(p.Opt())
}

// lacks says that an option is smartctl's, but not ours.
func lacks(p *getopt.Parser) error {
	return mistake("=======> " + optionName(p) + " " + p.Value() + " is not supported by rescuebox <=======")
}

// parse reads a command line. The options are as far as they came where there is an
// error: it is told in the form that they ask for.
func parse(args []string) (*options, error) {
	o := &options{limits: passthrough.DefaultLimits, report: map[string]int{}}
	o.ata.PowerCheck.Status, o.ata.PowerCheck.NoMode = -1, -1
	p := getopt.New(known, args)
	for p.Next() {
		if err := o.take(p); err != nil {
			return o, err
		}
		if o.help || o.version {
			return o, nil
		}
	}
	if err := p.Err(); err != nil {
		return o, mistake(reword(err.Error())...)
	}
	return o, o.finish(p.Operands())
}

// reword gives a complaint of getopt smartctl's words.
func reword(text string) []string {
	if letter, ok := quoted(text, "invalid option -- '"); ok {
		return []string{"=======> UNRECOGNIZED OPTION: " + letter}
	}
	if name, ok := quoted(text, "unrecognized option '--"); ok {
		return []string{"=======> UNRECOGNIZED OPTION: " + name}
	}
	if letter, ok := quoted(text, "option requires an argument -- '"); ok {
		return []string{
			"=======> ARGUMENT REQUIRED FOR OPTION: " + letter,
			"=======> VALID ARGUMENTS ARE: " + valid[rune(letter[0])] + " <=======",
		}
	}
	return []string{"=======> " + text}
}

func quoted(text, before string) (string, bool) {
	rest, ok := strings.CutPrefix(text, before)
	return strings.TrimSuffix(rest, "'"), ok && len(rest) > 1
}

// finish checks what has been said as a whole.
func (o *options) finish(operands []string) error {
	if o.scan || o.scanOpen {
		if len(operands) > 0 {
			return mistake("ERROR: smartctl --scan takes no device name.")
		}
		return nil
	}
	if o.verdict {
		return o.judged(operands)
	}
	switch {
	case len(operands) == 0:
		return mistake("ERROR: smartctl requires a device name as the final command-line argument.", "")
	case len(operands) > 1:
		lines := []string{"ERROR: smartctl takes ONE device name as the final command-line argument.",
			"You have provided " + strconv.Itoa(len(operands)) + " device names:"}
		return mistake(append(lines, operands...)...)
	case operands[0] == "-" && (o.spec != nil || o.test):
		if o.test || o.spec.String() != "scsi" && o.spec.String() != "nvme" {
			return mistake(`-d option is not allowed in conjunction with device name "-".`)
		}
	}
	o.device = operands[0]
	return o.selfTest.apply(o)
}

// simple are options without a value.
var simple = map[rune]func(*options){
	'i': func(o *options) { o.ata.Info, o.scsi.Info, o.nvme.Info = true, true, true },
	'H': func(o *options) { o.ata.Health, o.scsi.Health, o.nvme.Health = true, true, true },
	'c': func(o *options) { o.ata.Capabilities, o.nvme.Capabilities = true, true },
	'A': func(o *options) { o.ata.Attributes, o.scsi.Attributes, o.nvme.Attributes = true, true, true },
	'a': func(o *options) { o.full = true; o.ata.All(); o.scsi.All(); o.nvme.All() },
	'x': func(o *options) { o.full = true; o.ata.Extended(); o.scsi.Extended(); o.nvme.All() },
	'C': func(o *options) { o.selfTest.captive = true },
	'X': func(o *options) { o.selfTest.choose(&o.selfTest.abort) },
}

// take takes one option.
func (o *options) take(p *getopt.Parser) error {
	if do := simple[p.Opt()]; do != nil {
		o.asked = o.asked || p.Opt() != 'C'
		do(o)
		return nil
	}
	switch p.Opt() {
	case 'h', '?':
		o.help = true
	case 'V':
		o.version = true
	case 'j':
		o.json = true
	case longVerdict:
		o.verdict = true
	case longScan:
		o.scan = true
	case longScanOpen:
		o.scanOpen = true
	case longIdentify:
		return lacks(p)
	case longJSON:
		return o.jsonFlags(p)
	case longTimeout:
		return o.timeLimits(p)
	case 'd':
		return o.deviceType(p)
	case 'B':
		o.databases = append(o.databases, p.Value())
	case 'g', 's', 'o', 'S', 'l', 't':
		o.asked = true
		return map[rune]func(*getopt.Parser) error{
			'g': o.get, 's': o.set, 'o': o.onOff, 'S': o.onOff, 'l': o.log, 't': o.selfTestOption,
		}[p.Opt()](p)
	default:
		return o.behave(p)
	}
	return nil
}

// behave takes the options that are about how things are done.
func (o *options) behave(p *getopt.Parser) error {
	switch p.Opt() {
	case 'q':
		return o.quiet(p)
	case 'T':
		return o.tolerance(p)
	case 'b':
		policies := map[string]atareport.ChecksumPolicy{
			"warn": atareport.WarnOfChecksum, "exit": atareport.ExitOnChecksum, "ignore": atareport.IgnoreChecksum,
		}
		policy, ok := policies[p.Value()]
		o.ata.Checksum = policy
		return unless(ok, p)
	case 'r':
		return o.reportOption(p)
	case 'n':
		return o.powerCheck(p)
	case 'f':
		return o.format(p)
	case 'v':
		return unless(o.ata.Presets.Add(p.Value()) == nil, p)
	case 'F':
		return unless(o.ata.Presets.AddFlaw(p.Value()) == nil, p)
	case 'P':
		switch p.Value() {
		case "show", "showall":
			return lacks(p)
		case "ignore":
			o.ata.IgnorePresets = true
		case "use":
			o.ata.IgnorePresets = false
		default:
			return invalid(p)
		}
	}
	return nil
}

// unless is an error about a value that is none.
func unless(ok bool, p *getopt.Parser) error {
	if ok {
		return nil
	}
	return invalid(p)
}

func (o *options) jsonFlags(p *getopt.Parser) error {
	o.json = true
	for _, c := range p.Value() {
		switch c {
		case 'c':
			o.compact = true
		case 'o':
			o.output = true
		case 's':
			o.sorted = true
		case 'v': // our large numbers have their digits anyway
		case 'g':
			o.lines, o.yaml = true, false
		case 'y':
			o.lines, o.yaml = false, true
		case 'i', 'u':
			return mistake("=======> --json=" + string(c) + " is not supported by rescuebox <=======")
		default:
			return invalid(p)
		}
	}
	return nil
}

// timeLimits reads how long a command, and all of them, may take.
func (o *options) timeLimits(p *getopt.Parser) error {
	one, all, both := strings.Cut(p.Value(), ",")
	command, ok := wholeSeconds(one)
	if !ok {
		return invalid(p)
	}
	o.limits.Command = command
	o.limits.Disk = max(o.limits.Disk, command)
	if both {
		if o.limits.Disk, ok = wholeSeconds(all); !ok {
			return invalid(p)
		}
	}
	return nil
}

func wholeSeconds(text string) (time.Duration, bool) {
	const day = 86400
	n, err := strconv.ParseUint(text, 10, 32)
	return time.Duration(n) * time.Second, err == nil && n > 0 && n <= day
}

func (o *options) deviceType(p *getopt.Parser) error {
	switch p.Value() {
	case "test":
		o.test = true
		return nil
	case "auto":
		o.spec = nil
		return nil
	}
	spec, err := scan.Parse(p.Value())
	if lacking, ok := err.(*scan.LackingError); ok {
		return mistake("=======> " + lacking.Error() + " <=======")
	}
	if err != nil {
		return mistake("=======> Unknown device type '"+p.Value()+"'", "=======> VALID ARGUMENTS ARE: "+scan.Types+" <=======")
	}
	o.spec = spec
	return nil
}

func (o *options) quiet(p *getopt.Parser) error {
	switch p.Value() {
	case "silent":
		o.silent = true
	case "noserial":
		o.ata.HideSerial, o.scsi.HideSerial, o.nvme.HideSerial = true, true, true
	case "errorsonly":
		return lacks(p)
	default:
		return invalid(p)
	}
	return nil
}

func (o *options) tolerance(p *getopt.Parser) error {
	levels := map[string]atareport.Tolerance{
		"normal": atareport.Normal, "conservative": atareport.Conservative,
		"permissive": atareport.Permissive, "verypermissive": atareport.VeryPermissive,
	}
	level, ok := levels[p.Value()]
	if !ok {
		return invalid(p)
	}
	o.ata.Tolerance = level
	switch level {
	case atareport.Permissive:
		o.scsi.Tolerate++
	case atareport.VeryPermissive:
		o.scsi.Tolerate = 1 << 20
	}
	return nil
}

func (o *options) reportOption(p *getopt.Parser) error {
	name, number, leveled := strings.Cut(p.Value(), ",")
	level := 1
	if leveled {
		var err error
		if level, err = strconv.Atoi(number); err != nil || level < 1 || level > 9 {
			return invalid(p)
		}
	}
	switch name {
	case "ioctl":
		o.report["ATA"] += level
		o.report["SCSI"] += level
		o.report["NVMe"] += level
	case "ataioctl":
		o.report["ATA"] += level
	case "scsiioctl":
		o.report["SCSI"] += level
	case "nvmeioctl":
		o.report["NVMe"] += level
	default:
		return invalid(p)
	}
	return nil
}

func (o *options) powerCheck(p *getopt.Parser) error {
	f := strings.Split(p.Value(), ",")
	modes := map[string]atareport.PowerLimit{
		"never": atareport.Always, "sleep": atareport.NotAsleep, "standby": atareport.NotInStandby, "idle": atareport.NotIdle,
	}
	mode, ok := modes[f[0]]
	if !ok || len(f) > 3 || mode == atareport.Always && len(f) > 1 {
		return invalid(p)
	}
	c := atareport.PowerCheck{Mode: mode, Status: -1, NoMode: -1}
	for i, text := range f[1:] {
		n, err := strconv.ParseUint(text, 10, 8)
		if err != nil {
			return invalid(p)
		}
		if i == 0 {
			c.Status = int(n)
		} else {
			c.NoMode = int(n)
		}
	}
	o.ata.PowerCheck = c
	o.scsi.Asleep = map[atareport.PowerLimit]scsi.Power{atareport.NotAsleep: scsi.Stopped, atareport.NotInStandby: scsi.Standby, atareport.NotIdle: scsi.Idle}[mode]
	o.scsi.AsleepStatus = sleepStatus(c.Status)
	return nil
}

func (o *options) format(p *getopt.Parser) error {
	switch p.Value() {
	case "old":
		o.ata.Format.Brief = false
	case "brief":
		o.ata.Format.Brief = true
	case "hex":
		o.ata.Format.HexID, o.ata.Format.HexValue = true, true
	case "hex,id":
		o.ata.Format.HexID = true
	case "hex,val":
		o.ata.Format.HexValue = true
	default:
		return invalid(p)
	}
	return nil
}

// sleepStatus is the exit status for a disk that is left asleep.
func sleepStatus(status int) report.Status {
	if status < 0 {
		return report.OpenFailed
	}
	return report.Status(status)
}
