package dd

import (
	"errors"
	"math"
	"strings"

	"rescuebox/internal/applet"
	"rescuebox/internal/blockcopy"
)

// options is a command line.
type options struct {
	in, out            string // operands; empty is a standard stream
	hasIn, hasOut      bool
	ibs, obs, bs, cbs  int
	skip, seek, count  amount
	conv, iflag, oflag set
	status             level
	warnings           []string
}

// amount is an operand that counts blocks, or bytes where it ends in B.
type amount struct {
	given, bytes bool
	n            int64
}

// in makes blocks and bytes of it.
func (a amount) in(block int, bytes bool) blockcopy.Amount {
	if a.bytes || bytes {
		return blockcopy.Amount{Blocks: a.n / int64(block), Bytes: a.n % int64(block)}
	}
	return blockcopy.Amount{Blocks: a.n}
}

// set is the words of a list that were given.
type set map[string]bool

// The words, as coreutils has them; force is our own.
var (
	convWords = []string{"ascii", "ebcdic", "ibm", "block", "unblock", "lcase", "ucase", "sparse", "swab", "sync",
		"excl", "nocreat", "notrunc", "noerror", "fdatasync", "fsync"}
	bothFlags = []string{"append", "direct", "directory", "dsync", "sync", "nonblock", "noatime", "nocache",
		"noctty", "nofollow", "count_bytes", "skip_bytes", "seek_bytes"}
)

// add returns what is no word of these.
func (s set) add(list string, words ...[]string) (bad string, ok bool) {
next:
	for word := range strings.SplitSeq(list, ",") {
		for _, known := range words {
			for _, k := range known {
				if k == word {
					s[word] = true
					continue next
				}
			}
		}
		return word, false
	}
	return "", true
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// parse reads a command line. The options are there with an error too, for their
// warnings.
func parse(args []string) (*options, error) {
	o := &options{conv: set{}, iflag: set{}, oflag: set{}}
	dashes := false
	for _, arg := range args {
		switch {
		case dashes || !strings.HasPrefix(arg, "-") || arg == "-":
			if err := o.operand(arg); err != nil {
				return o, err
			}
		case arg == "--":
			dashes = true
		case strings.HasPrefix(arg, "--"):
			return o, applet.Usage(1, "unrecognized option "+quote(arg))
		default:
			return o, applet.Usage(1, "invalid option -- "+quote(arg[1:2]))
		}
	}
	return o, o.finish()
}

func (o *options) operand(arg string) error {
	name, value, ok := strings.Cut(arg, "=")
	if !ok {
		return applet.Usage(1, "unrecognized operand "+quote(arg))
	}
	switch name {
	case "if":
		o.in, o.hasIn = value, true
	case "of":
		o.out, o.hasOut = value, true
	case "ibs":
		return o.size(&o.ibs, value)
	case "obs":
		return o.size(&o.obs, value)
	case "bs":
		return o.size(&o.bs, value)
	case "cbs":
		return o.size(&o.cbs, value)
	case "skip", "iseek":
		return o.amount(&o.skip, value)
	case "seek", "oseek":
		return o.amount(&o.seek, value)
	case "count":
		return o.amount(&o.count, value)
	case "conv":
		bad, ok := o.conv.add(value, convWords)
		return list(ok, "invalid conversion", bad)
	case "iflag":
		bad, ok := o.iflag.add(value, bothFlags, []string{"fullblock"})
		return list(ok, "invalid input flag", bad)
	case "oflag":
		bad, ok := o.oflag.add(value, bothFlags, []string{"force"})
		return list(ok, "invalid output flag", bad)
	case "status":
		return o.level(value)
	default:
		return applet.Usage(1, "unrecognized operand "+quote(arg))
	}
	return nil
}

func list(ok bool, what, value string) error {
	if ok {
		return nil
	}
	return applet.Usage(1, what+": "+quote(value))
}

func (o *options) level(value string) error {
	for word := range strings.SplitSeq(value, ",") {
		switch word {
		case "none":
			o.status = nothing
		case "noxfer":
			o.status = noTransfer
		case "progress":
			o.status = withProgress
		default:
			return applet.Usage(1, "invalid status level: "+quote(value))
		}
	}
	return nil
}

func (o *options) number(value string) (int64, error) {
	if zero := strings.HasPrefix(value, "0x"); zero || strings.Contains(value, "x0x") {
		o.warnings = append(o.warnings, "warning: '0x' is a zero multiplier; use '00x' if that is intended")
	}
	n, err := parseNumber(value)
	switch err {
	case nil:
		return n, nil
	case errRange:
		return 0, errors.New("invalid number: " + quote(value) + ": " + err.Error())
	}
	return 0, errors.New("invalid number: " + quote(value))
}

func (o *options) size(to *int, value string) error {
	n, err := o.number(value)
	if err != nil {
		return err
	}
	if n == 0 {
		return errors.New("invalid number: " + quote(value))
	}
	if n > maxBlock {
		return errors.New("invalid number: " + quote(value) + ": blocks are of at most 1 GiB")
	}
	*to = int(n)
	return nil
}

// maxBlock bounds what is allocated, a few times, for the blocks.
const maxBlock = 1 << 30

func (o *options) amount(to *amount, value string) error {
	n, err := o.number(value)
	*to = amount{true, strings.HasSuffix(value, "B") || strings.Contains(value, "Bx"), n}
	return err
}

// finish fills in what was not given, and refuses what does not go together.
func (o *options) finish() error {
	if o.bs > 0 {
		o.ibs, o.obs = o.bs, o.bs
	}
	const usual = 512
	if o.ibs == 0 {
		o.ibs = usual
	}
	if o.obs == 0 {
		o.obs = usual
	}
	c := o.conv
	c["block"] = c["block"] || c["ebcdic"] || c["ibm"]
	c["unblock"] = c["unblock"] || c["ascii"]
	if o.cbs == 0 {
		c["block"], c["unblock"] = false, false
	}
	both := func(s set, a, b string) bool { return s[a] && s[b] }
	switch {
	case both(c, "ascii", "ebcdic"), both(c, "ascii", "ibm"), both(c, "ebcdic", "ibm"):
		return errors.New("cannot combine any two of {ascii,ebcdic,ibm}")
	case both(c, "block", "unblock"):
		return errors.New("cannot combine block and unblock")
	case both(c, "lcase", "ucase"):
		return errors.New("cannot combine lcase and ucase")
	case both(c, "excl", "nocreat"):
		return errors.New("cannot combine excl and nocreat")
	case both(o.iflag, "direct", "nocache"), both(o.oflag, "direct", "nocache"):
		return errors.New("cannot combine direct and nocache")
	case tooFar(o.skip, o.ibs), tooFar(o.seek, o.obs):
		return errors.New("offset too large: " + errRange.Error())
	}
	return nil
}

func tooFar(a amount, block int) bool { return !a.bytes && a.n > math.MaxInt64/int64(block) }
