package applet

import (
	"errors"
	"io"
	"strconv"
	"syscall"

	"rescuebox/internal/errno"
)

// Exit is an exit status as an error: everything there is to say has been
// printed already.
type Exit int

func (e Exit) Error() string { return "exit status " + strconv.Itoa(int(e)) }

// StatusError is an error that ends the applet with a status other than 1.
type StatusError struct {
	Status int
	Err    error
}

func (e *StatusError) Error() string { return e.Err.Error() }
func (e *StatusError) Unwrap() error { return e.Err }

// UsageError is a mistake in the command line. It is printed with a pointer to
// --help. Status is 1 unless the tool that the applet stands for has another.
type UsageError struct {
	Status int // 0 means 1
	Err    error
}

func (e *UsageError) Error() string { return e.Err.Error() }
func (e *UsageError) Unwrap() error { return e.Err }

// Usage returns a UsageError of the given status and text.
func Usage(status int, text string) error {
	return &UsageError{Status: status, Err: errors.New(text)}
}

// Status returns the exit status that err stands for: 0 for nil, what an Exit,
// StatusError or UsageError in its chain says, and 1 for every other error.
func Status(err error) int {
	if err == nil {
		return 0
	}
	var exit Exit
	if errors.As(err, &exit) {
		return int(exit)
	}
	var status *StatusError
	if errors.As(err, &status) {
		return status.Status
	}
	var usage *UsageError
	if errors.As(err, &usage) && usage.Status != 0 {
		return usage.Status
	}
	return 1
}

// Reporter prints an applet's messages about its operands and remembers the
// worst status, so that one bad operand does not stop the others.
type Reporter struct {
	name  string
	w     io.Writer
	worst int
}

// Reporter returns a reporter that writes to s.Err under the name s.Name.
func (s Streams) Reporter() *Reporter {
	return &Reporter{name: s.Name, w: s.Err}
}

// Error reports that operand, as the user typed it, failed with err, and sets
// the status to at least 1. The message is one line in one write:
// "applet: operand: Reason". EPIPE is not reported: the reader has gone.
func (r *Reporter) Error(operand string, err error) {
	r.ErrorStatus(1, operand, err)
}

// ErrorStatus is Error with a status other than 1.
func (r *Reporter) ErrorStatus(status int, operand string, err error) {
	r.Raise(status)
	if errors.Is(err, syscall.EPIPE) {
		return
	}
	r.Note(operand + ": " + errno.Reason(err))
}

// Message prints "applet: text" and sets the status to at least 1.
func (r *Reporter) Message(text string) {
	r.Raise(1)
	r.Note(text)
}

// Note prints "applet: text" and leaves the status alone.
func (r *Reporter) Note(text string) {
	// Nothing is left to tell when stderr itself fails.
	_, _ = io.WriteString(r.w, r.name+": "+text+"\n")
}

// Raise sets the status to at least status.
func (r *Reporter) Raise(status int) { r.worst = max(r.worst, status) }

// Err returns nil when nothing was reported, else the worst status as an Exit.
func (r *Reporter) Err() error {
	if r.worst == 0 {
		return nil
	}
	return Exit(r.worst)
}
