package applettest

import (
	"context"
	"io"
	"testing"

	"rescuebox/internal/applet"
)

// impostor carries the name of a real tool, and does something else.
var impostor = applet.Applet{
	Name: "cat",
	Run: func(_ context.Context, s applet.Streams, _ []string) error {
		_, err := io.WriteString(s.Out, "impostor")
		return err
	},
}

func TestMain(m *testing.M) { Main(m, &impostor) }

// An applet that testscripts call by name is still compared with the real tool.
func TestPeerIsTheRealTool(t *testing.T) {
	Confirmation{
		Applet: &impostor,
		Peers:  []Peer{Coreutils},
		Cases: []Case{{Stdin: "real", Differs: map[string]string{
			"coreutils": "the impostor does not read its input",
		}}},
	}.Run(t)
}
