// Package sending is what b64xfer does on the healthy machine: it prints or types
// the text that carries a file to a host with nothing but an open shell.
package sending

import (
	"bufio"
	"context"
	"io"
	"net/netip"
	"strconv"
	"strings"

	"rescuebox/b64xfer"
	"rescuebox/b64xfer/network"
	"rescuebox/b64xfer/wire"
	"rescuebox/internal/applet"
	"rescuebox/internal/getopt"
)

// Send is b64xfer send.
var Send = applet.Applet{Name: "send", Usage: sendUsage, Run: runSend}

const sendUsage = `usage: b64xfer send [--to RECEIVER] [--arch ARCH] [--dest PATH] [OPTION...]
                    [FILE]

Print text that carries FILE, by default the toolbox itself, to a host that has
only an open shell. Run it on a healthy machine and paste what it prints into
the other's terminal, in three steps that it explains on standard error:

    1. the first line starts a receiver over there; wait until it says READY
    2. the lines after it are the file, up to one that is a full stop
    3. the last line runs the file

Steps 1 and 2 must be two pastes: a shell that edits its input would keep the
second. Chunks that were lost or damaged are named: "send --chunks 3,17-19",
with the same options, prints these alone, for the receiver that still waits.

An executable is packed: it unpacks itself over there.

    --to RECEIVER    what runs over there (default auto). Of these the first
                     need no other program of ours:
                       python3 python2 perl ruby php node
                     these land a small one first:
                       base64 busybox openssl uudecode xxd gpg awk lua tclsh vim
                       git as, and the shells themselves:
                       sh bash dash ash zsh ksh yash mksh
                       stage0         a bare shell: one line of 1500 characters
                       stage0-plain   the same where the loader is broken
                     auto asks: it prints a line that finds out, and reads what
                     that prints over there
    --arch ARCH      the processor over there: amd64 (default) 386 arm64 armv7
    --dest PATH      where the file goes over there (default /tmp/rb)
    --force          replace PATH if it exists over there
    --memory         write no file: execute from memory. With python3, python2,
                     perl, ruby and php where every file system is noexec
    --over FILE      with stage0-plain: an executable over there that may be
                     overwritten, where no file can be made executable
    --zlib           compress on the way, for a receiver that inflates: python3,
                     python2, perl, ruby, php, node
    --no-pack        send an executable as it is
    --shift-free     with stage0: text that needs no shift key, for the keyboard
                     of a virtual machine; half as much again
    --ack            the receiver answers each line, for programs that type
    --chunks SET     print these chunks alone
    --part PART      print one part alone, for a clipboard: command payload run
    --net ADDR:PORT  wait on this address of this machine for bash or zsh over
                     there to connect, and print the one line that does

EXAMPLES
    b64xfer send                                # asks what runs over there
    b64xfer send --to perl >paste.txt
    b64xfer send --to stage0 --arch arm64 --dest /dev/shm/rb
    b64xfer send --to python3 --net 192.0.2.7:4000
    b64xfer send --to base64 --chunks 3,17-19
    b64xfer send --shift-free --part command | xdotool type --file -
    b64xfer send --to perl --part command | xclip    # then payload, run
`

const (
	optTo rune = getopt.LongOnly + iota
	optArch
	optDest
	optForce
	optMemory
	optOver
	optZlib
	optNoPack
	optAck
	optChunks
	optPart
	optNet
	optShiftFree
)

var sendOptions = []getopt.Option{
	{Short: optTo, Long: "to", Arg: getopt.Required},
	{Short: optArch, Long: "arch", Arg: getopt.Required},
	{Short: optDest, Long: "dest", Arg: getopt.Required},
	{Short: optForce, Long: "force"},
	{Short: optMemory, Long: "memory"},
	{Short: optOver, Long: "over", Arg: getopt.Required},
	{Short: optZlib, Long: "zlib"},
	{Short: optNoPack, Long: "no-pack"},
	{Short: optAck, Long: "ack"},
	{Short: optChunks, Long: "chunks", Arg: getopt.Required},
	{Short: optPart, Long: "part", Arg: getopt.Required},
	{Short: optNet, Long: "net", Arg: getopt.Required},
	{Short: optShiftFree, Long: "shift-free"},
}

// order is what the command line asks for.
type order struct {
	b64xfer.Options
	to     string
	file   string // empty: the toolbox
	noPack bool
	chunks wire.Set
	part   string
	net    netip.AddrPort
}

// newOrder is what nothing on the command line asks for. Dest and Arch are empty
// until something chooses them.
func newOrder() order { return order{to: "auto"} }

// parse reads a command line: its options go to a function, the one operand is the
// file.
func (o *order) parse(options []getopt.Option, args []string, option func(rune, string) error) error {
	p := getopt.New(options, args)
	for p.Next() {
		if err := option(p.Opt(), p.Value()); err != nil {
			return err
		}
	}
	if err := p.Err(); err != nil {
		return &applet.UsageError{Err: err}
	}
	if o.Unshifted && o.to == "auto" {
		o.to = "stage0" // the question itself needs the key
	}
	switch operands := p.Operands(); {
	case len(operands) > 1:
		return applet.Usage(1, "one FILE at a time")
	case len(operands) == 1:
		o.file = operands[0]
	}
	return nil
}

// defaults chooses what nothing has chosen.
func (o *order) defaults() {
	if o.Dest == "" {
		o.Dest = "/tmp/rb"
	}
	if o.Arch == "" {
		o.Arch = "amd64"
	}
}

// choose lets the far side's answer choose what the command line does not, and says
// what it chose.
func (o *order) choose(a b64xfer.Answer) (string, error) {
	receiver, chosen, err := a.Choose("rb")
	if err != nil {
		return "", err
	}
	o.to = receiver
	if o.Arch == "" {
		o.Arch = chosen.Arch
	}
	if o.Dest == "" {
		o.Dest = chosen.Dest
		o.Memory = o.Memory || chosen.Memory
	}
	where := "into " + o.Dest
	if o.Memory {
		where = "executed from memory"
	}
	return o.Arch + ", " + receiver + " runs there, " + where, nil
}

func runSend(ctx context.Context, s applet.Streams, args []string) error {
	o := newOrder()
	if err := o.parse(sendOptions, args, o.option); err != nil {
		return err
	}
	if o.to == "auto" {
		if err := o.ask(s); err != nil {
			return err
		}
	}
	t, err := o.transfer(ctx, s)
	if err != nil {
		return err
	}
	if o.net.IsValid() {
		return o.serve(ctx, s, t)
	}
	if o.part == "" && o.chunks == nil {
		if _, err := io.WriteString(s.Err, explain(t)); err != nil {
			return err
		}
	}
	return o.write(ctx, s.Out, t)
}

func (o *order) option(opt rune, value string) error {
	switch opt {
	case optTo:
		o.to = value
	case optArch:
		o.Arch = value
	case optDest:
		o.Dest = value
	case optForce:
		o.Force = true
	case optMemory:
		o.Memory = true
	case optOver:
		o.Over = value
	case optZlib:
		o.Zlib = true
	case optNoPack:
		o.noPack = true
	case optShiftFree:
		o.Unshifted = true
	case optAck:
		o.Ack = true
	case optChunks:
		set, err := wire.ParseSet(value)
		if err != nil {
			return &applet.UsageError{Err: err}
		}
		o.chunks = set
	case optPart:
		if value != "command" && value != "payload" && value != "run" {
			return applet.Usage(1, "--part: one of command payload run")
		}
		o.part = value
	case optNet:
		address, err := netip.ParseAddrPort(value)
		if err != nil {
			return applet.Usage(1, "--net: an address and a port, as 192.0.2.7:4000")
		}
		o.net = address
	}
	return nil
}

// transfer makes the text.
func (o *order) transfer(ctx context.Context, s applet.Streams) (*b64xfer.Transfer, error) {
	o.defaults()
	// Packing takes long: what is wrong is said before.
	if err := b64xfer.Check(o.to, o.Options); err != nil {
		return nil, &applet.UsageError{Err: err}
	}
	content, err := o.content(ctx, s)
	if err != nil {
		return nil, err
	}
	t, err := b64xfer.New(o.to, content, o.Options)
	if err != nil {
		return nil, &applet.UsageError{Err: err}
	}
	return t, nil
}

// write prints the parts that are asked for, in the order in which they are pasted.
func (o *order) write(ctx context.Context, w io.Writer, t *b64xfer.Transfer) error {
	out := bufio.NewWriterSize(w, 64<<10)
	lines := t.Payload()
	if o.chunks != nil {
		lines = t.Chunks(o.chunks)
	}
	whole := o.part == "" && o.chunks == nil
	if whole || o.part == "command" {
		out.WriteString(t.Command + "\n")
	}
	if o.chunks != nil || whole || o.part == "payload" {
		for line := range lines {
			if err := ctx.Err(); err != nil {
				return err
			}
			out.WriteString(line)
			out.WriteByte('\n')
		}
	}
	if (whole || o.part == "run") && !t.Inside {
		out.WriteString(t.Run + "\n")
	}
	return out.Flush()
}

// serve waits for the far side to connect.
func (o *order) serve(ctx context.Context, s applet.Streams, t *b64xfer.Transfer) error {
	l, err := network.Listen(o.net)
	if err != nil {
		return err
	}
	defer l.Close()
	text := "b64xfer: " + strconv.FormatInt(t.Size, 10) + " bytes wait at " + l.Address().String() + ". Type over there, in bash or in zsh:\n"
	for _, shell := range []string{"bash", "zsh"} {
		if line, err := l.Line(shell); err == nil {
			text += line + "\n"
		}
	}
	if _, err := io.WriteString(s.Err, text); err != nil {
		return err
	}
	n, err := l.Serve(ctx, t)
	if err != nil {
		return err
	}
	_, err = io.WriteString(s.Err, "b64xfer: "+strconv.FormatInt(n, 10)+" characters sent; the verdict is over there. Then type:\n"+t.Run+"\n")
	return err
}

// explain says before the text what it weighs, what it needs, and what to do.
func explain(t *b64xfer.Transfer) string {
	n := t.Characters
	text := "b64xfer: " + strconv.FormatInt(t.Header.Size, 10) + " bytes in " + strconv.FormatInt(n, 10) + " characters, " +
		strconv.Itoa(t.Lines) + " lines; about " + times(n) + "\n" +
		"b64xfer: over there it needs " + t.Needs + ", and becomes " + t.Dest + "\n" +
		"b64xfer: 1. paste the command alone, and wait for " + b64xfer.Ready + "\n" +
		"b64xfer: 2. paste the lines up to and with the one that is a full stop; then it says\n" +
		"b64xfer:    \"" + b64xfer.Whole + "\", or \"" + b64xfer.Damaged + "\" with the chunks to send again (--chunks)\n"
	if !t.Inside {
		text += "b64xfer: 3. paste the last line, which runs it\n"
	}
	return text
}

// times says how long a paste of so many characters takes.
func times(n int64) string {
	return seconds(n/1000000) + " over ssh, " + seconds(n/11520) + " at 115200 baud, " + seconds(n/960) + " at 9600"
}

// seconds writes a time to wait, in the largest unit that tells enough.
func seconds(n int64) string {
	switch {
	case n < 1:
		return "1 s"
	case n < 120:
		return strconv.FormatInt(n, 10) + " s"
	case n < 2*60*60:
		return strconv.FormatInt((n+30)/60, 10) + " min"
	}
	const tenth = 6 * 60
	n = (n + tenth/2) / tenth
	return strings.TrimSuffix(strconv.FormatInt(n/10, 10)+"."+strconv.FormatInt(n%10, 10), ".0") + " h"
}
