// Package skipread reads a medium with bad sectors from one end to the other:
// what cannot be read is narrowed down to single blocks, comes out as zeros so
// that every byte keeps its offset, and is told of as a range. It does not go
// back: retrying and mapping are the business of an imaging engine.
package skipread

import (
	"errors"
	"io"
	"slices"
	"syscall"

	"rescuebox/internal/narrow"
)

// Block is the smallest unit, in bytes, in which a medium fails: the logical
// block of all ATA disks and of most others (linux/blk_types.h, SECTOR_SIZE).
const Block = 512

// Range is a run of bytes that could not be read.
type Range struct {
	Off, Len int64 // bytes
	Err      error // the first error met in it
}

// Reader reads Src sequentially. The fields are set before the first Read.
type Reader struct {
	Src io.ReaderAt
	Off int64 // where to start; afterwards the offset of the next byte

	// Size is the offset of the end. Reads that fail are not skipped beyond it:
	// with a Size of 0, as of a pipe or a file of /proc, the first error ends
	// the reading.
	Size int64

	// Missing, when set, is told each range, with adjacent ones merged, before
	// the first byte behind it is returned.
	Missing func(Range)

	state   narrow.State
	pending Range
}

// mediaErrors are what the kernel's block layer (block/blk-core.c, blk_errors)
// and file systems (EBADMSG for a bad checksum, EUCLEAN for bad structure) say
// when some bytes cannot be had and others may: ENODATA is a medium error of a
// read that bypasses the page cache, EREMOTEIO one of the target.
var mediaErrors = [...]syscall.Errno{
	syscall.EIO, syscall.ENODATA, syscall.EREMOTEIO, syscall.EILSEQ,
	syscall.ETIMEDOUT, syscall.EBADMSG, syscall.EUCLEAN,
}

// IsMedia reports whether err means that some bytes of a medium are bad, rather
// than that the whole of it is gone or cannot be read in this way.
func IsMedia(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno) && slices.Contains(mediaErrors[:], errno)
}

// Read reads up to len(p) bytes, zeros in place of those that are missing.
// Its error is io.EOF or one that is not IsMedia, or any when Size is 0.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	r.state.Block = Block
	for {
		want := r.want(len(p))
		n, err := r.Src.ReadAt(p[:want], r.Off)
		switch {
		case n > 0:
			// An error behind good bytes is met again, by a read that starts
			// at it.
			r.flush()
			r.Off += int64(n)
			return n, nil
		case err == nil || err == io.EOF:
			r.flush()
			return 0, io.EOF
		case !IsMedia(err) || r.Off >= r.Size:
			r.flush()
			return 0, err
		case r.state.Failed(r.Off, int64(want)):
			clear(p[:want])
			r.miss(int64(want), err)
			return want, nil
		}
	}
}

// want is the size of the next read into a buffer of n bytes.
func (r *Reader) want(n int) int {
	if left := r.Size - r.Off; left > 0 {
		n = int(min(int64(n), left))
	}
	return int(r.state.Next(r.Off, int64(n)))
}

func (r *Reader) miss(n int64, err error) {
	if r.pending.Len == 0 {
		r.pending = Range{Off: r.Off, Err: err}
	}
	r.pending.Len += n
	r.Off += n
}

func (r *Reader) flush() {
	if r.pending.Len > 0 && r.Missing != nil {
		r.Missing(r.pending)
	}
	r.pending = Range{}
}
