package shasum

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"rescuebox/internal/checksum"
)

// tally counts what a list's check came to.
type tally struct {
	lines, malformed, unread, mismatched, matched int
}

// check checks the files that one list names. It returns only errors of the output.
func (c *shasum) check(list string) error {
	in := c.streams.In
	if list != "-" {
		f, err := os.Open(c.streams.Path(list))
		if err != nil {
			c.report.Error(list, err)
			return nil
		}
		defer f.Close()
		in = f
	}
	var t tally
	r := bufio.NewReader(in)
	for number := 1; ; number++ {
		text, err := r.ReadString('\n')
		if text != "" {
			if err := c.line(list, number, strings.TrimRight(text, "\r\n"), &t); err != nil {
				return err
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			c.report.Error(list, err)
			return nil
		}
	}
	return c.conclude(list, t)
}

// line checks one line's file.
func (c *shasum) line(list string, number int, text string, t *tally) error {
	if strings.HasPrefix(text, "#") {
		return nil
	}
	l, ok := checksum.Parse(text)
	a := c.algorithm
	if ok {
		a, ok = c.algorithmOf(l)
	}
	// A list on standard input cannot name standard input.
	if !ok || list == "-" && l.Name == "-" {
		t.malformed++
		if c.warn {
			c.report.Note(list + ": " + strconv.Itoa(number) + ": improperly formatted " + c.kind() + "checksum line")
		}
		return nil
	}
	t.lines++
	sum, err := c.sum(l.Name, a)
	switch {
	case err != nil && c.ignoreMissing && errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		t.unread++
		c.report.Error(l.Name, err)
		return c.verdict(l.Name, "FAILED open or read")
	case !bytes.Equal(sum, l.Sum):
		t.mismatched++
		return c.verdict(l.Name, "FAILED")
	}
	t.matched++
	if c.quiet {
		return nil
	}
	return c.verdict(l.Name, "OK")
}

// algorithmOf tells by which algorithm a line was made, and whether this applet
// checks those.
func (c *shasum) algorithmOf(l checksum.Line) (algorithm, bool) {
	if !c.any {
		return c.algorithm, len(l.Sum) == c.algorithm.size && (l.Algorithm == "" || l.Algorithm == c.algorithm.tag)
	}
	a, ok := bySize(len(l.Sum))
	return a, ok && (l.Algorithm == "" || l.Algorithm == a.tag)
}

// kind is the algorithm's name and a blank, where there is only one.
func (c *shasum) kind() string {
	if c.any {
		return ""
	}
	return c.algorithm.tag + " "
}

func (c *shasum) verdict(name, text string) error {
	if c.status {
		return nil
	}
	escaped, mark := checksum.Escape(name)
	_, err := c.out.WriteString(mark + escaped + ": " + text + "\n")
	return err
}

// conclude warns of what went wrong, behind the verdicts.
func (c *shasum) conclude(list string, t tally) error {
	if err := c.out.Flush(); err != nil {
		return err
	}
	if t.lines == 0 {
		c.report.Message(list + ": no properly formatted " + c.kind() + "checksum lines found")
		return nil
	}
	if t.unread+t.mismatched > 0 || c.strict && t.malformed > 0 {
		c.report.Raise(1)
	}
	if !c.status {
		c.warning(t.malformed, "line is improperly formatted", "lines are improperly formatted")
		c.warning(t.unread, "listed file could not be read", "listed files could not be read")
		c.warning(t.mismatched, "computed checksum did NOT match", "computed checksums did NOT match")
	}
	if c.ignoreMissing && t.matched == 0 {
		c.report.Raise(1)
		if !c.status {
			c.report.Note(list + ": no file was verified")
		}
	}
	return nil
}

func (c *shasum) warning(n int, one, many string) {
	switch n {
	case 0:
	case 1:
		c.report.Note("WARNING: 1 " + one)
	default:
		c.report.Note("WARNING: " + strconv.Itoa(n) + " " + many)
	}
}
