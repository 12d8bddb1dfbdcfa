package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"rescuebox/internal/medium"
	"rescuebox/scripts/faultlab"
)

// run makes the disk, runs a tool on it, and looks at what it did.
func (c *testCase) run(t tool, kind string) (o outcome, err error) {
	dir, err := os.MkdirTemp("", "rescuebench-")
	if err != nil {
		return o, err
	}
	defer os.RemoveAll(dir)
	content := make([]byte, size)
	rand.NewChaCha8([32]byte{7}).Read(content)
	path := filepath.Join(dir, "disk")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return o, err
	}
	img, err := faultlab.NewImage(path)
	if err != nil {
		return o, err
	}
	defer func() { err = errors.Join(err, img.Close()) }()
	source, first, err := c.prepare(img, kind)
	if err != nil {
		return o, err
	}
	start := time.Now()
	if o, err = c.execute(t, dir, source, &accidents{img: img, first: first, what: c.accident}); err != nil {
		return o, err
	}
	reads, err := img.ReadsSince(first)
	if err != nil {
		return o, err
	}
	c.look(&o, reads, start)
	if err := c.log(t.name+"-"+kind, reads, start); err != nil {
		return o, err
	}
	if o.check, err = c.verify(dir, content); err != nil {
		return o, err
	}
	return o, o.check.err()
}

// warm lets the program behind the disk start its threads, past the page cache: else the
// first reads that come at once pay for that, and not in their order.
func warm(path string) error {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECT, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	errs := make(chan error)
	const threads, times, piece = 8, 32, 512 << 10
	for i := range int64(threads) {
		go func() {
			p := medium.AlignedBuffer(piece)
			var err error
			for n := range int64(times) {
				_, wrong := f.ReadAt(p, (n*threads+i)*piece%size)
				err = errors.Join(err, wrong)
			}
			errs <- err
		}()
	}
	for range threads {
		err = errors.Join(err, <-errs)
	}
	return err
}

// prepare breaks the disk, and returns its name and how many reads it has seen.
func (c *testCase) prepare(img *faultlab.Image, kind string) (source string, first int, err error) {
	if err := warm(img.Path()); err != nil {
		return "", 0, err
	}
	source = img.Path()
	if kind == "loop" {
		if source, err = img.AttachBlocks(uint32(max(c.block, sector))); err != nil {
			return "", 0, err
		}
	}
	times := c.times
	if times == 0 {
		times = faultlab.Always
	}
	var faults []faultlab.Fault
	for _, b := range c.bad {
		faults = append(faults, faultlab.Fault{Offset: b.Offset, Length: b.Length, Times: times})
	}
	if c.accident == hangs {
		faults = append(faults, faultlab.Fault{Offset: happens, Length: sector, Delay: hangTime})
	}
	fails := c.failing
	if fails == 0 {
		fails = 20 * time.Millisecond
	}
	drive := faultlab.Drive{Size: size, Rate: 100e6, Near: 4 * time.Millisecond, Far: 12 * time.Millisecond, Error: fails, Slow: c.slow, SlowRate: 1e6}
	if err := errors.Join(img.Add(faults...), img.Drive(drive)); err != nil {
		return "", 0, err
	}
	reads, err := img.Reads()
	return source, len(reads), err
}

// execute runs the tool till it ends or is over its limit, and lets accidents happen.
func (c *testCase) execute(t tool, dir, source string, a *accidents) (o outcome, err error) {
	said := &said{}
	cmd := exec.Command(t.argv[0], append(t.argv[1:len(t.argv):len(t.argv)], source, "copy", "map")...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "LC_ALL=C")
	cmd.Stdout, cmd.Stderr = said, said
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return o, err
	}
	ended := make(chan struct{})
	stopped := make(chan watched)
	go func() { stopped <- c.watch(cmd.Process, filepath.Join(dir, "map"), a, ended) }()
	err = cmd.Wait()
	end := time.Now()
	close(ended)
	w := <-stopped
	o.end, o.memory, o.limited = end.Sub(start).Seconds(), w.memory, w.limited
	if err := errors.Join(a.err, w.err); err != nil {
		return o, err
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Exited() {
		o.status = status.ExitStatus()
	}
	if !a.at.IsZero() && c.accident == hangs {
		o.gone = end.Sub(a.at).Seconds()
		if at, ok := said.after(a.at); ok {
			o.answered = at.Sub(a.at).Seconds()
		} else {
			o.answered = o.gone
		}
		o.saved = o.gone
		if !w.saved.IsZero() {
			o.saved = w.saved.Sub(a.at).Seconds()
		}
	}
	if err != nil && c.accident == none && !w.limited {
		return o, fmt.Errorf("%w: %s", err, said.tail())
	}
	return o, nil
}

// log writes the reads of a run into a file: when they ended in seconds, offset and
// length in bytes, and the error.
func (c *testCase) log(name string, reads []faultlab.Read, start time.Time) error {
	if c.logs == "" {
		return nil
	}
	var b []byte
	for _, r := range reads {
		b = fmt.Appendf(b, "%.6f %d %d %d\n", r.At.Sub(start).Seconds(), r.Offset, r.Length, r.Err)
	}
	return os.WriteFile(filepath.Join(c.logs, strings.ReplaceAll(c.name+"-"+name, " ", "_")), b, 0o644)
}
