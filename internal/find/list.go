package find

import (
	"strings"

	"golang.org/x/sys/unix"

	"rescuebox/internal/modestring"
)

// recent is the age in seconds, half a year, from which -ls shows the year
// instead of the time of day.
const recent = 31556952 / 2

// list is -ls: inode, KiB used, and what ls -l shows.
func (v *Env) list(e *Entry) bool {
	st, ok := e.Stat()
	if !ok {
		return false
	}
	size := decimal(uint64(st.Size))
	switch kindOfMode(uint32(st.Mode)) {
	case 'b', 'c':
		major, minor := unix.Major(uint64(st.Rdev)), unix.Minor(uint64(st.Rdev))
		size = padLeft(decimal(uint64(major)), 3) + ", " + padLeft(decimal(uint64(minor)), 3)
	}
	line := padLeft(decimal(st.Ino), 9) + " " + padLeft(decimal((uint64(st.Blocks)+1)/2), 6) + " " +
		modestring.String(uint32(st.Mode)) + " " + padLeft(decimal(uint64(st.Nlink)), 3) + " " +
		padRight(v.names().Users.Label(st.Uid), 8) + " " + padRight(v.names().Groups.Label(st.Gid), 8) + " " +
		padLeft(size, 8) + " " + v.listTime(e) + " " + listName(e.Path)
	if kindOfMode(uint32(st.Mode)) == 'l' {
		target, err := e.readlink()
		if err != nil {
			e.walk.report(e.Path, err)
		} else {
			line += " -> " + listName(target)
		}
	}
	v.write(line + "\n")
	return true
}

func (v *Env) listTime(e *Entry) string {
	at, _ := e.stamp('m')
	age := v.Now.Unix() - at.Unix()
	if age > recent || age < -3600 {
		return at.In(v.Zone).Format("Jan _2  2006")
	}
	return at.In(v.Zone).Format("Jan _2 15:04")
}

// listName escapes what would make a line of -ls unreadable, as in C.
func listName(name string) string {
	const plain = "\a\b\f\n\r\t\v\\\" "
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		if at := strings.IndexByte(plain, c); at >= 0 {
			b.WriteString("\\" + "abfnrtv\\\" "[at:at+1])
		} else if c < ' ' || c >= 0x7f {
			b.WriteString("\\" + string([]byte{'0' + c>>6, '0' + c>>3&7, '0' + c&7}))
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func padRight(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-len(s)))
}
