package ldd

import (
	"errors"

	"rescuebox/internal/applet"
	"rescuebox/internal/elfdep"
	"rescuebox/internal/getopt"
	"rescuebox/internal/rootfs"
)

const (
	optRoot = getopt.LongOnly + iota
	optTree
	optJSON
	optCPU
)

var options = []getopt.Option{
	{Short: 'v', Long: "verbose"}, {Short: 'd', Long: "data-relocs"}, {Short: 'r', Long: "function-relocs"},
	{Short: 'u', Long: "unused"}, {Short: optTree, Long: "tree"}, {Short: optJSON, Long: "json"},
	{Short: optRoot, Long: "root", Arg: getopt.Required}, {Short: optCPU, Long: "cpu", Arg: getopt.Required},
}

// wanted is what to print.
type wanted struct {
	versions, data, calls, unused, tree, json bool

	root string
	cpu  string
}

func parse(args []string) (w wanted, files []string, err error) {
	p := getopt.New(options, args)
	for p.Next() {
		switch p.Opt() {
		case 'v':
			w.versions = true
		case 'd':
			w.data = true
		case 'r':
			w.data, w.calls = true, true
		case 'u':
			w.unused = true
		case optTree:
			w.tree = true
		case optJSON:
			w.json = true
		case optRoot:
			// An unset variable must not turn into the running system.
			if w.root = p.Value(); w.root == "" {
				return w, nil, applet.Usage(1, "--root: empty DIR")
			}
		case optCPU:
			if w.cpu = p.Value(); w.cpu == "" {
				return w, nil, applet.Usage(1, "--cpu: empty LEVEL")
			}
		}
	}
	if err := p.Err(); err != nil {
		return w, nil, &applet.UsageError{Err: err}
	}
	if !hasLookups && (w.data || w.unused) {
		return w, nil, applet.Usage(1, "-d, -r and -u are not in this small build: take the full one")
	}
	if files = p.Operands(); len(files) == 0 {
		err = applet.Usage(1, "missing file arguments")
	}
	return w, files, err
}

// config returns what the programs would start in.
func (w *wanted) config(s applet.Streams) (elfdep.Config, error) {
	c := elfdep.Config{Dir: s.Dir}
	switch w.cpu {
	case "":
		c.Levels = elfdep.HostLevels()
		c.Capabilities = elfdep.HostCapabilities()
	case "none":
	default:
		levels, err := elfdep.Levels(w.cpu)
		if err != nil {
			return c, &applet.UsageError{Err: errors.New("--cpu: " + w.cpu + ": " + err.Error())}
		}
		c.Levels = levels
	}
	if w.root != "" {
		c.Root, c.Dir = rootfs.New(s.Path(w.root)), ""
	} else {
		c.LibraryPath, c.Preload = s.Getenv("LD_LIBRARY_PATH"), s.Getenv("LD_PRELOAD")
	}
	return c, c.Root.Check()
}
