package salvage

import (
	"io"
	"os"
	"strings"

	"rescuebox/internal/blockdev"
	"rescuebox/internal/rootfs"
)

// folders of whole systems, or of parts of them, by convention of those who make
// them; "*" is any name.
var rootFolders = [...]string{
	// Snapshots: snapper, Timeshift, ZFS, btrfs subvolumes at the top; OSTree.
	"/.snapshots/*/snapshot", "/timeshift/snapshots/*/localhost", "/run/timeshift/*/backup/timeshift/snapshots/*/localhost",
	"/.zfs/snapshot/*", "/timeshift-btrfs/snapshots/*/@", "/ostree/deploy/*/deploy/*", "/sysroot/ostree/deploy/*/deploy/*",
	// Containers.
	"/var/lib/docker/overlay2/*/diff", "/var/lib/docker/btrfs/subvolumes/*", "/var/lib/docker/vfs/dir/*",
	"/var/lib/containers/storage/overlay/*/diff", "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/*/fs",
	"/var/lib/rancher/k3s/agent/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/*/fs",
	"/var/lib/lxc/*/rootfs", "/var/lib/lxd/storage-pools/*/containers/*/rootfs", "/var/lib/incus/storage-pools/*/containers/*/rootfs",
	"/var/lib/vz/private/*", "/var/lib/vz/root/*",
	// Packaged systems.
	"/snap/*/current", "/var/lib/snapd/snap/*/current", "/var/lib/flatpak/runtime/*/*/*/active/files",
	// Other roots.
	"/var/lib/machines/*", "/srv/*", "/srv/chroot/*", "/var/chroot/*", "/chroot/*", "/var/lib/schroot/chroots/*",
	"/var/cache/pbuilder/base.cow", "/var/lib/mock/*/root", "/mnt", "/mnt/*", "/media/*", "/media/*/*", "/run/media/*/*",
	"/target", "/sysroot", "/rescue", "/opt/rescue",
}

// roots offers the file's path in every other root that can be found.
func (f *finder) roots() bool {
	for _, m := range f.mounts {
		if !m.remote && !f.under(m.dir) {
			return false
		}
	}
	return f.under(f.host.Host("/")) && (f.Root == f.host || f.under(f.Root.Host("/")))
}

// under offers the file's path in a folder as a root, and in the roots in it.
func (f *finder) under(dir string) bool {
	dir = strings.TrimSuffix(dir, "/")
	if !f.inside(dir) {
		return false
	}
	for _, pattern := range rootFolders {
		if !f.expand(dir, pattern) {
			return false
		}
	}
	return f.subvolumes(dir)
}

// subvolumes offers it in those of a btrfs whose top is mounted: @, @_backup.
func (f *finder) subvolumes(dir string) bool {
	return f.each(dir, func(name string) bool {
		return !strings.HasPrefix(name, "@") || f.inside(dir+"/"+name)
	})
}

// expand calls inside for every folder that a pattern below dir stands for.
func (f *finder) expand(dir, pattern string) bool {
	before, after, more := strings.Cut(pattern, "/*")
	dir += before
	if !more {
		return f.inside(dir)
	}
	return f.each(dir, func(name string) bool { return f.expand(dir+"/"+name, after) })
}

// maxEntries is how many names of a folder are looked at.
const maxEntries = 100_000

// each calls do for the names in a folder until it returns false.
func (f *finder) each(dir string, do func(name string) bool) bool {
	if dir == "" {
		dir = "/"
	}
	if f.remote(dir) {
		return true
	}
	d, err := os.Open(dir)
	if err != nil {
		return true
	}
	defer d.Close()
	names, _ := d.Readdirnames(maxEntries)
	for _, name := range names {
		if f.ctx.Err() != nil || !do(name) {
			return false
		}
	}
	return true
}

// inside offers the file's path below a folder, also where only one of both systems
// has /lib and the like in /usr, and where the folder is that of a /usr.
func (f *finder) inside(dir string) bool {
	if f.remote(dir) {
		return true
	}
	root := rootfs.New(dir)
	paths := []string{f.Path, "/usr" + f.Path}
	if rest, ok := strings.CutPrefix(f.Path, "/usr/"); ok {
		paths[1] = "/" + rest
	}
	for _, path := range paths {
		if real, err := root.Resolve(path); err == nil && !f.offer(root.Host(real), f.name) {
			return false
		}
	}
	return f.ctx.Err() == nil
}

// mount is one of the mounted file systems.
type mount struct {
	dir    string
	remote bool
}

// readMounts reads a mountinfo file (proc_pid_mountinfo(5)).
func readMounts(path string) []mount {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	const limit = 8 << 20
	text, _ := io.ReadAll(io.LimitReader(file, limit))
	var list []mount
	for line := range strings.SplitSeq(string(text), "\n") {
		head, tail, ok := strings.Cut(line, " - ")
		fields := strings.Fields(head)
		kind, _, _ := strings.Cut(tail, " ")
		if !ok || len(fields) < 5 || virtual(kind) {
			continue
		}
		list = append(list, mount{blockdev.Unescape(fields[4]), remoteKind(kind)})
	}
	return list
}

// virtual reports whether a file system of this type has no files of a disk.
func virtual(kind string) bool {
	switch kind {
	case "proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue", "debugfs", "tracefs", "securityfs", "configfs",
		"pstore", "efivarfs", "bpf", "hugetlbfs", "binfmt_misc", "nsfs", "rpc_pipefs", "selinuxfs", "fusectl", "autofs":
		return true
	}
	return false
}

// remoteKind reports whether a file system of this type waits for another machine, or
// for a program.
func remoteKind(kind string) bool {
	for _, k := range [...]string{"nfs", "cifs", "smb", "9p", "ceph", "afs", "fuse", "gfs", "ocfs", "lustre", "glusterfs", "beegfs", "virtiofs", "coda", "ncpfs", "autofs"} {
		if strings.HasPrefix(kind, k) && kind != "fuseblk" {
			return true
		}
	}
	return false
}

// remote reports whether a path lies on a remote file system.
func (f *finder) remote(path string) bool {
	found, longest := false, -1
	for _, m := range f.mounts {
		dir := strings.TrimSuffix(m.dir, "/")
		if len(dir) >= longest && (path == dir || strings.HasPrefix(path, dir+"/")) {
			found, longest = m.remote, len(dir)
		}
	}
	return found
}
