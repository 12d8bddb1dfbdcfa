package multicall

import (
	"strings"

	"rescuebox/internal/applet"
	"rescuebox/internal/order"
)

const synopsis = `
usage: rescuebox APPLET [ARGUMENT...]      run an applet
       APPLET [ARGUMENT...]                the same, through a link of that name
       rescuebox APPLET --help             its help, with examples
       rescuebox --install [-s] [--force] DIR
                                           put links to all applets into DIR
                                           (-s symbolic; --force over files)
       rescuebox --list | --list-full      names, or paths in a full tree
       rescuebox --selfcheck               is this file whole, as it was built?
       rescuebox --version
`

// overview lists the applets by task.
func (f *Front) overview() string {
	var b strings.Builder
	b.WriteString(f.Build.String() + "\n" + synopsis)
	for _, g := range applet.Groups() {
		heading := "\n" + g.String() + ":\n"
		for _, a := range f.Table {
			if a.Group != g {
				continue
			}
			b.WriteString(heading)
			heading = ""
			pad := strings.Repeat(" ", max(1, 12-len(a.Name)))
			b.WriteString("  " + a.Name + pad + a.Summary + "\n")
		}
	}
	return b.String()
}

// list returns a line for each name of each applet, sorted.
func (f *Front) list(line func(a *applet.Applet, name string) string) string {
	var lines []string
	for _, a := range f.Table {
		for _, name := range names(a) {
			lines = append(lines, line(a, name)+"\n")
		}
	}
	order.Strings(lines)
	return strings.Join(lines, "")
}

// names returns every name that a answers to.
func names(a *applet.Applet) []string {
	return append([]string{a.Name}, a.Aliases...)
}

// fullPath is where a full tree has the applet, without the leading slash, as
// busybox --list-full prints it.
func fullPath(a *applet.Applet, name string) string {
	dir := a.Dir
	if dir == "" {
		dir = "usr/bin"
	}
	return dir + "/" + name
}

// nearest returns the applet name closest to name, or "" when none is close
// enough to be what was meant.
func (f *Front) nearest(name string) string {
	best, least := "", 3
	if len(name) < 4 {
		least = 2
	}
	for _, a := range f.Table {
		for _, n := range names(a) {
			if d := distance(name, n); d < least {
				best, least = n, d
			}
		}
	}
	return best
}

// distance is the number of letters to insert, delete, replace or swap with
// their neighbour to make b of a (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
