package snapshot

import (
	"encoding/binary"
	"errors"
	"io"

	"golang.org/x/sys/unix"
)

// segment is a part of the image.
type segment struct {
	start, end uint64 // in memory, whole pages
	stored     uint64 // bytes in the file, whole pages; zeros follow
	prot       uint64
	data       []byte // nil for what is in the tracee
}

// The kinds of fixup: what the stub puts in place of a word (enum fixup in stub.c).
const (
	fixCanary = iota + 1
	fixGuard
	fixMangled
	fixStack
	fixArgv
	fixEnvp
	fixAuxv
	fixRandom
)

// image is the process to be, as it is collected.
type image struct {
	*linker
	stack    *stack
	segments []segment
	fixups   []uint64  // address << 4 | kind
	guarded  []segment // writable for the fixups only
	code     []segment // executable, for what a mangled pointer points to
	loader   [2]uint64 // where the loader is
}

// collect takes the regions of the tracee that make up the image.
func (m *image) collect() error {
	regions, err := m.regions()
	if err != nil {
		return err
	}
	for _, r := range regions {
		switch {
		case r.start == heapAt && m.end > heapAt:
			r.end = roundUp(m.end)
		case r.kernels() || r.start >= stubAt && r.start < objectsAt:
			continue
		case r.shared:
			return errors.New("the loader shares memory with others")
		case !(r.start >= fixedLow && r.end <= fixedHigh || r.start >= objectsAt && r.end <= objectsTo):
			return errors.New("the loader mapped memory where it was not told to")
		case !r.read && !r.write && !r.exec:
			continue
		}
		s := segment{start: r.start, end: r.end, stored: r.end - r.start, prot: unix.PROT_READ}
		if r.write {
			s.prot |= unix.PROT_WRITE
		}
		if r.exec {
			s.prot |= unix.PROT_EXEC
		}
		m.add(s)
	}
	return nil
}

// add appends a segment, to the one before it where that is alike.
func (m *image) add(s segment) {
	if n := len(m.segments); n > 0 && m.segments[n-1].end == s.start && m.segments[n-1].prot == s.prot {
		m.segments[n-1].end, m.segments[n-1].stored = s.end, s.end-m.segments[n-1].start
		return
	}
	m.segments = append(m.segments, s)
}

const piece = 1 << 20

// each calls f with the content of a segment, piece by piece.
func (m *image) each(s segment, f func(at uint64, p []byte) error) error {
	if s.data != nil {
		return f(s.start, s.data)
	}
	buf := make([]byte, min(piece, s.stored))
	for done := uint64(0); done < s.stored; done += uint64(len(buf)) {
		buf = buf[:min(uint64(len(buf)), s.stored-done)]
		if _, err := io.ReadFull(io.NewSectionReader(m.memory, int64(s.start+done), int64(len(buf))), buf); err != nil {
			return step("reading the memory of the traced process", err)
		}
		if err := f(s.start+done, buf); err != nil {
			return err
		}
	}
	return nil
}

// scan finds the words that are this process's own, and cuts off zeros at the end of
// what can be written.
func (m *image) scan() error {
	for _, s := range m.segments {
		if s.prot&unix.PROT_EXEC != 0 {
			m.code = append(m.code, s)
		}
	}
	for i := range m.segments {
		s := &m.segments[i]
		writable, loaders := s.prot&unix.PROT_WRITE != 0, s.start >= m.loader[0] && s.start < m.loader[1]
		if !writable && (!loaders || s.prot&unix.PROT_EXEC != 0) {
			continue // only the loader's data tells of its process and then must not change
		}
		before := len(m.fixups)
		var last uint64
		err := m.each(*s, func(at uint64, p []byte) error {
			n, err := m.words(at, p)
			if n > 0 {
				last = at + uint64(n) - s.start
			}
			return err
		})
		if err != nil {
			return err
		}
		switch {
		case writable:
			s.stored = roundUp(last)
		case len(m.fixups) > before:
			m.guarded = append(m.guarded, *s)
			s.prot |= unix.PROT_WRITE
		}
	}
	return nil
}

// words looks at every word in p, and returns where the last that is not 0 ends.
func (m *image) words(at uint64, p []byte) (last int, err error) {
	for i := 0; i+8 <= len(p); i += 8 {
		v := binary.LittleEndian.Uint64(p[i:])
		if v == 0 {
			continue
		}
		last = i + 8
		if v == m.end {
			// Where the heap ends (__curbrk), which is elsewhere in the process to be:
			// the C library asks when this is 0.
			if _, err := m.memory.WriteAt(make([]byte, 8), int64(at)+int64(i)); err != nil {
				return last, err
			}
		} else if kind := m.kind(v); kind != 0 {
			m.fixups = append(m.fixups, (at+uint64(i))<<4|kind)
		}
	}
	return last, nil
}

// kind says what a word is.
func (m *image) kind(v uint64) uint64 {
	switch v {
	case packCanary:
		return fixCanary
	case packGuard:
		return fixGuard
	case stackAt:
		return fixStack
	case m.stack.argv:
		return fixArgv
	case m.stack.envp:
		return fixEnvp
	case m.stack.auxv:
		return fixAuxv
	case m.stack.random:
		return fixRandom
	}
	// PTR_MANGLE (glibc, sysdeps/unix/sysv/linux/x86_64/pointer_guard.h).
	pointer := (v>>17 | v<<47) ^ packGuard
	if pointer >= objectsTo {
		return 0
	}
	for _, s := range m.code {
		if pointer >= s.start && pointer < s.end {
			return fixMangled
		}
	}
	return 0
}
