// Package b64xfer is the applet b64xfer: files as text, over a terminal, in either
// direction. Each of its subcommands is an applet of its own.
package b64xfer

import (
	"context"
	"io"
	"strings"

	"rescuebox/internal/applet"
)

// Applet is b64xfer.
var Applet = applet.Applet{
	Name:          "b64xfer",
	Group:         applet.Paste,
	Summary:       "carry files over a terminal as text, either way",
	Usage:         usage,
	Interruptible: true,
	Run:           run,
}

const usage = `usage: b64xfer COMMAND [OPTION...] [FILE...]

Carry a file over a terminal as lines of text, where nothing can be copied. Each
line has a number and a checksum: what is damaged on its way is named, and sent
again alone. A file gets its name only when its SHA-256 was compared.

To a host with nothing but an open shell, from a healthy machine:

    send    print the text to paste, for one of some thirty receivers
    type    type it, into a terminal, a serial line, tmux, screen or ssh
    clip    put it into the clipboard of this terminal, piece by piece
    list    the toolboxes that this file carries along, with their times

On any host that has this toolbox:

    recv    take in what send and get print
    get     print a file, for recv on the other side

"b64xfer COMMAND --help" says more.

EXAMPLES
    b64xfer send --to python3 >paste.txt
    b64xfer type --cmd 'ssh -tt root@luna'
    /tmp/rb b64xfer get /etc/fstab          # over there; copy what it prints
    b64xfer recv copied.txt                 # here
`

func run(ctx context.Context, s applet.Streams, args []string) error {
	if len(args) == 0 {
		return applet.Usage(1, "say what to do: b64xfer "+strings.Join(names(), "|"))
	}
	for _, c := range commands {
		if c.Name != args[0] {
			continue
		}
		for _, arg := range args[1:] {
			if arg == "--" {
				break
			}
			if arg == "--help" {
				_, err := io.WriteString(s.Out, c.Usage)
				return err
			}
		}
		return c.Run(ctx, s, args[1:])
	}
	if why := absent(args[0]); why != "" {
		return applet.Usage(1, why)
	}
	return applet.Usage(1, "'"+args[0]+"' is no command: b64xfer "+strings.Join(names(), "|"))
}

func names() []string {
	var all []string
	for _, c := range commands {
		all = append(all, c.Name)
	}
	return all
}
