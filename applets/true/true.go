// Package truecmd is the applet true.
package truecmd

import (
	"context"

	"rescuebox/internal/applet"
)

// Applet is true.
var Applet = applet.Applet{
	Name:     "true",
	Group:    applet.Other,
	Summary:  "do nothing, successfully",
	Operands: true,
	Usage: `usage: true [ARGUMENT...]

Do nothing and exit with status 0, whatever the arguments.
`,
	Run: func(context.Context, applet.Streams, []string) error { return nil },
}
