package sending

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/b64xfer"
	"rescuebox/b64xfer/drive"
	"rescuebox/internal/applet"
	"rescuebox/internal/getopt"
)

// Type is b64xfer type.
var Type = applet.Applet{Name: "type", Usage: typeUsage, Run: runType}

const typeUsage = `usage: b64xfer type --cmd COMMAND|--tty DEVICE|--tmux PANE|--screen NAME
                    [OPTION...] [FILE]

Type FILE, by default the toolbox itself, into an open shell at the end of a
line: ask what works there, start a receiver, wait until it is ready, send the
chunks, send again what was lost, and run the file. The shell must be at its
prompt.

    --cmd COMMAND    run COMMAND on a terminal of its own: 'ssh -tt root@luna'
    --tty DEVICE     a serial line: /dev/ttyUSB0
      --baud N       its speed (default 115200)
      --flow KIND    none (default), xon or rtscts
    --tmux PANE      a pane of tmux, as its -t takes it
      --tmux-socket PATH
    --screen NAME    the first window of a session of screen
    --rate N         type at most N characters a second
    --timeout N      seconds that the far side may be silent (default 60)
    --no-run         do not run the file

The options of send that say what goes where are the same here: --to --arch
--dest --force --memory --over --zlib --no-pack --shift-free. See "b64xfer send
--help".
Without --to the shell is asked for its processor, receivers and folders; what
the command line says stays.

EXIT STATUS
    0  the file is there whole, and was run
    1  it is not; nothing is left over there

EXAMPLES
    b64xfer type --cmd 'ssh -tt root@luna'
    b64xfer type --tty /dev/ttyUSB0 --baud 9600 --to stage0 --dest /dev/shm/rb
    b64xfer type --tmux work:1.0 --to perl
    b64xfer type --cmd 'virsh console luna' --rate 40 --shift-free busybox
`

const (
	optCmd rune = optShiftFree + 1 + iota
	optTTY
	optBaud
	optFlow
	optTmux
	optTmuxSocket
	optScreen
	optRate
	optTimeout
	optNoRun
)

var typeOptions = []getopt.Option{
	{Short: optTo, Long: "to", Arg: getopt.Required},
	{Short: optArch, Long: "arch", Arg: getopt.Required},
	{Short: optDest, Long: "dest", Arg: getopt.Required},
	{Short: optForce, Long: "force"},
	{Short: optMemory, Long: "memory"},
	{Short: optOver, Long: "over", Arg: getopt.Required},
	{Short: optZlib, Long: "zlib"},
	{Short: optNoPack, Long: "no-pack"},
	{Short: optCmd, Long: "cmd", Arg: getopt.Required},
	{Short: optTTY, Long: "tty", Arg: getopt.Required},
	{Short: optBaud, Long: "baud", Arg: getopt.Required},
	{Short: optFlow, Long: "flow", Arg: getopt.Required},
	{Short: optTmux, Long: "tmux", Arg: getopt.Required},
	{Short: optTmuxSocket, Long: "tmux-socket", Arg: getopt.Required},
	{Short: optScreen, Long: "screen", Arg: getopt.Required},
	{Short: optRate, Long: "rate", Arg: getopt.Required},
	{Short: optTimeout, Long: "timeout", Arg: getopt.Required},
	{Short: optNoRun, Long: "no-run"},
	{Short: optShiftFree, Long: "shift-free"},
}

// typing is what the command line of type asks for.
type typing struct {
	order
	way    rune   // one of optCmd, optTTY, optTmux, optScreen
	end    string // the command, device, pane or session
	socket string
	baud   int
	flow   drive.Flow
	noRun  bool
	drive  drive.Options
}

func runType(ctx context.Context, s applet.Streams, args []string) error {
	o := typing{baud: 115200, order: newOrder()}
	o.Ack = true
	if err := o.parse(typeOptions, args, o.option); err != nil {
		return err
	}
	if o.way == 0 {
		return applet.Usage(1, "say where the shell is: --cmd, --tty, --tmux or --screen")
	}
	return o.carry(ctx, s)
}

func (o *typing) option(opt rune, value string) (err error) {
	switch opt {
	case optCmd, optTTY, optTmux, optScreen:
		if o.way != 0 {
			return applet.Usage(1, "one of --cmd, --tty, --tmux and --screen")
		}
		o.way, o.end = opt, value
	case optBaud:
		o.baud, err = positive("--baud", value)
	case optFlow:
		flows := map[string]drive.Flow{"none": drive.FlowNone, "xon": drive.FlowXon, "rtscts": drive.FlowRTSCTS}
		flow, known := flows[value]
		if !known {
			return applet.Usage(1, "--flow: one of none xon rtscts")
		}
		o.flow = flow
	case optTmuxSocket:
		o.socket = value
	case optRate:
		o.drive.Rate, err = positive("--rate", value)
	case optTimeout:
		var n int
		n, err = positive("--timeout", value)
		o.drive.Timeout = time.Duration(n) * time.Second
	case optNoRun:
		o.noRun = true
	default:
		return o.order.option(opt, value)
	}
	return err
}

func positive(name, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > 1<<24 {
		return 0, applet.Usage(1, name+": a number above 0")
	}
	return n, nil
}

// unbuffered is a window that a UART's driver holds without flow control: below the
// 4095 characters of a terminal's input queue.
const unbuffered = 3000

func (o *typing) line() (drive.Line, error) {
	switch o.way {
	case optCmd:
		return drive.Command(o.end)
	case optTmux:
		return drive.Tmux(o.socket, o.end)
	case optScreen:
		return drive.Screen(o.end)
	}
	if o.drive.Rate == 0 {
		o.drive.Rate = o.baud / 10 // a start bit and a stop bit
	}
	if o.flow == drive.FlowNone {
		o.drive.Window = unbuffered
	}
	return drive.TTY(o.end, o.baud, o.flow)
}

// carry asks where nobody has said to whom, sends, and runs.
func (o *typing) carry(ctx context.Context, s applet.Streams) (err error) {
	asks := o.to == "auto"
	var t *b64xfer.Transfer
	if !asks {
		// What is wrong with it is said before anything is typed.
		if t, err = o.transfer(ctx, s); err != nil {
			return err
		}
	}
	line, err := o.line()
	if err != nil {
		return err
	}
	show := meter{w: s.Err, start: time.Now()}
	if terminal(s.Err) {
		o.drive.Progress = show.show
	}
	o.drive.Output = func(b []byte) { s.Out.Write(b) }
	session := drive.Open(line, o.drive)
	defer func() { err = errors.Join(err, session.Close()) }()
	if err := session.Sync(ctx); err != nil {
		return err
	}
	if asks {
		if t, err = o.ask(ctx, s, session); err != nil {
			return err
		}
	}
	verdict, err := session.Send(ctx, t)
	show.end()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(s.Err, verdict+"\n"); err != nil {
		return err
	}
	if o.noRun || t.Inside {
		return nil
	}
	if err := session.Sync(ctx); err != nil {
		return err
	}
	status, ended, err := session.Run(ctx, t)
	switch {
	case err != nil:
		return err
	case ended && status != 0:
		return errors.New("over there it ended with status " + strconv.Itoa(status))
	}
	return nil
}

// ask lets the far side's answer choose, says what it chose, and makes the text.
func (o *typing) ask(ctx context.Context, s applet.Streams, session *drive.Session) (*b64xfer.Transfer, error) {
	answer, err := session.Probe(ctx)
	if err != nil {
		return nil, err
	}
	chosen, err := o.choose(answer)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(s.Err, "b64xfer: "+chosen+"\n"); err != nil {
		return nil, err
	}
	return o.transfer(ctx, s)
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// meter is one line that is drawn again.
type meter struct {
	w           io.Writer
	start, last time.Time
}

func (m *meter) show(p drive.Progress) {
	now := time.Now()
	if now.Sub(m.last) < time.Second/5 {
		return
	}
	m.last = now
	rate := max(1, int64(float64(p.Acked)/max(now.Sub(m.start).Seconds(), 0.01)))
	io.WriteString(m.w, "\r"+strconv.FormatInt(p.Acked, 10)+" of "+strconv.FormatInt(p.Total, 10)+" bytes, "+strconv.FormatInt(rate, 10)+
		" a second, "+seconds((p.Total-p.Acked)/rate)+" left, "+strconv.Itoa(p.Resent)+" lines again\x1b[K")
}

func (m *meter) end() {
	if !m.last.IsZero() {
		io.WriteString(m.w, "\r\x1b[K")
	}
}
