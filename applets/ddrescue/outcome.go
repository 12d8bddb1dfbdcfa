package ddrescue

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strconv"
	"syscall"

	"rescuebox/internal/applet"
	"rescuebox/internal/errno"
	"rescuebox/internal/rescue"
)

// Exit statuses.
const (
	corrupt     = 2
	dead        = 4
	interrupted = 130
)

// outcome is the exit status, with what the person must know: why it has ended, what is
// left, and how to go on.
func (r *run) outcome(err error, left remaining) error {
	var stop *rescue.StopError
	if !errors.As(err, &stop) {
		return err
	}
	var unsaved *mapError
	undone := ""
	if stop.Undone > 0 {
		undone = "; " + strconv.FormatInt(stop.Undone, 10) + " bytes that failed last are untried again"
	}
	switch {
	case stopped(err):
		return r.interrupted()
	case errors.Is(err, rescue.ErrDead), errors.Is(err, rescue.ErrGone):
		return &applet.StatusError{Status: dead, Err: errors.New(r.o.source + ": " + stop.Error() + undone +
			". Power it off and on, see that it has the same name, and go on with the same command")}
	case errors.Is(err, rescue.ErrLimit):
		return errors.New(r.o.source + ": " + stop.Error() + ". " + left.text(r.o.prefixes) + r.resume() + r.raise())
	case errors.As(err, &unsaved):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return r.full(err)
	}
	return err
}

// stopped reports whether a signal was the reason.
func stopped(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func (r *run) interrupted() error {
	r.note("interrupted" + r.resume())
	return applet.Exit(interrupted)
}

// full is a target without room.
func (r *run) full(err error) error {
	return errors.New(r.o.target + ": " + errno.Reason(errno.Of(err)) + "; make room" + r.resume())
}

// resume says how to go on.
func (r *run) resume() string {
	if r.o.mapfile == "" {
		return "; without a MAP it cannot go on"
	}
	return "; go on with the same command"
}

// raise says which limit stands in the way of going on.
func (r *run) raise() string {
	if r.o.Yield == 0 || r.o.mapfile == "" {
		return ""
	}
	return ", to the end without --max-errors-per-mib"
}

// agreed asks before anything is written.
func (r *run) agreed(from, to string) bool {
	_, err := io.WriteString(r.s.Err, "ddrescue: from "+from+"\nddrescue: to   "+to+". Type y to begin: ")
	if err != nil {
		return false
	}
	answer, _ := bufio.NewReader(r.s.In).ReadString('\n')
	return answer == "y\n" || answer == "yes\n"
}
