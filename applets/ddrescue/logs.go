package ddrescue

import (
	"bufio"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"rescuebox/internal/ddnumber"
	"rescuebox/internal/errno"
	"rescuebox/internal/mapfile"
	"rescuebox/internal/rescue"
)

// logs are the files of --log-events, --log-rates and --log-reads, in the formats of
// ddrescue 1.27. Nil logs nothing. Errors of writing are told at the end.
type logs struct {
	events, rates, reads *logFile // nil: not wanted
	phase                string   // the last one, as it is logged
	marked               int64    // seconds, of the last time mark
	began                time.Time
}

// logFile is one file, with the operand that names it.
type logFile struct {
	name string
	file *os.File
	*bufio.Writer
}

// openLogs makes the files. That of events is appended to.
func (r *run) openLogs() (*logs, error) {
	l := &logs{began: time.Now(), marked: -1}
	for _, f := range []struct {
		name, kind, columns string
		to                  **logFile
		flags               int
	}{
		{r.o.logEvents, "Events", "#         Time  Rescued  Event", &l.events, os.O_APPEND},
		{r.o.logRates, "Rates", "#Time  Ipos  Current_rate  Average_rate  Bad_areas  Bad_size", &l.rates, os.O_TRUNC},
		{r.o.logReads, "Reads", "#  Ipos       Size  Copied_size  Error_size", &l.reads, os.O_TRUNC},
	} {
		if f.name == "" {
			continue
		}
		file, err := os.OpenFile(r.s.Path(f.name), os.O_WRONLY|os.O_CREATE|f.flags, 0o666)
		if err != nil {
			return nil, errors.Join(named(f.name, err), l.close())
		}
		*f.to = &logFile{f.name, file, bufio.NewWriter(file)}
		if info, err := file.Stat(); err == nil && info.Size() > 0 {
			(*f.to).WriteString("\n")
		}
		(*f.to).WriteString("# " + f.kind + " Logfile. Created by rescuebox ddrescue\n# Command line: ddrescue " + r.o.commandLine +
			"\n# Start time:   " + began() + "\n" + f.columns + "\n")
	}
	if l.events == nil && l.rates == nil && l.reads == nil {
		return nil, nil
	}
	return l, nil
}

// watch logs an event; due says that a second has passed.
func (l *logs) watch(e rescue.Event, s *screen, due bool) {
	if l == nil {
		return
	}
	if text := sentence(e); text != l.phase {
		l.reads.line(l.separator() + "# " + l.clock() + "  " + text)
		l.event(s, text)
		l.phase = text
	}
	seconds := int64(time.Since(l.began).Seconds())
	if e.Read != nil {
		if l.reads != nil && seconds > max(l.marked, 0) {
			l.marked = seconds
			l.reads.line("# " + strconv.FormatInt(seconds, 10) + "s")
		}
		l.reads.line(readLine(e.Read))
	}
	if due {
		now, mean := s.rate(e.Good)
		bad := s.view.totals[mapfile.BadSector]
		l.rates.line(right(strconv.FormatInt(seconds, 10), 2) + "  " + mapfile.Hex(e.Pos) + right(strconv.FormatInt(now, 10), 10) +
			right(strconv.FormatInt(mean, 10), 10) + right(strconv.Itoa(bad.Areas), 9) + right(strconv.FormatInt(bad.Bytes, 10), 10))
		for _, f := range []*logFile{l.events, l.rates, l.reads} {
			f.flush()
		}
	}
}

func (l *logs) separator() string {
	if l.phase == "" {
		return ""
	}
	return "\n"
}

// readLine is one read: an errno is told where it is not the common one.
func readLine(o *rescue.Outcome) string {
	line := mapfile.Hex(o.Pos)
	for _, n := range []int64{o.Size, o.Got, o.Size - o.Got} {
		line += "\t" + strconv.FormatInt(n, 10)
	}
	if e := errno.Of(o.Err); e != 0 && e != syscall.EIO {
		line += "\t" + strconv.Itoa(int(e))
	}
	return line
}

// event logs something that happened.
func (l *logs) event(s *screen, text string) {
	if l.events == nil {
		return
	}
	s.view.look(s.m, false, l.phase == "")
	percent := strings.TrimSuffix(strings.TrimLeft(ddnumber.Percent(s.view.of(mapfile.Finished), max(s.view.all(), 1)), " "), "%")
	whole, fraction, _ := strings.Cut(percent, ".")
	l.events.line(right(l.clock(), 14) + right(whole+"."+(fraction + "00")[:2]+"%", 9) + "  " + text)
}

// end logs why it has ended, and closes the files.
func (l *logs) end(s *screen, stats rescue.Stats, err error) error {
	if l == nil {
		return nil
	}
	if err != nil && l.events != nil {
		l.events.line(strings.Repeat(" ", 22) + cause(err))
	}
	s.view.look(s.m, false, true)
	l.event(s, "End of run ("+mapfile.Hex(stats.Pos)+"  "+doing(s.m.Header.Status)+")")
	return l.close()
}

func (l *logs) close() (err error) {
	for _, f := range []*logFile{l.events, l.rates, l.reads} {
		if f == nil {
			continue
		}
		f.line("# End time:     " + began())
		if e := errors.Join(f.Flush(), f.file.Close()); e != nil {
			err = errors.Join(err, named(f.name, e))
		}
	}
	return err
}

// cause is why a rescue has ended early, in a few words.
func cause(err error) string {
	switch {
	case stopped(err):
		return "Interrupted by user"
	case errno.Of(err) != 0:
		return errno.Reason(errno.Of(err))
	}
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

func (l *logs) clock() string { return spelled(time.Since(l.began)) }

func (f *logFile) line(text string) {
	if f != nil {
		f.WriteString(text + "\n")
	}
}

func (f *logFile) flush() {
	if f != nil {
		f.Flush() // its error stays until the end
	}
}

// right sets a text to the right of a column.
func right(text string, width int) string {
	return strings.Repeat(" ", max(0, width-len(text))) + text
}

// spelled is a time as ddrescue has it: "5h 11m 20s".
func spelled(d time.Duration) string {
	n := int64(d.Seconds())
	text := strconv.FormatInt(n%60, 10) + "s"
	if n >= 60 {
		text = strconv.FormatInt(n/60%60, 10) + "m " + text
	}
	if n >= 3600 {
		text = strconv.FormatInt(n/3600%24, 10) + "h " + text
	}
	if n >= 86400 {
		text = strconv.FormatInt(n/86400, 10) + "d " + text
	}
	return text
}

// sentence is a phase in the words of ddrescue, as far as it has it.
func sentence(e rescue.Event) string {
	switch e.Phase {
	case "copying":
		return "Copying non-tried blocks... Pass 1 (forwards)"
	case "copying, edges":
		return "Copying non-tried blocks... Pass 2 (edges)"
	case "trimming":
		return "Trimming failed blocks... (forwards)"
	case "sweeping":
		return "Sweeping skipped blocks... (forwards)"
	case "scraping":
		return "Scraping failed blocks... (forwards)"
	case "retrying bad sectors":
		return "Retrying bad sectors... Retry " + strconv.Itoa(e.Pass) + " (forwards)"
	case awaitRoom:
		return "Target is full. Waiting for room"
	case awaitSource:
		return "Source has disappeared. Waiting for it"
	}
	return e.Phase
}

// doing is the name of a status of a header.
func doing(s mapfile.Status) string {
	switch s {
	case mapfile.NonTried:
		return "copying"
	case mapfile.NonTrimmed:
		return "trimming"
	case mapfile.Sweeping:
		return "sweeping"
	case mapfile.NonScraped:
		return "scraping"
	case mapfile.BadSector:
		return "retrying"
	}
	return "finished"
}
