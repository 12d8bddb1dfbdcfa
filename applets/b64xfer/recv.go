package b64xfer

import (
	"context"
	"errors"
	"io"
	"os"
	"path"
	"strconv"

	"rescuebox/b64xfer/intake"
	"rescuebox/b64xfer/wire"
	"rescuebox/internal/applet"
	"rescuebox/internal/getopt"
	"rescuebox/internal/sha256"
)

var receive = applet.Applet{Name: "recv", Usage: recvUsage, Run: runRecv}

const recvUsage = `usage: b64xfer recv [--ack] [--force] [-o PATH] [FILE...]

Take in what "b64xfer send" or "b64xfer get" prints, from the terminal, from
standard input or from FILEs, and write the file that it carries. Lines that
have nothing to do with it are passed over: prompts, echoes, the line that
starts another receiver. Lines that a terminal wrapped are joined.

On a terminal it says READY; paste then. Chunks that were lost or damaged are
named at the end, and only these have to come again. Several FILEs are copies or
parts of one: what is damaged in one may be whole in another.

    --ack              answer each line: +N for chunk N, - for a damaged one
    -f, --force        replace a file that exists
    -o, --output PATH  write here (default: the last part of the name that the
                       other side gives, in this folder)

EXIT STATUS
    0  the file is whole
    1  damaged, or not written; nothing was kept
    2  chunks are missing: they are named

EXAMPLES
    b64xfer recv                        # paste, then
    b64xfer recv -o fstab copied.txt
    b64xfer recv first.txt again.txt    # two bad copies may make a good one
`

const optAck = getopt.LongOnly + 100

var recvOptions = []getopt.Option{
	{Short: optAck, Long: "ack"},
	{Short: 'f', Long: "force"},
	{Short: 'o', Long: "output", Arg: getopt.Required},
}

// statusMissing is for a payload that can still become whole.
const statusMissing = 2

// receiver is one run of recv.
type receiver struct {
	intake   intake.Intake
	s        applet.Streams
	output   string
	ack      bool
	force    bool
	terminal bool
}

func runRecv(ctx context.Context, s applet.Streams, args []string) error {
	r := &receiver{s: s}
	p := getopt.New(recvOptions, args)
	for p.Next() {
		switch p.Opt() {
		case optAck:
			r.ack = true
		case 'f':
			r.force = true
		case 'o':
			r.output = p.Value()
		}
	}
	if err := p.Err(); err != nil {
		return &applet.UsageError{Err: err}
	}
	if r.output != "" && !r.force {
		if err := free(s.Path(r.output), r.output); err != nil {
			return err
		}
	}
	if len(p.Operands()) > 0 {
		return r.files(p.Operands())
	}
	restore, terminal, err := quiet(s.In)
	if err != nil {
		return err
	}
	r.terminal = terminal
	err = r.stream(ctx)
	return errors.Join(err, restore())
}

// files reads copies or parts, one after the other.
func (r *receiver) files(names []string) error {
	report := r.s.Reporter()
	for _, name := range names {
		f, err := os.Open(r.s.Path(name))
		if err != nil {
			report.Error(name, err)
			continue
		}
		done, err := r.lines(f)
		f.Close()
		if done || err != nil {
			return err
		}
	}
	if err := report.Err(); err != nil {
		return err
	}
	_, err := r.verdict()
	return err
}

// stream reads the terminal, or standard input, until the file is whole or the input
// ends.
func (r *receiver) stream(ctx context.Context) error {
	in := r.s.In
	if r.terminal {
		in = &waiting{ctx, in}
		if err := r.say("READY\n"); err != nil {
			return err
		}
	}
	done, err := r.lines(in)
	switch {
	case ctx.Err() != nil, err == nil && !done && r.terminal:
		return r.fail(1, "damaged: given up. Nothing was kept")
	case err != nil || done:
		return err
	}
	_, err = r.verdict()
	return err
}

// fail says a verdict, and ends with a status.
func (r *receiver) fail(status int, text string) error {
	return errors.Join(r.say(text+"\n"), applet.Exit(status))
}

// lines takes lines up to the end of the input or of the payload; it is done when
// the file has been written. Behind an end with chunks missing, lines go on.
func (r *receiver) lines(in io.Reader) (done bool, err error) {
	scan := newLines(in)
	for {
		line, err := scan.next()
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		kind, number := r.intake.Line(line)
		if err := r.answer(kind, number); err != nil {
			return false, err
		}
		if kind != intake.End {
			continue
		}
		if len(r.intake.Missing()) > 0 && !r.terminal {
			continue // another copy may follow
		}
		if done, err = r.verdict(); done || err != nil {
			return done, err
		}
	}
}

func (r *receiver) answer(kind intake.Kind, number int) error {
	switch {
	case !r.ack:
		return nil
	case kind == intake.Chunk:
		return r.say("+" + strconv.Itoa(number) + "\n")
	case kind == intake.Damaged || kind == intake.Noise:
		return r.say("-\n")
	}
	return nil
}

// verdict writes the file when all of it is there. On a terminal it is not done when
// chunks are missing: they are named, and may come.
func (r *receiver) verdict() (done bool, err error) {
	h, told := r.intake.Header()
	if missing := r.intake.Missing(); len(missing) > 0 {
		if !r.intake.Begun() {
			return true, r.fail(1, "damaged: nothing of a payload came")
		}
		text := "damaged: chunks 0 lost or changed; send them again: --chunks 0"
		if told {
			set := missing.Brief(h.Count()).String()
			text = "damaged: chunks " + set + " of " + strconv.Itoa(h.Count()) + " lost or changed; send them again: --chunks " + set
		}
		if !r.terminal {
			return true, r.fail(statusMissing, text)
		}
		return false, r.say(text + "\nREADY\n")
	}
	carried, sound := r.intake.Content()
	if !sound {
		const text = "damaged: the sum of all chunks is wrong; send all again"
		if !r.terminal {
			return true, r.fail(1, text)
		}
		return false, r.say(text + "\nREADY\n")
	}
	return true, r.write(h, carried)
}

// write makes the file, and says so.
func (r *receiver) write(h wire.Header, carried []byte) error {
	content := carried
	if h.Zlib {
		var err error
		if content, err = inflated(carried); err != nil {
			return err
		}
	}
	name := r.output
	if name == "" {
		// The other side proposes a name; it does not choose a folder here.
		if name = path.Base(h.Path); name == "." || name == ".." || name == "/" {
			return applet.Usage(1, "'"+h.Path+"' is no name for a file: use -o")
		}
	}
	if err := place(r.s.Path(name), name, content, os.FileMode(h.Mode), r.force); err != nil {
		return err
	}
	return r.say("whole: " + name + ", " + strconv.Itoa(len(content)) + " bytes, sha256 " + sha256.Hex(sha256.Sum256(content)) + "\n")
}

func (r *receiver) say(text string) error {
	_, err := io.WriteString(r.s.Out, text)
	return err
}
