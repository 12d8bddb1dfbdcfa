package nbd

import (
	"errors"
	"io"
	"strconv"
	"syscall"

	"rescuebox/internal/errno"
)

// ErrGone is in the chain of every error that says nothing about the medium: the
// connection broke, the server ended or hangs up, or it does not speak the protocol.
// The client is of no more use; another one may be.
var ErrGone = errors.New("the NBD server is gone")

// goneError is an ErrGone with its cause.
type goneError struct{ cause error }

func (e *goneError) Error() string {
	reason := errno.Reason(e.cause)
	if e.cause == io.EOF || e.cause == io.ErrUnexpectedEOF {
		reason = "it closed the connection"
	}
	return ErrGone.Error() + ": " + reason
}

// Unwrap keeps a cause's errno to itself: a connection that timed out has the same as
// a disk that did. What the server itself said is there to be found.
func (e *goneError) Unwrap() []error {
	if read, ok := e.cause.(*ReadError); ok {
		return []error{ErrGone, read}
	}
	return []error{ErrGone}
}

// gone makes an ErrGone of an error, unless it is one.
func gone(err error) error {
	if errors.Is(err, ErrGone) {
		return err
	}
	return &goneError{err}
}

// protocolError is what the other side sent against the protocol.
type protocolError string

func (e protocolError) Error() string { return "protocol error: " + string(e) }

// ReadError is a read that a server, or its device, answered with an error.
type ReadError struct {
	// Offset is where it failed in bytes. Of a client's, where the server told;
	// otherwise it is the read's.
	Offset int64
	// Length is how many bytes from Offset on were asked for.
	Length int
	// Err is what went wrong. A client's is one of those that NBD knows.
	Err syscall.Errno
	// Message is what the server says about it, for a person; often empty.
	Message string
}

func (e *ReadError) Error() string {
	text := "read of " + strconv.Itoa(e.Length) + " bytes at " + strconv.FormatInt(e.Offset, 10) + ": " + errno.Reason(e.Err)
	if e.Message != "" {
		text += " (server: " + e.Message + ")"
	}
	return text
}

func (e *ReadError) Unwrap() error { return e.Err }

// Error values, of "Error values".
const (
	codeEPERM     = 1
	codeEIO       = 5
	codeENOMEM    = 12
	codeEINVAL    = 22
	codeENOSPC    = 28
	codeEOVERFLOW = 75
	codeENOTSUP   = 95
	codeESHUTDOWN = 108
)

// codes are the error values with what they mean on any processor: MIPS, for one,
// has other numbers.
var codes = [...]struct {
	code uint32
	err  syscall.Errno
}{
	{codeEPERM, syscall.EPERM},
	{codeEIO, syscall.EIO},
	{codeENOMEM, syscall.ENOMEM},
	{codeEINVAL, syscall.EINVAL},
	{codeENOSPC, syscall.ENOSPC},
	{codeEOVERFLOW, syscall.EOVERFLOW},
	{codeENOTSUP, syscall.ENOTSUP},
	{codeESHUTDOWN, syscall.ESHUTDOWN},
}

// fromCode returns the errno of an error value; an unexpected one is EINVAL, says
// "Error values".
func fromCode(code uint32) syscall.Errno {
	for _, c := range codes {
		if c.code == code {
			return c.err
		}
	}
	return syscall.EINVAL
}

// toCode returns the error value for what a device answered. A device that went
// away is a server that can no more: its sectors are not bad.
func toCode(err syscall.Errno) uint32 {
	switch err {
	case syscall.ENODEV, syscall.ENXIO:
		return codeESHUTDOWN
	case syscall.EACCES:
		return codeEPERM
	}
	for _, c := range codes {
		if c.err == err {
			return c.code
		}
	}
	// ENODATA and EILSEQ of a medium, ETIMEDOUT, ENOLINK and EREMOTEIO of what
	// lies between (blk_errors of block/blk-core.c).
	return codeEIO
}

// printable keeps what a server says from moving a terminal's cursor.
func printable(s string) string {
	if len(s) > maxString {
		s = s[:maxString]
	}
	b := []byte(s)
	for i, c := range b {
		if c < ' ' || c == 0x7f {
			b[i] = '?'
		}
	}
	return string(b)
}
