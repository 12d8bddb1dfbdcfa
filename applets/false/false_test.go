package falsecmd

import (
	"testing"

	"rescuebox/internal/applettest"
)

func TestConfirm(t *testing.T) {
	applettest.Confirmation{
		Applet: &Applet,
		Cases: []applettest.Case{
			{}, {Line: "x -y"},
			{Line: "--help", Differs: map[string]string{
				"coreutils": "the shells' true takes it as an operand; printing here could break a script on /dev/full",
			}},
		},
	}.Run(t)
}
