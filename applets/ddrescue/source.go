package ddrescue

import (
	"context"
	"errors"
	"os"
	"strconv"

	"rescuebox/internal/applet"
	"rescuebox/internal/faultymedium"
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
	if !isExport(name) {
		of, err = device.OpenSource(path, buffered)
		if err != nil {
			return nil, nil, "", named(name, err)
		}
		return of, of, of.Identity.String(), nil
	}
	export, err := openExport(ctx, name)
	if err != nil {
		return nil, nil, "", err
	}
	return export, nil, name + ", " + strconv.FormatInt(export.Size(), 10) + " bytes", nil
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
