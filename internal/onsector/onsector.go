// Package onsector finds the files that lie on given sectors of a disk: the way
// from what the kernel's log, or the map of a disk that was copied, calls bad, to
// what is lost by it.
//
// Each file is asked where it lies. That reads none of its bytes, and takes one
// system call for most.
package onsector

import (
	"context"
	"errors"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"rescuebox/internal/blockdev"
	"rescuebox/internal/order"
)

// Hit is a part of a file that lies on a target.
type Hit struct {
	File, Target   int             // indices
	Offset, Length int64           // bytes in the file, or in its last block behind its end; 0, 0 where only the inode is known
	Device         blockdev.Device // that of the file's file system
	Sector         int64           // of Offset, on Device; -1 where unknown
	TargetSector   int64           // the same on the target's device; -1 where unknown
	// Elsewhere says that the same sector is, current, on another disk as well: on
	// the other side of a mirror, from where the file can be read.
	Elsewhere bool
}

// Unsure is a file of which it is not known whether a target lies in it.
type Unsure struct {
	File int
	Err  error
}

// Result is what was found.
type Result struct {
	Hits   []Hit // in the order of files
	Unsure []Unsure
	// Places are, for each target, what lies on its sectors, from the disk up: a
	// target may lie in a file system but in none of the files.
	Places [][]blockdev.Place
	More   bool // there were too many hits, of which the first are in Hits
}

// maxHits bounds those that are kept.
const maxHits = 1 << 16

// ErrLogical says that a file system has addresses of its own, as btrfs has, or
// lies on others, as overlayfs does.
var ErrLogical = errors.New("its file system does not tell where on a disk it lies")

// Find looks for the targets in n files. open opens the file of an index, for
// reading and without waiting (O_NONBLOCK); Find closes it. The error is that of
// ctx; the result then holds what was found until then.
func Find(ctx context.Context, system blockdev.System, targets []Target, n int, open func(index int) (*os.File, error)) (*Result, error) {
	f := finder{system: system, stack: system.Stack(), targets: targets, result: &Result{}}
	for i := range targets {
		if err := ctx.Err(); err != nil {
			return f.result, err
		}
		f.target(i)
	}
	for i := range f.devices {
		f.devices[i].sort()
	}
	for i := range n {
		if err := ctx.Err(); err != nil {
			return f.result, err
		}
		file, err := open(i)
		if err == nil {
			err = f.file(i, file)
			file.Close()
		}
		if err != nil {
			f.result.Unsure = append(f.result.Unsure, Unsure{File: i, Err: err})
		}
	}
	return f.result, nil
}

type finder struct {
	system  blockdev.System
	stack   *blockdev.Stack
	targets []Target
	devices []device
	mounted []mounted
	sectors bool // some target has sectors
	result  *Result
}

// device is one that has targets on it.
type device struct {
	major, minor uint32
	spans        []span
	inodes       []inode
	why          string // why there may be targets of which it is not known where
}

// span is a run of bytes of a device that a target takes.
type span struct {
	from, to int64
	reach    int64 // the largest to of this and all spans before it
	target   int
	sector   int64 // on the target's device, of from
}

type inode struct {
	number uint64
	root   int64
	target int
}

// mounted is a file system's number and the devices that it is on.
type mounted struct {
	number  uint64
	devices []blockdev.Device // none where unknown; several only if logical
	logical bool              // its addresses are not those of one device
}

func (f *finder) on(d blockdev.Device) *device {
	if known := f.find(d); known != nil {
		return known
	}
	f.devices = append(f.devices, device{major: d.Major, minor: d.Minor})
	return &f.devices[len(f.devices)-1]
}

func (f *finder) find(d blockdev.Device) *device {
	for i := range f.devices {
		if f.devices[i].major == d.Major && f.devices[i].minor == d.Minor {
			return &f.devices[i]
		}
	}
	return nil
}

// target notes on which devices a target lies.
func (f *finder) target(index int) {
	t := f.targets[index]
	places := f.stack.Above(t.Device, t.Sector, t.Count)
	f.result.Places = append(f.result.Places, places)
	if t.Inode != 0 {
		d := f.on(t.Device)
		d.inodes = append(d.inodes, inode{number: t.Inode, root: t.Root, target: index})
	}
	for _, p := range places {
		f.sectors = true
		d := f.on(p.Device)
		if p.Sector < 0 {
			d.why = p.Why
			continue
		}
		from := p.Sector * blockdev.SectorSize
		d.spans = append(d.spans, span{from: from, to: from + p.Count*blockdev.SectorSize, target: index, sector: p.From})
	}
}

func (d *device) sort() {
	order.Stable(d.spans, func(a, b *span) bool { return a.from < b.from })
	reach := int64(0)
	for i := range d.spans {
		reach = max(reach, d.spans[i].to)
		d.spans[i].reach = reach
	}
}

// file looks for targets in an open file.
func (f *finder) file(index int, file *os.File) error {
	fd := int(file.Fd())
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if kind := st.Mode & unix.S_IFMT; kind != unix.S_IFREG && kind != unix.S_IFDIR {
		return nil
	}
	m := f.mount(uint64(st.Dev), fd)
	var err error
	if m.logical && len(m.devices) == 0 && f.sectors {
		err = ErrLogical
	}
	for _, on := range m.devices {
		d := f.find(on)
		if d == nil {
			continue
		}
		switch {
		case f.named(Hit{File: index, Device: on, Sector: -1, TargetSector: -1}, d, &st, fd):
		case m.logical && (len(d.spans) > 0 || d.why != ""):
			err = ErrLogical
		case !m.logical && st.Size > 0:
			if err = f.search(index, on, d, fd, st.Size); err == nil && d.why != "" {
				err = errors.New(d.why)
			}
		}
	}
	return err
}

// named adds a hit for the targets that are the file by its inode.
func (f *finder) named(h Hit, d *device, st *unix.Stat_t, fd int) bool {
	found := false
	for _, i := range d.inodes {
		if i.number == st.Ino && sameRoot(fd, i.root) {
			h.Target, found = i.target, true
			f.hit(h)
		}
	}
	return found
}

// search looks for the device's targets in a file of size bytes.
func (f *finder) search(index int, on blockdev.Device, d *device, fd int, size int64) error {
	if len(d.spans) == 0 {
		return nil
	}
	// The last block is read as a whole: its sectors behind the end count.
	const block = 4096
	extents, err := blockdev.Extents(fd, 0, (size+block-1)/block*block)
	if err != nil {
		return err
	}
	for _, e := range extents {
		if e.Mapped {
			f.extent(index, on, d.spans, e)
		}
	}
	return nil
}

// rootLookup is BTRFS_IOC_INO_LOOKUP, _IOWR(0x94, 18, 4096 bytes)
// (linux/btrfs_tree.h, btrfs.h).
const rootLookup = 0xD0009412

// sameRoot reports whether the file is of the subvolume: inode numbers are counted
// in each. It is true where that cannot be told.
func sameRoot(fd int, root int64) bool {
	if root == 0 {
		return true
	}
	var lookup struct {
		tree, object uint64
		_            [4080]byte
	}
	lookup.object = 256 // BTRFS_FIRST_FREE_OBJECTID: the subvolume's own folder
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), rootLookup, uintptr(unsafe.Pointer(&lookup)))
	return errno != 0 || lookup.tree == uint64(root)
}

// mount returns what is known of the file system with a number; fd is a file in it.
func (f *finder) mount(number uint64, fd int) mounted {
	for _, m := range f.mounted {
		if m.number == number {
			return m
		}
	}
	m := mounted{number: number}
	d := f.system.Lookup(number)
	if m.logical = d.Anonymous; !m.logical {
		m.devices = []blockdev.Device{d}
	} else if m.devices = f.system.BtrfsDevices(fd); m.devices == nil {
		if source, err := DeviceAt(f.system, d.Name); err == nil {
			m.devices = []blockdev.Device{source}
		}
	}
	f.mounted = append(f.mounted, m)
	return m
}

// extent adds a hit for each span that the extent touches.
func (f *finder) extent(index int, d blockdev.Device, spans []span, e blockdev.Extent) {
	from, to := e.Physical, e.Physical+e.Length
	// Of the spans before the first that reaches behind from, none touches.
	low, high := 0, len(spans)
	for low < high {
		if middle := (low + high) / 2; spans[middle].reach > from {
			high = middle
		} else {
			low = middle + 1
		}
	}
	for _, s := range spans[low:] {
		if s.from >= to {
			break
		}
		first, last := max(s.from, from), min(s.to, to)
		if first >= last {
			continue
		}
		h := Hit{
			File: index, Target: s.target, Offset: e.Offset + first - from, Length: last - first,
			Device: d, Sector: first / blockdev.SectorSize, TargetSector: s.sector + (first-s.from)/blockdev.SectorSize,
		}
		h.Elsewhere = f.elsewhere(h)
		f.hit(h)
	}
}

// elsewhere reports whether a hit's first sector is also where the target is not.
func (f *finder) elsewhere(h Hit) bool {
	bad := f.stack.Below(f.targets[h.Target].Device, h.TargetSector, 1)
	for _, p := range f.stack.Below(h.Device, h.Sector, 1) {
		same := p.Why != ""
		for _, b := range bad {
			same = same || p.Device.Major == b.Device.Major && p.Device.Minor == b.Device.Minor && p.Sector == b.Sector
		}
		if !same {
			return true
		}
	}
	return false
}

func (f *finder) hit(h Hit) {
	if len(f.result.Hits) == maxHits {
		f.result.More = true
		return
	}
	f.result.Hits = append(f.result.Hits, h)
}
