package faultlab

import (
	"context"
	"os"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// imageNode is the one file of an image's file system.
type imageNode struct {
	fs.Inode
	data   *os.File
	size   int64
	faults *faults
}

// imageRoot is the folder it lies in.
type imageRoot struct {
	fs.Inode
	name string
	node *imageNode
}

var (
	_ fs.NodeOnAdder   = (*imageRoot)(nil)
	_ fs.NodeOpener    = (*imageNode)(nil)
	_ fs.NodeGetattrer = (*imageNode)(nil)
	_ fs.NodeReader    = (*imageNode)(nil)
	_ fs.NodeWriter    = (*imageNode)(nil)
	_ fs.NodeFsyncer   = (*imageNode)(nil)
	_ fs.NodeFlusher   = (*imageNode)(nil)
)

func newImageRoot(name string, data *os.File, f *faults) (*imageRoot, error) {
	info, err := data.Stat()
	if err != nil {
		return nil, err
	}
	return &imageRoot{name: name, node: &imageNode{data: data, size: info.Size(), faults: f}}, nil
}

// OnAdd puts the file into the folder.
func (r *imageRoot) OnAdd(ctx context.Context) {
	child := r.NewPersistentInode(ctx, r.node, fs.StableAttr{Mode: syscall.S_IFREG})
	r.AddChild(r.name, child, false)
}

// Open asks for direct I/O: the page cache of the FUSE file would read ahead and
// so hide, spread and repeat faults.
func (n *imageNode) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, fuse.FOPEN_DIRECT_IO, 0
}

func (n *imageNode) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	out.Mode, out.Size = syscall.S_IFREG|0o600, uint64(n.size)
	return 0
}

func (n *imageNode) Read(_ context.Context, _ fs.FileHandle, p []byte, offset int64) (fuse.ReadResult, syscall.Errno) {
	if errno := n.faults.read("", offset, len(p)); errno != 0 {
		return nil, errno
	}
	p = p[:max(0, min(int64(len(p)), n.size-offset))]
	if _, err := n.data.ReadAt(p, offset); err != nil {
		return nil, fs.ToErrno(err)
	}
	return fuse.ReadResultData(p), 0
}

func (n *imageNode) Write(_ context.Context, _ fs.FileHandle, p []byte, offset int64) (uint32, syscall.Errno) {
	if offset+int64(len(p)) > n.size {
		return 0, syscall.ENOSPC
	}
	written, err := n.data.WriteAt(p, offset)
	return uint32(written), fs.ToErrno(err)
}

func (n *imageNode) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	return fs.ToErrno(n.data.Sync())
}

func (n *imageNode) Flush(context.Context, fs.FileHandle) syscall.Errno { return 0 }
