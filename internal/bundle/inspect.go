package bundle

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"rescuebox/internal/elffile"
)

// chunk is how much is read at once, and page how much after an error, in bytes.
const (
	chunk = 1 << 20
	page  = 4096
)

// maxFile bounds the size of a file, in bytes: the largest libraries have some 200 MB.
const maxFile = 1 << 29

// hasCapabilities reports whether a file gives capabilities to who executes it. A
// file system without such attributes has none.
func (p *Plan) hasCapabilities(path string) bool {
	n, err := unix.Lgetxattr(p.input.Root.Host(path), "security.capability", nil)
	return err == nil && n > 0
}

// read returns a file's bytes. A read that fails is an *elffile.ReadError.
func (p *Plan) read(ctx context.Context, f *File) ([]byte, error) {
	if f.data != nil {
		return f.data, nil
	}
	in, err := p.input.Root.Open(f.Path)
	if err != nil {
		return nil, &FileError{f.Path, err}
	}
	defer in.Close()
	if f.Size > maxFile {
		return nil, &FileError{f.Path, unix.EFBIG}
	}
	data := make([]byte, f.Size)
	step := chunk
	for off := 0; off < len(data); {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := in.ReadAt(data[off:min(off+step, len(data))], int64(off))
		off += n
		switch {
		case n > 0:
			// What is wrong, if anything, shows again.
		case err == io.EOF:
			return nil, &FileError{f.Path, &elffile.FormatError{Offset: int64(off), What: "the file is shorter than it was"}}
		case err != nil && step > page:
			step = page
		case err != nil:
			return nil, &FileError{f.Path, &elffile.ReadError{Offset: int64(off), Err: err}}
		}
	}
	return data, nil
}

// holds reports whether the bytes of an object have a string of their own.
func holds(data []byte, s string) bool {
	return bytes.Contains(data, []byte("\x00"+s+"\x00"))
}

// unwinding are functions for which the C library opens libgcc_s.so.1 by name, and
// without it ends the program.
var unwinding = []string{"pthread_cancel", "pthread_exit", "backtrace"}

// inspect reads every file once: for what the loader can, what the C library will
// open, and what will be missed. Damage shows before anything is written.
func (p *Plan) inspect(ctx context.Context) error {
	libc, old, unwinds := "", false, false
	for i := range p.Files {
		f := &p.Files[i]
		data, err := p.read(ctx, f)
		if err != nil {
			return err
		}
		switch base := filepath.Base(f.Path); {
		case f.Role == Loader:
			p.Argv0, p.Preload = holds(data, "--argv0"), holds(data, "--preload")
			f.data = withoutPreloads(data)
		case base == "libc.so.6" || strings.HasPrefix(base, "libc-2."):
			// From 2.34 on the modules are part of it.
			libc, old = f.Path, !holds(data, "GLIBC_2.34")
			continue
		case f.Role == Program:
			p.warn(data)
		}
		for _, name := range unwinding {
			unwinds = unwinds || f.Role != Loader && !strings.HasPrefix(filepath.Base(f.Path), "libpthread") && holds(data, name)
		}
	}
	if libc == "" {
		return nil
	}
	if old {
		p.addOpened(filepath.Dir(libc), "libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2")
	}
	if unwinds {
		p.addOpened(filepath.Dir(libc), "libgcc_s.so.1")
	}
	return nil
}

// withoutPreloads makes the loader's copy blind for /etc/ld.so.preload: what a broken
// host names there may be what is broken.
func withoutPreloads(loader []byte) []byte {
	i := bytes.Index(loader, []byte("\x00/etc/ld.so.preload\x00"))
	if i < 0 {
		return loader
	}
	out := bytes.Clone(loader)
	out[i+1] = 0
	return out
}

// addOpened adds libraries that lie beside libc, where they are.
func (p *Plan) addOpened(dir string, names ...string) {
	for _, name := range names {
		real, err := p.input.Root.Resolve(dir + "/" + name)
		if err != nil || p.has(real) {
			continue
		}
		if info, err := p.input.Root.Stat(real); err == nil {
			p.Files = append(p.Files, File{Role: Opened, Path: real, Size: info.Size()})
		}
	}
}
