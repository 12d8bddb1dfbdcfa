package libcheck

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// mapping is one file that a process has mapped, by the first line of
// /proc/PID/maps that names it (proc_pid_maps(5)).
type mapping struct {
	span    string // "START-END", as in /proc/PID/map_files
	inode   uint64
	path    string // as the process sees it
	deleted bool
}

// parseMaps returns the files in the text of /proc/PID/maps, each once. Files that a
// process writes through its mapping are left out: they are data at work.
func parseMaps(text string) []mapping {
	var list []mapping
	for line := range strings.Lines(text) {
		m, ok := parseMapping(strings.TrimSuffix(line, "\n"))
		known := false
		for _, other := range list {
			known = known || other.inode == m.inode && other.path == m.path
		}
		if ok && !known {
			list = append(list, m)
		}
	}
	return list
}

// parseMapping parses "START-END PERMS OFFSET DEV INODE   PATH".
func parseMapping(line string) (m mapping, ok bool) {
	var fields [5]string
	for i := range fields {
		if fields[i], line, ok = strings.Cut(line, " "); !ok {
			return m, false
		}
	}
	inode, err := strconv.ParseUint(fields[4], 10, 64)
	path := strings.TrimLeft(line, " ")
	if err != nil || inode == 0 || !strings.HasPrefix(path, "/") || strings.HasSuffix(fields[1], "s") && strings.Contains(fields[1], "w") {
		return m, false
	}
	m = mapping{span: fields[0], inode: inode}
	m.path, m.deleted = strings.CutSuffix(path, " (deleted)")
	// A newline is the one character that is escaped.
	m.path = strings.ReplaceAll(m.path, "\\012", "\n")
	for _, prefix := range [...]string{"/memfd:", "/dev/", "/SYSV", "/anon_hugepage", "/[aio]"} {
		if strings.HasPrefix(m.path, prefix) {
			return m, false
		}
	}
	return m, true
}

// maxMaps is how much of /proc/PID/maps is read, in bytes: 65530 mappings, the
// kernel's default limit, of some 100 bytes.
const maxMaps = 16 << 20

// running adds what live processes have mapped to the plan.
func (b *builder) running(ctx context.Context, proc string) error {
	dir, err := os.Open(proc)
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	for _, name := range names {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if pid, bad := strconv.Atoi(name); bad == nil {
			b.process(proc, pid)
		}
	}
	return err
}

// process adds one process. One that ended meanwhile is no problem, and neither is a
// thread of the kernel.
func (b *builder) process(proc string, pid int) {
	dir := proc + "/" + strconv.Itoa(pid)
	f, err := os.Open(dir + "/maps")
	if err != nil {
		b.lost1(dir, err)
		return
	}
	text, err := io.ReadAll(io.LimitReader(f, maxMaps))
	f.Close()
	if err != nil {
		b.lost1(dir, err)
		return
	}
	list := parseMaps(string(text))
	exe, err := os.Readlink(dir + "/exe")
	if err != nil || len(list) == 0 {
		return
	}
	user := b.runner(strings.TrimSuffix(exe, " (deleted)"), pid)
	for _, m := range list {
		b.mapped(dir, m, user)
	}
}

// lost1 tells of a process that could not be looked at.
func (b *builder) lost1(dir string, err error) {
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ESRCH) {
		b.finder.problem(dir, err)
	}
}

// runner returns the index of the program at path, which the process runs.
func (b *builder) runner(path string, pid int) int {
	for i := range b.plan.Programs {
		if p := &b.plan.Programs[i]; p.Path == path {
			p.PIDs = append(p.PIDs, pid)
			return i
		}
	}
	b.plan.Programs = append(b.plan.Programs, Program{Path: path, PIDs: []int{pid}})
	return len(b.plan.Programs) - 1
}

// mapped adds a mapped file: by its path where that still leads to it, else by the
// mapping, else below the root of the process (a container's).
func (b *builder) mapped(dir string, m mapping, user int) {
	for _, via := range [...]string{m.path, dir + "/map_files/" + m.span, dir + "/root" + m.path} {
		if m.deleted && via == m.path {
			continue
		}
		info, err := os.Stat(via)
		if err != nil || !info.Mode().IsRegular() || uint64(status(info).Ino) != m.inode {
			continue
		}
		index := b.file(m.path, info, nil, "")
		file := b.plan.Files[index]
		if file.via == "" && via != file.Path {
			file.via, file.Deleted = via, m.deleted
		}
		file.Library = file.Library || m.path != b.plan.Programs[user].Path
		b.use(index, user)
		return
	}
	// Without CAP_SYS_ADMIN the mapping cannot be opened.
	err := error(syscall.ENOENT)
	if unix.Geteuid() != 0 {
		err = syscall.EACCES
	}
	b.finder.problems = append(b.finder.problems, Problem{Path: m.path, Harmless: !m.deleted, Err: &os.PathError{Op: "open", Path: dir + "/map_files/" + m.span, Err: err}})
}
