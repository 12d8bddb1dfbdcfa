package bundle

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"rescuebox/internal/elffile"
)

// chunk is how much is read at once, in bytes.
const chunk = 1 << 20

// maxFile bounds the size of a file, in bytes: the largest libraries have some 200 MB.
const maxFile = 1 << 29

// hasCapabilities reports whether a file gives capabilities to who executes it. A
// file system without such attributes has none.
func (p *Plan) hasCapabilities(path string) bool {
	n, err := unix.Lgetxattr(p.host(path), "security.capability", nil)
	return err == nil && n > 0
}

func (p *Plan) host(path string) string {
	if p.input.Root.IsHost() {
		return path
	}
	return p.input.Root.Host(path)
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
	for off := 0; off < len(data); {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := in.ReadAt(data[off:min(off+chunk, len(data))], int64(off))
		off += n
		switch {
		case n > 0:
			// What is wrong, if anything, shows again at the exact place.
		case err == io.EOF:
			return nil, &FileError{f.Path, &elffile.FormatError{Offset: int64(off), What: "the file is shorter than it was"}}
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

// inspect looks into the files for what the loader can, and for what will be missed.
func (p *Plan) inspect(ctx context.Context) error {
	loader, err := p.read(ctx, &p.Files[0])
	if err != nil {
		return err
	}
	p.Argv0, p.Preload = holds(loader, "--argv0"), holds(loader, "--preload")
	p.Files[0].data = withoutPreloads(loader)
	program, err := p.read(ctx, &p.Files[1])
	if err != nil {
		return err
	}
	for i := range p.Files {
		if filepath.Base(p.Files[i].Path) != "libc.so.6" && !strings.HasPrefix(filepath.Base(p.Files[i].Path), "libc-2.") {
			continue
		}
		libc, err := p.read(ctx, &p.Files[i])
		if err != nil {
			return err
		}
		// From 2.34 on they are part of it.
		if !holds(libc, "GLIBC_2.34") {
			p.addNSS(filepath.Dir(p.Files[i].Path))
		}
		break
	}
	p.warn(program)
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

// addNSS adds the modules for /etc/passwd, /etc/hosts and DNS that lie beside libc.
func (p *Plan) addNSS(dir string) {
	for _, name := range []string{"libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2"} {
		real, err := p.input.Root.Resolve(dir + "/" + name)
		if err != nil || p.has(real) {
			continue
		}
		var info os.FileInfo
		if info, err = p.input.Root.Stat(real); err == nil {
			p.Files = append(p.Files, File{Role: NSS, Path: real, Size: info.Size()})
		}
	}
}
