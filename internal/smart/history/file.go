package history

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"rescuebox/internal/wholefile"
)

// form begins the file, and magic has the version of it too.
const (
	form  = "rescuebox-disk-history "
	magic = form + "1"
)

// longest is how many bytes a file may have: a line of 100 for each counter of 10000
// disks.
const longest = 16 << 20

// ErrDamaged is a file that is not whole.
var ErrDamaged = errors.New("damaged")

// ErrForeign is a file that something else has written: it is not to be replaced.
var ErrForeign = errors.New("it has not this form, and is not replaced")

// Load reads the file at path. Where there is none yet, nothing is known.
func Load(path string) (*History, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0) // a pipe would hold it
	if errors.Is(err, fs.ErrNotExist) {
		return &History{}, nil
	}
	if err != nil {
		return &History{}, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, longest))
	if err != nil {
		return &History{}, err
	}
	h, err := Parse(string(b))
	if err != nil && len(b) > 0 && !bytes.HasPrefix(b, []byte(form)) {
		err = ErrForeign
	}
	if err != nil {
		return &History{}, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return h, nil
}

// Save replaces the file at path.
func (h *History) Save(path string) error { return wholefile.Write(path, h.Append(nil), 0o600) }

// Append writes the file: lines of fields between tabs, texts as Go quotes them, and at
// the end how many lines there are.
func (h *History) Append(out []byte) []byte {
	lines := 1
	out = append(out, magic+"\t"+strconv.Quote(h.Boot)+"\n"...)
	line := func(fields ...string) {
		lines++
		out = append(append(out, strings.Join(fields, "\t")...), '\n')
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	for _, d := range h.Disks {
		line("disk", strconv.Quote(d.Model), strconv.Quote(d.Serial), strconv.Quote(d.Path), strconv.Quote(d.Port), number(d.Seen))
		for _, c := range d.Counts {
			line("count", strconv.Quote(c.Name), number(c.Value), number(c.From), number(c.Risen), number(c.Accepted))
		}
	}
	return append(out, "end\t"+strconv.Itoa(lines)+"\n"...)
}

// Parse reads what Append wrote, or says in which line it is damaged.
func Parse(text string) (*History, error) {
	h := &History{}
	lines := strings.Split(text, "\n")
	damaged := func(i int) (*History, error) {
		return nil, &lineError{i + 1}
	}
	boot, found := strings.CutPrefix(lines[0], magic+"\t")
	var err error
	if h.Boot, err = strconv.Unquote(boot); !found || err != nil {
		return damaged(0)
	}
	n := len(lines) - 2 // the last one with an end, and what follows that
	if n < 1 || lines[n+1] != "" {
		return damaged(len(lines) - 1)
	}
	if lines[n] != "end\t"+strconv.Itoa(n) {
		return damaged(n)
	}
	for i, line := range lines[1:n] {
		if !h.line(strings.Split(line, "\t")) {
			return damaged(i + 1)
		}
	}
	return h, nil
}

// line adds what a line tells.
func (h *History) line(fields []string) bool {
	if len(fields) != 6 {
		return false
	}
	ok := true
	unquoted := func(s string) string {
		text, err := strconv.Unquote(s)
		ok = ok && err == nil
		return text
	}
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		ok = ok && err == nil && n >= -1
		return n
	}
	switch fields[0] {
	case "disk":
		h.Disks = append(h.Disks, &Disk{Model: unquoted(fields[1]), Serial: unquoted(fields[2]), Path: unquoted(fields[3]),
			Port: unquoted(fields[4]), Seen: number(fields[5])})
	case "count":
		if len(h.Disks) == 0 {
			return false
		}
		d := h.Disks[len(h.Disks)-1]
		d.Counts = append(d.Counts, Count{Name: unquoted(fields[1]), Value: number(fields[2]), From: number(fields[3]),
			Risen: number(fields[4]), Accepted: number(fields[5])})
	default:
		return false
	}
	return ok
}

// lineError says where a file is damaged.
type lineError struct{ line int }

func (e *lineError) Error() string { return "damaged in line " + strconv.Itoa(e.line) }
func (e *lineError) Unwrap() error { return ErrDamaged }
