package nbd

import (
	"bufio"
	"errors"
	"io"
	"math"
	"net"
	"time"
)

// Info is what a server tells about an export.
type Info struct {
	Size        int64 // bytes
	Flags       Flags
	Blocks      BlockSizes
	Description string // for a person; often empty
	// Structured says that structured replies were agreed on: an error may name its
	// offset.
	Structured bool
}

// maxReplies bounds the replies to one option.
const maxReplies = 256

// errUnsupported is the reply of a server that is older than the option.
var errUnsupported = errors.New("the server does not know the option")

// negotiation is the client's side of the handshake.
type negotiation struct {
	conn     net.Conn
	r        *bufio.Reader
	noZeroes bool
	info     Info
}

// negotiate brings a fresh connection to the transmission phase. Errors are what the
// server says against it, or an ErrGone.
func negotiate(conn net.Conn, r *bufio.Reader, export string, structured bool) (Info, error) {
	n := &negotiation{conn: conn, r: r, info: Info{Blocks: defaultSizes}}
	err := n.run(export, structured)
	if err != nil && !errors.Is(err, ErrGone) {
		// It is polite to say so; whether it arrives does not matter.
		_ = conn.SetWriteDeadline(time.Now().Add(farewell))
		_, _ = conn.Write(option{kind: optAbort}.append(nil))
	}
	return n.info, err
}

func (n *negotiation) run(export string, structured bool) error {
	var hello [16]byte
	if _, err := io.ReadFull(n.r, hello[:]); err != nil {
		return &goneError{err}
	}
	if be.Uint64(hello[:]) != magicServer {
		return &goneError{protocolError("that is no NBD server")}
	}
	switch be.Uint64(hello[8:]) {
	case magicOption:
	case magicOld:
		return n.old(export)
	default:
		return &goneError{protocolError("an unknown kind of handshake")}
	}
	fixed, err := n.flags()
	if err != nil {
		return err
	}
	if !fixed {
		return n.exportName(export)
	}
	if structured {
		err := n.ask(optStructuredReply, nil, nil)
		if errors.Is(err, ErrGone) {
			return err
		}
		n.info.Structured = err == nil
	}
	err = n.ask(optGo, goOption(export, infoBlockSize, infoDescription), n.inform)
	if err == errUnsupported {
		return n.exportName(export)
	}
	if err == nil && n.info.Flags&HasFlags == 0 {
		return &goneError{protocolError("the server did not tell the export's size")}
	}
	return err
}

// flags answers the handshake flags.
func (n *negotiation) flags() (fixed bool, err error) {
	var b [4]byte
	if _, err := io.ReadFull(n.r, b[:2]); err != nil {
		return false, &goneError{err}
	}
	flags := uint32(be.Uint16(b[:])) & (flagFixed | flagNoZeroes)
	be.PutUint32(b[:], flags)
	if _, err := n.conn.Write(b[:]); err != nil {
		return false, &goneError{err}
	}
	n.noZeroes = flags&flagNoZeroes != 0
	return flags&flagFixed != 0, nil
}

// ask sends an option and takes the replies; each one that is neither an error nor
// the last goes to each.
func (n *negotiation) ask(kind uint32, data []byte, each func(optionReply) error) error {
	if _, err := n.conn.Write(option{kind, data}.append(nil)); err != nil {
		return &goneError{err}
	}
	for range maxReplies {
		reply, err := readOptionReply(n.r)
		if err != nil {
			return &goneError{err}
		}
		switch {
		case reply.option != kind:
			return &goneError{protocolError("a reply to an option that was not sent")}
		case reply.kind&repError != 0:
			return refusal(reply)
		case reply.kind == repAck:
			return nil
		case each != nil:
			if err := each(reply); err != nil {
				return &goneError{err}
			}
		}
	}
	return &goneError{protocolError("too many replies to an option")}
}

// refusal words an error reply.
func refusal(reply optionReply) error {
	text := "the server refuses"
	switch reply.kind {
	case repErrUnsup:
		return errUnsupported
	case repErrTLS:
		text = "the server wants TLS, which is not supported"
	case repErrUnknown:
		text = "the server has no export of that name"
	case repErrShutdown:
		return &goneError{errors.New("it is shutting down")}
	case repErrPolicy:
		text = "the server's policy forbids it"
	}
	if len(reply.data) > 0 {
		text += " (" + printable(string(reply.data)) + ")"
	}
	return errors.New(text)
}

// inform takes one NBD_REP_INFO. Other replies, and kinds of information that were
// not asked for, mean nothing.
func (n *negotiation) inform(reply optionReply) error {
	if reply.kind != repInfo {
		return nil
	}
	if len(reply.data) < 2 {
		return protocolError("an information without a type")
	}
	data := reply.data[2:]
	switch be.Uint16(reply.data) {
	case infoExport:
		if len(data) != 10 {
			return protocolError("the export's information has the wrong length")
		}
		return n.export(be.Uint64(data), be.Uint16(data[8:]))
	case infoDescription:
		n.info.Description = printable(string(data))
	case infoBlockSize:
		if len(data) != 12 {
			return protocolError("the block sizes have the wrong length")
		}
		return n.blocks(be.Uint32(data), be.Uint32(data[4:]), be.Uint32(data[8:]))
	}
	return nil
}

func (n *negotiation) export(size uint64, flags uint16) error {
	if size > math.MaxInt64 {
		return protocolError("the export's size is out of range")
	}
	n.info.Size = int64(size)
	n.info.Flags = Flags(flags) | HasFlags
	return nil
}

// maxMinimum is the largest minimum block size that is taken, in bytes. The protocol
// says that it should be at most 64 KiB.
const maxMinimum = 1 << 20

// blocks takes block sizes. The preferred one is advice, which nonsense does not
// harm; the others decide what may be asked.
func (n *negotiation) blocks(minimum, preferred, maximum uint32) error {
	if minimum == 0 || minimum&(minimum-1) != 0 || minimum > maxMinimum || maximum < minimum {
		return protocolError("the block sizes make no sense")
	}
	maximum = min(maximum, MaxRequest)
	maximum -= maximum % minimum
	preferred = min(max(preferred, minimum), maximum)
	n.info.Blocks = BlockSizes{int(minimum), int(preferred), int(maximum)}
	return nil
}

// exportName ends the negotiation the old way, in which the server cannot say why it
// refuses: it hangs up.
func (n *negotiation) exportName(export string) error {
	if _, err := n.conn.Write(option{optExportName, []byte(export)}.append(nil)); err != nil {
		return &goneError{err}
	}
	rest := 10 + zeroes
	if n.noZeroes {
		rest = 10
	}
	data := make([]byte, rest)
	if _, err := io.ReadFull(n.r, data); err == io.EOF {
		return &goneError{errors.New("it hung up; perhaps it has no export of that name")}
	} else if err != nil {
		return &goneError{err}
	}
	if err := n.export(be.Uint64(data), be.Uint16(data[8:])); err != nil {
		return &goneError{err}
	}
	return nil
}

// old is the oldstyle handshake, in which the server alone talks.
func (n *negotiation) old(export string) error {
	var data [8 + 4 + zeroes]byte
	if _, err := io.ReadFull(n.r, data[:]); err != nil {
		return &goneError{err}
	}
	if export != "" {
		return errors.New("the server is too old for names of exports")
	}
	if err := n.export(be.Uint64(data[:]), uint16(be.Uint32(data[8:]))); err != nil {
		return &goneError{err}
	}
	return nil
}
