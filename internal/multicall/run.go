// Package multicall is the front of the toolbox: it picks an applet by the name
// it is called by, runs it, prints its error and returns its exit status; and it
// answers for the toolbox itself (--help, --list, --install, --version).
package multicall

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"syscall"

	"rescuebox/internal/applet"
	"rescuebox/internal/errno"
	"rescuebox/internal/getopt"
)

// Run runs one applet, prints the error it returns as one line, and returns its
// exit status. It answers --help, and --version with version.
func Run(ctx context.Context, a *applet.Applet, s applet.Streams, args []string, version string) int {
	if s.Name == "" {
		s.Name = a.Name
	}
	if len(args) > 0 && args[0] == "--help" && !a.Operands {
		return say(s, a.Usage)
	}
	err := a.Run(ctx, s, args)
	switch {
	case errors.Is(err, getopt.ErrHelp):
		return say(s, a.Usage)
	case errors.Is(err, getopt.ErrVersion):
		return say(s, s.Name+" ("+version+")\n")
	}
	report(s, err)
	return applet.Status(err)
}

// say prints text and returns the status: a full disk makes even --help fail.
func say(s applet.Streams, text string) int {
	if _, err := io.WriteString(s.Out, text); err != nil {
		report(s, err)
		return 1
	}
	return 0
}

// report prints what err has to say beyond its status.
func report(s applet.Streams, err error) {
	var exit applet.Exit
	if err == nil || errors.As(err, &exit) || errors.Is(err, syscall.EPIPE) {
		return
	}
	text := s.Name + ": " + describe(err) + "\n"
	var usage *applet.UsageError
	if errors.As(err, &usage) {
		text += "Try '" + s.Name + " --help' for more information.\n"
	}
	_, _ = io.WriteString(s.Err, text)
}

// describe words err as "path: Reason" where it names a path.
func describe(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) && err.Error() == path.Error() {
		name := path.Path
		// The names that package os gives to the standard streams.
		if name == "/dev/stdout" {
			name = "write error"
		}
		return name + ": " + errno.Reason(path.Err)
	}
	return errno.Reason(err)
}
