package sending

import (
	"bufio"
	"io"
	"strings"

	"rescuebox/b64xfer"
	"rescuebox/internal/applet"
)

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 64 << 10

// ask finds out what runs over there: it prints the probe for the person to paste,
// and reads what they copy back. What the command line says stays.
func (o *order) ask(s applet.Streams) error {
	text := "b64xfer: paste this into the other shell (or name a receiver with --to):\n" + b64xfer.Probe() +
		"\nb64xfer: then copy what it prints there, up to \"b64xfer-end\", and paste it here:\n"
	if _, err := io.WriteString(s.Err, text); err != nil {
		return err
	}
	answer, err := readAnswer(s.In)
	if err != nil {
		return err
	}
	chosen, err := o.choose(answer)
	if err != nil {
		return err
	}
	_, err = io.WriteString(s.Err, "b64xfer: "+chosen+"\n\n")
	return err
}

// readAnswer reads lines until they hold an answer.
func readAnswer(in io.Reader) (b64xfer.Answer, error) {
	var text strings.Builder
	lines := bufio.NewScanner(io.LimitReader(in, maxAnswer))
	for lines.Scan() {
		text.WriteString(lines.Text() + "\n")
		if answer, err := b64xfer.ParseProbe(text.String()); err == nil {
			return answer, nil
		}
	}
	if err := lines.Err(); err != nil {
		return b64xfer.Answer{}, err
	}
	return b64xfer.ParseProbe(text.String())
}
