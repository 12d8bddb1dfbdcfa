package powercut

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"syscall"

	"rescuebox/internal/mapfile"
)

// mapPath is where the map is, in the file system of the model.
const mapPath = "/crash/map"

// verb is what a rescue asks of its disks.
type verb int

const (
	writeTarget verb = iota
	syncTarget
	loseTarget // what was not on the disk will never be, and no later sync fails for that
	nothing
	create
	appendTo
	syncFile
	rename
	remove
	syncDir
)

// op is one request.
type op struct {
	verb
	path, to string
	data     []byte // of a map
	sectors  sectors
	off      int64 // sectors
	rest     int   // bytes of one more sector, behind those of a write that was cut short
}

// unit is the least that a disk writes as a whole, in bytes.
const unit = 512

// sectors are those of a target, or of a write: whether each is as the medium's.
type sectors []bool

// write does a write: of its last sector a part only, where it is torn inside of it.
func (s sectors) write(o op) {
	copy(s[o.off:], o.sectors[:len(o.sectors)-min(o.rest, 1)])
	if n := len(o.sectors); o.rest > 0 && !o.sectors[n-1] {
		s[int(o.off)+n-1] = false // a part of what is right changes nothing that is right
	}
}

// bytes is how many a write has.
func (o op) bytes() int { return len(o.sectors)*unit - (unit-o.rest)%unit }

// tear is what is left of a write of which so many bytes have reached the disk.
func (o op) tear(size int) op {
	o.rest = size % unit
	o.sectors = o.sectors[:(size+unit-1)/unit]
	return o
}

// errPower is what comes of requests once the power is off.
const errPower = syscall.ESHUTDOWN

// journal is a target and a store of maps, which write down what they were asked for.
// Data of both are not there: a disk plays the journal.
type journal struct {
	content []byte // of the medium
	omit    []verb // is not done
	text    []byte // of the map that is being saved
	ops     []op
	saved   []saved
	// deny returns what a request fails with, and how much of its data is written all the
	// same. It is asked before each; its number is that of the requests before it.
	deny func(number int, v verb, size int) (written int, err error)
	n    int
	// network has a failed write say that those before it are lost, as one to NFS does
	// (nfs_file_write in the kernel).
	network bool
	denied  bool // something was
}

// saved is a save of the map.
type saved struct {
	begun, ended int // requests before it, and before it returned well; -1: it did not
	text         []byte
}

func (j *journal) ask(o op) error {
	number := j.n
	j.n++
	if j.deny != nil {
		if written, err := j.deny(number, o.verb, max(len(o.data), o.bytes())); err != nil {
			j.denied = true
			switch {
			case o.verb == syncTarget && err != errPower, o.verb == writeTarget && j.network:
				j.ops = append(j.ops, op{verb: loseTarget})
			case written > 0:
				if o.verb == writeTarget {
					o = o.tear(written)
				} else {
					o.data = o.data[:written]
				}
				j.ops = append(j.ops, o)
			}
			return err
		}
	}
	if !slices.Contains(j.omit, o.verb) {
		j.ops = append(j.ops, o)
	}
	return nil
}

func (j *journal) WriteAt(p []byte, off int64) (int, error) {
	if off%unit != 0 || len(p)%unit != 0 {
		return 0, errors.New("a write that is not of sectors")
	}
	o := op{verb: writeTarget, off: off / unit, sectors: make(sectors, len(p)/unit)}
	for i := range o.sectors {
		at := i * unit
		o.sectors[i] = bytes.Equal(p[at:at+unit], j.content[off+int64(at):][:unit])
	}
	if err := j.ask(o); err != nil {
		return 0, err
	}
	return len(p), nil
}
func (j *journal) Sync() error { return j.ask(op{verb: syncTarget}) }
func (j *journal) Create(path string) (mapfile.File, error) {
	return &journalFile{j, path}, j.ask(op{verb: create, path: path})
}
func (j *journal) Rename(from, to string) error { return j.ask(op{verb: rename, path: from, to: to}) }
func (j *journal) Remove(path string) error     { return j.ask(op{verb: remove, path: path}) }
func (j *journal) SyncDir(path string) error    { return j.ask(op{verb: syncDir, path: path}) }

// save is what a Job's Save does.
func (j *journal) save(m *mapfile.Map) error {
	s := saved{begun: len(j.ops), ended: -1}
	j.text = nil
	err := m.SaveIn(j, mapPath, mapfile.AllReaders)
	s.text = j.text
	if err == nil {
		s.ended = len(j.ops)
	}
	j.saved = append(j.saved, s)
	return err
}

type journalFile struct {
	*journal
	path string
}

func (f *journalFile) Write(p []byte) (int, error) {
	f.text = append(f.text, p...)
	if err := f.ask(op{verb: appendTo, path: f.path, data: bytes.Clone(p)}); err != nil {
		return 0, err
	}
	return len(p), nil
}
func (f *journalFile) Sync() error  { return f.ask(op{verb: syncFile, path: f.path}) }
func (f *journalFile) Close() error { return nil }

// inode is a file, and what of it is on the disk.
type inode struct{ data, safe []byte }

// platter is a disk behind a cache that keeps nothing until it must.
type platter struct {
	target sectors           // on the disk
	writes []op              // of the target, in the cache
	names  map[string]*inode // on the disk
	cached map[string]*inode
	moves  []op // of names, in the cache
	// made are the inodes of the creations in moves, in order.
	made []*inode
}

// state is what is found behind a power cut.
type state struct {
	target sectors
	files  map[string][]byte
}

func newPlatter(s state) *platter {
	p := &platter{target: slices.Clone(s.target), names: map[string]*inode{}}
	for name, data := range s.files {
		p.names[name] = &inode{data, data}
	}
	p.cached = maps.Clone(p.names)
	return p
}

// play takes a request.
func (p *platter) play(o op) {
	switch o.verb {
	case writeTarget:
		p.writes = append(p.writes, o)
	case syncTarget:
		for _, w := range p.writes {
			p.target.write(w)
		}
		p.writes = p.writes[:0]
	case loseTarget:
		p.writes = p.writes[:0]
	case create:
		if old := p.cached[o.path]; old != nil { // O_TRUNC
			old.data = nil
			return
		}
		p.made = append(p.made, &inode{})
		p.moves = append(p.moves, o)
		move(p.cached, o, p.made[len(p.made)-1])
	case appendTo:
		f := p.cached[o.path]
		f.data = append(f.data[:len(f.data):len(f.data)], o.data...)
	case syncFile:
		f := p.cached[o.path]
		f.safe = f.data
	case rename, remove:
		p.moves = append(p.moves, o)
		move(p.cached, o, nil)
	case syncDir:
		p.names, p.moves, p.made = maps.Clone(p.cached), nil, nil
	}
}

// move changes names.
func move(names map[string]*inode, o op, made *inode) {
	switch o.verb {
	case create:
		names[o.path] = made
	case rename:
		names[o.to] = names[o.path]
		delete(names, o.path)
	case remove:
		delete(names, o.path)
	}
}

// cut is how much of a cache reaches the disk when the power fails.
type cut int

const (
	allLost cut = iota
	allKept
	mapKept    // of the map all, of the target nothing
	targetKept // the other way round
	someKept
)

// crash writes to s what is on the disk after a power cut. Changes of names are kept
// up to one of them, as a journal of a file system does; of data each may be lost, and
// one is torn.
func (p *platter) crash(c cut, r *rand.Rand, s *state) {
	s.target = append(s.target[:0], p.target...)
	writes, moves := p.writes, len(p.moves)
	switch c {
	case allLost:
		writes, moves = nil, 0
	case mapKept:
		writes = nil
	case targetKept:
		moves = 0
	case someKept:
		writes = p.torn(r)
		moves = r.IntN(moves + 1)
	}
	for _, w := range writes {
		s.target.write(w)
	}
	names, made := maps.Clone(p.names), 0
	for i, o := range p.moves[:moves] {
		var f *inode
		if o.verb == create {
			f = p.made[made]
			made++
		}
		old := names[o.path]
		move(names, o, f)
		if c == someKept && i == moves-1 && o.verb == rename && r.IntN(4) == 0 {
			names[o.path] = old // half of it: FAT
		}
	}
	s.files = map[string][]byte{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		s.files[name] = names[name].crash(c, r)
	}
}

// torn is a random part of the writes that are in the cache; some that are kept end at
// a random byte, or sector.
func (p *platter) torn(r *rand.Rand) []op {
	var kept []op
	for _, w := range p.writes {
		switch r.IntN(6) {
		case 0:
			kept = append(kept, w.tear(r.IntN(w.bytes()+1)))
		case 1:
			size := r.IntN(w.bytes() + 1)
			kept = append(kept, w.tear(size-size%unit))
		case 2:
			kept = append(kept, w)
		}
	}
	return kept
}

// crash is what is found of a file: all that was synced, and of the rest nothing, a
// part, all, or zeros in its place.
func (f *inode) crash(c cut, r *rand.Rand) []byte {
	if c == allLost || c == targetKept || bytes.Equal(f.safe, f.data) {
		return f.safe
	}
	if c != someKept {
		return f.data
	}
	if r.IntN(4) == 0 {
		return f.safe
	}
	size := r.IntN(len(f.data) + 1)
	found := slices.Clone(f.data[:size])
	if r.IntN(3) == 0 {
		found = append(found, make([]byte, len(f.data)-size)...)
	}
	return found
}
