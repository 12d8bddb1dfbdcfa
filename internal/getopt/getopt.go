// Package getopt parses command lines as getopt_long(3) of the GNU C library
// does: clustered short options, values attached or in the next argument, long
// options with unambiguous abbreviation, operands between options, and "--".
package getopt

import (
	"errors"
	"strings"
)

// Arg says whether an option takes a value.
type Arg int

// The kinds of option. An Optional value must be attached: -wVALUE, --wrap=VALUE.
const (
	None Arg = iota
	Required
	Optional
)

// Option is one option. An option without a letter has a Short of 0x100 or more,
// which only serves to tell it from others.
type Option struct {
	Short rune
	Long  string // empty when there is none
	Arg   Arg
}

// LongOnly is the first value for the Short of options that have no letter.
const LongOnly rune = 0x100

// Parser walks over a command line.
type Parser struct {
	options  []Option
	args     []string
	cluster  string // rest of a group of short options
	operands []string
	ordered  bool
	cur      Option
	value    string
	hasValue bool
	err      error
}

// New returns a parser for args (without argv[0]).
func New(options []Option, args []string) *Parser {
	return &Parser{options: options, args: args}
}

// Ordered stops at the first operand, as programs do that take another command
// line as operands (xargs, env).
func (p *Parser) Ordered() *Parser {
	p.ordered = true
	return p
}

// Next advances to the next option. It returns false at the end and on the
// first error.
func (p *Parser) Next() bool {
	p.value, p.hasValue = "", false
	if p.cluster != "" {
		return p.short()
	}
	for p.err == nil && len(p.args) > 0 {
		arg := p.args[0]
		switch {
		case arg == "--":
			p.operands = append(p.operands, p.args[1:]...)
			p.args = nil
			return false
		case len(arg) > 2 && arg[:2] == "--":
			p.args = p.args[1:]
			return p.long(arg[2:])
		case len(arg) > 1 && arg[0] == '-':
			p.args = p.args[1:]
			p.cluster = arg[1:]
			return p.short()
		case p.ordered:
			p.operands = append(p.operands, p.args...)
			p.args = nil
			return false
		}
		p.operands = append(p.operands, arg)
		p.args = p.args[1:]
	}
	return false
}

// Opt returns the Short of the current option.
func (p *Parser) Opt() rune { return p.cur.Short }

// Value returns the current option's value.
func (p *Parser) Value() string { return p.value }

// HasValue tells an Optional value that is empty from one that is absent.
func (p *Parser) HasValue() bool { return p.hasValue }

// Name returns the current option as messages show it: "--wrap" or "-w".
func (p *Parser) Name() string {
	if p.cur.Long != "" {
		return "--" + p.cur.Long
	}
	return "-" + string(p.cur.Short)
}

// Operands returns what is not an option, in order, after Next has returned
// false.
func (p *Parser) Operands() []string { return p.operands }

// Err returns the first error, worded as getopt(3) words it.
func (p *Parser) Err() error { return p.err }

func (p *Parser) short() bool {
	letter := rune(p.cluster[0])
	rest := p.cluster[1:]
	p.cluster = ""
	i := p.findShort(letter)
	if i < 0 || letter >= 0x80 {
		return p.fail("invalid option -- '" + string(letter) + "'")
	}
	p.cur = p.options[i]
	switch p.cur.Arg {
	case None:
		p.cluster = rest
	case Optional:
		p.value, p.hasValue = rest, rest != ""
	case Required:
		if rest == "" {
			if len(p.args) == 0 {
				return p.fail("option requires an argument -- '" + string(letter) + "'")
			}
			rest = p.args[0]
			p.args = p.args[1:]
		}
		p.value, p.hasValue = rest, true
	}
	return true
}

func (p *Parser) findShort(letter rune) int {
	for i, o := range p.options {
		if o.Short == letter {
			return i
		}
	}
	return -1
}

func (p *Parser) long(arg string) bool {
	name, value, attached := strings.Cut(arg, "=")
	i := p.findLong(name)
	if i < 0 {
		return false
	}
	p.cur = p.options[i]
	switch {
	case p.cur.Arg == None && attached:
		return p.fail("option '--" + p.cur.Long + "' doesn't allow an argument")
	case p.cur.Arg == Required && !attached:
		if len(p.args) == 0 {
			return p.fail("option '--" + p.cur.Long + "' requires an argument")
		}
		value, attached = p.args[0], true
		p.args = p.args[1:]
	}
	p.value, p.hasValue = value, attached
	return true
}

// findLong returns the index of the option that name is or abbreviates, or sets
// p.err and returns -1.
func (p *Parser) findLong(name string) int {
	found, ambiguous := -1, false
	possible := ""
	for i, o := range p.options {
		if o.Long == name {
			return i
		}
		if o.Long == "" || !strings.HasPrefix(o.Long, name) {
			continue
		}
		possible += " '--" + o.Long + "'"
		// Two spellings of one option are no ambiguity.
		if found >= 0 && p.options[found].Short != o.Short {
			ambiguous = true
		}
		found = i
	}
	switch {
	case found < 0 && name == "help":
		p.stop(ErrHelp)
		return -1
	case found < 0 && name == "version":
		p.stop(ErrVersion)
		return -1
	case found < 0:
		p.fail("unrecognized option '--" + name + "'")
		return -1
	case ambiguous:
		p.fail("option '--" + name + "' is ambiguous; possibilities:" + possible)
		return -1
	}
	return found
}

func (p *Parser) fail(text string) bool { return p.stop(errors.New(text)) }

func (p *Parser) stop(err error) bool {
	p.err = err
	p.args, p.cluster = nil, ""
	return false
}
