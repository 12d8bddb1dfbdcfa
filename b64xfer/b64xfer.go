// Package b64xfer makes text that carries a file to a host with nothing but an open
// shell: one line that starts a receiver there, then the file as lines of printable
// characters, then a line that proves the result and runs it.
//
// The receiver's line and the payload are two pastes, never one: a shell or an
// interpreter that edits its input line would take the payload for more of it.
// Between them the far side prints a marker when it is ready. Lines stay far below
// the 4095 characters at which a terminal in its usual mode cuts them off silently.
//
// Whatever happens to the text on its way, the file gets its final name only after
// its SHA-256 was compared, or a lesser checksum where nothing on the host can make
// that one. Receivers in Python and Perl do it themselves. Those made of a shell
// check the number and length of each line, and hash with a program of the host
// where one runs; where none does, the received binary has to prove itself (see
// package selfcheck).
package b64xfer

import (
	"bytes"
	"errors"
	"iter"
	"strconv"
	"strings"

	"rescuebox/internal/deflate"
	"rescuebox/internal/selfcheck"
	"rescuebox/internal/sha256"
)

// Ready is what the far side prints when the payload may be pasted. In the
// receiver's line it is written in two parts, so that the echo of that line is not
// taken for it.
const Ready = "READY"

// End is the last line of a payload.
const End = "."

// Whole and Damaged begin the verdict that the far side prints: "whole: PATH, ...".
const (
	Whole   = "whole:"
	Damaged = "damaged:"
)

// MaxSize is the largest file that is sent, in bytes. Pasting more takes too long,
// and content and text are held in memory.
const MaxSize = 64 << 20

// Options say where the file goes and how.
type Options struct {
	Dest    string // path there
	Force   bool   // replace Dest if it exists
	Deflate bool   // compress for a receiver that may be able to inflate (perl)
}

// Transfer is the text for one file and receiver.
type Transfer struct {
	Receiver string
	Dest     string
	Command  string // one line: starts the receiver, which then prints Ready
	Run      string // one line, after the payload: proves and runs the file
	Needs    string // what the far side must have, for the person

	Size       int64  // of the file, in bytes
	Sum        string // its SHA-256, in hexadecimal
	Characters int64  // of the payload, with newlines
	Lines      int    // of the payload, with the last one

	payload func(yield func(string) bool)
}

// Payload returns the lines to paste when the far side is ready, without newlines.
// The last one is End.
func (t *Transfer) Payload() iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range t.payload {
			if !yield(line) {
				return
			}
		}
		yield(End)
	}
}

// Receivers returns the names that New knows, best first.
func Receivers() []string {
	names := make([]string, len(receivers))
	for i, r := range receivers {
		names[i] = r.name
	}
	return names
}

// New returns the transfer of a file's content to a receiver. A Dest with other
// characters than letters, digits and / . _ + - is an error: it is typed into a
// shell of unknown kind. So is content of no byte or of more than MaxSize. The
// transfer keeps content, which must not change.
func New(receiver string, content []byte, o Options) (*Transfer, error) {
	if o.Dest == "" || strings.HasPrefix(o.Dest, "-") || strings.Trim(o.Dest, safe) != "" {
		return nil, errors.New("destination '" + o.Dest + "': only letters, digits and / . _ + - are safe to type")
	}
	if len(content) == 0 {
		return nil, errors.New("the file is empty")
	}
	if len(content) > MaxSize {
		return nil, errors.New("file too large: more than " + strconv.Itoa(MaxSize>>20) + " MiB cannot be pasted")
	}
	for _, r := range receivers {
		if r.name == receiver {
			return r.transfer(content, o), nil
		}
	}
	return nil, errors.New("unknown receiver '" + receiver + "': one of " + strings.Join(Receivers(), " "))
}

const safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-"

func (r *receiver) transfer(content []byte, o Options) *Transfer {
	_, err := selfcheck.Check(bytes.NewReader(content))
	p := plan{
		dest: o.Dest, force: o.Force, deflate: r.deflate || o.Deflate && r.canDeflate, executable: err == nil,
		size: strconv.Itoa(len(content)), sum: sha256.Hex(sha256.Sum256(content)),
		crc: strconv.FormatUint(uint64(cksum(content)), 10),
	}
	t := &Transfer{Receiver: r.name, Dest: o.Dest, Needs: r.needs, Size: int64(len(content)), Sum: p.sum}
	data, encode := content, r.encode
	if p.deflate {
		data = deflate.AppendZlib(nil, content)
	}
	if r.twice > 0 {
		encode = number(r.twice, encode)
	}
	t.payload = func(yield func(string) bool) { encode(data, yield) }
	for line := range t.Payload() {
		t.Characters += int64(len(line)) + 1
		t.Lines++
	}
	twice := min(r.twice, (t.Lines-1)/2)
	p.lines, p.once, p.twice = strconv.Itoa(t.Lines-1), strconv.Itoa(t.Lines-1-twice), strconv.Itoa(twice)
	t.Command, t.Run = " "+r.command(p), " "+r.run(p)
	return t
}
