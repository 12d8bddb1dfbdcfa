package b64xfer

import (
	"rescuebox/applets/b64xfer/sending"
	"rescuebox/internal/applet"
)

// commands are the subcommands, in the order of the help.
var commands = []*applet.Applet{&sending.Send, &sending.Type, &sending.Clip, &sending.List, &receive, &get}

// absent says why a command is not in this build, or nothing.
func absent(string) string { return "" }
