package pkgdb

import (
	"errors"
	"strconv"
	"syscall"

	"rescuebox/internal/errno"
)

// Error says which part of a database was of no use.
type Error struct {
	Path   string // of the database's file, inside the root
	Offset int64  // where in it, in bytes; -1 when all of it is meant
	Err    error  // what the system said, or a FormatError
}

func (e *Error) Error() string {
	at := ""
	if e.Offset >= 0 {
		at = ": at byte " + strconv.FormatInt(e.Offset, 10)
	}
	return e.Path + at + ": " + errno.Reason(e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// FormatError is the reason of an Error where the database is not in its format.
type FormatError string

func (e FormatError) Error() string { return string(e) }

// maxProblems bounds what a database that is all rubbish says about itself.
const maxProblems = 100

// Problems collects errors. The zero value has none.
type Problems struct {
	list []error
	more int
}

// Add adds an error; nil is none.
//
//go:noinline
func (p *Problems) Add(err error) {
	switch {
	case err == nil:
	case len(p.list) < maxProblems:
		p.list = append(p.list, err)
	default:
		p.more++
	}
}

// Err returns what was added, joined; nil when nothing was.
func (p *Problems) Err() error {
	if p.more > 0 {
		return errors.Join(append(p.list[:len(p.list):len(p.list)],
			errors.New("and "+strconv.Itoa(p.more)+" more problems"))...)
	}
	return errors.Join(p.list...)
}

// Missing reports whether err only says that a file or folder is not there.
func Missing(err error) bool {
	return errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENOTDIR)
}
