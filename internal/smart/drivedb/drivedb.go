// Package drivedb has the names and raw formats of a drive's attributes, and what is
// known of its firmware: by a drivedb.h of smartmontools where the host has one, which is
// read when it is needed, and else by a table of its own of common names.
//
// The format of the file is described in the file's own comment and in smartctl(8), -B.
package drivedb

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Entry is a row of the database. One that starts with "USB:" is of a USB bridge.
type Entry struct{ Family, Model, Firmware, Warning, Presets string }

// DB is a database. The zero DB is the built-in table.
type DB struct {
	Entries []Entry
	Version string // as "7.3/5319"; empty: it does not say
	// Sources are the files that were read; none: the built-in table.
	Sources []string
}

// Paths are where the host's database is looked for: the first that exists is taken
// (Debian's update-smart-drivedb writes the first).
var paths = []string{"/var/lib/smartmontools/drivedb/drivedb.h", "/usr/share/smartmontools/drivedb.h"}

// local is a file of the administrator, whose entries come before the others.
const local = "/etc/smart_drivedb.h"

// Host reads the host's database, if there is one, below a root directory. Its error says
// what could not be read or understood; the DB is then of the rest.
func Host(root string) (*DB, error) {
	db := &DB{}
	err := db.add(filepath.Join(root, local))
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	for _, p := range paths {
		other := db.add(filepath.Join(root, p))
		if other == nil {
			return db, err
		}
		if !errors.Is(other, os.ErrNotExist) {
			err = errors.Join(err, other)
		}
	}
	return db, err
}

// Open reads a database from the files that -B names: FILE takes the place of all, +FILE
// comes before the host's.
func Open(root string, names ...string) (*DB, error) {
	db, host := &DB{}, len(names) == 0
	for _, name := range names {
		file, more := strings.CutPrefix(name, "+")
		host = host || more
		if err := db.add(file); err != nil {
			return db, err
		}
	}
	if !host {
		return db, nil
	}
	rest, err := Host(root)
	db.Entries = append(db.Entries, rest.Entries...)
	db.Sources = append(db.Sources, rest.Sources...)
	if db.Version == "" {
		db.Version = rest.Version
	}
	return db, err
}

// largest is the size of a database file that is read; smartmontools' has 300 KB.
const largest = 16 << 20

func (db *DB) add(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() > largest || !info.Mode().IsRegular() {
		return errors.New(path + ": not a file of at most 16 MiB")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	entries, err := Parse(text)
	if err != nil {
		return errors.New(path + ":" + err.Error())
	}
	db.Sources = append(db.Sources, path)
	for _, e := range entries {
		if v, ok := version(e.Family); ok && db.Version == "" {
			db.Version = v
		}
		db.Entries = append(db.Entries, e)
	}
	return nil
}

// version reads "VERSION: 7.3 $Id: drivedb.h 5319 ..." as "7.3/5319".
func version(family string) (string, bool) {
	rest, ok := strings.CutPrefix(family, "VERSION: ")
	words := strings.Fields(rest)
	if !ok || len(words) == 0 {
		return "", false
	}
	if len(words) > 3 && words[1] == "$Id:" {
		return words[0] + "/" + words[3], true
	}
	return words[0], true
}

// Parse reads rows: five C strings in braces each.
func Parse(text []byte) ([]Entry, error) {
	p := &parser{text: text}
	var entries []Entry
	for {
		switch c := p.next(); c {
		case 0:
			return entries, p.err
		case '{':
			e, ok := p.entry()
			if !ok {
				return entries, p.failed()
			}
			entries = append(entries, e)
		case ',':
		default:
			return entries, p.failed()
		}
	}
}

type parser struct {
	text []byte
	at   int
	err  error
}

func (p *parser) failed() error {
	if p.err == nil {
		line := 1 + bytes.Count(p.text[:min(p.at, len(p.text))], []byte("\n"))
		p.err = errors.New(strconv.Itoa(line) + ": not rows of a drive database")
	}
	return p.err
}

// next returns the next character that is not of a space or comment, 0 at the end.
func (p *parser) next() byte {
	for p.at < len(p.text) {
		rest := p.text[p.at:]
		switch {
		case bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0:
			p.at++
		case bytes.HasPrefix(rest, []byte("//")):
			p.skip(rest, "\n")
		case bytes.HasPrefix(rest, []byte("/*")):
			p.skip(rest[2:], "*/")
			p.at += 2
		default:
			p.at++
			return rest[0]
		}
	}
	return 0
}

func (p *parser) skip(rest []byte, end string) {
	i := bytes.Index(rest, []byte(end))
	if i < 0 {
		i = len(rest) - len(end)
	}
	p.at = min(p.at+i+len(end), len(p.text))
}

func (p *parser) entry() (e Entry, ok bool) {
	for i, field := range []*string{&e.Family, &e.Model, &e.Firmware, &e.Warning, &e.Presets} {
		c := p.next()
		if c != '"' {
			return e, false
		}
		var value []byte
		for ; c == '"'; c = p.next() { // adjacent strings are one
			if value, ok = p.quoted(value); !ok {
				return e, false
			}
		}
		*field = string(value)
		if last := i == 4; last && c == ',' {
			c = p.next()
			if c != '}' {
				return e, false
			}
		} else if last != (c == '}') || !last && c != ',' {
			return e, false
		}
	}
	return e, true
}

// escapes are those of C strings.
var escapes = map[byte]byte{'"': '"', '\\': '\\', 'n': '\n', 't': '\t', '?': '?', '\'': '\''}

func (p *parser) quoted(out []byte) ([]byte, bool) {
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		switch c {
		case '"':
			return out, true
		case '\n':
			return out, false
		case '\\':
			if p.at == len(p.text) {
				return out, false
			}
			e, ok := escapes[p.text[p.at]]
			if !ok {
				return out, false
			}
			out = append(out, e)
			p.at++
		default:
			out = append(out, c)
		}
	}
	return out, false
}

// Match returns the first row whose expressions match all of the model and the firmware.
func (db *DB) Match(model, firmware string) (*Entry, bool) {
	for i := range db.Entries {
		e := &db.Entries[i]
		if e.special() || strings.HasPrefix(e.Family, "USB:") {
			continue
		}
		if Matches(e.Model, model) && (e.Firmware == "" || Matches(e.Firmware, firmware)) {
			return e, true
		}
	}
	return nil, false
}

func (e *Entry) special() bool {
	return strings.HasPrefix(e.Family, "VERSION:") || e.Family == "DEFAULT" || strings.HasPrefix(e.Family, "$")
}

// USB returns the rows of a bridge by its identifiers, as "0x152d:0x0578", and the
// release of the device, as "0x0100".
func (db *DB) USB(id, release string) (rows []Entry) {
	for i := range db.Entries {
		e := &db.Entries[i]
		if strings.HasPrefix(e.Family, "USB:") && Matches(e.Model, id) && (e.Firmware == "" || Matches(e.Firmware, release)) {
			rows = append(rows, *e)
		}
	}
	return rows
}

// defaults are the presets of all drives.
func (db *DB) defaults() string {
	for i := range db.Entries {
		if db.Entries[i].Family == "DEFAULT" {
			return db.Entries[i].Presets
		}
	}
	return ""
}
