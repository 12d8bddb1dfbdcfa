// Package selfcheck is the applet selfcheck: the toolbox proves that its own file,
// or another copy of it, is whole.
package selfcheck

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"rescuebox/internal/applet"
	"rescuebox/internal/getopt"
	"rescuebox/internal/selfcheck"
)

// Applet is selfcheck.
var Applet = applet.Applet{
	Name:    "selfcheck",
	Group:   applet.Paste,
	Summary: "prove that a copy of the toolbox is whole",
	Usage:   usage,
	Run:     run,
}

const usage = `usage: selfcheck [--file FILE] [--rename PATH [--force]] [SHA256]

Read a copy of the toolbox to its end, by default the one that runs, and compare
it with the seal that the build put there; with SHA256, also the whole file with
that. "rescuebox --selfcheck" is the same.

    --file FILE    check this file
    --rename PATH  give the file this name when it is whole, unless it is taken;
                   what a paste does at its end, where mv may not run
    --force        with --rename: replace what is there

EXIT STATUS
    0  whole
    1  damaged, or not readable
    2  it has no seal: built without one, or cut off

EXAMPLES
    rescuebox --selfcheck
    selfcheck --file /mnt/usb/rescuebox
`

const (
	optFile rune = getopt.LongOnly + iota
	optRename
	optForce
)

var options = []getopt.Option{
	{Short: optFile, Long: "file", Arg: getopt.Required},
	{Short: optRename, Long: "rename", Arg: getopt.Required},
	{Short: optForce, Long: "force"},
}

// statusNoSeal tells a file that cannot prove itself from a damaged one.
const statusNoSeal = 2

func run(_ context.Context, s applet.Streams, args []string) error {
	var file, name string
	force := false
	p := getopt.New(options, args)
	for p.Next() {
		switch p.Opt() {
		case optFile:
			file = p.Value()
		case optRename:
			name = p.Value()
		case optForce:
			force = true
		}
	}
	if err := p.Err(); err != nil {
		return &applet.UsageError{Err: err}
	}
	if len(p.Operands()) > 1 {
		return applet.Usage(1, "more than one SHA256")
	}
	sum := ""
	if len(p.Operands()) == 1 {
		sum = strings.ToLower(p.Operands()[0])
		if len(sum) != 64 || strings.Trim(sum, "0123456789abcdef") != "" {
			return applet.Usage(1, "'"+sum+"' is no SHA256: 64 hexadecimal digits")
		}
	}
	shown := file
	if file == "" {
		self, err := s.Self()
		if err != nil {
			return err
		}
		file, shown = self, self
	} else {
		file = s.Path(file)
	}
	report, err := check(file)
	if err == nil && sum != "" && sum != report.Sum {
		err = &selfcheck.DamageError{Sealed: sum, Found: report.Sum}
	}
	if err != nil {
		return failure(s, shown, err)
	}
	if name != "" {
		if err := rename(file, s.Path(name), force); err != nil {
			return err
		}
		shown = name
	}
	_, err = io.WriteString(s.Out, "whole: "+shown+", "+strconv.FormatInt(report.Size, 10)+" bytes, sha256 "+report.Sum+"\n")
	return err
}

func check(file string) (selfcheck.Report, error) {
	f, err := os.Open(file)
	if err != nil {
		return selfcheck.Report{}, err
	}
	defer f.Close()
	return selfcheck.Check(f)
}

func failure(s applet.Streams, file string, err error) error {
	r := s.Reporter()
	if errors.Is(err, selfcheck.ErrNoSeal) {
		r.ErrorStatus(statusNoSeal, file, err)
	} else {
		r.Error(file, err)
	}
	return r.Err()
}

// rename gives a file its final name, and names that one in its error. Without force
// an existing one stays: a link fails where rename would replace. File systems
// without links (vfat) leave a moment between the look and the rename.
func rename(file, name string, force bool) error {
	err := move(file, name, force)
	var link *os.LinkError
	if errors.As(err, &link) {
		return &os.PathError{Op: "rename", Path: name, Err: link.Err}
	}
	return err
}

func move(file, name string, force bool) error {
	if force {
		return os.Rename(file, name)
	}
	err := os.Link(file, name)
	switch {
	case err == nil:
		return os.Remove(file)
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.ENOSYS):
		if _, err := os.Lstat(name); err == nil {
			return &os.PathError{Op: "rename", Path: name, Err: syscall.EEXIST}
		}
		return os.Rename(file, name)
	}
	return err
}
