// Package b64xfer makes text that carries a file to a host with nothing but an open
// shell: one line that starts a receiver there, then the file as lines of printable
// characters (package wire), then a line that runs it.
//
// The receiver's line and the payload are two pastes, never one: a shell or an
// interpreter that edits its input line would take the payload for more of it.
// Between them the far side prints a marker when it is ready. Lines stay far below
// the 4095 characters at which a terminal in its usual mode cuts them off silently.
//
// Whatever happens to the text on its way, the file gets its final name only after
// its SHA-256 was compared, or the checksum of each chunk where the host cannot
// compute that. docs/paste.md has the protocol.
package b64xfer

import (
	"bytes"
	"errors"
	"iter"
	"strconv"
	"strings"

	"rescuebox/b64xfer/unshifted"
	"rescuebox/b64xfer/wire"
	"rescuebox/internal/deflate"
	"rescuebox/internal/selfcheck"
	"rescuebox/internal/sha256"
)

// Ready is what the far side prints when the payload may be pasted. In the
// receiver's line it is written in two parts, so that the echo of that line is not
// taken for it.
const Ready = "READY"

// End is the last line of a payload.
const End = wire.End

// Whole and Damaged begin the verdict that the far side prints: "whole: PATH, ...".
const (
	Whole   = "whole:"
	Damaged = "damaged:"
)

// MaxSize is the largest file that is sent, in bytes.
const MaxSize = wire.MaxSize

// Options say where the file goes and how.
type Options struct {
	Dest   string   // path there
	Arch   string   // of the host there: amd64 (default), 386, arm64, armv7
	Force  bool     // replace Dest if it exists
	Ack    bool     // the receiver answers each line
	Memory bool     // execute from memory, write no file
	Args   []string // with Memory, its arguments
	Over   string   // for stage0-plain: an executable file there that may be overwritten
	Zlib   bool     // carry a zlib stream, for a receiver that inflates

	Unshifted bool // all lines are typed without a shift key: stage0
}

// Transfer is the text for one file and receiver.
type Transfer struct {
	Receiver string
	Dest     string
	Command  string // starts the receiver, which then prints Ready; more than one line where it is long
	Run      string // after the payload: runs the file, or shows it; one line, if not Unshifted
	Needs    string // what the far side must have, for the person
	Inside   bool   // the receiver runs the file itself: Run is not needed

	Unshifted bool // all lines are typed without a shift key

	Header     wire.Header // of what is carried
	Size       int64       // of the file, in bytes
	Sum        string      // its SHA-256, in hexadecimal
	Characters int64       // of the payload, with newlines
	Lines      int         // of the payload, with the last one

	carried []byte
	first   []string // lines that carry a receiver of our own, with their end
}

// unshiftedChunk makes lines of some 900 characters, as others have.
const unshiftedChunk = 480

// Payload returns the lines to paste when the far side is ready, without newlines.
// The last one is End.
func (t *Transfer) Payload() iter.Seq[string] {
	return t.typed(func(yield func(string) bool) {
		for _, line := range t.first {
			if !yield(line) {
				return
			}
		}
		wire.Lines(t.Header, t.carried)(yield)
	})
}

// typed is lines as they are typed.
func (t *Transfer) typed(lines iter.Seq[string]) iter.Seq[string] {
	if !t.Unshifted {
		return lines
	}
	return func(yield func(string) bool) {
		for line := range lines {
			if !yield(unshifted.Line(line)) {
				return
			}
		}
	}
}

// Chunks returns the lines that carry some chunks alone, as a verdict names them,
// and End.
func (t *Transfer) Chunks(set wire.Set) iter.Seq[string] {
	return t.typed(wire.Some(t.Header, t.carried, set))
}

// Receivers returns the names that New knows, best first.
func Receivers() []string {
	var names []string
	for _, r := range receivers() {
		names = append(names, r.name)
	}
	return names
}

// New returns the transfer of a file's content to a receiver. A Dest with other
// characters than letters, digits and / . _ + - is an error: it is typed into a
// shell of unknown kind. So are such arguments, content of no byte or of more than MaxSize, and
// options that the receiver cannot follow. The transfer keeps content, which must
// not change.
func New(name string, content []byte, o Options) (*Transfer, error) {
	if o.Arch == "" {
		o.Arch = "amd64"
	}
	r, err := choose(name, o)
	switch {
	case err != nil:
		return nil, err
	case len(content) == 0:
		return nil, errors.New("the file is empty")
	case len(content) > MaxSize:
		return nil, errors.New("file too large: more than " + strconv.Itoa(MaxSize>>20) + " MiB cannot be pasted")
	}
	return r.transfer(content, o)
}

// Check returns what New would find wrong with a receiver and options, whatever the
// content.
func Check(name string, o Options) error {
	_, err := choose(name, o)
	return err
}

func choose(name string, o Options) (*receiver, error) {
	if o.Dest == "" || strings.HasPrefix(o.Dest, "-") || strings.Trim(o.Dest, safe) != "" {
		return nil, errors.New("destination '" + o.Dest + "': only letters, digits and / . _ + - are safe to type")
	}
	for _, arg := range o.Args {
		if strings.Trim(arg, safe) != "" {
			return nil, errors.New("argument '" + arg + "': only letters, digits and / . _ + - are safe to type")
		}
	}
	for _, r := range receivers() {
		if r.name == name {
			return &r, r.follows(o)
		}
	}
	return nil, errors.New("unknown receiver '" + name + "': one of " + strings.Join(Receivers(), " "))
}

const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-"

// follows returns which option a receiver cannot follow.
func (r *receiver) follows(o Options) error {
	switch {
	case o.Zlib && !r.inflates:
		return errors.New(r.name + " cannot inflate what it receives")
	case o.Memory && !r.memory:
		return errors.New(r.name + " cannot execute from memory")
	case o.Unshifted && !r.unshifted:
		return errors.New(r.name + " cannot be typed without a shift key: use stage0")
	}
	return nil
}

func (r *receiver) transfer(content []byte, o Options) (*Transfer, error) {
	_, err := selfcheck.Check(bytes.NewReader(content))
	t := &Transfer{Receiver: r.name, Dest: o.Dest, Needs: r.needs, Inside: o.Memory, carried: content,
		Size: int64(len(content)), Sum: sha256.Hex(sha256.Sum256(content))}
	if o.Zlib {
		t.carried = deflate.AppendZlib(nil, content)
	}
	t.Header = wire.Describe(t.carried, o.Dest)
	t.Header.Force, t.Header.Zlib = o.Force, o.Zlib
	if t.Unshifted = o.Unshifted; o.Unshifted {
		t.Header.Chunk = min(t.Header.Chunk, unshiftedChunk)
	}
	p := plan{Options: o, header: t.Header, sum: t.Sum, size: t.Size, executable: err == nil}
	command, first, err := r.start(p)
	if err != nil {
		return nil, err
	}
	t.Command, t.first = " "+command, first
	t.Run = " " + r.stop + p.run()
	if o.Unshifted {
		if t.Run, err = unshifted.Command(t.Run, nil); err != nil {
			return nil, err
		}
	}
	for line := range t.Payload() {
		t.Characters += int64(len(line)) + 1
		t.Lines++
	}
	return t, nil
}
