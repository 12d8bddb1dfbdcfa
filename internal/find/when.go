package find

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// stamp returns the entry's time of the kind a (access), m (modification),
// c (status change) or B (birth), and whether there is one.
func (e *Entry) stamp(kind byte) (time.Time, bool) {
	if kind == 'B' {
		return e.birth()
	}
	st, ok := e.Stat()
	if !ok {
		return time.Time{}, false
	}
	ts := st.Mtim
	switch kind {
	case 'a':
		ts = st.Atim
	case 'c':
		ts = st.Ctim
	}
	return time.Unix(int64(ts.Sec), int64(ts.Nsec)), true
}

// birth asks statx(2), which older kernels and some file systems do not answer.
func (e *Entry) birth() (time.Time, bool) {
	flags := unix.AT_SYMLINK_NOFOLLOW
	if e.follow {
		flags = 0
	}
	var x unix.Statx_t
	err := unix.Statx(e.dirfd, e.at, flags|unix.AT_NO_AUTOMOUNT, unix.STATX_BTIME, &x)
	if err != nil || x.Mask&unix.STATX_BTIME == 0 {
		return time.Time{}, false
	}
	return time.Unix(x.Btime.Sec, int64(x.Btime.Nsec)), true
}

// timeTests are -mtime, -mmin, -newer and their kin.
func (p *parser) timeTests(name string) (test, error) {
	switch name {
	case "-atime", "-mtime", "-ctime":
		return p.age(name, name[1], 24*time.Hour)
	case "-amin", "-mmin", "-cmin":
		return p.age(name, name[1], time.Minute)
	case "-newer":
		return p.newer(name, 'm', 'm')
	case "-anewer":
		return p.newer(name, 'a', 'm')
	case "-cnewer":
		return p.newer(name, 'c', 'm')
	}
	if xy, ok := strings.CutPrefix(name, "-newer"); ok && len(xy) == 2 &&
		strings.IndexByte("aBcm", xy[0]) >= 0 && strings.IndexByte("aBcmt", xy[1]) >= 0 {
		return p.newer(name, xy[0], xy[1])
	}
	return nil, nil
}

// age compares how long ago a time is. Days are counted whole, the rest
// dropped; minutes are compared exactly, and exactly n is the nth minute, both
// as GNU find does.
func (p *parser) age(name string, kind byte, unit time.Duration) (test, error) {
	arg, err := p.arg(name)
	if err != nil {
		return nil, err
	}
	n, err := parseNumber(arg)
	if err != nil {
		return nil, invalid(name, arg)
	}
	now := p.query.env.Now
	return func(e *Entry) bool {
		at, ok := e.stamp(kind)
		if !ok {
			return false
		}
		// time.Time.Sub saturates at 292 years; file times may be further away.
		seconds := float64(now.Unix()-at.Unix()) + float64(now.Nanosecond()-at.Nanosecond())/1e9
		units := seconds / unit.Seconds()
		switch {
		case unit > time.Hour:
			units = math.Floor(units)
		case n.sign == 0:
			units = math.Ceil(units)
		}
		return n.match(units)
	}, nil
}

func (p *parser) newer(name string, kind, of byte) (test, error) {
	arg, err := p.arg(name)
	if err != nil {
		return nil, err
	}
	var ref time.Time
	if of == 't' {
		ref, err = parseTime(arg, p.query.env.Zone)
		if err != nil {
			return nil, err
		}
	} else {
		// The reference is followed unless -P was said, which is the default.
		e := p.reference(arg)
		if err := e.readStat(); err != nil {
			return nil, &FileError{arg, err}
		}
		e.state = statRead
		var ok bool
		if ref, ok = e.stamp(of); !ok {
			return nil, &FileError{arg, errors.New("its birth time is not known")}
		}
	}
	return func(e *Entry) bool {
		at, ok := e.stamp(kind)
		return ok && at.After(ref)
	}, nil
}

// reference is a file that a test names.
func (p *parser) reference(operand string) *Entry {
	return &Entry{
		Path: operand, dirfd: unix.AT_FDCWD, at: p.query.env.Path(operand),
		follow: p.query.opts.Follow != FollowNone,
	}
}

// FileError is a failure of a file that the expression names.
type FileError struct {
	File string
	Err  error
}

func (e *FileError) Error() string { return e.File + ": " + e.Err.Error() }
func (e *FileError) Unwrap() error { return e.Err }

// parseTime reads the time of -newermt: @SECONDS since 1970, or a date with an
// optional time of day and zone.
func parseTime(arg string, zone *time.Location) (time.Time, error) {
	if digits, ok := strings.CutPrefix(arg, "@"); ok {
		if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
			return time.Unix(n, 0), nil
		}
	}
	for _, layout := range []string{
		"2006-01-02", "2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05",
		time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05Z07:00",
	} {
		if t, err := time.ParseInLocation(layout, arg, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("bad time '" + arg + "': write YYYY-MM-DD, 'YYYY-MM-DD HH:MM:SS' or @SECONDS")
}
