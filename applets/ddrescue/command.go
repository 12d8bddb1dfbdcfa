package ddrescue

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"syscall"

	"rescuebox/internal/applet"
	"rescuebox/internal/errno"
	"rescuebox/internal/mapfile"
	"rescuebox/internal/medium"
	"rescuebox/internal/rescue"
)

// commander executes commands from standard input: --command-mode of ddrescue.
type commander struct {
	*run
	domain  mapfile.Domain
	cluster int64 // bytes of a read, which ends at a multiple of it
	buffer  []byte
	failed  bool // a command did
}

// commands is --command-mode.
func (r *run) commands(ctx context.Context) error {
	r.noteIdle("command mode", commandOptions, optBuffered, optBadData, optCommand, optSameFile)
	if err := r.open(ctx); err != nil {
		return err
	}
	c := &commander{run: r, domain: r.parts[len(r.parts)-1]}
	var err error
	if _, c.cluster, err = r.o.clusters(r.sector()); err != nil {
		return err
	}
	c.buffer = medium.AlignedBuffer(int(c.cluster))
	if r.o.mapfile != "" {
		if err := r.save(r.m); err != nil {
			return err
		}
	}
	lines, ended := make(chan string), make(chan struct{})
	defer close(ended)
	go read(r.s.In, lines, ended)
	for {
		select {
		case <-ctx.Done():
			return errors.Join(c.update(), r.interrupted())
		case line, more := <-lines:
			if !more {
				line = "f"
			}
			end, err := c.execute(ctx, strings.TrimLeft(line, " \t"))
			if stopped(err) {
				return errors.Join(c.update(), r.interrupted())
			}
			if end || err != nil {
				return err
			}
		}
	}
}

// read hands whole lines on; what is behind the last one is no command.
func read(in io.Reader, lines chan<- string, ended <-chan struct{}) {
	defer close(lines)
	for b := bufio.NewReader(in); ; {
		line, err := b.ReadString('\n')
		if err != nil {
			return
		}
		select {
		case lines <- strings.TrimSuffix(line, "\n"):
		case <-ended:
			return
		}
	}
}

// execute runs one command, and reports whether it was the last one.
func (c *commander) execute(ctx context.Context, line string) (end bool, err error) {
	switch {
	case line == "":
		return false, nil
	case line == "q":
		return true, c.status()
	case line == "f":
		if err := c.update(); err != nil {
			return true, err
		}
		if err := c.answer("done"); err != nil {
			return true, err
		}
		return true, c.status()
	case line == "u":
		err := c.update()
		if err != nil {
			return false, c.fail(": " + err.Error())
		}
		return false, c.answer("done")
	case len(line) > 1 && (line[0] == 'c' || line[0] == 's'):
		pos, size, ok := mapfile.ParseRange(line[1:])
		if !ok || pos < 0 || size <= 0 {
			return false, c.fail("")
		}
		if line[0] == 's' {
			return false, c.show(pos, size)
		}
		return false, c.copy(ctx, pos, size)
	}
	return false, c.fail(": unknown command '" + line + "'")
}

func (c *commander) answer(text string) error {
	_, err := io.WriteString(c.s.Out, text+"\n")
	return err
}

func (c *commander) fail(reason string) error {
	c.failed = true
	return c.answer("error" + reason)
}

// status is the exit status: 1 when a command has failed.
func (c *commander) status() error {
	if c.failed {
		return applet.Exit(1)
	}
	return nil
}

// update writes the map.
func (c *commander) update() error {
	if err := c.target.Sync(); err != nil {
		return named(c.o.target, err)
	}
	if c.o.mapfile == "" {
		return nil
	}
	return c.save(c.m)
}

// show prints what the map says of some bytes, cut where the domain begins and ends.
func (c *commander) show(pos, size int64) error {
	if pos >= c.m.Size() {
		return c.fail("")
	}
	_, end, _, _ := c.domain.Extent()
	var text strings.Builder
	for b := range c.m.Range(pos, min(size, max(end-pos, 0))) {
		for piece := range c.domain.Split(b) {
			text.WriteString(piece.String() + "\n")
		}
	}
	return c.answer(text.String() + "done")
}

// copy copies what is not finished of some bytes. What cannot be read is a bad sector
// at once, however large: who gives commands decides what is tried again.
func (c *commander) copy(ctx context.Context, pos, size int64) error {
	var blocks []mapfile.Block
	for b := range c.m.Range(pos, size) {
		for piece, in := range c.domain.Split(b) {
			if in && b.Status != mapfile.Finished {
				blocks = append(blocks, piece)
			}
		}
	}
	for _, b := range blocks {
		for at, end := b.Pos, b.Pos+b.Size; at < end; {
			n := min(c.cluster-at%c.cluster, end-at)
			if err := c.piece(ctx, at, n); err != nil {
				if stopped(err) {
					return err
				}
				return c.fail(": " + err.Error())
			}
			at += n
		}
	}
	return c.answer("done")
}

// piece copies at most a cluster.
func (c *commander) piece(ctx context.Context, pos, size int64) error {
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	p := c.buffer[:size]
	go func() {
		n, err := c.source.ReadAt(p, pos)
		done <- result{n, err}
	}()
	var got result
	select {
	case <-ctx.Done(): // also while the read hangs
		return ctx.Err()
	case got = <-done:
	}
	if vanished(got.err) {
		return errors.New(c.o.source + ": it has disappeared: " + errno.Reason(got.err))
	}
	good := int64(got.n)
	if good > 0 {
		if _, err := c.target.WriteAt(p[:good], pos+c.o.opos-c.o.ipos); err != nil {
			return errors.New(c.o.target + ": writing at byte " + strconv.FormatInt(pos+c.o.opos-c.o.ipos, 10) + ": " + errno.Reason(err))
		}
		c.m.Set(pos, good, mapfile.Finished)
	}
	c.m.Set(pos+good, size-good, mapfile.BadSector)
	return nil
}

// vanished reports whether an error says nothing of a place, but that there is no
// device.
func vanished(err error) bool {
	for _, e := range []error{rescue.ErrGone, syscall.ENODEV, syscall.ENXIO, syscall.ENOMEDIUM} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
