package ls

import (
	"strings"

	"rescuebox/internal/applet"
	"rescuebox/internal/getopt"
	"rescuebox/internal/humansize"
	"rescuebox/internal/quoting"
)

// format is a layout.
type format uint8

const (
	unset format = iota
	long
	single
	vertical
	across
	commas
)

// order is what entries are sorted by.
type order uint8

const (
	byDefault order = iota
	byName
	byNothing
	bySize
	byTime
	byVersion
	byExtension
)

// stamp is one of a file's times.
type stamp uint8

const (
	modified stamp = iota
	accessed
	changed
)

// indicator is what follows a name.
type indicator uint8

const (
	noIndicator indicator = iota
	slash
	fileType
	classify
)

// follow says which symbolic links are followed.
type follow uint8

const (
	followDefault follow = iota
	followNone
	followOperandDirs // operands that lead to directories
	followOperands
	followAll
)

// hidden says which names are left out.
type hidden uint8

const (
	hideDots hidden = iota
	hideSelf        // . and ..
	hideNothing
)

// options is what the command line asks for.
type options struct {
	format    format
	order     order
	reverse   bool
	dirsFirst bool
	time      stamp
	timeGiven bool
	formats   [2]string // strftime formats of old and of recent files
	indicator indicator
	follow    follow
	hidden    hidden
	backups   bool // leave them out
	ignore    []string
	hide      []string
	itself    bool // directories themselves
	recursive bool
	inode     bool
	blocks    bool
	context   bool
	owner     bool
	group     bool
	numeric   bool
	human     uint64 // base of human sizes, 0 for plain ones
	blockSize uint64
	width     int // 0 for no limit
	tab       int
	color     bool
	quote     quoting.Quoter
}

// Options without a letter.
const (
	optColor = getopt.LongOnly + iota
	optFileType
	optFormat
	optFullTime
	optDirsFirst
	optHide
	optSI
	optShow
	optSort
	optTime
	optTimeStyle
	optQuoting
	optIndicator
)

func grammar() []getopt.Option {
	all := []getopt.Option{
		{Short: 'a', Long: "all"}, {Short: 'A', Long: "almost-all"}, {Short: 'b', Long: "escape"},
		{Short: 'B', Long: "ignore-backups"}, {Short: 'd', Long: "directory"},
		{Short: 'F', Long: "classify", Arg: getopt.Optional}, {Short: 'G', Long: "no-group"},
		{Short: 'h', Long: "human-readable"}, {Short: 'H', Long: "dereference-command-line"},
		{Short: 'i', Long: "inode"}, {Short: 'I', Long: "ignore", Arg: getopt.Required},
		{Short: 'k', Long: "kibibytes"}, {Short: 'L', Long: "dereference"}, {Short: 'n', Long: "numeric-uid-gid"},
		{Short: 'N', Long: "literal"}, {Short: 'q', Long: "hide-control-chars"}, {Short: 'Q', Long: "quote-name"},
		{Short: 'r', Long: "reverse"}, {Short: 'R', Long: "recursive"}, {Short: 's', Long: "size"},
		{Short: 'T', Long: "tabsize", Arg: getopt.Required}, {Short: 'w', Long: "width", Arg: getopt.Required},
		{Short: 'Z', Long: "context"},
		{Short: optColor, Long: "color", Arg: getopt.Optional}, {Short: optFileType, Long: "file-type"},
		{Short: optFormat, Long: "format", Arg: getopt.Required}, {Short: optFullTime, Long: "full-time"},
		{Short: optDirsFirst, Long: "group-directories-first"}, {Short: optHide, Long: "hide", Arg: getopt.Required},
		{Short: optSI, Long: "si"}, {Short: optShow, Long: "show-control-chars"},
		{Short: optSort, Long: "sort", Arg: getopt.Required}, {Short: optTime, Long: "time", Arg: getopt.Required},
		{Short: optTimeStyle, Long: "time-style", Arg: getopt.Required},
		{Short: optQuoting, Long: "quoting-style", Arg: getopt.Required},
		{Short: optIndicator, Long: "indicator-style", Arg: getopt.Required},
	}
	// -F takes no value; only --classify does.
	for _, c := range "1CcfglmopStuUvXx" {
		all = append(all, getopt.Option{Short: c})
	}
	return all
}

// parser is the options while they are read.
type parser struct {
	options
	streams applet.Streams
	style   string // of time
	err     error
}

func parse(s applet.Streams, args []string) (options, []string, error) {
	p := &parser{streams: s, options: options{owner: true, group: true, blockSize: 1024, width: -1, tab: 8}}
	if _, posix := s.LookupEnv("POSIXLY_CORRECT"); posix {
		p.blockSize = 512
	}
	screen := terminal(s)
	p.quote.Hide = screen.is
	if screen.is {
		p.quote.Style = quoting.ShellEscape
	}
	if style, ok := s.LookupEnv("QUOTING_STYLE"); ok {
		if i := find(style, quotings); i >= 0 {
			p.quote.Style = quoting.Style(i)
		}
	}
	opts := getopt.New(grammar(), args)
	for opts.Next() && p.err == nil {
		c := opts.Opt()
		if c >= getopt.LongOnly || c == 'F' && opts.HasValue() || strings.ContainsRune("ITw", c) {
			p.valued(c, opts.Name(), opts.Value(), opts.HasValue(), screen)
		} else {
			p.letter(c)
		}
	}
	if err := opts.Err(); err != nil {
		return options{}, nil, err
	}
	if p.err == nil {
		p.settle(screen)
	}
	return p.options, opts.Operands(), p.err
}

// letter sets an option without a value.
func (p *parser) letter(c rune) {
	switch c {
	case 'a':
		p.hidden = hideNothing
	case 'A':
		p.hidden = hideSelf
	case 'B':
		p.backups = true
	case 'c':
		p.time, p.timeGiven = changed, true
	case 'd':
		p.itself = true
	case 'f':
		p.hidden, p.order = hideNothing, byNothing
	case 'F':
		p.indicator = classify
	case 'H':
		p.follow = followOperands
	case 'i':
		p.inode = true
	case 'L':
		p.follow = followAll
	case 'p':
		p.indicator = slash
	case 'r':
		p.reverse = true
	case 'R':
		p.recursive = true
	case 's':
		p.blocks = true
	case 'S':
		p.order = bySize
	case 't':
		p.order = byTime
	case 'u':
		p.time, p.timeGiven = accessed, true
	case 'U':
		p.order = byNothing
	case 'v':
		p.order = byVersion
	case 'X':
		p.order = byExtension
	case 'Z':
		p.context = true
	default:
		p.layout(c)
	}
}

// layout sets an option that changes how files are shown.
func (p *parser) layout(c rune) {
	switch c {
	case '1':
		if p.format != long {
			p.format = single
		}
	case 'b':
		p.quote.Style = quoting.Escape
	case 'C':
		p.format = vertical
	case 'g':
		p.format, p.owner = long, false
	case 'G':
		p.group = false
	case 'h':
		p.human = humansize.IEC
	case 'k':
		p.blockSize = 1024
	case 'l':
		p.format = long
	case 'm':
		p.format = commas
	case 'n':
		p.format, p.numeric = long, true
	case 'N':
		p.quote.Style = quoting.Literal
	case 'o':
		p.format, p.group = long, false
	case 'q':
		p.quote.Hide = true
	case 'Q':
		p.quote.Style = quoting.C
	case 'x':
		p.format = across
	}
}

// settle decides what depends on several options.
func (p *parser) settle(s screen) {
	if p.format == unset {
		p.format = single
		if s.is {
			p.format = vertical
		}
	}
	if p.order == byDefault {
		p.order = byName
		if p.timeGiven && p.format != long {
			p.order = byTime
		}
	}
	if p.follow == followDefault {
		p.follow = followOperandDirs
		if p.itself || p.indicator == classify || p.format == long {
			p.follow = followNone
		}
	}
	if p.width < 0 {
		p.width = s.width
	}
	if p.color {
		p.tab = 0 // some terminals cannot do both on a line
	}
	p.quote.UTF8 = s.utf8
	if p.quote.Style == quoting.Escape {
		p.quote.Special = " "
	}
	if p.indicator >= fileType {
		p.quote.Special += "*=>@|"[p.indicator-fileType:]
	}
	if p.format == long {
		p.timeStyle()
	}
}

// timeStyle sets the formats of times.
func (p *parser) timeStyle() {
	style := p.style
	if style == "" {
		style = p.streams.Getenv("TIME_STYLE")
	}
	// Of a locale this toolbox has none but POSIX, where these styles say
	// nothing.
	if strings.HasPrefix(style, "posix-") || style == "" {
		style = "locale"
	}
	if style[0] == '+' {
		old, recent, two := strings.Cut(style[1:], "\n")
		if !two {
			recent = old
		}
		p.formats = [2]string{old, recent}
		return
	}
	switch p.word("--time-style", style, []string{"full-iso", "long-iso", "iso", "locale", "+FORMAT"}) {
	case 0:
		p.formats = [2]string{"%Y-%m-%d %H:%M:%S.%N %z", "%Y-%m-%d %H:%M:%S.%N %z"}
	case 1:
		p.formats = [2]string{"%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M"}
	case 2:
		p.formats = [2]string{"%Y-%m-%d ", "%m-%d %H:%M"}
	default:
		p.formats = [2]string{"%b %e  %Y", "%b %e %H:%M"}
	}
}
