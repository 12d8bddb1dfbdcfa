package find

import (
	"errors"
	"strconv"
)

// Parse reads an expression, as find(1) has it after the starting points, and
// prepares it to be run with env. Options is what was said before them.
func Parse(args []string, opts Options, env *Env) (*Query, error) {
	q := &Query{opts: opts, env: env}
	p := &parser{args: args, query: q}
	q.expr = func(*Entry) bool { return true }
	if len(args) > 0 {
		expr, err := p.list(0)
		if err != nil {
			return nil, err
		}
		if p.pos < len(p.args) {
			return nil, errors.New("you have too many ')'")
		}
		q.expr = expr
	}
	if !p.acts {
		only := q.expr
		q.expr = func(e *Entry) bool {
			return only(e) && !e.dead && env.print(e.Path, "\n")
		}
	}
	return q, nil
}

func (v *Env) print(path, end string) bool {
	v.write(v.shown(path))
	v.write(end)
	return true
}

type parser struct {
	args  []string
	pos   int
	query *Query
	acts  bool // there is an action other than -prune and -quit
}

// maxNesting bounds brackets and ! in an expression.
const maxNesting = 1000

func (p *parser) peek() string {
	if p.pos < len(p.args) {
		return p.args[p.pos]
	}
	return ""
}

func (p *parser) accept(words ...string) bool {
	for _, w := range words {
		if p.pos < len(p.args) && p.args[p.pos] == w {
			p.pos++
			return true
		}
	}
	return false
}

// list is or-expressions between commas: all are evaluated, the last counts.
func (p *parser) list(depth int) (test, error) {
	left, err := p.or(depth)
	for err == nil && p.accept(",") {
		var right test
		l := left
		right, err = p.or(depth)
		left = func(e *Entry) bool {
			l(e)
			return !e.dead && right(e)
		}
	}
	return left, err
}

func (p *parser) or(depth int) (test, error) {
	left, err := p.and(depth)
	for err == nil && p.accept("-o", "-or") {
		var right test
		l := left
		right, err = p.and(depth)
		left = func(e *Entry) bool { return l(e) || !e.dead && right(e) }
	}
	return left, err
}

func (p *parser) and(depth int) (test, error) {
	left, err := p.not(depth)
	for err == nil {
		explicit := p.accept("-a", "-and")
		next := p.peek()
		if !explicit && (p.pos == len(p.args) || next == "-o" || next == "-or" || next == "," || next == ")") {
			break
		}
		var right test
		l := left
		right, err = p.not(depth)
		left = func(e *Entry) bool { return l(e) && !e.dead && right(e) }
	}
	return left, err
}

func (p *parser) not(depth int) (test, error) {
	if depth > maxNesting {
		return nil, errors.New("expression nested too deeply")
	}
	switch {
	case p.accept("!", "-not"):
		inner, err := p.not(depth + 1)
		return func(e *Entry) bool { return !inner(e) && !e.dead }, err
	case p.accept("("):
		if p.peek() == ")" {
			return nil, errors.New("empty parentheses are not allowed")
		}
		inner, err := p.list(depth + 1)
		if err == nil && !p.accept(")") {
			err = errors.New("expected ')'")
		}
		return inner, err
	}
	return p.primary()
}

func (p *parser) primary() (test, error) {
	if p.pos == len(p.args) {
		return nil, errors.New("expected an expression after '" + p.args[p.pos-1] + "'")
	}
	name := p.args[p.pos]
	switch name {
	case "-o", "-or", "-a", "-and", ",", ")":
		return nil, errors.New("expected an expression before '" + name + "'")
	}
	if name == "" || name[0] != '-' {
		return nil, errors.New("paths must precede expression: '" + name + "'")
	}
	p.pos++
	for _, part := range []func(*parser, string) (test, error){
		(*parser).settings, (*parser).nameTests, (*parser).statTests, (*parser).timeTests, (*parser).actions,
	} {
		t, err := part(p, name)
		if err != nil || t != nil {
			return t, err
		}
	}
	switch name {
	case "-regex", "-iregex", "-regextype":
		return nil, errors.New(name + " is not supported: use -path or -name, or pipe -print to grep")
	}
	return nil, errors.New("unknown predicate '" + name + "'")
}

// arg returns the argument of the predicate name.
func (p *parser) arg(name string) (string, error) {
	if p.pos == len(p.args) {
		return "", errors.New("missing argument to '" + name + "'")
	}
	p.pos++
	return p.args[p.pos-1], nil
}

func invalid(name, arg string) error {
	return errors.New("invalid argument '" + arg + "' to '" + name + "'")
}

func always(*Entry) bool { return true }

// settings are the options that stand among the tests but hold for the search.
func (p *parser) settings(name string) (test, error) {
	opts := &p.query.opts
	switch name {
	case "-depth", "-d":
		opts.DepthFirst = true
	case "-xdev", "-mount":
		opts.SameDevice = true
	case "-follow":
		opts.Follow = FollowAll
	case "-noleaf", "-warn", "-nowarn", "-ignore_readdir_race", "-noignore_readdir_race":
	case "-maxdepth", "-mindepth":
		arg, err := p.arg(name)
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseUint(arg, 10, 31)
		if err != nil {
			return nil, invalid(name, arg)
		}
		if name == "-maxdepth" {
			opts.MaxDepth = int(n)
		} else {
			opts.MinDepth = int(n)
		}
	case "-true":
	case "-false":
		return func(*Entry) bool { return false }, nil
	default:
		return nil, nil
	}
	return always, nil
}
