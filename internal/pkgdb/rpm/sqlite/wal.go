package sqlite

import (
	"encoding/binary"
	"io"

	"rescuebox/internal/pkgdb/rpm/blob"
)

// Sizes and magic of the write-ahead log (chapter 4 of fileformat2). The lowest bit
// of the magic says that checksums are over big-endian words.
const (
	logMagic    = 0x377f0682
	logHeader   = 32
	frameHeader = 24
)

// wal is what a log holds of a database.
type wal struct {
	r        io.ReaderAt
	pageSize int64
	pages    map[uint32]int64 // where the last committed image of a page lies
}

// sum is the log's running checksum.
type sum struct {
	order binary.ByteOrder
	a, b  uint32
}

// add continues the checksum with data, whose length is a multiple of 8.
func (s *sum) add(data []byte) {
	for ; len(data) >= 8; data = data[8:] {
		s.a += s.order.Uint32(data) + s.b
		s.b += s.order.Uint32(data[4:]) + s.a
	}
}

// is reports whether b stores the checksum.
func (s *sum) is(b []byte) bool {
	return binary.BigEndian.Uint32(b) == s.a && binary.BigEndian.Uint32(b[4:]) == s.b
}

// readLog returns what the log holds, nil when that is nothing. The log ends with
// the last frame that carries the header's salts and a right checksum: behind it lie
// frames of an earlier use, so that only a read that fails is damage.
func readLog(log Log) (*wal, *blob.Damage) {
	head := make([]byte, logHeader)
	if log.Size < logHeader {
		return nil, nil // just created, or truncated after everything was copied
	}
	if damage := read(log.R, head, blob.Place{Log: true}); damage != nil {
		return nil, damage
	}
	s := &sum{order: binary.LittleEndian}
	magic := binary.BigEndian.Uint32(head)
	if magic&1 != 0 {
		s.order = binary.BigEndian
	}
	s.add(head[:24])
	w := &wal{r: log.R, pageSize: int64(binary.BigEndian.Uint32(head[8:])), pages: map[uint32]int64{}}
	if magic&^1 != logMagic || !s.is(head[24:]) ||
		w.pageSize < minPage || w.pageSize > maxPage || w.pageSize&(w.pageSize-1) != 0 {
		return nil, nil // SQLite takes such a log for empty
	}
	damage := w.frames(log.Size, head[16:24], s)
	if len(w.pages) == 0 {
		w = nil
	}
	return w, damage
}

// frames collects the pages of the transactions that were committed.
func (w *wal) frames(size int64, salts []byte, s *sum) *blob.Damage {
	type image struct {
		page uint32
		at   int64
	}
	var open []image // of the transaction at hand
	frame := make([]byte, frameHeader+w.pageSize)
	for at := int64(logHeader); at+int64(len(frame)) <= size; at += int64(len(frame)) {
		if damage := read(w.r, frame, blob.Place{Offset: at, Log: true}); damage != nil {
			return damage
		}
		s.add(frame[:8])
		s.add(frame[frameHeader:])
		page := binary.BigEndian.Uint32(frame)
		if page == 0 || string(frame[8:16]) != string(salts) || !s.is(frame[16:]) {
			break
		}
		open = append(open, image{page, at + frameHeader})
		if binary.BigEndian.Uint32(frame[4:]) == 0 {
			continue
		}
		for _, i := range open {
			w.pages[i.page] = i.at
		}
		open = open[:0]
	}
	return nil
}
