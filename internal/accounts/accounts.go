// Package accounts turns user and group numbers into names and back by reading
// /etc/passwd and /etc/group, see passwd(5) and group(5). It asks no name
// service: on a broken host that would need shared libraries and a network.
package accounts

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// Accounts are the names that a host knows. The zero value knows none.
type Accounts struct {
	Users, Groups Table
}

// Table is one kind of name.
type Table struct {
	byID   map[uint32]string
	byName map[string]uint32
}

// maxLine bounds a line of either file in bytes; groups of many members are long.
const maxLine = 1 << 20

// Load reads passwd and group below root, as "/" or "/mnt". A file that is
// missing leaves its table empty without an error; on any other error what was
// read is returned with it.
func Load(root string) (*Accounts, error) {
	a := &Accounts{}
	errUsers := a.Users.load(strings.TrimSuffix(root, "/") + "/etc/passwd")
	errGroups := a.Groups.load(strings.TrimSuffix(root, "/") + "/etc/group")
	return a, errors.Join(errUsers, errGroups)
}

func (t *Table) load(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	*t, err = Parse(f)
	return err
}

// Parse reads lines of NAME:PASSWORD:NUMBER... . Lines of another form, as of
// comments and of NIS, are passed over. Of several names for a number, and of
// several numbers for a name, the first counts, as it does for the C library.
func Parse(r io.Reader) (Table, error) {
	t := Table{byID: map[uint32]string{}, byName: map[string]uint32{}}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4096), maxLine)
	for lines.Scan() {
		name, rest, _ := strings.Cut(lines.Text(), ":")
		_, rest, ok := strings.Cut(rest, ":")
		number, _, _ := strings.Cut(rest, ":")
		id, err := strconv.ParseUint(number, 10, 32)
		if !ok || err != nil || name == "" || name[0] == '#' || name[0] == '+' || name[0] == '-' {
			continue
		}
		if _, have := t.byID[uint32(id)]; !have {
			t.byID[uint32(id)] = name
		}
		if _, have := t.byName[name]; !have {
			t.byName[name] = uint32(id)
		}
	}
	return t, lines.Err()
}

// Name returns the name of a number, and whether there is one.
func (t Table) Name(id uint32) (string, bool) {
	name, ok := t.byID[id]
	return name, ok
}

// Label returns the name of a number, or the number itself in decimal.
func (t Table) Label(id uint32) string {
	if name, ok := t.byID[id]; ok {
		return name
	}
	return strconv.FormatUint(uint64(id), 10)
}

// ID returns the number of a name, and whether there is one.
func (t Table) ID(name string) (uint32, bool) {
	id, ok := t.byName[name]
	return id, ok
}

// Empty reports whether the table knows no name at all.
func (t Table) Empty() bool { return len(t.byID) == 0 }
