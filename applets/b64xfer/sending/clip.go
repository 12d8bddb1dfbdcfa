package sending

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"rescuebox/b64xfer"
	"rescuebox/internal/applet"
	"rescuebox/internal/getopt"
)

// Clip is b64xfer clip.
var Clip = applet.Applet{Name: "clip", Usage: clipUsage, Run: runClip}

const clipUsage = `usage: b64xfer clip --to RECEIVER [--wrap KIND] [OPTION...] [FILE]

Put what "b64xfer send" prints into the clipboard of this terminal, piece by
piece, with the escape sequence OSC 52. It says what to do with each piece, and
waits for Enter before the next. The terminal must let programs set it. Nothing
can be asked that way, so --to is needed: "b64xfer send" finds out what to name.

    --wrap KIND  for what is between here and the terminal: auto (default),
                 none, tmux (with "set -g allow-passthrough on") or screen

The options of send that say what goes where are the same here: --to --arch
--dest --force --memory --over --zlib --no-pack --chunks.

EXIT STATUS
    0  all pieces were handed to the terminal, which does not answer
    1  not all

EXAMPLES
    b64xfer clip --to python3
    b64xfer clip --to base64 --chunks 3,17-19
`

const optWrap rune = optShiftFree + 1

var clipOptions = append(append([]getopt.Option(nil), typeOptions[:8]...),
	getopt.Option{Short: optChunks, Long: "chunks", Arg: getopt.Required}, getopt.Option{Short: optWrap, Long: "wrap", Arg: getopt.Required})

// most is how much one sequence carries, in bytes: xterm and others take no more than
// 100,000 characters, 8 of them not base64.
const most = 74994

// screenPiece is how much of a sequence screen passes on at once: its own limit for a
// string is 768 characters, 256 in old versions.
const screenPiece = 240

func runClip(ctx context.Context, s applet.Streams, args []string) error {
	o, wrap := newOrder(), "auto"
	err := o.parse(clipOptions, args, func(opt rune, value string) error {
		if opt == optWrap {
			wrap = value
			return nil
		}
		return o.option(opt, value)
	})
	if err != nil {
		return err
	}
	if o.to == "auto" {
		return applet.Usage(1, "--to: name a receiver; see b64xfer send --help")
	}
	switch wrap {
	case "auto":
		wrap = multiplexer(s)
	case "none", "tmux", "screen":
	default:
		return applet.Usage(1, "--wrap: one of auto none tmux screen")
	}
	t, err := o.transfer(ctx, s)
	if err != nil {
		return err
	}
	return hand(ctx, s, pieces(&o, t), wrap)
}

// multiplexer says what is between here and the terminal.
func multiplexer(s applet.Streams) string {
	switch {
	case s.Getenv("TMUX") != "":
		return "tmux"
	case s.Getenv("STY") != "", strings.HasPrefix(s.Getenv("TERM"), "screen"):
		return "screen"
	}
	return "none"
}

// clipping is one piece and what to do with it.
type clipping struct{ text, what string }

// pieces cuts the text of a transfer, each at the end of a line.
func pieces(o *order, t *b64xfer.Transfer) []clipping {
	var all []clipping
	lines := t.Payload()
	if o.chunks != nil {
		lines = t.Chunks(o.chunks)
	} else {
		all = append(all, clipping{t.Command + "\n", "paste the command, and wait for " + b64xfer.Ready})
	}
	text := ""
	const more = "paste these lines"
	for line := range lines {
		if len(text)+len(line)+1 > most {
			all, text = append(all, clipping{text, more}), ""
		}
		text += line + "\n"
	}
	all = append(all, clipping{text, more + ", and wait for \"" + b64xfer.Whole + "\", or for chunks to send again"})
	if o.chunks == nil && !t.Inside {
		all = append(all, clipping{t.Run + "\n", "paste the line that runs it"})
	}
	return all
}

// hand puts one piece after the other into the clipboard.
func hand(ctx context.Context, s applet.Streams, all []clipping, wrap string) error {
	enter := bufio.NewReader(s.In)
	for i, c := range all {
		if _, err := io.WriteString(s.Out, osc52(c.text, wrap)); err != nil {
			return err
		}
		say := "b64xfer: piece " + strconv.Itoa(i+1) + " of " + strconv.Itoa(len(all)) + " is in the clipboard: " + c.what + "\n"
		if i+1 < len(all) {
			say = strings.TrimSuffix(say, "\n") + ". Then press Enter here\n"
		}
		if _, err := io.WriteString(s.Err, say); err != nil {
			return err
		}
		if i+1 == len(all) {
			break
		}
		if err := pressed(ctx, enter); err != nil {
			return err
		}
	}
	return nil
}

// pressed waits for Enter, or for the end of the context. The read goes on then; the
// process ends.
func pressed(ctx context.Context, in *bufio.Reader) error {
	done := make(chan error, 1)
	go func() {
		_, err := in.ReadString('\n')
		done <- err
	}()
	select {
	case err := <-done:
		if errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed) {
			return errors.New("no Enter came: not all pieces were handed over")
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// osc52 is the sequence that sets the clipboard (XTerm Control Sequences, "Operating
// System Commands", 52), within what a multiplexer hands on to its terminal as it is.
func osc52(text, wrap string) string {
	sequence := "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text)) + "\a"
	switch wrap {
	case "tmux":
		return "\x1bPtmux;" + strings.ReplaceAll(sequence, "\x1b", "\x1b\x1b") + "\x1b\\"
	case "screen":
		var b strings.Builder
		for len(sequence) > 0 {
			n := min(screenPiece, len(sequence))
			b.WriteString("\x1bP" + sequence[:n] + "\x1b\\")
			sequence = sequence[n:]
		}
		return b.String()
	}
	return sequence
}
