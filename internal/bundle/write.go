package bundle

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"io"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Write writes the packed file to w, which must be empty. Level is that of the
// compression: 0 for none, 1 (fast) to 9 (small). It returns the number of bytes.
func (p *Plan) Write(ctx context.Context, w io.WriteSeeker, level int) (int64, error) {
	x := index{name: p.Name, called: p.input.Called, env: p.input.Env}
	if p.Argv0 {
		x.flags |= loaderArgv0
	}
	if p.Preload {
		x.flags |= loaderPreload
	}
	for i := range p.Files {
		x.entries = append(x.entries, entry{name: filepath.Base(p.Files[i].Path)})
	}
	start, err := head(p.code, 0)
	if err != nil {
		return 0, err
	}
	if x.size() > maxIndex {
		return 0, unix.E2BIG
	}
	// The index is written last, when what it says of the data is known.
	if _, err := w.Write(make([]byte, len(start)+x.size())); err != nil {
		return 0, err
	}
	at := int64(x.size())
	for i := range p.Files {
		data, err := p.read(ctx, &p.Files[i])
		if err != nil {
			return 0, err
		}
		stored := data
		if level > 0 {
			stored = deflate(data, level)
		}
		if len(stored) >= len(data) {
			stored = data
		}
		if at+int64(len(stored)) > maxPayload {
			return 0, unix.EFBIG
		}
		e := &x.entries[i]
		e.data, e.stored, e.size = uint32(at), uint32(len(stored)), uint32(len(data))
		e.deflated, e.digest = len(stored) < len(data), sha256.Sum256(stored)
		p.Files[i].Stored = int64(len(stored))
		if _, err := w.Write(stored); err != nil {
			return 0, err
		}
		at += int64(len(stored))
	}
	if _, err := w.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	if start, err = head(p.code, uint32(at)); err != nil {
		return 0, err
	}
	_, err = w.Write(append(start, x.encode()...))
	return int64(len(start)) + at, err
}

func deflate(data []byte, level int) []byte {
	var b bytes.Buffer
	// Nothing can fail: the level is one of flate's, and it is written to memory.
	z, _ := flate.NewWriter(&b, level)
	_, _ = z.Write(data)
	_ = z.Close()
	return b.Bytes()
}
