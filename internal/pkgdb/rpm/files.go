package rpm

import "rescuebox/internal/pkgdb"

// Flags of files (rpmfileAttrs_e).
const (
	flagConfig = 1 << 0
	flagGhost  = 1 << 6 // not in the package: made by programs
)

// stateNormal is the state (rpmfileState_e) of a file that the package installed:
// others were replaced by another package's, left out, on a shared file system, or
// for another colour of a multilib host.
const stateNormal = 0

// A regular file by its mode.
const (
	modeType    = 0o170000
	modeRegular = 0o100000
)

// file is a file of a package.
type file struct {
	dir, base []byte // the path is both, one behind the other
	digest    []byte // hexadecimal
	size      int64  // bytes; -1 when it is not recorded
	flags     uint64
}

// errFiles says that the arrays that describe a package's files do not match.
const errFiles = pkgdb.FormatError("list of files is damaged")

// fileList walks the files of a package.
type fileList struct {
	bases, digests texts
	dirs           [][]byte
	dirOf          numbers
	modes, flags   numbers
	states, sizes  numbers
	split          bool // names are of dirs and bases
	at             int
}

// files returns the files of a package.
func (h *header) files(dirs [][]byte) (*fileList, error) {
	l := &fileList{
		bases:   h.texts(tagBaseNames),
		digests: h.texts(tagFileDigests),
		modes:   h.numbers(tagFileModes, typeInt16),
		flags:   h.numbers(tagFileFlags, typeInt32),
		states:  h.numbers(tagFileStates, typeChar),
		sizes:   h.numbers(tagFileSizes, typeInt32),
		dirs:    dirs[:0],
	}
	if l.sizes.count == 0 {
		l.sizes = h.numbers(tagLongFileSizes, typeInt64)
	}
	count := l.bases.count
	if l.split = count > 0; !l.split {
		l.bases = h.texts(tagOldFileNames)
		count = l.bases.count
	} else {
		l.dirOf = h.numbers(tagDirIndexes, typeInt32)
		names := h.texts(tagDirNames)
		for names.count > 0 {
			dir, ok := names.next()
			if !ok {
				return l, errFiles
			}
			l.dirs = append(l.dirs, dir)
		}
		if l.dirOf.count != count {
			return l, errFiles
		}
	}
	if l.digests.count != count || l.modes.count != count ||
		l.states.count != 0 && l.states.count != count {
		return l, errFiles
	}
	return l, nil
}

// next returns the next regular file that the package installed and whose contents
// it knows. It is not ok behind the last one, and when the list is damaged.
func (l *fileList) next() (f file, ok bool, err error) {
	for l.bases.count > 0 {
		i := l.at
		l.at++
		var named, digested bool
		f.base, named = l.bases.next()
		f.digest, digested = l.digests.next()
		if !named || !digested {
			return f, false, errFiles
		}
		if l.split {
			dir := l.dirOf.at(i)
			if dir >= uint64(len(l.dirs)) {
				return f, false, errFiles
			}
			f.dir = l.dirs[dir]
		}
		f.flags = l.flags.at(i)
		f.size = -1
		if i < l.sizes.count {
			f.size = int64(l.sizes.at(i))
		}
		if len(f.digest) > 0 && f.flags&flagGhost == 0 && l.states.at(i) == stateNormal &&
			l.modes.at(i)&modeType == modeRegular {
			return f, true, nil
		}
	}
	return f, false, nil
}
