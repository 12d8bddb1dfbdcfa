package b64xfer

import "rescuebox/internal/applet"

// commands are those that a broken host needs.
var commands = []*applet.Applet{&receive, &get}

// absent says why a command is not in this build, or nothing.
func absent(name string) string {
	switch name {
	case "send", "type", "clip", "list":
		return name + " is not in the kit: run it where the full rescuebox is"
	}
	return ""
}
