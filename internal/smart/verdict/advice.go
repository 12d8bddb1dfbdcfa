package verdict

import (
	"path/filepath"

	"rescuebox/internal/quoting"
)

// advice is what to do, the first thing first. Commands are such that they can be typed
// as they stand, but for the place that the copy goes to.
func advice(c Class, e *Evidence) []string {
	name := filepath.Base(e.Device)
	copying := "rescuebox ddrescue " + typed(e.Device) + " /OTHER/DISK/" + name + ".img /OTHER/DISK/" + name + ".map"
	switch c {
	case Dead:
		return []string{
			"check its power, its cable and another port before anything else",
			"if it answers then, image it at once: " + copying,
		}
	case Failing:
		return []string{
			"image it now, and only read from it: " + copying,
			"do not run a long self-test, fsck or a resync: they read all of a dying disk",
		}
	case Degraded:
		return []string{
			"image it before anything writes to it: " + copying,
			"do not run a long self-test, fsck or a resync before that",
		}
	case Link:
		return []string{
			"check its cable, port and power supply, then look again: rescuebox smartctl --verdict " + typed(e.Device),
		}
	case Worn:
		return []string{"copy it soon, and replace it: " + copying}
	case Unknown:
		return []string{"look at it another way: rescuebox smartctl -x -d test " + typed(e.Device)}
	}
	return []string{"keep copies: more than a third of the disks that failed had said nothing before (FAST 2007)"}
}

// typed is a name as a shell takes it.
func typed(name string) string {
	q := quoting.Quoter{Style: quoting.ShellEscape}
	return string(q.Append(nil, name))
}
