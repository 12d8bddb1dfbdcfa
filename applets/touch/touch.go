// Package touch is the applet touch.
package touch

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/applet"
	"rescuebox/internal/getdate"
	"rescuebox/internal/getopt"
)

const usage = `usage: touch [-acfhm] [-d DATE | -t STAMP] [-r FILE] FILE...

Set the times of each FILE to now, and make it when it is not there.

  -a                    the access time only
  -m                    the modification time only
      --time=WHICH      access, atime or use as -a; modify or mtime as -m
  -c, --no-create       make no file
  -d, --date=DATE       to DATE instead of now
  -t STAMP              to [[CC]YY]MMDDhhmm[.ss]
  -r, --reference=FILE  to the times of FILE; a relative DATE counts from them
  -h, --no-dereference  the times of a symbolic link itself
  -f                    no effect

DATE is @SECONDS, YYYY-MM-DD, '14 Nov 2009', HH:MM[:SS[.FRACTION]], a zone (Z,
UTC, +0100), 'yesterday', '3 days ago', 'next week', or several of those. A FILE
of - is the one that standard output writes to.

EXAMPLES
  touch -d '2009-11-14 13:31 UTC' x
  touch -r old new                      give new the times of old
`

// Applet is touch.
var Applet = applet.Applet{
	Name:    "touch",
	Dir:     "bin",
	Group:   applet.Files,
	Summary: "make files and set their times",
	Usage:   usage,
	Run:     run,
}

const timeOption = getopt.LongOnly

func options() []getopt.Option {
	return []getopt.Option{
		{Short: 'a'},
		{Short: 'm'},
		{Short: timeOption, Long: "time", Arg: getopt.Required},
		{Short: 'c', Long: "no-create"},
		{Short: 'd', Long: "date", Arg: getopt.Required},
		{Short: 't', Arg: getopt.Required},
		{Short: 'r', Long: "reference", Arg: getopt.Required},
		{Short: 'h', Long: "no-dereference"},
		{Short: 'f'},
	}
}

// touch is one run.
type touch struct {
	streams applet.Streams
	report  *applet.Reporter

	access, modification bool
	noCreate, noFollow   bool
	date, stamp, like    string
	hasDate, hasStamp    bool

	times [2]unix.Timespec // access and modification, as utimensat(2) takes them
}

func run(_ context.Context, s applet.Streams, args []string) error {
	t := &touch{streams: s, report: s.Reporter()}
	p := getopt.New(options(), args)
	for p.Next() {
		if err := t.set(p); err != nil {
			return err
		}
	}
	if err := p.Err(); err != nil {
		if err == getopt.ErrHelp || err == getopt.ErrVersion {
			return err
		}
		return &applet.UsageError{Err: err}
	}
	if t.hasStamp && (t.hasDate || t.like != "") {
		return applet.Usage(1, "cannot specify times from more than one source")
	}
	if err := t.resolve(); err != nil {
		return err
	}
	if len(p.Operands()) == 0 {
		return applet.Usage(1, "missing file operand")
	}
	for _, name := range p.Operands() {
		if err := t.file(name); err != nil {
			t.report.Error(name, err)
		}
	}
	return t.report.Err()
}

func (t *touch) set(p *getopt.Parser) error {
	switch p.Opt() {
	case 'a':
		t.access = true
	case 'm':
		t.modification = true
	case timeOption:
		switch p.Value() {
		case "access", "atime", "use":
			t.access = true
		case "modify", "mtime":
			t.modification = true
		default:
			return applet.Usage(1, "invalid argument '"+p.Value()+"' for '--time'")
		}
	case 'c':
		t.noCreate = true
	case 'd':
		t.date, t.hasDate = p.Value(), true
	case 't':
		t.stamp, t.hasStamp = p.Value(), true
	case 'r':
		t.like = p.Value()
	case 'h':
		t.noFollow = true
	}
	return nil
}

// resolve sets t.times.
func (t *touch) resolve() error {
	t.times = [2]unix.Timespec{{Nsec: unix.UTIME_NOW}, {Nsec: unix.UTIME_NOW}}
	now := time.Now()
	base := [2]time.Time{now, now}
	fixed := t.hasDate || t.hasStamp || t.like != ""
	if t.like != "" {
		var st unix.Stat_t
		if err := t.stat(t.streams.Path(t.like), &st); err != nil {
			t.report.Error(t.like, err)
			return t.report.Err()
		}
		base[0] = time.Unix(int64(st.Atim.Sec), int64(st.Atim.Nsec))
		base[1] = time.Unix(int64(st.Mtim.Sec), int64(st.Mtim.Nsec))
	}
	for i := range base {
		var err error
		switch {
		case t.hasStamp:
			base[i], err = parseStamp(t.stamp, now, zone(t.streams))
			if err != nil {
				return errors.New("invalid date format '" + t.stamp + "'")
			}
		case t.hasDate:
			base[i], err = getdate.Parse(t.date, base[i], zone(t.streams))
			if err != nil {
				return errors.New("invalid date format '" + t.date + "'")
			}
		}
		if fixed {
			if t.times[i], err = unix.TimeToTimespec(base[i]); err != nil {
				return errors.New("date is out of range")
			}
		}
	}
	if t.access && !t.modification {
		t.times[1] = unix.Timespec{Nsec: unix.UTIME_OMIT}
	}
	if t.modification && !t.access {
		t.times[0] = unix.Timespec{Nsec: unix.UTIME_OMIT}
	}
	return nil
}

func (t *touch) stat(path string, st *unix.Stat_t) error {
	if t.noFollow {
		return unix.Lstat(path, st)
	}
	return unix.Stat(path, st)
}

// zone is the time zone of TZ, else the system's; what cannot be had is UTC, as
// tzset(3) has it.
func zone(s applet.Streams) *time.Location {
	name, ok := s.LookupEnv("TZ")
	if !ok {
		return time.Local
	}
	if zone, err := time.LoadLocation(strings.TrimPrefix(name, ":")); err == nil {
		return zone
	}
	return time.UTC
}

// file makes one file, and sets its times.
func (t *touch) file(name string) error {
	if name == "-" {
		return t.output()
	}
	path := t.streams.Path(name)
	var openErr error
	if !t.noCreate && !t.noFollow {
		// A pipe without a reader must not hold this up, nor a terminal take over.
		const flags = unix.O_WRONLY | unix.O_CREAT | unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC
		fd, err := unix.Open(path, flags, 0o666)
		if err == nil {
			defer unix.Close(fd)
		}
		openErr = err
	}
	flags := 0
	if t.noFollow {
		flags = unix.AT_SYMLINK_NOFOLLOW
	}
	err := unix.UtimesNanoAt(unix.AT_FDCWD, path, t.times[:], flags)
	switch {
	case err == nil || err == unix.ENOENT && t.noCreate:
		return nil
	case err == unix.ENOENT && openErr != nil:
		return openErr // why it could not be made
	}
	return err
}

// output sets the times of the file behind standard output.
func (t *touch) output() error {
	f, ok := t.streams.Out.(*os.File)
	if !ok {
		return unix.EBADF
	}
	return futimens(int(f.Fd()), &t.times)
}
