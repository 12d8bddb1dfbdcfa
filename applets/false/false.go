// Package falsecmd is the applet false.
package falsecmd

import (
	"context"

	"rescuebox/internal/applet"
)

// Applet is false.
var Applet = applet.Applet{
	Name:     "false",
	Group:    applet.Other,
	Summary:  "do nothing, unsuccessfully",
	Operands: true,
	Usage: `usage: false [ARGUMENT...]

Do nothing and exit with status 1, whatever the arguments.
`,
	Run: func(context.Context, applet.Streams, []string) error { return applet.Exit(1) },
}
