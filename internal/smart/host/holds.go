package host

import (
	"os"
	"path/filepath"
	"strings"

	"rescuebox/internal/blockdev"
)

// maxDepth bounds how devices that stand on one another are followed.
const maxDepth = 8

// holds says what lies on a disk or a partition of it.
func (s System) holds(d *Disk, part string) {
	if uses := s.uses(d, part, maxDepth); len(uses) > 0 {
		d.Holds = append(d.Holds, part+": "+strings.Join(uses, ", "))
	}
}

// uses are what a device is used for by itself, and then what is made of it.
func (s System) uses(d *Disk, name string, depth int) (all []string) {
	dir := s.sys("class/block", strings.ReplaceAll(name, "/", "!"))
	if number := word(dir + "/dev"); number != "" {
		all = s.mounts(number, s.dev(name))
	}
	entries, err := os.ReadDir(dir + "/holders")
	if err != nil || depth == 0 {
		return all
	}
	for _, e := range entries {
		holder := e.Name()
		s.thrownOut(d, name, holder)
		use := s.title(holder)
		if above := s.uses(d, holder, depth-1); len(above) > 0 {
			use += " (" + strings.Join(above, ", ") + ")"
		}
		all = append(all, use)
	}
	return all
}

// title names a device that is made of others.
func (s System) title(name string) string {
	dir := s.sys("class/block", name)
	if level := word(dir + "/md/level"); level != "" {
		return name + " " + level
	}
	mapped, uuid := word(dir+"/dm/name"), word(dir+"/dm/uuid")
	switch {
	case strings.HasPrefix(uuid, "LVM-"):
		return "LVM " + mapped
	case strings.HasPrefix(uuid, "CRYPT-"):
		return "encrypted " + mapped
	case mapped != "":
		return "mapped " + mapped
	}
	return name
}

// thrownOut notes an array that calls a member faulty:
// Documentation/admin-guide/md.rst, "state".
func (s System) thrownOut(d *Disk, member, array string) {
	for state := range strings.SplitSeq(word(s.sys("class/block", array, "md/dev-"+member, "state")), ",") {
		if strings.TrimSpace(state) == "faulty" {
			d.Faulty = array
		}
	}
}

// mounts says where the file system on a device is mounted, and whether it is swap.
// What has no number of its own, as btrfs, is found by its name.
func (s System) mounts(number, path string) (all []string) {
	text, err := os.ReadFile(join(s.Proc, "/proc", []string{"self/mountinfo"}))
	if err == nil {
		for line := range strings.SplitSeq(string(text), "\n") {
			fields := strings.Fields(line)
			_, after, _ := strings.Cut(line, " - ")
			kind := strings.Fields(after)
			if len(fields) < 5 || len(kind) < 2 {
				continue
			}
			if fields[2] == number || blockdev.Unescape(kind[1]) == path {
				all = append(all, kind[0]+" mounted on "+blockdev.Unescape(fields[4]))
			}
		}
	}
	swaps, err := os.ReadFile(join(s.Proc, "/proc", []string{"swaps"}))
	if err == nil {
		for line := range strings.SplitSeq(string(swaps), "\n") {
			if fields := strings.Fields(line); len(fields) > 0 && filepath.Clean(blockdev.Unescape(fields[0])) == path {
				all = append(all, "swap")
			}
		}
	}
	return all
}
