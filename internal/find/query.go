package find

import (
	"bufio"
	"context"
	"io"
	"time"

	"rescuebox/internal/accounts"
)

// Env is what a search needs of the world.
type Env struct {
	Out    *bufio.Writer                      // where -print and its like write
	Report func(operand string, err error)    // says that a file failed
	Path   func(name string) string           // where an operand lies
	Names  func() (*accounts.Accounts, error) // user and group names; called at most once
	Runner Runner                             // runs the programs of -exec
	Now    time.Time
	Zone   *time.Location
	// Live output goes to somebody who watches: it is flushed entry by entry,
	// and control characters in names, which could be orders to the terminal,
	// are shown as question marks.
	Live bool

	accounts    *accounts.Accounts
	accountsErr error
	failed      error // of the output: there is no point in going on
}

// Runner runs programs for -exec, -ok and their like.
type Runner interface {
	// Run runs argv in the folder dir (empty: the search's own) and returns its
	// exit status, or an error when it could not be started.
	Run(argv []string, dir string) (status int, err error)
	// Confirm asks whether argv should be run.
	Confirm(question string) bool
}

// Query is a parsed expression, ready to be run on starting points.
type Query struct {
	opts    Options
	expr    test
	env     *Env
	batches []*batch // of -exec ... +
}

// test evaluates a part of the expression on an entry.
type test func(e *Entry) bool

// Run searches from every starting point. What failed was given to Env.Report;
// the error is of the output, of a program that ended badly under -exec +
// (ErrBatch), or of ctx.
func (q *Query) Run(ctx context.Context, starts []string) error {
	w := &walker{query: q, ctx: ctx}
	for _, s := range starts {
		if w.stopped() {
			break
		}
		w.start(s)
	}
	bad := false
	for _, b := range q.batches {
		b.flush()
		bad = bad || b.bad
	}
	if err := q.env.Out.Flush(); err != nil && q.env.failed == nil {
		q.env.failed = err
	}
	switch {
	case q.env.failed != nil:
		return q.env.failed
	case ctx.Err() != nil:
		return ctx.Err()
	case bad:
		return ErrBatch
	}
	return nil
}

func (v *Env) report(operand string, err error) {
	v.flush()
	v.Report(operand, err)
}

func (v *Env) flush() {
	if err := v.Out.Flush(); err != nil {
		v.failed = err
	}
}

func (v *Env) afterEntry() {
	if v.Live && v.Out.Buffered() > 0 {
		v.flush()
	}
}

// write appends text to the output.
func (v *Env) write(text string) {
	if _, err := io.WriteString(v.Out, text); err != nil {
		v.failed = err
	}
}

// shown returns a name as it may be written to the output.
func (v *Env) shown(name string) string {
	if !v.Live {
		return name
	}
	b := []byte(name)
	for i, c := range b {
		if c < ' ' || c == 0x7f {
			b[i] = '?'
		}
	}
	return string(b)
}

// names returns the accounts, empty ones when they cannot be read.
func (v *Env) names() *accounts.Accounts {
	if v.accounts == nil {
		v.accounts, v.accountsErr = v.Names()
		if v.accounts == nil {
			v.accounts = &accounts.Accounts{}
		}
	}
	return v.accounts
}
