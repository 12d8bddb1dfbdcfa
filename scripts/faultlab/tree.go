package faultlab

import (
	"errors"
	"os"
	"path/filepath"
)

// Tree is a folder shown a second time, with bad places in chosen files.
type Tree struct {
	server *server
	mount  *os.File
}

// NewTree shows the folder source. It needs root, of the machine or of a user
// namespace, and device, a node of the FUSE device that it may open: "/dev/fuse",
// or one that root made elsewhere where that is for root alone.
func NewTree(source, device string) (*Tree, error) {
	source, err := filepath.Abs(source)
	if err != nil {
		return nil, err
	}
	dev, mount, err := mountFUSE("faultlab", device)
	if err != nil {
		return nil, err
	}
	server, err := startServer(dev, nil, "tree", source)
	if err != nil {
		return nil, errors.Join(err, mount.Close())
	}
	return &Tree{server: server, mount: mount}, nil
}

// Dir is the path of the shown folder, for this process and others of its user. It
// needs a /proc of the process namespace.
func (t *Tree) Dir() string { return descriptorPath(t.mount) }

// Show makes the folder appear at dir too. It stays there when the process ends,
// dead, unless the mount namespace ends as well (see Isolate).
func (t *Tree) Show(dir string) error { return showMount(t.mount, dir) }

// Fail lets every read of the file that touches the bytes from offset on fail.
// The name is relative to the folder, and is that of the file itself, not of a
// symbolic link to it.
func (t *Tree) Fail(name string, offset, length int64) error {
	return t.server.add(Fault{Name: filepath.Clean(name), Offset: offset, Length: length, Times: Always})
}

// Add adds faults of any kind.
func (t *Tree) Add(list ...Fault) error { return t.server.add(list...) }

// Clear makes all files good.
func (t *Tree) Clear() error { return t.server.clear() }

// Reads returns every read of a file so far, in the order of their start.
func (t *Tree) Reads() ([]Read, error) { return t.server.since(0) }

// Close ends the shown folder: what still uses it gets errors.
func (t *Tree) Close() error { return errors.Join(t.mount.Close(), t.server.close()) }
