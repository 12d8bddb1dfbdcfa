package libcheck

import (
	"context"
	"io"
	"slices"

	"rescuebox/internal/blockdev"
	"rescuebox/internal/medium"
	"rescuebox/internal/skipread"
)

// Outcome is what reading a file came to.
type Outcome struct {
	Done     bool  // it was read to its end, or cannot be
	Read     int64 // bytes that can be read
	Bad      []Bad // sorted by offset
	Err      error // why it was not read to its end; nil when it was
	Buffered bool  // its file system has no direct reads: the page cache may hide damage
}

// Damaged reports whether the medium has lost some of the file.
func (o *Outcome) Damaged() bool { return len(o.Bad) > 0 || skipread.IsMedia(o.Err) }

// unknown is the sector of a place without one.
const unknown = -1

// Bad is a run of bytes that cannot be read, contiguous on the device.
type Bad struct {
	medium.Range
	Device blockdev.Device // its Name is empty where nothing is known
	Sector int64           // first sector on Device; -1 where unknown
	Disk   blockdev.Device // of which Device is a partition; else its Name is empty
}

// DiskSector is the first sector on Disk, where that has a name and Sector is known.
func (b Bad) DiskSector() int64 { return b.Device.Start + b.Sector }

// Read reads all files of the plan. progress is told of bytes done with. The error
// is that of ctx; what was found until then is in the plan.
func (p *Plan) Read(ctx context.Context, system blockdev.System, progress func(int64)) error {
	r := &reader{plan: p, system: system, devices: map[uint64]device{}}
	for _, f := range p.Files {
		if f.Err == nil {
			r.files = append(r.files, f)
		} else {
			f.Done = true
		}
	}
	scan := &medium.Scan{Open: r.open, Done: r.done, Progress: progress}
	return scan.Run(ctx)
}

// Bytes is how much there is to read.
func (p *Plan) Bytes() int64 {
	var n int64
	for _, f := range p.Files {
		n += f.Size
	}
	return n
}

// reader is Read under way.
type reader struct {
	plan    *Plan
	system  blockdev.System
	files   []*File
	devices map[uint64]device
}

type device struct{ device, disk blockdev.Device }

func (r *reader) open(index int) (medium.Source, error) {
	if index == len(r.files) {
		return nil, io.EOF
	}
	f, err := medium.Open(r.plan.root.Host(r.files[index].Path))
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (r *reader) done(source medium.Source, result medium.Result) {
	f := r.files[result.Index]
	f.Read, f.Err = result.Read, result.Err
	f.Done = result.Err != context.Canceled
	file, _ := source.(*medium.File)
	if file == nil {
		return
	}
	defer file.Close()
	f.Buffered = !file.Direct()
	for _, bad := range result.Bad {
		f.Bad = append(f.Bad, r.places(file, bad)...)
	}
}

// places splits a range where it is not contiguous on the device.
func (r *reader) places(file *medium.File, bad medium.Range) []Bad {
	d := r.device(uint64(file.Stat().Dev))
	whole := Bad{Range: bad, Device: d.device, Disk: d.disk, Sector: unknown}
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
		}
		list = append(list, b)
	}
	return list
}

func (r *reader) device(number uint64) device {
	d, ok := r.devices[number]
	if !ok {
		d.device = r.system.Lookup(number)
		d.disk, _ = r.system.Disk(d.device)
		r.devices[number] = d
	}
	return d
}

// Header reports whether a bad place lies in the first bytes of the file, which
// the loader reads instead of mapping them (832 bytes on 64-bit machines, 512 on
// others; elf/dl-load.c, struct filebuf), so that it can say what is wrong.
func (f *File) Header() bool {
	return slices.ContainsFunc(f.Bad, func(b Bad) bool { return b.Offset < 512 })
}
