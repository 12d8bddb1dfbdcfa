package faultlab

import (
	"context"
	"path/filepath"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// treeNode is a file or folder of a tree: the one it stands for, but for its reads.
type treeNode struct {
	*fs.LoopbackNode
	faults *faults
}

var (
	_ fs.NodeOpener          = (*treeNode)(nil)
	_ fs.NodeWrapChilder     = (*treeNode)(nil)
	_ fs.FileReader          = (*treeFile)(nil)
	_ fs.FilePassthroughFder = (*treeFile)(nil)
)

func newTreeRoot(dir string, f *faults) (*treeNode, error) {
	var st syscall.Stat_t
	if err := syscall.Stat(dir, &st); err != nil {
		return nil, err
	}
	root := &treeNode{LoopbackNode: &fs.LoopbackNode{}, faults: f}
	root.RootData = &fs.LoopbackRoot{Path: dir, Dev: uint64(st.Dev), RootNode: root}
	return root, nil
}

// WrapChild makes what is found in a folder a treeNode too.
func (n *treeNode) WrapChild(_ context.Context, ops fs.InodeEmbedder) fs.InodeEmbedder {
	return &treeNode{LoopbackNode: ops.(*fs.LoopbackNode), faults: n.faults}
}

// Open asks for direct I/O, so that what is read is what was asked for. Programs
// and libraries are mapped through the page cache nevertheless.
func (n *treeNode) Open(_ context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	name := n.Path(n.Root())
	fd, err := unix.Open(filepath.Join(n.RootData.Path, name), int(flags)&^unix.O_DIRECT|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, 0, fs.ToErrno(err)
	}
	file := &treeFile{LoopbackFile: fs.NewLoopbackFile(fd).(*fs.LoopbackFile), name: name, faults: n.faults}
	return file, fuse.FOPEN_DIRECT_IO, 0
}

// treeFile is an open file of a tree.
type treeFile struct {
	*fs.LoopbackFile
	name   string
	faults *faults
}

func (f *treeFile) Read(ctx context.Context, p []byte, offset int64) (fuse.ReadResult, syscall.Errno) {
	if errno := f.faults.read(f.name, offset, len(p)); errno != 0 {
		return nil, errno
	}
	return f.LoopbackFile.Read(ctx, p, offset)
}

// PassthroughFd refuses: the kernel must ask here about every read.
func (f *treeFile) PassthroughFd() (int, bool) { return -1, false }
