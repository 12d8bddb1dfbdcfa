// Package ddrescuelog is the applet ddrescuelog.
package ddrescuelog

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"rescuebox/internal/applet"
	"rescuebox/internal/ddnumber"
	"rescuebox/internal/errno"
	"rescuebox/internal/getopt"
	"rescuebox/internal/mapfile"
)

// Applet is ddrescuelog.
var Applet = applet.Applet{
	Name:    "ddrescuelog",
	Group:   applet.Disk,
	Summary: "show, change, compare and draw maps of ddrescue",
	Usage:   usage,
	Run:     start,
}

// corrupt is the exit status for a map that is none.
const corrupt = 2

// stdin is how messages name standard input.
const stdin = "(stdin)"

// run is one call.
type run struct {
	s applet.Streams
	o *options
}

func start(_ context.Context, s applet.Streams, args []string) error {
	o, err := parse(args)
	if err == nil {
		err = (&run{s: s, o: o}).all()
	}
	if err == nil || o.verbosity >= 0 || err == getopt.ErrHelp || err == getopt.ErrVersion {
		return err
	}
	return applet.Exit(applet.Status(err))
}

// note prints a message unless quiet; level is the -v it takes.
func (r *run) note(level int, text string) {
	if r.o.verbosity >= level {
		r.s.Reporter().Note(text)
	}
}

func (r *run) all() error {
	var finished *mapfile.Map
	if r.o.hasDomain {
		var err error
		if finished, err = r.read(r.o.domain, r.o.loose); err != nil {
			return err
		}
	}
	d := r.o.inputDomain(finished)
	switch r.o.op {
	case 'c':
		if empty(d) {
			return r.nothing()
		}
		m, err := r.create(d)
		return r.writeTo(m, err)
	case 'H':
		if err := r.mayCreate(); err != nil {
			return err
		}
		m, err := r.makeTest()
		return r.writeTo(m, err)
	case 't':
		return r.status(d)
	}
	return r.one(d)
}

// one does an operation on one map.
func (r *run) one(d mapfile.Domain) error {
	name := r.o.files[0]
	switch r.o.op {
	case 'A':
		return r.annotate(name, d)
	case 'C':
		m, err := r.readFilled(name, mapfile.Status(r.o.types[0]))
		if err != nil {
			return err
		}
		return r.write(m, nil)
	}
	m, err := r.read(name, false)
	if err != nil {
		return err
	}
	if r.o.other != "" {
		return r.two(m, d)
	}
	if d = d.Crop(m.Start, m.Size()); empty(d) {
		return r.nothing()
	}
	switch r.o.op {
	case 'a':
		return r.write(change(m, d, r.o.changed))
	case 'n':
		return r.write(change(m, d, inverted))
	case 'd', 'D':
		return r.done(m, d)
	case 'l':
		return r.list(m, d)
	case opShift:
		return r.write(shift(m, d, r.o.opos-r.o.ipos))
	case opPicture:
		return r.picture(m, d)
	case opSVG:
		return r.svg(m, d)
	}
	return applet.Usage(1, "unknown operation") // cannot be: parse knows them all
}

// two does an operation with two maps.
func (r *run) two(m *mapfile.Map, d mapfile.Domain) error {
	other, err := r.read(r.o.other, r.o.loose && r.o.asDomain)
	if err != nil {
		return err
	}
	common := d.Crop(m.Start, m.Size())
	if r.o.op != 'p' {
		common = common.Crop(other.Start, other.Size())
	}
	if empty(common) || empty(d.Crop(other.Start, other.Size())) {
		return r.nothing()
	}
	if r.o.op != 'p' {
		return r.write(logic(r.o.op, m, other, common))
	}
	if equal(m, other, d, r.o.asDomain) {
		return nil
	}
	r.note(0, "Mapfiles '"+shown(r.o.files[0])+"' and '"+shown(r.o.other)+"' differ.")
	return applet.Exit(1)
}

func empty(d mapfile.Domain) bool {
	for range d.Areas() {
		return false
	}
	return true
}

func (r *run) nothing() error {
	r.note(0, "Nothing to do; domain is empty.")
	return nil
}

// done tells whether all of the domain is finished, and deletes the map if so.
func (r *run) done(m *mapfile.Map, d mapfile.Domain) error {
	name := r.o.files[0]
	for b, in := range d.Pieces(m) {
		if in && b.Status != mapfile.Finished {
			r.note(1, shown(name)+": Mapfile not done.")
			return applet.Exit(1)
		}
	}
	if r.o.op == 'D' || name == "-" {
		return nil
	}
	if err := os.Remove(r.s.Path(name)); err != nil {
		return sentence(name + ": Error deleting mapfile: " + errno.Reason(err))
	}
	r.note(1, name+": Mapfile successfully deleted.")
	return nil
}

// shown is a map's name as messages show it.
func shown(name string) string {
	if name == "-" {
		return stdin
	}
	return name
}

func (r *run) open(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(r.s.In), nil
	}
	f, err := os.Open(r.s.Path(name))
	if err != nil {
		reason := ""
		if !errors.Is(err, fs.ErrNotExist) {
			reason = " (" + errno.Reason(err) + ")"
		}
		return nil, sentence(name + ": Mapfile does not exist or is not readable" + reason + ".")
	}
	return f, nil
}

// read reads a map; an empty file is one of nothing.
func (r *run) read(name string, loose bool) (*mapfile.Map, error) {
	if loose {
		return r.readFilled(name, mapfile.NonTried)
	}
	return r.readBy(name, mapfile.Read)
}

// readFilled reads a map that a person made, and fills its gaps.
func (r *run) readFilled(name string, fill mapfile.Status) (*mapfile.Map, error) {
	return r.readBy(name, func(in io.Reader) (*mapfile.Map, error) { return mapfile.ReadLoose(in, fill) })
}

func (r *run) readBy(name string, parse func(io.Reader) (*mapfile.Map, error)) (*mapfile.Map, error) {
	f, err := r.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := parse(f)
	if isEmpty(err) {
		return mapfile.New(0), nil
	}
	if err != nil {
		return nil, r.fault(shown(name), err)
	}
	return m, nil
}

func isEmpty(err error) bool {
	var wrong *mapfile.Error
	return errors.As(err, &wrong) && wrong.Reason == mapfile.NoStatusLine
}

// fault words what is wrong with a file as ddrescuelog does, with the reason where
// that has none.
func (r *run) fault(name string, err error) error {
	var wrong *mapfile.Error
	var number numberError
	switch {
	case errors.As(err, &wrong):
		text := name + ": Error in mapfile, " + wrong.Error() + "."
		return &applet.StatusError{Status: corrupt, Err: sentence(text)}
	case errors.As(err, &number):
		return &applet.StatusError{Status: corrupt, Err: sentence(name + ": " + number.Error())}
	case errors.Is(err, mapfile.ErrBlocks):
		return sentence(name + ": " + err.Error())
	}
	return sentence(name + ": Error in mapfile, line 0: Read error: " + errno.Reason(err) + ".")
}

// write writes a map to standard output.
func (r *run) write(m *mapfile.Map, err error) error {
	if err != nil {
		return r.fault(shown(r.o.files[0]), err)
	}
	m.Comments = r.comments(m.Comments)
	return m.Write(r.s.Out, mapfile.Since130)
}

// written are the comments of ddrescue and ddrescuelog about the program that wrote a
// map; other ones with a label, as the identity of a disk, stay with the map.
var written = [...]string{"Mapfile", "Rescue Logfile", "Command line", "Start time", "Current time"}

// comments are those of a map that is written, under a heading of our own.
func (r *run) comments(old []string) []string {
	now := time.Now()
	list := []string{
		"Mapfile. Created by rescuebox ddrescuelog",
		"Command line: ddrescuelog " + r.o.commandLine,
		"Start time:   " + now.Format(time.DateTime),
	}
	for _, c := range old {
		if label, _, ok := strings.Cut(c, ":"); ok && !ours(label) {
			list = append(list, c)
		}
	}
	return list
}

func ours(label string) bool {
	for _, w := range written {
		if strings.HasPrefix(label, w) {
			return true
		}
	}
	return false
}

// mayCreate refuses to write over a file unless told so.
func (r *run) mayCreate() error {
	name := r.o.files[0]
	if name == "-" || r.o.force {
		return nil
	}
	if _, err := os.Lstat(r.s.Path(name)); err == nil {
		return sentence(name + ": Mapfile exists. Use '--force' to overwrite it.")
	}
	return nil
}

// writeTo writes a new map to the file that is named.
func (r *run) writeTo(m *mapfile.Map, err error) error {
	name := r.o.files[0]
	switch {
	case err != nil:
		return err
	case name == "-":
		return r.write(m, nil)
	}
	m.Comments = r.comments(nil)
	if err := r.save(m, r.s.Path(name)); err != nil {
		return sentence(name + ": Error writing mapfile: " + errno.Reason(err))
	}
	return nil
}

// save replaces a file as a whole; what is no plain file, as a device, is written to.
func (r *run) save(m *mapfile.Map, path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Mode().IsRegular() {
		return m.Save(path, mapfile.Since130)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(m.Write(f, mapfile.Since130), f.Close())
}

// annotate writes the blocks as the file has them, with sizes for people behind
// those of the domain.
func (r *run) annotate(name string, d mapfile.Domain) error {
	f, err := r.open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	a := annotated{prefixes: r.o.prefixes}
	if err := a.read(f); err != nil && !isEmpty(err) {
		return r.fault(shown(name), err)
	}
	if len(a.blocks) == 0 || empty(d.Crop(a.blocks[0].Pos, a.end())) {
		return r.nothing()
	}
	return a.write(r.s.Out, d, r.comments(a.comments))
}

// size is a number of bytes for people.
func (r *run) size(n int64) string { return ddnumber.Size(n, r.o.prefixes) }
