package ddrescuelog

import (
	"math"
	"strings"

	"rescuebox/internal/applet"
	"rescuebox/internal/ddnumber"
	"rescuebox/internal/getopt"
	"rescuebox/internal/mapfile"
)

// The operations are named by their letters; these have none.
const (
	opShift   rune = 0x100 + iota
	opPicture      // ours
	opSVG          // ours
	optJSON        // ours
)

// spelledOut is added to an option that was not given by its letter: messages show
// it as it was typed.
const spelledOut rune = 0x1000

type options struct {
	op          rune   // 0 when none was given
	other       string // the map of -p -P -x -y -z
	asDomain    bool   // -P, which is -p of what is finished
	old, new    string // types of -a, as many of each
	types       string // of -l; the two of -c; the one of -C
	geometry    string // of -H
	geometryAs  string // how -H was typed
	format      string // of -F
	prefixes    ddnumber.Prefixes
	force       bool
	loose       bool
	json        bool
	domain      string // -m
	hasDomain   bool
	sector      int64
	ipos, opos  int64 // opos is -1 when not given
	size        int64 // -1 is no limit
	verbosity   int   // -1 is quiet
	files       []string
	commandLine string
}

func table() []getopt.Option {
	none, required, optional := getopt.None, getopt.Required, getopt.Optional
	list := []getopt.Option{
		{Short: 'h', Long: "help", Arg: none}, {Short: 'V', Long: "version", Arg: none},
		{Short: 'a', Long: "change-types", Arg: required}, {Short: 'A', Long: "annotate-mapfile", Arg: none},
		{Short: 'b', Long: "block-size", Arg: required}, {Short: 'b', Long: "sector-size", Arg: required},
		{Short: 'B', Long: "binary-prefixes", Arg: none}, {Short: 'c', Long: "create-mapfile", Arg: optional},
		{Short: 'C', Long: "complete-mapfile", Arg: optional}, {Short: 'd', Long: "delete-if-done", Arg: none},
		{Short: 'D', Long: "done-status", Arg: none}, {Short: 'f', Long: "force", Arg: none},
		{Short: 'F', Long: "format", Arg: required}, {Short: 'H', Long: "make-test", Arg: required},
		{Short: 'i', Long: "input-position", Arg: required}, {Short: 'l', Long: "list-blocks", Arg: required},
		{Short: 'L', Long: "loose-domain", Arg: none}, {Short: 'm', Long: "domain-mapfile", Arg: required},
		{Short: 'n', Long: "invert-mapfile", Arg: none}, {Short: 'o', Long: "output-position", Arg: required},
		{Short: 'p', Long: "compare-mapfile", Arg: required}, {Short: 'P', Long: "compare-as-domain", Arg: required},
		{Short: 'q', Long: "quiet", Arg: none}, {Short: 's', Long: "size", Arg: required},
		{Short: 't', Long: "show-status", Arg: none}, {Short: 'v', Long: "verbose", Arg: none},
		{Short: 'x', Long: "xor-mapfile", Arg: required}, {Short: 'y', Long: "and-mapfile", Arg: required},
		{Short: 'z', Long: "or-mapfile", Arg: required}, {Short: opShift, Long: "shift", Arg: none},
		{Short: opPicture, Long: "picture", Arg: none}, {Short: opSVG, Long: "svg", Arg: none}, {Short: optJSON, Long: "json", Arg: none},
	}
	for i, o := range list {
		list[i].Short += spelledOut
		if o.Short < getopt.LongOnly {
			list = append(list, getopt.Option{Short: o.Short, Arg: o.Arg})
		}
	}
	return list
}

// message is an error in the words of ddrescue, which are a sentence.
type message string

func (m message) Error() string { return string(m) }

// parse reads the command line as far as it is right.
func parse(args []string) (*options, error) {
	o := &options{sector: 512, opos: -1, size: -1, format: formatList, commandLine: strings.Join(args, " ")}
	p := getopt.New(table(), args)
	for p.Next() {
		letter := p.Opt()
		if letter >= spelledOut {
			letter -= spelledOut
		}
		if err := o.set(letter, p.Name(), p.Value()); err != nil {
			return o, err
		}
	}
	if err := p.Err(); err != nil {
		o.verbosity = 0 // such a mistake is told whatever was asked before it
		return o, &applet.UsageError{Err: err}
	}
	o.files = p.Operands()
	return o, o.check()
}

// check refuses what does not go together.
func (o *options) check() error {
	switch {
	case o.op == 0:
		return applet.Usage(1, "You must specify the operation to be performed.")
	case o.json && o.op != 't':
		return applet.Usage(1, "--json goes with --show-status.")
	case len(o.files) == 0 && o.op == 'H':
		o.files = []string{"-"}
	case len(o.files) == 0 && o.op == 't':
		return applet.Usage(1, "At least one mapfile must be specified.")
	case len(o.files) == 0:
		return applet.Usage(1, "A mapfile must be specified.")
	case len(o.files) > 1 && o.op != 't':
		return applet.Usage(1, "Too many files.")
	}
	if o.opos < 0 {
		o.opos = o.ipos
	}
	switch {
	case (o.op == 'l' || o.op == 'c') && (o.opos-o.ipos)%o.sector != 0:
		return message("Offset between '-i' and '-o' must be 0 or a multiple of sector size.")
	case o.op == opShift && o.ipos != 0 && o.opos != 0:
		return sentence("Either '-i' or '-o' must be 0")
	}
	return nil
}

func (o *options) set(letter rune, name, value string) (err error) {
	number := func(limits ddnumber.Range) (n int64) {
		n, err = ddnumber.Parse(value, name, o.sector, limits)
		return n
	}
	switch letter {
	case 'h':
		return getopt.ErrHelp
	case 'V':
		return getopt.ErrVersion
	case 'b':
		o.sector = number(ddnumber.Range{Min: 1, Max: math.MaxInt32})
	case 'B':
		o.prefixes = ddnumber.Binary
	case 'f':
		o.force = true
	case 'F':
		return o.setFormat(name, value)
	case 'i':
		o.ipos = number(ddnumber.Range{Min: 0, Max: math.MaxInt64})
	case 'L':
		o.loose = true
	case 'm':
		if o.hasDomain {
			return message("Option '-m' can be specified only once.")
		}
		o.domain, o.hasDomain = value, true
	case 'o':
		o.opos = number(ddnumber.Range{Min: 0, Max: math.MaxInt64})
	case 'q':
		o.verbosity = -1
	case 's':
		o.size = number(ddnumber.Range{Min: -1, Max: math.MaxInt64})
	case 'v':
		o.verbosity = min(o.verbosity+1, 4)
	case optJSON:
		o.json = true
	default:
		return o.operation(letter, name, value)
	}
	return err
}

func (o *options) setFormat(name, value string) error {
	switch value {
	case formatList, formatLittle, formatBig:
		o.format = value
	case "bitmap":
		o.format = formatLittle
	default:
		return sentence("'" + value + "': Invalid format name in option '" + name + "'.")
	}
	return nil
}

// operation takes one of the options that say what to do.
func (o *options) operation(letter rune, name, value string) error {
	o.asDomain = letter == 'P'
	if o.asDomain {
		letter = 'p'
	}
	if o.op != 0 && o.op != letter {
		return applet.Usage(1, "Only one operation can be specified.")
	}
	o.op = letter
	invalid := sentence("'" + value + "': Invalid type in argument of option '" + name + "'.")
	switch letter {
	case 'a':
		return o.setChange(name, value, invalid)
	case 'c':
		o.types = "+-"
		if value != "" {
			o.types = value
		}
		if len(o.types) != 2 || !areTypes(o.types) || o.types[0] == o.types[1] {
			return invalid
		}
	case 'C':
		o.types = "?"
		if value != "" {
			o.types = value
		}
		if len(o.types) != 1 || !areTypes(o.types) {
			return invalid
		}
	case 'l':
		o.types = value
		if !areTypes(value) {
			return invalid
		}
	case 'H':
		o.geometry, o.geometryAs = value, name
	case 'p', 'x', 'y', 'z':
		o.other = value
	}
	return nil
}

// setChange reads OLD,NEW; the last type of a NEW that is shorter is repeated.
func (o *options) setChange(name, value string, invalid error) error {
	from, to, comma := strings.Cut(value, ",")
	if strings.Contains(to, ",") {
		return sentence("'" + value + "': Too many commas in argument of option '" + name + "'.")
	}
	if !comma || from == "" || to == "" || !areTypes(from) || !areTypes(to) {
		return invalid
	}
	for len(to) < len(from) {
		to += to[len(to)-1:]
	}
	o.old, o.new = from, to
	return nil
}

// sentence is an error in the words of GNU's ddrescuelog.
type sentence string

func (s sentence) Error() string { return string(s) }

func areTypes(text string) bool { return strings.Trim(text, "?*/-+") == "" }

// inputDomain is where the operation works.
func (o *options) inputDomain(finished *mapfile.Map) mapfile.Domain {
	return mapfile.NewDomain(o.ipos, o.size, finished)
}
