package libcheck

import (
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"rescuebox/internal/errno"
	"rescuebox/internal/libcheck"
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

// writeText writes what a person needs to know and to do.
func writeText(out io.Writer, plan *libcheck.Plan, verbose, stopped bool) error {
	damaged := plan.Damaged()
	var b strings.Builder
	for _, f := range damaged {
		writeFile(&b, plan, f, verbose)
	}
	if len(damaged) > 0 {
		writeAdvice(&b, damaged)
	}
	writeMissing(&b, plan, verbose)
	writeTotals(&b, plan, len(damaged), stopped)
	return write(out, b.String())
}

func writeFile(b *strings.Builder, plan *libcheck.Plan, f *libcheck.File, verbose bool) {
	b.WriteString("DAMAGED " + display(f.Path) + "\n")
	for _, bad := range f.Bad {
		b.WriteString("  bytes " + place(bad.Offset, bad.Length) + " (" + count64(bad.Length, "byte") + "): " +
			errno.Reason(bad.Err) + where(bad) + "\n")
	}
	if f.Err != nil {
		b.WriteString("  " + errno.Reason(f.Err) + ": could not read on\n")
	}
	b.WriteString("  " + effect(f) + "\n")
	writeUsers(b, plan.Needs(f), verbose)
	b.WriteString("\n")
}

func place(offset, length int64) string {
	return strconv.FormatInt(offset, 10) + "-" + strconv.FormatInt(offset+length-1, 10)
}

// where names device and sector, as far as they are known.
func where(b libcheck.Bad) string {
	if b.Device.Name == "" {
		return ""
	}
	text := ", " + display(b.Device.Name)
	switch {
	case b.Sector < 0:
		return text + " (sector not known)"
	case b.Device.Mapped:
		return text + " sector " + strconv.FormatInt(b.Sector, 10) + " (a mapped device: the disk's sector is another)"
	}
	text += " sector " + strconv.FormatInt(b.Sector, 10)
	if b.Disk.Name != "" {
		text += ", that is " + display(b.Disk.Name) + " sector " + strconv.FormatInt(b.DiskSector(), 10)
	}
	return text
}

// effect says how programs fail, so that the symptom can be recognized.
func effect(f *libcheck.File) string {
	who := "programs that need it"
	if !f.Library {
		who = "the program"
	}
	switch {
	case f.Header() && f.Library:
		return "In its first bytes: " + who + " do not start (\"cannot read file data\")."
	case f.Header():
		return "In its first bytes: " + who + " does not start (\"Input/output error\")."
	case f.NoStart:
		return "In its ELF headers: " + who + " die when they start (\"Bus error\")."
	}
	return "In its code or data: " + who + " may run until they need the place, then die (\"Bus error\")."
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
func writeUsers(b *strings.Builder, users []string, verbose bool) {
	b.WriteString("  Needed by " + count(len(users), "program"))
	if verbose || len(users) <= shown {
		for i, u := range users {
			b.WriteString(separator(i, ":") + display(u))
		}
		b.WriteString("\n")
		return
	}
	names := map[string]bool{}
	for _, u := range users {
		names[path.Base(u)] = true
	}
	n := 0
	for _, name := range important {
		if names[name] && n < 2*shown {
			b.WriteString(separator(n, ", with these:") + name)
			n++
		}
	}
	for _, u := range users {
		if name := path.Base(u); n < shown && !slices.Contains(important[:], name) {
			b.WriteString(separator(n, ", with these:") + display(name))
			n++
		}
	}
	b.WriteString(" (-v lists all)\n")
}

func separator(i int, first string) string {
	if i == 0 {
		return first + " "
	}
	return " "
}

// writeAdvice says what to type next.
func writeAdvice(b *strings.Builder, damaged []*libcheck.File) {
	b.WriteString("Do not reboot, and do not drop caches: programs that run may hold the only good copy.\n")
	b.WriteString("To save what can be read, to another disk (zeros take the place of what cannot):\n")
	const most = 4
	for i, f := range damaged {
		if i == most {
			b.WriteString("  ... and so on for " + count(len(damaged)-most, "more file") + "\n")
			break
		}
		b.WriteString("  rescuebox cat --noerror " + quote(f.Path) + " >/mnt/" + quote(path.Base(f.Path)) + "\n")
	}
	f := damaged[0]
	b.WriteString("To replace it, take the same file of the same version from a healthy host; there,\n" +
		"  dpkg -S " + quote(f.Path) + "   or   rpm -qf " + quote(f.Path) + "\n" +
		"names its package. Copy it beside the damaged file, then rename it over that.\n\n")
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

func writeTotals(b *strings.Builder, plan *libcheck.Plan, damaged int, stopped bool) {
	t := count3(plan)
	b.WriteString(count(damaged, "damaged file") + ". Read " + strconv.FormatInt(t.bytes, 10) + " bytes of " +
		count(len(plan.Files)-t.unread, "file") + ": " + count(t.programs, "program") + " on the list, " +
		count(t.libraries, "library or loader") + ".\n")
	if t.buffered > 0 {
		b.WriteString(count(t.buffered, "file") + " went through the page cache, which can hide damage: the file system has no direct reads.\n")
	}
	if stopped {
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
