package salvage

import (
	"io"
	"os"
	"strings"
)

// processes offers the files of that name which live processes have mapped or open,
// those without a name any more included, and the file's path in the roots of
// containers and chroots.
func (f *finder) processes() bool {
	dir, err := os.Open(f.Proc)
	if err != nil {
		return true
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	self, _ := os.Readlink(f.Proc + "/self")
	own, _ := os.Readlink(f.Proc + "/self/ns/mnt")
	spaces := []string{own}
	for _, pid := range names {
		if pid[0] < '1' || pid[0] > '9' || pid == self {
			continue
		}
		p := f.Proc + "/" + pid
		if !f.mapped(p) || !f.opened(p) {
			return false
		}
		space, _ := os.Readlink(p + "/ns/mnt")
		root, err := os.Readlink(p + "/root")
		if err == nil && (root != "/" || !contains(spaces, space)) {
			spaces = append(spaces, space)
			if !f.inside(p + "/root") {
				return false
			}
		}
	}
	return true
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// deleted is what the kernel adds to the path of a file that has none any more.
const deleted = " (deleted)"

// is reports whether a path, as the kernel shows it in /proc, is of a copy.
func (f *finder) is(path string) bool {
	path = strings.TrimSuffix(path, deleted)
	return strings.HasPrefix(path, "/") && named(path[strings.LastIndexByte(path, '/')+1:], f.name) && !f.remote(path)
}

// mapped offers what a process has mapped (proc_pid_maps(5)).
func (f *finder) mapped(process string) bool {
	file, err := os.Open(process + "/maps")
	if err != nil {
		return true
	}
	const limit = 8 << 20
	text, _ := io.ReadAll(io.LimitReader(file, limit))
	file.Close()
	last := ""
	for line := range strings.SplitSeq(string(text), "\n") {
		slash := strings.IndexByte(line, '/')
		if slash < 0 || line[slash:] == last || !f.is(line[slash:]) {
			continue
		}
		last = line[slash:]
		span, _, _ := strings.Cut(line, " ")
		from, to, ok := strings.Cut(span, "-")
		if !ok {
			continue
		}
		// map_files has no leading zeros.
		path := process + "/map_files/" + strings.TrimLeft(from, "0") + "-" + strings.TrimLeft(to, "0")
		if !f.offer(path, f.name) {
			return false
		}
	}
	return true
}

// opened offers what a process has open.
func (f *finder) opened(process string) bool {
	return f.each(process+"/fd", func(fd string) bool {
		path := process + "/fd/" + fd
		target, err := os.Readlink(path)
		return err != nil || !f.is(target) || f.offer(path, f.name)
	})
}
