package getopt

import (
	"strings"
	"testing"
)

var options = []Option{
	{'a', "all", None},
	{'d', "decode", None},
	{'w', "wrap", Required},
	{'c', "color", Optional},
	{LongOnly, "full-time", None},
	{LongOnly + 1, "full-name", None},
	{'x', "", None},
}

// parse renders what the parser saw: options as letter[=value], then operands.
func parse(p *Parser) (string, error) {
	var seen []string
	for p.Next() {
		s := p.Name()
		if p.HasValue() {
			s += "=" + p.Value()
		}
		seen = append(seen, s)
	}
	return strings.Join(append(append(seen, "|"), p.Operands()...), " "), p.Err()
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ args, want, err string }{
		{"", "|", ""},
		{"-ad file", "--all --decode | file", ""},
		{"file -a", "--all | file", ""},
		{"-w76 -w 0", "--wrap=76 --wrap=0 |", ""},
		{"-aw5 x", "--all --wrap=5 | x", ""},
		{"--wrap=3 --wrap 4", "--wrap=3 --wrap=4 |", ""},
		{"--wr=3", "--wrap=3 |", ""},
		{"--wrap=", "--wrap= |", ""},
		{"-c -calways --color --color=never x", "--color --color=always --color --color=never | x", ""},
		{"-a -- -d --bad", "--all | -d --bad", ""},
		{"- -x", "-x | -", ""},
		{"--full-t", "--full-time |", ""},
		{"--full", "|", "option '--full' is ambiguous; possibilities: '--full-time' '--full-name'"},
		{"--bad=1 -a", "|", "unrecognized option '--bad'"},
		{"-aq", "--all |", "invalid option -- 'q'"},
		{"-w", "|", "option requires an argument -- 'w'"},
		{"--wrap", "|", "option '--wrap' requires an argument"},
		{"x --help", "| x", ErrHelp.Error()},
		{"--version", "|", ErrVersion.Error()},
		{"--all=1", "|", "option '--all' doesn't allow an argument"},
	} {
		got, err := parse(New(options, strings.Fields(c.args)))
		text := ""
		if err != nil {
			text = err.Error()
		}
		if got != c.want || text != c.err {
			t.Errorf("%q:\n got %q, error %q\nwant %q, error %q", c.args, got, text, c.want, c.err)
		}
	}
}

func TestOrdered(t *testing.T) {
	got, err := parse(New(options, strings.Fields("-a ls -d --bad")).Ordered())
	if want := "--all | ls -d --bad"; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}
