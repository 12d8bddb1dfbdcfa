package dd

import (
	"errors"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"rescuebox/internal/blockcopy"
	"rescuebox/internal/blockdev"
)

// openStreams makes descriptors of the standard streams that are used. What it
// returns is called at the end, when the job's files are closed.
func (j *job) openStreams() (func(), error) {
	j.in = file{name: j.options.in, path: j.streams.Path(j.options.in), fd: -1}
	j.out = file{name: j.options.out, path: j.streams.Path(j.options.out), fd: -1}
	stop := func() {}
	if !j.hasIn {
		j.in.name, j.in.path = "standard input", ""
		if f, ok := j.streams.In.(*os.File); ok {
			j.in.fd = int(f.Fd())
		} else {
			r, w, err := os.Pipe()
			if err != nil {
				return stop, err
			}
			go func() { _, _ = io.Copy(w, j.streams.In); w.Close() }()
			j.in.fd = int(r.Fd())
			stop = func() { r.Close() }
		}
	}
	if j.hasOut {
		return stop, nil
	}
	j.out.name, j.out.path = "standard output", ""
	if f, ok := j.streams.Out.(*os.File); ok {
		j.out.fd = int(f.Fd())
		return stop, nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return stop, err
	}
	done := make(chan struct{})
	go func() { _, _ = io.Copy(j.streams.Out, r); r.Close(); close(done) }()
	j.out.fd = int(w.Fd())
	first := stop
	return func() { first(); w.Close(); <-done }, nil
}

// open opens both files. Nothing of the output is touched before all is known.
func (j *job) open() error {
	if err := j.openInput(); err != nil {
		return err
	}
	if err := j.openOutput(); err != nil {
		return err
	}
	if j.same() && (j.hasOut || j.out.isDevice()) && !j.conv["notrunc"] && !j.oflag["force"] {
		return errors.New(j.out.name + ": it is the input itself; conv=notrunc copies within it, oflag=force also truncates it")
	}
	j.in.nocache, j.out.nocache = j.iflag["nocache"], j.oflag["nocache"]
	if j.hasOut && !j.conv["notrunc"] {
		return j.truncate()
	}
	return nil
}

func (j *job) openInput() error {
	f := &j.in
	if j.hasIn {
		fd, err := open(f.path, unix.O_RDONLY|flags(j.iflag))
		if err != nil {
			return errors.New("failed to open " + quote(f.name) + ": " + reason(err))
		}
		f.fd, f.own = fd, true
	}
	err := f.learn()
	if err == nil && !j.hasIn {
		err = f.setFlags(j.iflag)
	}
	if err == nil && f.regular() {
		_ = unix.Fadvise(f.fd, 0, 0, unix.FADV_SEQUENTIAL)
	}
	return j.setting(f, err)
}

func (j *job) setting(f *file, err error) error {
	if err == nil {
		return nil
	}
	return errors.New("setting flags for " + quote(f.name) + ": " + reason(err))
}

func (j *job) openOutput() error {
	f := &j.out
	if j.hasOut {
		if j.oflag["append"] && !j.conv["notrunc"] {
			j.console.message("you probably want conv=notrunc with oflag=append")
		}
		return openOutput(f, j.options)
	}
	err := f.learn()
	if err == nil {
		err = f.setFlags(j.oflag)
	}
	if err != nil || j.oflag["force"] {
		return j.setting(f, err)
	}
	held, err := claim(f)
	j.held = held
	return err
}

// same reports whether input and output are one file or device.
func (j *job) same() bool {
	a, b := &j.in.stat, &j.out.stat
	switch {
	case j.in.regular() && j.out.regular():
		return a.Dev == b.Dev && a.Ino == b.Ino
	case j.in.isDevice() && j.out.isDevice():
		return a.Rdev == b.Rdev
	}
	return false
}

// truncate leaves of a file what lies before the place that is written to.
func (j *job) truncate() error {
	f := &j.out
	if !f.regular() {
		return nil
	}
	a := j.seek.in(j.obs, j.oflag["seek_bytes"])
	size := a.Blocks*int64(j.obs) + a.Bytes
	if err := unix.Ftruncate(f.fd, size); err != nil {
		return errors.New("failed to truncate to " + number(size) + " bytes in output file " + quote(f.name) + ": " + reason(err))
	}
	f.stat.Size = size
	return nil
}

// extend sets the size of an output that ends in a hole, unless it is larger.
func (j *job) extend(size int64) error {
	var stat unix.Stat_t
	if err := unix.Fstat(j.out.fd, &stat); err != nil || int64(stat.Size) >= size {
		return err
	}
	return unix.Ftruncate(j.out.fd, size)
}

// sync waits for the disk where that is asked for.
func (j *job) sync() error {
	call, name := unix.Fsync, "fsync"
	switch {
	case j.conv["fsync"] || j.direct:
	case j.conv["fdatasync"]:
		call, name = unix.Fdatasync, "fdatasync"
	default:
		return nil
	}
	err := retry(func() error { return call(j.out.fd) })
	if err == unix.EINVAL || err == unix.ENOSYS {
		name = "fsync"
		err = retry(func() error { return unix.Fsync(j.out.fd) })
	}
	if err != nil {
		j.console.message(name + " failed for " + quote(j.out.name) + ": " + reason(err))
	}
	return err
}

// close closes what this job has opened.
func (j *job) close() error {
	if j.in.own {
		_ = unix.Close(j.in.fd)
		j.in.own = false
	}
	if j.held > 0 {
		_ = unix.Close(j.held)
		j.held = -1
	}
	if !j.out.own {
		return nil
	}
	j.out.own = false
	err := unix.Close(j.out.fd)
	if err != nil {
		j.console.message("closing output file " + quote(j.out.name) + ": " + reason(err))
	}
	return err
}

// readError says what of the input cannot be read.
func (j *job) readError(e blockcopy.Failure) {
	j.failed = true
	text := j.in.name + ": read error at byte " + number(e.Offset)
	if e.Length > blockdev.SectorSize {
		text = j.in.name + ": read errors at bytes " + number(e.Offset) + "-" + number(e.Offset+e.Length-1)
	}
	j.console.message(text + j.in.sector(e.Offset, e.Length) + ": " + reason(e.Err))
	if j.conv["noerror"] && j.conv["sync"] && e.Length > 0 {
		j.copy.Stats.Missing.Add(e.Length)
		j.copy.Stats.Places.Add(1)
	}
}

// sector is the place of bytes on a device, where it is known.
func (f *file) sector(offset, length int64) string {
	const size = blockdev.SectorSize
	device := ""
	switch {
	case f.isDevice():
	case f.regular():
		list, err := blockdev.Extents(f.fd, offset, 1)
		on := blockdev.System{}.Lookup(uint64(f.stat.Dev))
		if err != nil || len(list) == 0 || !list[0].Mapped || on.Anonymous {
			return ""
		}
		offset, length, device = list[0].Physical, size, on.Name+" "
	default:
		return ""
	}
	first, last := offset/size, (offset+max(length, 1)-1)/size
	if first == last {
		return " (" + device + "sector " + number(first) + ")"
	}
	return " (" + device + "sectors " + number(first) + "-" + number(last) + ")"
}

// writeError says why the output takes no more.
func (j *job) writeError(e *blockcopy.WriteError) {
	switch {
	case errors.Is(e.Err, unix.EPIPE):
		// Written through package os, it ends the program as SIGPIPE does others.
		if f, ok := j.streams.Out.(*os.File); ok && !j.hasOut {
			_, _ = f.Write([]byte{0})
		}
	case errors.Is(e.Err, unix.ESPIPE):
		j.console.message(quote(j.out.name) + ": cannot seek: " + reason(e.Err))
	default:
		j.console.message(j.out.name + ": write error at byte " + number(e.Offset) + j.out.sector(e.Offset, 1) + ": " + reason(e.Err))
	}
}

// partialRead warns of what counting blocks of a pipe leads to.
func (j *job) partialRead(n int) {
	bytes := " bytes"
	if n == 1 {
		bytes = " byte"
	}
	j.console.message("warning: partial read (" + strconv.Itoa(n) + bytes + "); suggest iflag=fullblock")
}

// lost is what is to be known of the copy of a failing disk; empty where it is whole.
func (j *job) lost() string {
	bytes, places := j.copy.Stats.Missing.Load(), j.copy.Stats.Places.Load()
	if bytes == 0 {
		return ""
	}
	where := " places"
	if places == 1 {
		where = " place"
	}
	return j.in.name + ": " + number(bytes) + " bytes in " + number(places) + where + " are missing; zeros are in their place"
}

func number[T int | int64 | uint32](n T) string { return strconv.FormatInt(int64(n), 10) }
