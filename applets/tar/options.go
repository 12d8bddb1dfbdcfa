package tarcmd

import (
	"archive/tar"
	"bufio"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"rescuebox/internal/applet"
	"rescuebox/internal/getopt"
)

// operand is a name on the command line and the folder that -C chose for it.
type operand struct{ dir, name string }

type options struct {
	mode     rune // c, t, x or r
	archive  string
	operands []operand
	dir      string // the last -C
	verbose  int
	gzip     bool
	exclude  []string

	absolute, stdout, dereference, oneFileSystem, noRecursion, numeric bool
	keep, skipOld, keepNewer, noTimes, wildcards, ignoreZeros, null    bool

	samePermissions, sameOwner *bool
	strip                      int
	format                     tar.Format
	named                      bool // operands or -T were given
}

// The options without a letter.
const (
	optExclude = getopt.LongOnly + iota
	optStrip
	optNumeric
	optSameOwner
	optNoSameOwner
	optNoSamePermissions
	optSkipOld
	optKeepNewer
	optOneFileSystem
	optNoRecursion
	optWildcards
	optNull
	optFormat
	optNothing
)

func table() []getopt.Option {
	none, required := getopt.None, getopt.Required
	return []getopt.Option{
		{Short: 'c', Long: "create", Arg: none}, {Short: 't', Long: "list", Arg: none},
		{Short: 'x', Long: "extract", Arg: none}, {Short: 'x', Long: "get", Arg: none},
		{Short: 'r', Long: "append", Arg: none}, {Short: 'f', Long: "file", Arg: required},
		{Short: 'C', Long: "directory", Arg: required}, {Short: 'v', Long: "verbose", Arg: none},
		{Short: 'z', Long: "gzip", Arg: none}, {Short: 'z', Long: "gunzip", Arg: none}, {Short: 'j', Long: "bzip2", Arg: none},
		{Short: 'J', Long: "xz", Arg: none}, {Short: 'T', Long: "files-from", Arg: required},
		{Short: 'X', Long: "exclude-from", Arg: required}, {Short: 'P', Long: "absolute-names", Arg: none},
		{Short: 'k', Long: "keep-old-files", Arg: none}, {Short: 'O', Long: "to-stdout", Arg: none},
		{Short: 'p', Long: "same-permissions", Arg: none}, {Short: 'p', Long: "preserve-permissions", Arg: none},
		{Short: 'm', Long: "touch", Arg: none}, {Short: 'h', Long: "dereference", Arg: none},
		{Short: 'i', Long: "ignore-zeros", Arg: none}, {Short: 'o', Arg: none}, {Short: 'b', Long: "blocking-factor", Arg: required},
		{Short: 'H', Arg: required}, {Short: 'S', Long: "sparse", Arg: none}, {Short: 'B', Long: "read-full-records", Arg: none},
		{Short: optExclude, Long: "exclude", Arg: required}, {Short: optStrip, Long: "strip-components", Arg: required},
		{Short: optNumeric, Long: "numeric-owner", Arg: none}, {Short: optSameOwner, Long: "same-owner", Arg: none},
		{Short: optNoSameOwner, Long: "no-same-owner", Arg: none},
		{Short: optNoSamePermissions, Long: "no-same-permissions", Arg: none},
		{Short: optSkipOld, Long: "skip-old-files", Arg: none}, {Short: optKeepNewer, Long: "keep-newer-files", Arg: none},
		{Short: optOneFileSystem, Long: "one-file-system", Arg: none}, {Short: optNoRecursion, Long: "no-recursion", Arg: none},
		{Short: optWildcards, Long: "wildcards", Arg: none}, {Short: optNull, Long: "null", Arg: none},
		{Short: optFormat, Long: "format", Arg: required}, {Short: optNothing, Long: "keep-directory-symlink", Arg: none},
		{Short: optNothing, Long: "overwrite", Arg: none}, {Short: optNothing, Long: "recursion", Arg: none},
	}
}

// dashed turns a first argument without a dash, as "czf", into options. Their
// values are the following arguments, in the order of the letters.
func dashed(args []string) []string {
	if len(args) == 0 || args[0] == "" || args[0][0] == '-' {
		return args
	}
	var out []string
	rest := args[1:]
	for _, letter := range args[0] {
		out = append(out, "-"+string(letter))
		if strings.ContainsRune("fCTXbH", letter) && len(rest) > 0 {
			out = append(out, rest[0])
			rest = rest[1:]
		}
	}
	return append(out, rest...)
}

func parse(s applet.Streams, args []string) (*options, error) {
	o := &options{archive: "-", format: tar.FormatGNU}
	p := getopt.New(table(), dashed(args))
	taken := 0
	// -C holds for the names behind it.
	take := func() {
		for ; taken < len(p.Operands()); taken++ {
			o.operands = append(o.operands, operand{o.dir, p.Operands()[taken]})
			o.named = true
		}
	}
	for p.Next() {
		take()
		if err := o.set(s, p); err != nil {
			return nil, err
		}
	}
	take()
	if err := p.Err(); err != nil {
		return nil, usageError(err)
	}
	if o.mode == 0 {
		return nil, applet.Usage(2, "say one of -c, -r, -t, -x")
	}
	return o, nil
}

func usageError(err error) error {
	if err == getopt.ErrHelp || err == getopt.ErrVersion {
		return err
	}
	return &applet.UsageError{Status: 2, Err: err}
}

func (o *options) set(s applet.Streams, p *getopt.Parser) error {
	v := p.Value()
	yes, no := true, false
	switch p.Opt() {
	case 'c', 't', 'x', 'r':
		if o.mode != 0 && o.mode != p.Opt() {
			return applet.Usage(2, "only one of -c, -r, -t, -x")
		}
		o.mode = p.Opt()
	case 'f':
		o.archive = v
	case 'C':
		o.dir = below(o.dir, v)
	case 'v':
		o.verbose++
	case 'z':
		o.gzip = true
	case 'J':
		return &applet.StatusError{Status: 2, Err: errors.New("this tar cannot read or write xz: try 'xz -dc ARCHIVE | tar -x'")}
	case 'T', 'X':
		return o.list(s, p.Opt(), v)
	case 'P':
		o.absolute = true
	case 'k':
		o.keep = true
	case 'O':
		o.stdout = true
	case 'p':
		o.samePermissions = &yes
	case optNoSamePermissions:
		o.samePermissions = &no
	case optSameOwner:
		o.sameOwner = &yes
	case optNoSameOwner, 'o':
		o.sameOwner = &no
	case 'm':
		o.noTimes = true
	case 'h':
		o.dereference = true
	case 'i':
		o.ignoreZeros = true
	case optExclude:
		o.exclude = append(o.exclude, v)
	case optNumeric:
		o.numeric = true
	case optSkipOld:
		o.skipOld = true
	case optKeepNewer:
		o.keepNewer = true
	case optOneFileSystem:
		o.oneFileSystem = true
	case optNoRecursion:
		o.noRecursion = true
	case optWildcards:
		o.wildcards = true
	case optNull:
		o.null = true
	case optStrip:
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			return applet.Usage(2, "--strip-components: bad number '"+v+"'")
		}
		o.strip = n
	case optFormat, 'H':
		return o.setFormat(v)
	}
	return nil
}

func (o *options) setFormat(name string) error {
	switch name {
	case "gnu", "oldgnu":
		o.format = tar.FormatGNU
	case "pax", "posix":
		o.format = tar.FormatPAX
	case "ustar":
		o.format = tar.FormatUSTAR
	default:
		return applet.Usage(2, "unknown format '"+name+"': say gnu, pax or ustar")
	}
	return nil
}

// below is where name lies for somebody in dir.
func below(dir, name string) string {
	if dir == "" || strings.HasPrefix(name, "/") {
		return name
	}
	return dir + "/" + name
}

// list reads the names of -T or the patterns of -X.
func (o *options) list(s applet.Streams, opt rune, file string) error {
	in := s.In
	if file != "-" {
		f, err := os.Open(s.Path(file))
		if err != nil {
			return &applet.StatusError{Status: 2, Err: err}
		}
		defer f.Close()
		in = f
	}
	end := byte('\n')
	if o.null {
		end = 0
	}
	r := bufio.NewReader(in)
	for {
		line, err := r.ReadString(end)
		line = strings.TrimSuffix(line, string([]byte{end}))
		if line != "" && opt == 'T' {
			o.operands = append(o.operands, operand{o.dir, line})
		} else if line != "" {
			o.exclude = append(o.exclude, line)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return &applet.StatusError{Status: 2, Err: err}
		}
	}
	o.named = o.named || opt == 'T'
	return nil
}
