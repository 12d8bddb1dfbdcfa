package getopt

import "errors"

// ErrHelp and ErrVersion are the errors of a parser that meets --help and
// --version and has no options of those names. Whoever runs the applet answers
// them with the help text and the version, and status 0.
var (
	ErrHelp    = errors.New("help asked for")
	ErrVersion = errors.New("version asked for")
)
