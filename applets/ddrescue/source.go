package ddrescue

import (
	"context"
	"errors"
	"os"
	"strconv"

	"rescuebox/internal/applet"
	"rescuebox/internal/faultymedium"
	"rescuebox/internal/nbd"
	"rescuebox/internal/rescue"
	"rescuebox/internal/rescue/device"
)

// source is what is rescued.
type source interface {
	rescue.Medium
	Close() error
}

// openSource opens a path, or the export of another machine. The device is nil for that.
func openSource(ctx context.Context, name, path string, buffered bool) (s source, of *device.Source, identity string, err error) {
	if !nbd.IsURI(name) {
		of, err = device.OpenSource(path, buffered)
		if err != nil {
			return nil, nil, "", named(name, err)
		}
		return of, of, of.Identity.String(), nil
	}
	c, err := nbd.Dial(ctx, name)
	if ctx.Err() != nil {
		return nil, nil, "", applet.Exit(interrupted)
	}
	if err != nil {
		return nil, nil, "", unreachable(name, err)
	}
	return remote{c}, nil, name + ", " + strconv.FormatInt(c.Size(), 10) + " bytes", nil
}

// remote is an export. Its physical sector is not told: the unit that the server
// prefers is for speed.
type remote struct{ *nbd.Client }

// Sectors implements rescue.Medium.
func (r remote) Sectors() (logical, physical int64) {
	n := max(512, int64(r.Block()))
	return n, n
}

// ReadAt implements rescue.Medium.
func (r remote) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.Client.ReadAt(p, off)
	if errors.Is(err, nbd.ErrGone) {
		err = errors.Join(rescue.ErrGone, err)
	}
	return n, err
}

// wrapSource lets reads fail that would not.
func (r *run) wrapSource() error {
	if r.o.reopen {
		if r.device == nil {
			return applet.Usage(1, "--reopen-on-error: a device or a file of this machine has it")
		}
		r.source = device.NewReopening(r.device)
	}
	m, err := r.finished(r.o.testMap)
	if err != nil {
		return err
	}
	if m != nil {
		r.source = faultymedium.Mapped{Medium: r.source, Map: m}
	}
	if r.o.badData == "" {
		return nil
	}
	stamp, err := os.ReadFile(r.s.Path(r.o.badData))
	if err != nil {
		return named(r.o.badData, err)
	}
	if n := r.sector(); int64(len(stamp)) != n {
		return errors.New(r.o.badData + ": " + strconv.Itoa(len(stamp)) + " bytes: not a sector, which has " + strconv.FormatInt(n, 10))
	}
	r.source = faultymedium.Stamped{Medium: r.source, Stamp: stamp}
	return nil
}
