package ddrescue

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"

	"rescuebox/internal/applet"
	"rescuebox/internal/mapfile"
)

// readMap reads the map of the command line. It is nil where there is none yet.
func (r *run) readMap() (*mapfile.Map, error) {
	if r.o.mapfile == "" {
		return nil, nil
	}
	f, err := os.Open(r.s.Path(r.o.mapfile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, named(r.o.mapfile, err)
	}
	defer f.Close()
	return parsed(r.o.mapfile, f, mapfile.Read)
}

// parsed reads a map; one that is none has an exit status of its own.
func parsed(name string, in io.Reader, read func(io.Reader) (*mapfile.Map, error)) (*mapfile.Map, error) {
	m, err := read(in)
	var wrong *mapfile.Error
	if errors.As(err, &wrong) {
		return nil, &applet.StatusError{Status: corrupt, Err: errors.New(name + ": " + wrong.Error())}
	}
	if err != nil {
		return nil, named(name, err)
	}
	return m, nil
}

// openMap reads the map, or begins one.
func (r *run) openMap() error {
	size := r.source.Size()
	m, err := r.readMap()
	if err != nil {
		return err
	}
	if m == nil {
		if r.o.complete || r.o.checkSize {
			return errors.New(r.o.mapfile + ": there is no such map yet")
		}
		r.m = mapfile.New(size)
		return nil
	}
	if m.Size() > size && m.Sum("+") > 0 {
		for b := range m.Range(size, m.Size()-size) {
			if b.Status == mapfile.Finished {
				return errors.New(r.o.mapfile + ": it has data behind the end of " + r.o.source + ": it is another disk's")
			}
		}
	}
	if r.o.checkSize && m.Size() != size {
		return errors.New(r.o.source + ": " + strconv.FormatInt(size, 10) + " bytes, and " + r.o.mapfile + " has " + strconv.FormatInt(m.Size(), 10))
	}
	if r.o.complete {
		r.o.size = min(r.length(), max(0, m.Size()-r.o.ipos))
	}
	if m.Size() != size {
		m.Resize(size)
	}
	r.m = m
	return nil
}

// domains are what is to be read, the most important first.
func (r *run) domains() ([]mapfile.Domain, error) {
	restriction, err := r.finished(r.o.domain)
	if err != nil {
		return nil, err
	}
	all := mapfile.NewDomain(r.o.ipos, r.length(), restriction).Crop(0, r.source.Size())
	if r.o.usedFirst == "" {
		return []mapfile.Domain{all}, nil
	}
	used, err := r.finished(r.o.usedFirst)
	if err != nil {
		return nil, err
	}
	first := mapfile.NewDomain(r.o.ipos, r.length(), used).Crop(0, r.source.Size())
	return []mapfile.Domain{first, all}, nil
}

// finished reads a map that says where to read.
func (r *run) finished(name string) (*mapfile.Map, error) {
	if name == "" {
		return nil, nil
	}
	var in io.Reader = r.s.In
	if name != "-" {
		f, err := os.Open(r.s.Path(name))
		if err != nil {
			return nil, named(name, err)
		}
		defer f.Close()
		in = f
	}
	read := mapfile.Read
	if r.o.loose {
		read = func(in io.Reader) (*mapfile.Map, error) { return mapfile.ReadLoose(in, mapfile.NonTried) }
	}
	return parsed(name, in, read)
}

// relabel does what --try-again and --retrim ask for.
func (r *run) relabel(d mapfile.Domain) {
	change := func(from string, to mapfile.Status) {
		var all []mapfile.Block
		for b, in := range d.Pieces(r.m) {
			for _, s := range []byte(from) {
				if in && b.Status == mapfile.Status(s) {
					all = append(all, b)
				}
			}
		}
		for _, b := range all {
			r.m.Set(b.Pos, b.Size, to)
		}
	}
	if r.o.retrim {
		change("/-", mapfile.NonTrimmed)
	}
	if r.o.tryAgain {
		change("*/", mapfile.NonTried)
	}
}
