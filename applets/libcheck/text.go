package libcheck

import (
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"rescuebox/internal/blockdev"
	"rescuebox/internal/elfsym"
	"rescuebox/internal/errno"
	"rescuebox/internal/libcheck"
	"rescuebox/internal/rootfs"
)

// writePaths writes the damaged files, one a line.
func writePaths(out io.Writer, plan *libcheck.Plan) error {
	var text string
	for _, f := range plan.Damaged() {
		text += display(f.Path) + "\n"
	}
	return write(out, text)
}

func write(out io.Writer, text string) error {
	if text == "" {
		return nil
	}
	_, err := io.WriteString(out, text)
	return err
}

// result is what was found, to be told.
type result struct {
	plan     *libcheck.Plan
	saved    *keeper
	root     rootfs.Root
	rootName string // as the user typed it
	self     string // how this program is called, for a shell
	verbose  bool
	stopped  bool
	located  bool // nothing was read: sectors were reported
}

// writeText writes what a person needs to know and to do.
func (r *result) writeText(out io.Writer) error {
	damaged := r.plan.Damaged()
	var b strings.Builder
	for _, f := range damaged {
		r.writeFile(&b, f)
	}
	if r.verbose {
		r.writeUnknown(&b)
	}
	writeMissing(&b, r.plan, r.verbose)
	r.writeTotals(&b, len(damaged))
	if len(damaged) > 0 {
		r.writeScreen(&b, damaged)
	}
	return write(out, b.String())
}

func (r *result) writeFile(b *strings.Builder, f *libcheck.File) {
	b.WriteString("DAMAGED " + display(f.Path))
	if f.Deleted {
		b.WriteString(" (deleted; processes hold it)")
	}
	b.WriteString("\n  " + f.Verdict().String() + reason(f) + "\n")
	for _, bad := range f.Bad {
		b.WriteString("  bytes " + place(bad.Offset, bad.Length) + " (" + count64(bad.Length, "byte") + "): " +
			errno.Reason(bad.Err) + where(bad) + "\n")
		if what := content(bad.What); what != "" {
			b.WriteString("    in " + what + cached(bad) + "\n")
		}
	}
	if f.Err != nil {
		b.WriteString("  " + errno.Reason(f.Err) + ": could not read on\n")
	}
	b.WriteString("  " + effect(f) + "\n")
	r.writeUsers(b, f)
	r.saved.write(b, f)
	b.WriteString("\n")
}

// reason says what a verdict rests on.
func reason(f *libcheck.File) string {
	text := ""
	switch record := f.Record(); {
	case f.Verdict() == libcheck.Unreadable:
	case f.Verdict() == libcheck.Truncated:
		text = ": " + count64(f.Short(), "byte") + " are missing from its end"
	case record != nil:
		text = ": its " + record.Digest.Algorithm.String() + " is not that of " + display(record.Package) + ", says " + record.Database
	case f.Malformed() != nil:
		text = ": " + f.Malformed().Error()
	}
	return text
}

// content says what of an ELF object lies at a place.
func content(p elfsym.Place) string {
	text := p.Section
	if p.Symbol != "" {
		if text != "" {
			text += ", "
		}
		text += display(p.Symbol) + "+0x" + strconv.FormatInt(p.SymbolOffset, 16)
	}
	return text
}

func cached(b libcheck.Bad) string {
	switch {
	case b.Cached == b.Length:
		return "; still in the page cache"
	case b.Cached > 0:
		return "; partly in the page cache"
	}
	return ""
}

func place(offset, length int64) string {
	return strconv.FormatInt(offset, 10) + "-" + strconv.FormatInt(offset+length-1, 10)
}

// where names device and sector, as far as they are known, down to the disks.
func where(b libcheck.Bad) string {
	if b.Device.Name == "" {
		return ""
	}
	text := ", " + display(b.Device.Name)
	if b.Sector < 0 {
		return text + " (sector not known)"
	}
	text += " sector " + strconv.FormatInt(b.Sector, 10)
	if b.Block >= 0 {
		text += " (block " + strconv.FormatInt(b.Block, 10) + ")"
	}
	for i, p := range b.Below {
		link := ", that is "
		if i > 0 {
			link = " and "
		}
		text += link + placeText(p)
	}
	return text
}

// placeText names the first sector of a place below a device.
func placeText(p blockdev.Place) string {
	text := display(p.Device.Name)
	if p.Sector >= 0 {
		text += " sector " + strconv.FormatInt(p.Sector, 10)
	}
	if p.Why != "" {
		text += " (not followed to the disk: " + p.Why + ")"
	}
	return text
}

// effect says how programs fail, so that the symptom can be recognized.
func effect(f *libcheck.File) string {
	who, start, die := "programs that need it", " do not start", " die"
	if !f.Library {
		who, start, die = "the program", " does not start", " dies"
	}
	switch f.Effect() {
	case libcheck.Refused:
		message := " (\"cannot read file data\")."
		if !f.Library || f.Loader() {
			message = " (\"Input/output error\")."
		}
		return "In its first bytes: " + who + start + message
	case libcheck.DiesAtStart:
		return "In what the loader reads: " + who + die + " at the start (\"Bus error\")."
	case libcheck.ReadFails:
		return "Reading it fails there (\"Input/output error\")."
	case libcheck.Harmless:
		return "In what is not loaded: " + who + " run all the same."
	case libcheck.WrongBytes:
		return "Nothing fails to be read: " + who + " may crash, misbehave, or run all the same."
	case libcheck.Short:
		return "What lies beyond the end is not there: " + who + die + " (\"Bus error\") where they need it."
	}
	return "In its code or data: " + who + " may run until the place is needed, then" + die + " (\"Bus error\")."
}

// important are programs without which a host is hard to rescue, in the order in
// which a person wants to know.
var important = [...]string{
	"init", "systemd", "login", "agetty", "sshd", "su", "sudo", "bash", "dash", "sh", "mount", "umount",
	"ls", "cp", "mv", "rm", "cat", "dd", "tar", "apt", "apt-get", "dpkg", "rpm", "dnf", "yum", "zypper", "pacman",
	"apk", "ip", "ssh", "scp", "rsync", "systemctl", "udevadm", "mdadm", "lvm", "cryptsetup", "fsck", "e2fsck",
	"xfs_repair", "smartctl", "grub-install", "reboot", "vi", "python3", "perl",
}

// shown is how many programs are named where not all are.
const shown = 12

// writeUsers says who needs the file: how many, and the important ones by name.
func (r *result) writeUsers(b *strings.Builder, f *libcheck.File) {
	users, plugins := r.plan.Needs(f)
	if len(users) == 0 && len(plugins) == 0 {
		b.WriteString("  Needed by no program that was looked at\n")
	}
	if len(users) > 0 {
		b.WriteString("  Needed by " + count(len(users), "program") + listed(users, r.verbose))
	}
	if len(plugins) > 0 {
		b.WriteString("  Needed by " + count(len(plugins), "library") + " that programs load at run time" + listed(plugins, r.verbose))
	}
	if pids := r.plan.Processes(f); len(pids) > 0 {
		b.WriteString("  Mapped by " + count(len(pids), "process") + ": " + numbers(pids, r.verbose) + "\n")
	}
}

func listed(users []string, verbose bool) string {
	var b strings.Builder
	if verbose || len(users) <= shown {
		for i, u := range users {
			b.WriteString(separator(i, ":") + display(u))
		}
		return b.String() + "\n"
	}
	for i, name := range prominent(users, 2*shown, shown) {
		b.WriteString(separator(i, ", with these:") + name)
	}
	return b.String() + " (-v lists all)\n"
}

// prominent returns the names of the important programs among users, at most most,
// and as many others as make it least.
func prominent(users []string, most, least int) []string {
	names := map[string]bool{}
	for _, u := range users {
		names[path.Base(u)] = true
	}
	var list []string
	for _, name := range important {
		if names[name] && len(list) < most {
			list = append(list, name)
		}
	}
	for _, u := range users {
		if name := path.Base(u); len(list) < least && !slices.Contains(important[:], name) {
			list = append(list, display(name))
		}
	}
	return list
}

func numbers(list []int, all bool) string {
	text := ""
	for i, n := range list {
		if i == shown && !all {
			return text + " ..."
		}
		if i > 0 {
			text += " "
		}
		text += strconv.Itoa(n)
	}
	return text
}

func separator(i int, first string) string {
	if i == 0 {
		return first + " "
	}
	return " "
}

// writeUnknown lists the files that nothing is recorded of.
func (r *result) writeUnknown(b *strings.Builder) {
	for _, f := range r.plan.Files {
		if f.Verdict() == libcheck.Unknown {
			b.WriteString("unknown " + display(f.Path) + ": can be read; no package manager knows it\n")
		}
	}
}

// writeMissing tells of libraries that are not there at all.
func writeMissing(b *strings.Builder, plan *libcheck.Plan, verbose bool) {
	n := 0
	for _, p := range plan.Problems {
		if !p.Harmless {
			continue
		}
		n++
		if verbose {
			b.WriteString("missing " + display(p.Path) + ": " + display(errno.Reason(p.Err)) + "\n")
		}
	}
	if n > 0 && !verbose {
		b.WriteString("Missing, which may be as it should: " + count(n, "library or interpreter") + " (-v lists them)\n")
	}
}

func (r *result) writeTotals(b *strings.Builder, damaged int) {
	t := count3(r.plan)
	b.WriteString(count(damaged, "damaged file") + ". Read " + strconv.FormatInt(t.bytes, 10) + " bytes of " +
		count(len(r.plan.Files)-t.unread, "file") + ": " + count(t.programs, "program") + " on the list, " +
		count(t.libraries, "library or loader") + ".\n")
	b.WriteString(count(t.fine, "file") + " as recorded by a package manager")
	if t.edited > 0 {
		b.WriteString(", " + count(t.edited, "edited configuration file"))
	}
	b.WriteString("; " + strconv.Itoa(t.unknown) + " that none knows.\n")
	if t.buffered > 0 {
		b.WriteString(count(t.buffered, "file") + " went through the page cache, which can hide damage: the file system has no direct reads.\n")
	}
	if r.stopped {
		b.WriteString("INTERRUPTED: " + count(t.unread, "file") + " not read (-v lists them). Damage there is not known.\n")
	}
}

// count words a number of things.
func count(n int, what string) string { return count64(int64(n), what) }

func count64(n int64, what string) string {
	text := strconv.FormatInt(n, 10) + " " + what
	if n == 1 {
		return text
	}
	return strconv.FormatInt(n, 10) + " " + plural(what)
}

func plural(what string) string {
	words := strings.Fields(what)
	for i, w := range words {
		if w == "or" || i+1 < len(words) && words[i+1] != "or" {
			continue
		}
		if stem, ok := strings.CutSuffix(w, "y"); ok {
			words[i] = stem + "ies"
		} else {
			words[i] = w + "s"
		}
	}
	return strings.Join(words, " ")
}
