package libcheck

import (
	"path"
	"strconv"
	"strings"

	"rescuebox/internal/libcheck"
)

// most is how many files the last screen has room for.
const most = 3

// writeScreen writes the last screen: what is broken, what that breaks, the place,
// the copy, and what to type next. It fits a terminal of 24 lines.
func (r *result) writeScreen(b *strings.Builder, damaged []*libcheck.File) {
	b.WriteString("\n-------- what to do --------\n")
	for i, f := range damaged {
		if i == most {
			b.WriteString("... and " + count(len(damaged)-most, "more file") + " above\n")
			break
		}
		b.WriteString(display(f.Path) + " is " + f.Verdict().String() + "\n")
		b.WriteString("  breaks  " + r.breaks(f) + "\n")
		if at := disks(f); at != "" {
			b.WriteString("  on      " + at + "\n")
		}
		b.WriteString("  copy    " + r.saved.state(f) + "\n")
	}
	b.WriteString("Do not reboot, and do not drop caches: what runs may hold the only good copy.\n")
	b.WriteString("Type next:\n")
	for _, line := range r.next(damaged) {
		b.WriteString("  " + line + "\n")
	}
}

// breaks names what needs a file, the important programs first.
func (r *result) breaks(f *libcheck.File) string {
	users, plugins := r.plan.Needs(f)
	if len(users)+len(plugins) == 0 {
		return "no program that was looked at"
	}
	if len(users) == 0 {
		users, plugins = plugins, nil
	}
	names := prominent(users, 7, 4)
	text := strings.Join(names, " ")
	if more := len(users) - len(names); more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	return text
}

// disks names the bad places of a file by their disks: the first sector, and how
// many places there are.
func disks(f *libcheck.File) string {
	if len(f.Bad) == 0 {
		return ""
	}
	bad := f.Bad[0]
	text := display(bad.Device.Name)
	switch {
	case bad.Device.Name == "":
		return ""
	case bad.Sector < 0:
		text += ", sector not known"
	case len(bad.Below) > 0:
		text = placeText(bad.Below[0])
	default:
		text += " sector " + strconv.FormatInt(bad.Sector, 10)
	}
	if n := len(f.Bad) - 1; n > 0 {
		text += " and " + count(n, "more place")
	}
	return text
}

// next is what to type, a line each.
func (r *result) next(damaged []*libcheck.File) []string {
	if saved := r.saved.best(damaged); saved != nil {
		return r.use(saved)
	}
	root := ""
	if r.rootName != "" {
		root = " --root " + quote(r.rootName)
	}
	name := " " + quote(damaged[0].Path)
	if len(damaged) > 1 {
		name = ""
	}
	if r.saved == nil {
		return []string{
			r.self + " libcheck --save /dev/shm/saved" + root + name,
			"(or to another disk; it takes the page cache and other copies on this host)",
		}
	}
	lines := []string{"take the same file of the same version from a healthy host; its package there:"}
	if record := damaged[0].Record(); record != nil {
		lines[0] = "take the file of " + display(record.Package) + " from a healthy host or the package; there,"
	}
	return append(lines, "dpkg -S "+quote(damaged[0].Path)+"   or   rpm -qf "+quote(damaged[0].Path))
}

// use says how to use a saved copy: at once, and for good.
func (r *result) use(f *libcheck.File) []string {
	saved := quote(r.saved.path(f))
	target := quote(r.root.Host(f.Path))
	var lines []string
	if f.Library && !f.Loader() && r.root.IsHost() {
		lines = append(lines, "export LD_LIBRARY_PATH="+quote(path.Dir(r.saved.path(f)))+"   (programs of this shell run again)")
	}
	if r.root.IsHost() && f.Loader() {
		lines = append(lines, saved+" /usr/bin/PROGRAM   (runs a program by the saved loader)")
	}
	return append(lines,
		"cp -p "+saved+" "+target+".new && mv "+target+".new "+target,
		"  (a rename: running programs keep the old one, and the copy lies on good sectors)",
		"mount --bind "+saved+" "+target+"   (instead, where the disk must not be written)",
	)
}
