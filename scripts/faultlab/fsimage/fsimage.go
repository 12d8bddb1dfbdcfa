// Package fsimage makes images of file systems out of folders, for disks of the
// fault laboratory. It runs the mkfs programs of this machine.
package fsimage

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Kinds are the file systems that New can make: the type, and for ext4 the size of
// its blocks.
var Kinds = []string{"ext4-1k", "ext4-4k", "xfs", "btrfs"}

// install says which packages have the programs.
const install = "apt-get install e2fsprogs xfsprogs btrfs-progs"

// Type is the file system type of a kind, as mount takes it.
func Type(kind string) string {
	fstype, _, _ := strings.Cut(kind, "-")
	return fstype
}

// New makes the file image hold a file system with the content of dir.
func New(kind, dir, image string) error {
	size, command := int64(64<<20), []string(nil)
	switch kind {
	case "ext4-1k":
		command = []string{"mkfs.ext4", "-q", "-F", "-b", "1024", "-d", dir, image}
	case "ext4-4k":
		command = []string{"mkfs.ext4", "-q", "-F", "-b", "4096", "-d", dir, image}
	case "xfs":
		size = 320 << 20
		proto, err := prototype(dir, image)
		if err != nil {
			return err
		}
		defer os.Remove(proto)
		command = []string{"mkfs.xfs", "-q", "-p", proto, image}
	case "btrfs":
		size = 160 << 20
		command = []string{"mkfs.btrfs", "-q", "-r", dir, image}
	default:
		return fmt.Errorf("%s: no such kind", kind)
	}
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		return err
	}
	if err := os.Truncate(image, size); err != nil {
		return err
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		path = filepath.Join("/usr/sbin", command[0])
	}
	if out, err := exec.Command(path, command[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w (%s)\n%s", command[0], err, install, out)
	}
	return nil
}

// prototype describes a folder as mkfs.xfs wants it, in a file beside the image.
func prototype(dir, image string) (string, error) {
	var b strings.Builder
	b.WriteString("boot\n0 0\nd--755 0 0\n")
	if err := describe(&b, dir); err != nil {
		return "", err
	}
	path := image + ".proto"
	return path, os.WriteFile(path, []byte(b.String()), 0o600)
}

func describe(b *strings.Builder, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir():
			b.WriteString(e.Name() + " d--755 0 0\n")
			if err := describe(b, path); err != nil {
				return err
			}
		case e.Type()&os.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			b.WriteString(e.Name() + " l--777 0 0 " + target + "\n")
		default:
			b.WriteString(e.Name() + " ---755 0 0 " + path + "\n")
		}
	}
	b.WriteString("$\n")
	return nil
}
