package snapshot

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"rescuebox/internal/elffile"
	"rescuebox/internal/errno"
)

// object is an ELF file that is going to be laid out: the program or its loader.
type object struct {
	*elffile.Object
	path   string // as the tracee knows it
	file   *os.File
	reader io.ReaderAt // the file

	entry, phoff, phnum uint64
	stackFlags          uint32 // p_flags of PT_GNU_STACK
	hasStack            bool

	bias uint64 // address in memory minus address in the file
}

// open reads the headers of a file. host is its path here, path its name below the
// root that the tracee will have.
func open(host, path string) (*object, error) {
	f, err := os.Open(host)
	if err != nil {
		return nil, err
	}
	o := &object{path: path, file: f, reader: f}
	if err := o.read(); err != nil {
		f.Close()
		return nil, err
	}
	return o, nil
}

func (o *object) read() error {
	var err error
	o.Object, err = elffile.Read(o.reader)
	if errors.Is(err, elffile.ErrNotELF) {
		return &Refused{o.path, "not an ELF program"}
	}
	if err != nil {
		return step("reading "+o.path, err)
	}
	switch {
	case o.Machine != elffile.MachineX86_64 || o.Class != elffile.Class64:
		return &Refused{o.path, "not an amd64 program: snapshots are made of those only"}
	case o.Type != elffile.Exec && o.Type != elffile.Dyn:
		return &Refused{o.path, "neither a program nor a library"}
	}
	return o.headers()
}

// Program header types beyond those of elffile, and where its fields lie in ELF
// files of 64 bits (gABI, "ELF Header", "Program Header").
const (
	ptGNUStack = 0x6474e551
	phdrSize   = 56
)

// headers reads what only one who starts a program must know.
func (o *object) headers() error {
	var head [64]byte
	if _, err := o.reader.ReadAt(head[:], 0); err != nil {
		return step("reading "+o.path, err)
	}
	le := binary.LittleEndian
	o.entry, o.phoff, o.phnum = le.Uint64(head[24:]), le.Uint64(head[32:]), uint64(le.Uint16(head[56:]))
	table := make([]byte, o.phnum*phdrSize) // at most 4 MiB, and elffile has read it
	if _, err := o.reader.ReadAt(table, int64(o.phoff)); err != nil {
		return step("reading "+o.path, err)
	}
	for ; len(table) > 0; table = table[phdrSize:] {
		if le.Uint32(table) == ptGNUStack {
			o.hasStack, o.stackFlags = true, le.Uint32(table[4:])
		}
	}
	return nil
}

// refusal says why the program cannot be packed, "" when it can.
func (o *object) refusal() string {
	info, err := o.file.Stat()
	if err != nil {
		return errno.Reason(err)
	}
	switch {
	case info.Mode()&(fs.ModeSetuid|fs.ModeSetgid) != 0:
		return "set-user-ID or set-group-ID: a snapshot would lose that and the loader's caution with it"
	case privileged(o.file):
		return "has file capabilities: a snapshot would lose those and the loader's caution with them"
	case o.Interp == "" && o.Dynamic && o.Type == elffile.Dyn:
		return "a library or a static position-independent program: nothing to merge"
	case o.Interp == "":
		return "a static program: it needs no library as it is"
	case strings.Contains(o.Interp, "ld-musl"):
		return "linked with musl: only glibc's loader can be stopped at the right place"
	}
	return ""
}

func privileged(f *os.File) bool {
	var buf [64]byte
	n, err := unix.Fgetxattr(int(f.Fd()), "security.capability", buf[:])
	return err == nil && n > 0 || errors.Is(err, syscall.ERANGE)
}

// place puts an object that has no address of its own at one, and returns where the
// next may go.
func (o *object) place(at uint64) (next uint64, err error) {
	low, high := at, uint64(objectsTo)
	if o.Type == elffile.Exec {
		low, high = fixedLow, fixedHigh
	} else {
		o.bias = at
	}
	next = at
	for _, s := range o.Loads {
		if s.Addr > objectsTo || s.Memory > objectsTo || s.Size > s.Memory || s.Addr%pageSize != s.Offset%pageSize ||
			o.bias+s.Addr < low || o.bias+s.Addr+s.Memory > high {
			return 0, &Refused{o.path, "segments where this cannot place them"}
		}
		if o.Type == elffile.Dyn {
			next = max(next, (o.bias+s.Addr+s.Memory+alignment-1)&^(alignment-1))
		}
	}
	return next, nil
}

// programHeaders is where the program headers are in memory.
func (o *object) programHeaders() (uint64, bool) {
	for _, s := range o.Loads {
		if o.phoff >= s.Offset && o.phoff+o.phnum*phdrSize <= s.Offset+s.Size {
			return o.bias + s.Addr + o.phoff - s.Offset, true
		}
	}
	return 0, false
}

// load maps the segments into the tracee and fills them.
func (o *object) load(t *tracee) error {
	mapped := uint64(0) // up to here: a segment may begin on the page where one ends
	for _, s := range o.Loads {
		start, end := roundDown(o.bias+s.Addr), roundUp(o.bias+s.Addr+s.Memory)
		prot := uint64(unix.PROT_READ)
		if s.Writable {
			prot |= unix.PROT_WRITE
		}
		if s.Executable {
			prot |= unix.PROT_EXEC
		}
		before := s.Addr % pageSize // the rest of the page, as a mapping of the file has it
		if start < mapped {
			start, before = mapped, 0
		}
		if start < end {
			if err := t.anonymous(start, end-start, prot); err != nil {
				return err
			}
			mapped = end
		}
		if s.Size == 0 {
			continue
		}
		r := io.NewSectionReader(o.reader, int64(s.Offset-before), int64(s.Size+before))
		if _, err := io.Copy(io.NewOffsetWriter(t.memory, int64(o.bias+s.Addr-before)), r); err != nil {
			return step("loading "+o.path, err)
		}
	}
	return nil
}

// startUser returns the address of _dl_start_user, where glibc's loader is done:
// its entry is "mov %rsp,%rdi; call _dl_start" (sysdeps/x86_64/dl-machine.h,
// RTLD_START), which later versions may precede by endbr64.
func (o *object) startUser() (uint64, error) {
	off, ok := o.FileOffset(o.entry)
	var code [12]byte
	if ok {
		if _, err := o.reader.ReadAt(code[:], int64(off)); err != nil {
			return 0, step("reading "+o.path, err)
		}
	}
	at := o.bias + o.entry
	p := code[:]
	if string(p[:4]) == "\xf3\x0f\x1e\xfa" {
		p, at = p[4:], at+4
	}
	if string(p[:4]) != "\x48\x89\xe7\xe8" {
		return 0, &Refused{o.path, "does not begin as glibc's loader does"}
	}
	return at + 8, nil
}
