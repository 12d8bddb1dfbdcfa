package pkgdb

import (
	"bytes"
	"io/fs"
	"os"

	"rescuebox/internal/rootfs"
)

// Wanted are the files whose records are looked for. Packages record paths as they
// ship them, and a folder of them may be a symbolic link on this system (/lib of a
// merged /usr), so the folder of a recorded path is resolved inside the root. Its
// last component is not: a link in place of the file that was installed is no such
// file. It must not be used by several goroutines at once.
type Wanted struct {
	root    rootfs.Root
	count   int
	indexes map[string]int    // by real path
	names   []uint64          // a bit for each hash of the last component of a path
	folders map[string]string // real folders by recorded ones; noFolder where there is none
	real    []byte            // spare memory

	lastFolder []byte // the previous one that was asked for, which the next one often is
	lastReal   string
}

// noFolder is no absolute path.
const noFolder = "-"

// maxFolders bounds the memory that recorded folders take.
const maxFolders = 1 << 16

// maxPath is what the kernel takes for a path, in bytes (limits.h, PATH_MAX).
const maxPath = 4096

// Want returns a Wanted of files given by their real paths inside root: absolute and
// without symbolic links, as root.Resolve returns them. A path's index is the one in
// paths, its first where it stands there twice.
func Want(root rootfs.Root, paths []string) *Wanted {
	bits := 64
	for bits < 16*len(paths) {
		bits *= 2
	}
	w := &Wanted{
		root:    root,
		count:   len(paths),
		indexes: make(map[string]int, len(paths)),
		names:   make([]uint64, bits/64),
		folders: map[string]string{},
	}
	for i, p := range paths {
		if _, twice := w.indexes[p]; !twice {
			w.indexes[p] = i
		}
		name := []byte(p)
		bit := w.bit(name[bytes.LastIndexByte(name, '/')+1:])
		w.names[bit/64] |= 1 << (bit % 64)
	}
	return w
}

// Len returns one more than the largest index.
func (w *Wanted) Len() int { return w.count }

// bit is where names has the bit of a name: a hash of 32 bits (FNV-1a).
func (w *Wanted) bit(name []byte) uint32 {
	h := uint32(2166136261)
	for _, b := range name {
		h = (h ^ uint32(b)) * 16777619
	}
	return (h ^ h>>15) % uint32(64*len(w.names))
}

// Index returns the index of the wanted file that a package recorded as path, which
// may lack the slash in front.
func (w *Wanted) Index(path []byte) (index int, ok bool) {
	slash := bytes.LastIndexByte(path, '/')
	return w.IndexIn(path[:max(slash, 0)], path[slash+1:])
}

// IndexIn is Index of a path that was recorded in two parts. It does not matter
// whether folder has slashes at its ends.
func (w *Wanted) IndexIn(folder, name []byte) (index int, ok bool) {
	bit := w.bit(name)
	if w.names[bit/64]&(1<<(bit%64)) == 0 || len(folder)+len(name) >= maxPath {
		return 0, false
	}
	real := w.folder(folder)
	if real == noFolder {
		return 0, false
	}
	w.real = append(append(append(w.real[:0], real...), '/'), name...)
	index, ok = w.indexes[string(w.real)]
	return index, ok
}

// folder returns the real path of a recorded folder without a slash at its end, or
// noFolder.
func (w *Wanted) folder(recorded []byte) string {
	recorded = bytes.Trim(recorded, "/")
	switch {
	case len(recorded) == 0:
		return ""
	case bytes.Equal(recorded, w.lastFolder):
		return w.lastReal
	}
	real := w.resolve(recorded)
	w.lastFolder, w.lastReal = append(w.lastFolder[:0], recorded...), real
	return real
}

// resolve finds a folder in the one above it, which most often is known already.
func (w *Wanted) resolve(recorded []byte) string {
	if real, known := w.folders[string(recorded)]; known {
		return real
	}
	slash := bytes.LastIndexByte(recorded, '/')
	above, name := "", string(recorded[slash+1:])
	if slash > 0 {
		above = w.resolve(recorded[:slash])
	}
	real := noFolder
	if above != noFolder {
		real = w.enter(above, name)
	}
	if len(w.folders) == maxFolders {
		w.folders = map[string]string{}
	}
	w.folders[string(recorded)] = real
	return real
}

// enter returns the real path of what a name in a real folder leads to.
func (w *Wanted) enter(above, name string) string {
	real := above + "/" + name
	if name != "" && name != "." && name != ".." {
		info, err := os.Lstat(w.root.Host(real))
		switch {
		case err != nil:
			return noFolder
		case info.IsDir():
			return real
		case info.Mode()&fs.ModeSymlink == 0:
			return noFolder
		}
	}
	real, err := w.root.Resolve(real)
	switch {
	case err != nil:
		return noFolder
	case real == "/":
		return ""
	}
	return real
}
