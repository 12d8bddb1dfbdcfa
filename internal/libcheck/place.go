package libcheck

import (
	"rescuebox/internal/blockdev"
	"rescuebox/internal/elfsym"
	"rescuebox/internal/medium"
	"rescuebox/internal/pagecache"
)

// unknown is the number of a sector or block that is not known.
const unknown = -1

// Bad is a run of bytes that cannot be read, contiguous on the device.
type Bad struct {
	medium.Range
	Device blockdev.Device // its Name is empty where nothing is known
	Sector int64           // first sector on Device; -1 where unknown
	Block  int64           // first block of the file system; -1 where unknown
	Disk   blockdev.Device // of which Device is a partition; else its Name is empty
	// Below is where Device's sectors are on disks, a place for each copy, or why
	// that is not known. It is nil for a whole disk.
	Below  []blockdev.Place
	What   elfsym.Place // what of the ELF object lies there; zero for other files
	Cached int64        // bytes of it that the page cache still has
}

// DiskSector is the first sector on Disk, where that has a name and Sector is known.
func (b Bad) DiskSector() int64 { return b.Device.Start + b.Sector }

// locator says where bad bytes lie.
type locator struct {
	system  blockdev.System
	stack   *blockdev.Stack
	devices map[uint64]device
}

type device struct{ device, disk blockdev.Device }

func newLocator(system blockdev.System) *locator {
	return &locator{system: system, stack: system.Stack(), devices: map[uint64]device{}}
}

// split splits a range where it is not contiguous on the device.
func (l *locator) split(file *medium.File, bad medium.Range) []Bad {
	d := l.device(uint64(file.Stat().Dev))
	whole := Bad{Range: bad, Device: d.device, Disk: d.disk, Sector: unknown, Block: unknown}
	if d.device.Anonymous {
		return []Bad{whole}
	}
	extents, err := blockdev.Extents(file.Fd(), bad.Offset, bad.Length)
	if err != nil || len(extents) == 0 {
		return []Bad{whole}
	}
	var list []Bad
	for _, e := range extents {
		b := whole
		b.Offset, b.Length = e.Offset, e.Length
		if e.Mapped {
			b.Sector = e.Physical / blockdev.SectorSize
			l.below(file, &b, e)
		}
		list = append(list, b)
	}
	return list
}

// below adds the block of the file system and what is under the device.
func (l *locator) below(file *medium.File, b *Bad, e blockdev.Extent) {
	if n, err := blockdev.FSBlock(file.Fd(), e.Physical); err == nil {
		b.Block = n
	}
	sectors := (e.Length + blockdev.SectorSize - 1) / blockdev.SectorSize
	places := l.stack.Below(b.Device, b.Sector, sectors)
	if len(places) != 1 || places[0].Device.Name != b.Device.Name || places[0].Why != "" {
		b.Below = places
	}
}

func (l *locator) device(number uint64) device {
	d, ok := l.devices[number]
	if !ok {
		d.device = l.system.Lookup(number)
		d.disk, _ = l.system.Disk(d.device)
		l.devices[number] = d
	}
	return d
}

// explain says what lies at the bad places of a file and how much of it the page
// cache still has.
func (l *locator) explain(f *File, path string, file *medium.File) {
	if len(f.Bad) == 0 {
		return
	}
	cache, err := pagecache.Open(path)
	if err == nil {
		defer cache.Close()
	}
	var find *elfsym.Locator
	if f.object != nil || f.NoStart {
		find = elfsym.NewLocator(medium.Unaligned(file), f.object)
	}
	for i := range f.Bad {
		b := &f.Bad[i]
		if find != nil {
			b.What = find.Place(b.Offset, b.Length)
		}
		if err == nil {
			list, _ := cache.Resident(b.Offset, b.Length)
			for _, r := range list {
				b.Cached += r.Length
			}
		}
	}
}
