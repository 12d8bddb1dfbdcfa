package statify

import (
	"strconv"
	"strings"

	"rescuebox/internal/bundle"
)

func roleName(r bundle.Role) string {
	switch r {
	case bundle.Loader:
		return "loader"
	case bundle.Program:
		return "program"
	case bundle.Library:
		return "library"
	case bundle.Opened:
		return "opened"
	case bundle.Included:
		return "included"
	}
	return "finisher"
}

// digits groups a number by thousands.
func digits(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// right puts s at the end of a field.
func right(s string, width int) string {
	return strings.Repeat(" ", max(0, width-len(s))) + s
}

const (
	needsPayload = `
needs when it runs
    /proc; or root and Linux 5.2; or a writable folder that allows execution
    ($TMPDIR, /dev/shm, /run, /tmp, /var/tmp)
    memory for its files, while it runs
`
	needsSnapshot = `
needs when it runs
    a processor of the level that --cpu names, and nothing else
`
	differsPayload = `
differs from the installed program
    /proc/self/exe leads to the loader; ps shows the loader's options
    LD_* of its caller are for the programs that it starts, not for itself
    /etc/ld.so.preload and /etc/ld.so.cache are not read
`
	differsSnapshot = `
differs from the installed program
    libraries always lie at the same addresses
    LD_LIBRARY_PATH, LD_PRELOAD and GLIBC_TUNABLES of its caller are for the
    programs that it starts, not for itself; /etc/ld.so.preload is not read
`
	oldArgv0   = "    its loader has no --argv0 (glibc 2.33): the name is set once it is loaded\n"
	oldPreload = "    its loader has no --preload (glibc 2.30): LD_PRELOAD is set while it is loaded\n"
)

// explanation prints what would be packed.
func (j *job) explanation(p *bundle.Plan) error {
	var b strings.Builder
	b.WriteString(j.program + ", as " + j.target() + ", in load order\n")
	total := int64(0)
	for i := range p.Files {
		f := &p.Files[i]
		if f.Role == bundle.Finisher && j.snapshot {
			continue
		}
		total += f.Size
		path := f.Path
		if f.Role == bundle.Finisher {
			path = "of statify: tidies up when all is loaded"
		}
		b.WriteString(right(digits(f.Size), 15) + "  " + (roleName(f.Role) + "      ")[:9] + path + "\n")
	}
	b.WriteString(right(digits(total), 15) + "  in all, before compression\n")
	for _, v := range j.env {
		b.WriteString("    sets " + v + "\n")
	}
	if j.snapshot {
		b.WriteString(needsSnapshot + differsSnapshot)
	} else {
		b.WriteString(needsPayload + differsPayload)
		if !p.Argv0 {
			b.WriteString(oldArgv0)
		}
		if !p.Preload {
			b.WriteString(oldPreload)
		}
	}
	section(&b, "\nnot packed, and looked for where it runs\n", p.Warnings)
	section(&b, "\nit calls functions that may look for\n", p.Notes)
	return j.print(b.String())
}

func section(b *strings.Builder, heading string, lines []string) {
	if len(lines) > 0 {
		b.WriteString(heading)
	}
	for _, line := range lines {
		b.WriteString("    " + line + "\n")
	}
}
