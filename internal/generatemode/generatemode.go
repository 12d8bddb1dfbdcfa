// Package generatemode makes a map of ddrescue from a copy that was made without one
// (the manual's chapter "Generate mode"): a sector of zeros counts as not copied.
package generatemode

import (
	"bytes"
	"context"
	"io"
	"time"

	"rescuebox/internal/mapfile"
	"rescuebox/internal/medium"
)

// Job is one map to make.
type Job struct {
	Copy    io.ReaderAt
	Size    int64        // of the copy, in bytes
	Map     *mapfile.Map // of nothing that was tried; its header says Generating to go on
	Domain  mapfile.Domain
	Sector  int64 // bytes: what is all zeros or was copied, counted in the first cluster of an area from its start
	Cluster int64 // bytes, a multiple of Sector
	Offset  int64 // of the copy, added to a position
	// Save puts the map where it survives.
	Save  func(*mapfile.Map) error
	Every time.Duration // between saves; 0: 30 s
	// Watch hears how far it is; it must not wait. May be nil.
	Watch func(Stats)
}

// Stats are how far it is, in bytes.
type Stats struct {
	Seen, Finished int64
	Unreadable     int64 // of the copy: they count as not copied
	Pos            int64
}

// Run reads the copy until its end, or until ctx ends.
func (j *Job) Run(ctx context.Context) (Stats, error) {
	from := int64(0)
	if j.Map.Header.Status == mapfile.Generating {
		from = j.Map.Header.Pos
	}
	j.Map.Header = mapfile.Header{Pos: from, Status: mapfile.Generating, Pass: 1}
	stats, err := j.areas(ctx, from)
	if err == nil {
		j.Map.Header.Status = mapfile.Finished
	}
	if saved := j.Save(j.Map); err == nil {
		err = saved
	}
	return stats, err
}

func (j *Job) areas(ctx context.Context, from int64) (stats Stats, err error) {
	buffer := medium.AlignedBuffer(int(max(1<<20/j.Cluster, 1) * j.Cluster))
	saved, every, last := time.Now(), j.Every, from
	if every == 0 {
		every = 30 * time.Second
	}
	for a := range j.Domain.Crop(from, j.Size-j.Offset).Areas() {
		for pos, end := a.Pos, a.Pos+a.Size; pos < end; {
			if err := ctx.Err(); err != nil {
				return stats, err
			}
			n := min(int64(len(buffer)), end-pos)
			if pos%j.Sector > 0 {
				// From the end of this on sectors are those of the disk.
				n = min(n, j.Cluster-(pos+j.Cluster)%j.Sector)
			}
			stats.Pos = pos
			j.Map.Header.Pos = pos
			j.piece(pos, buffer[:n], &stats)
			last = pos + (n-1)/j.Cluster*j.Cluster
			pos += n
			if j.Watch != nil {
				j.Watch(stats)
			}
			if time.Since(saved) >= every {
				if err := j.Save(j.Map); err != nil {
					return stats, err
				}
				saved = time.Now()
			}
		}
	}
	j.Map.Header.Pos = last
	return stats, nil
}

// piece reads a part of the copy: sector by sector where it cannot be read at once.
func (j *Job) piece(pos int64, p []byte, stats *Stats) {
	n, _ := j.Copy.ReadAt(p, pos+j.Offset)
	if n < len(p) && int64(len(p)) > j.Sector {
		for at := int64(0); at < int64(len(p)); at += j.Sector {
			j.piece(pos+at, p[at:min(at+j.Sector, int64(len(p)))], stats)
		}
		return
	}
	stats.Seen += int64(len(p))
	if n < len(p) {
		stats.Unreadable += int64(len(p))
		return
	}
	data := p[:0] // sectors in a row that are not all zeros
	for at := int64(0); at < int64(len(p)); at += j.Sector {
		sector := p[at:min(at+j.Sector, int64(len(p)))]
		if bytes.Count(sector, []byte{0}) == len(sector) {
			j.finished(pos+at, data, stats)
			data = p[at+int64(len(sector)) : at+int64(len(sector))]
			continue
		}
		data = data[:len(data)+len(sector)]
	}
	j.finished(pos+int64(len(p)), data, stats)
}

// finished marks sectors that end at a position.
func (j *Job) finished(end int64, sectors []byte, stats *Stats) {
	j.Map.Set(end-int64(len(sectors)), int64(len(sectors)), mapfile.Finished)
	stats.Finished += int64(len(sectors))
}
