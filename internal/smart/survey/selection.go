package survey

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"rescuebox/internal/getopt"
	"rescuebox/internal/smart/drivedb"
	"rescuebox/internal/smart/scan"
)

// Selection is what the command line of a monitor says of the disks it asks.
type Selection struct {
	Devices  []string     // paths, or "-" for a recording; none: all disks
	Specs    []*scan.Spec // how each is asked; none: to be detected
	Timeout  time.Duration
	LetSleep bool // as smartctl's -n standby
}

// SelectionOptions are those that Set knows.
var SelectionOptions = []getopt.Option{
	{Short: 'd', Long: "device", Arg: getopt.Required},
	{Short: 'i', Long: "interface", Arg: getopt.Required},
	{Short: 't', Long: "timeout", Arg: getopt.Required},
	{Short: 'n', Long: "nocheck", Arg: getopt.Required},
}

// Set takes an option by its letter. The error says what its value should be.
func (s *Selection) Set(letter rune, value string) (err error) {
	switch letter {
	case 'd':
		s.Devices = append(s.Devices, value)
	case 'i':
		if s.Specs, err = ParseSpecs(value); value == "auto" {
			s.Specs = nil
		}
	case 't':
		const most = 3600
		n, bad := strconv.ParseUint(value, 10, 32)
		if bad != nil || n < 1 || n > most {
			return errors.New("a number from 1 to 3600")
		}
		s.Timeout = time.Duration(n) * time.Second
	case 'n':
		if s.LetSleep = value == "standby"; !s.LetSleep && value != "never" {
			return errors.New("never or standby")
		}
	}
	return err
}

// Targets are the disks of some names, each in all ways that were said; path is where
// the kernel finds a name.
func (s *Selection) Targets(names []string, path func(string) string) []Target {
	var targets []Target
	for _, name := range names {
		if name != "-" {
			name = path(name)
		}
		if len(s.Specs) == 0 {
			targets = append(targets, Target{Path: name})
		}
		for _, spec := range s.Specs {
			targets = append(targets, Target{Path: name, Spec: spec})
		}
	}
	return targets
}

// Ask asks disks of this machine, with the database of drives of this machine.
func (s *Selection) Ask(ctx context.Context, q *Questions, targets []Target, in io.Reader) ([]*Disk, error) {
	db, _ := drivedb.Open("")
	ask := &Survey{Limits: Within(s.Timeout), Questions: q, DB: db}
	ask.System.DB = db
	if s.LetSleep {
		q.LetSleep()
	}
	ask.ReadLog()
	return ask.Targets(ctx, targets, in)
}

// LateError is how long was waited in vain.
type LateError time.Duration

func (e LateError) Error() string {
	return "not done within " + time.Duration(e).String() + "; a disk or its driver hangs"
}

// InTime returns what ask does, or a LateError after a time. Each disk has its own
// limit, and so this is for what no command is: a driver that hangs as its device is
// looked up.
func InTime(ctx context.Context, limit time.Duration, ask func(context.Context) ([]*Disk, error)) ([]*Disk, error) {
	type answer struct {
		disks []*Disk
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		disks, err := ask(ctx)
		done <- answer{disks, err}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case a := <-done:
		return a.disks, a.err
	case <-timer.C:
		return nil, LateError(limit)
	}
}
