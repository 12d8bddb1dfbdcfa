// Package kernellog finds what the kernel's log says of places on disks that could
// not be read.
//
// The log is read as records of /dev/kmsg or, from where it was saved, as the text
// of dmesg(1), journalctl(1) or syslog. It may be incomplete: the kernel keeps the
// last of it, and says no more than ten such errors in five seconds.
package kernellog

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxEvents bounds what a Log keeps.
const maxEvents = 1 << 14

// maxLine bounds a line in bytes: the kernel's have at most 1 KiB of text.
const maxLine = 8 << 10

// Log collects events; one that comes again is counted.
type Log struct {
	Events []Event // in the order in which they came first
	// Missed is how often it is known that something was not there to be read:
	// parts of the log that the kernel has overwritten, messages that it held
	// back, and events beyond the number that is kept.
	Missed int
	// Links counts complaints about the way to a disk by the port or the controller
	// that they name (ParseLink).
	Links map[string]int
	index map[string]int
}

// Add looks at one line and the time that it has, or -1.
func (l *Log) Add(text string, time int64) {
	if strings.Contains(text, " callbacks suppressed") {
		if strings.Contains(text, "_error: ") || strings.Contains(text, "blk_update_request: ") {
			l.Missed++
		}
		return
	}
	e, ok := ParseText(text)
	if !ok {
		l.link(text)
		return
	}
	e.Text, e.Time = strings.Clone(text), time
	key := e.key()
	if i, known := l.index[key]; known {
		l.Events[i].Times++
		l.Events[i].Time = max(l.Events[i].Time, time)
		l.Events[i].Count = max(l.Events[i].Count, e.Count)
		return
	}
	if len(l.Events) == maxEvents {
		l.Missed++
		return
	}
	if l.index == nil {
		l.index = map[string]int{}
	}
	e.Device, e.Reason = strings.Clone(e.Device), strings.Clone(e.Reason)
	l.index[key] = len(l.Events)
	l.Events = append(l.Events, e)
}

// key is the same for events that are the same but for their time.
func (e *Event) key() string {
	b := append([]byte(e.Device), ' ', byte('a'+e.Kind), byte('a'+e.Unit))
	if e.Write {
		b = append(b, 'w')
	}
	for _, n := range [...]int64{e.Sector, e.Block, int64(e.Inode), e.Root, e.Offset} {
		b = strconv.AppendInt(append(b, ' '), n, 10)
	}
	return string(b)
}

// ReadText reads lines as dmesg, journalctl and syslog write them, of any age. The
// error is that of reading.
func (l *Log) ReadText(r io.Reader) error {
	in := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := in.ReadSlice('\n')
		text := strings.TrimRight(string(line), "\r\n")
		l.Add(text, timeOf(text))
		for err == bufio.ErrBufferFull {
			_, err = in.ReadSlice('\n')
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// timeOf reads "[  307.582035]", in microseconds, wherever it stands in a line.
func timeOf(line string) int64 {
	for range 3 { // [host] or <3> may stand before
		_, rest, ok := cut(line, "[")
		if !ok {
			return -1
		}
		stamp, _, _ := cut(rest, "]")
		seconds, fraction, ok := cut(strings.TrimLeft(stamp, " "), ".")
		s, rest1, ok1 := decimal(seconds)
		us, rest2, ok2 := decimal(fraction)
		if ok && ok1 && ok2 && rest1 == "" && rest2 == "" && len(fraction) == 6 && s < 1<<40 {
			return s*1e6 + us
		}
		line = rest
	}
	return -1
}

// ReadKernel reads what the running kernel keeps: from the device path, which is
// /dev/kmsg, or through syslog(2) where that is not there. It takes root where
// kernel.dmesg_restrict says so.
func (l *Log) ReadKernel(path string) error {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		if l.readSyslog() == nil {
			return nil
		}
		return err
	}
	defer unix.Close(fd)
	// Not through os.File: the poller would wait for the kernel's next message.
	buffer := make([]byte, maxLine)
	var records Records
	for {
		n, err := unix.Read(fd, buffer)
		switch {
		case err == syscall.EPIPE: // overwritten before it was read
			l.Missed++
		case err == syscall.EINTR || err == syscall.EINVAL: // EINVAL: longer than the buffer; skipped
		case err == syscall.EAGAIN || err == nil && n <= 0:
			l.take(records.End())
			return nil
		case err != nil:
			return err
		default:
			l.take(records.Add(string(buffer[:n])))
		}
	}
}

func (l *Log) take(r Record, ok bool) {
	if ok && r.Kernel {
		l.Add(r.Text, r.Time)
	}
}

// readSyslog reads the log by SYSLOG_ACTION_READ_ALL.
func (l *Log) readSyslog() error {
	const readAll, size = 3, 10
	n, err := unix.Klogctl(size, nil)
	if err != nil {
		return err
	}
	buffer := make([]byte, min(max(n, 64<<10), 64<<20))
	if n, err = unix.Klogctl(readAll, buffer); err != nil {
		return err
	}
	return l.ReadText(strings.NewReader(string(buffer[:n])))
}
