// Package applet says what an applet is: a value with a name, its help text and
// a function of its streams and arguments. It knows nothing of the process: only
// cmd/rescuebox touches os.Stdout, os.Args and os.Exit.
package applet

import (
	"context"
	"io"
	"path/filepath"
)

// Applet is one command of the toolbox.
type Applet struct {
	Name    string   // what argv[0] says
	Aliases []string // other names it answers to
	Dir     string   // where a full tree has it, for --list-full; empty means usr/bin
	Group   Group    // under which heading the overview lists it
	Summary string   // one line, for the overview
	Usage   string   // the whole help text, kept beside the code it describes

	// Operands makes --help an operand, as true, false, echo and test take it.
	Operands bool
	// Interruptible applets get a context that the first SIGINT or SIGTERM
	// cancels, so that they can say how far they came; the second one kills.
	// All others die at the first, as a user expects of cat.
	Interruptible bool

	// Run executes the applet with args (argv without argv[0]). Messages about
	// single operands it has printed itself (Reporter); the error it returns
	// is the exit status (see Status) and, unless it is an Exit, is printed.
	Run func(ctx context.Context, io Streams, args []string) error
}

// Group is a task that a person comes with.
type Group int

// The headings of the overview, in their order.
const (
	Library Group = iota // a library is broken
	Disk                 // a disk is dying
	Paste                // nothing can be copied to the host
	Files                // files and folders
	Other
	groups
)

// Groups returns every group in the order of the overview.
func Groups() []Group {
	all := make([]Group, groups)
	for i := range all {
		all[i] = Group(i)
	}
	return all
}

// String returns the heading.
func (g Group) String() string {
	switch g {
	case Library:
		return "A library is broken"
	case Disk:
		return "A disk is dying"
	case Paste:
		return "I can only paste"
	case Files:
		return "Files and folders"
	}
	return "Other"
}

// Streams is an applet's view of the process it runs in.
type Streams struct {
	In  io.Reader
	Out io.Writer // unbuffered; an applet that buffers must flush and check
	Err io.Writer

	// Name is what the applet was called as: its Name or one of its Aliases.
	Name string
	// Self returns the path of the binary that runs. It is nil in tests of applets
	// that do not ask.
	Self func() (string, error)
	// Dir is the working directory that relative operands start from; empty
	// means the process's own.
	Dir string
	// LookupEnv is os.LookupEnv, or a test's. It is never nil.
	LookupEnv func(key string) (value string, ok bool)
}

// Path returns where an operand lies: name itself when it is absolute or Dir is
// empty, else name below Dir. Messages still show name as the user typed it.
func (s Streams) Path(name string) string {
	if s.Dir == "" || name == "" || filepath.IsAbs(name) {
		return name
	}
	// Join would clean "link/." and "link/..", which the kernel resolves.
	return s.Dir + "/" + name
}

// Getenv returns an environment variable's value, empty when unset.
func (s Streams) Getenv(key string) string {
	v, _ := s.LookupEnv(key)
	return v
}

// Is reports whether the applet answers to name.
func (a *Applet) Is(name string) bool {
	if a.Name == name {
		return true
	}
	for _, alias := range a.Aliases {
		if alias == name {
			return true
		}
	}
	return false
}
