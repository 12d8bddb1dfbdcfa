// Package argbatch splits input into arguments as xargs(1) does and puts them
// together into command lines that the kernel takes.
package argbatch

import (
	"bufio"
	"errors"
	"io"
)

// Mode is what separates items.
type Mode int

// The modes. In Words and Lines quotes and backslashes take away the meaning of
// what they quote; a newline cannot be quoted by quotes.
const (
	Words     Mode = iota // blanks and newlines
	Lines                 // newlines; blanks in front of an item are dropped
	Delimited             // one byte, everything else stands for itself
)

// The mistakes that input can have.
var (
	ErrSingleQuote = errors.New("unmatched single quote; by default quotes are special to xargs unless you use the -0 option")
	ErrDoubleQuote = errors.New("unmatched double quote; by default quotes are special to xargs unless you use the -0 option")
	ErrNul         = errors.New("a zero byte in the input: it was meant for -0")
	ErrLong        = errors.New("argument line too long")
)

// Item is one item of the input.
type Item struct {
	Text string
	// LineEnd is set when the item ends its line; a blank before the newline
	// makes a line go on.
	LineEnd bool
}

// Reader reads items.
type Reader struct {
	In    *bufio.Reader
	Mode  Mode
	Delim byte   // for Delimited
	EOF   string // an item that ends the input, when not empty; not for Delimited
	Max   int    // bytes of an item beyond which it is ErrLong

	ended bool
}

// Next returns the next item, io.EOF at the end.
func (r *Reader) Next() (Item, error) {
	if r.ended {
		return Item{}, io.EOF
	}
	next := r.quoted
	if r.Mode == Delimited {
		next = r.delimited
	}
	item, err := next()
	if err != nil || r.Mode != Delimited && r.EOF != "" && item.Text == r.EOF {
		r.ended = true
		if err == nil {
			err = io.EOF
		}
	}
	return item, err
}

func (r *Reader) delimited() (Item, error) {
	var text []byte
	for {
		c, err := r.In.ReadByte()
		switch {
		case err == io.EOF && len(text) > 0, err == nil && c == r.Delim:
			return Item{string(text), true}, nil
		case err != nil:
			return Item{}, err
		case len(text) >= r.Max:
			return Item{}, ErrLong
		case c == 0:
			return Item{}, ErrNul
		}
		text = append(text, c)
	}
}

// quoted reads an item of Words or Lines.
func (r *Reader) quoted() (Item, error) {
	var text []byte
	started, quote := false, byte(0)
	for {
		c, err := r.In.ReadByte()
		if err != nil {
			return r.last(text, started, quote, err)
		}
		switch {
		case c == 0:
			return Item{}, ErrNul
		case quote != 0 && c == '\n':
			return Item{}, unmatched(quote)
		case quote != 0 && c == quote:
			quote = 0
			continue
		case quote != 0:
		case c == '\n' && started:
			return Item{string(text), true}, nil
		case c == ' ' || c == '\t':
			if started && r.Mode == Words {
				return Item{string(text), false}, nil
			}
			if !started {
				continue
			}
		case c == '\n' || r.Mode == Words && (c == '\r' || c == '\v' || c == '\f') && !started:
			continue
		case c == '\'' || c == '"':
			quote, started = c, true
			continue
		case c == '\\':
			started = true
			if c, err = r.In.ReadByte(); err != nil {
				return r.last(text, started, quote, err)
			}
		}
		started = true
		if len(text) >= r.Max {
			return Item{}, ErrLong
		}
		text = append(text, c)
	}
}

// last is what the input's end makes of an item.
func (r *Reader) last(text []byte, started bool, quote byte, err error) (Item, error) {
	switch {
	case err != io.EOF:
		return Item{}, err
	case quote != 0:
		return Item{}, unmatched(quote)
	case started:
		return Item{string(text), true}, nil
	}
	return Item{}, io.EOF
}

func unmatched(quote byte) error {
	if quote == '"' {
		return ErrDoubleQuote
	}
	return ErrSingleQuote
}
