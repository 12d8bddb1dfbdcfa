package nbd

import (
	"encoding/binary"
	"io"
)

var be = binary.BigEndian

// Sizes of headers in bytes.
const (
	optionSize     = 8 + 4 + 4
	replySize      = 8 + 4 + 4 + 4
	requestSize    = 4 + 2 + 2 + 8 + 8 + 4
	simpleSize     = 4 + 4 + 8
	structuredSize = 4 + 2 + 2 + 8 + 4
)

// maxOption bounds the data of an option and of a reply to one, in bytes: two
// strings, and room for what is not known.
const maxOption = 4 * maxString

// option is one of the client's, during the negotiation.
type option struct {
	kind uint32
	data []byte
}

func (o option) append(b []byte) []byte {
	b = be.AppendUint64(b, magicOption)
	b = be.AppendUint32(b, o.kind)
	b = be.AppendUint32(b, uint32(len(o.data)))
	return append(b, o.data...)
}

func readOption(r io.Reader) (option, error) {
	var header [optionSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return option{}, err
	}
	if be.Uint64(header[:]) != magicOption {
		return option{}, protocolError("an option does not begin with its magic number")
	}
	o := option{kind: be.Uint32(header[8:])}
	var err error
	o.data, err = readData(r, be.Uint32(header[12:]))
	return o, err
}

// readData reads the data of an option or a reply, of a length that was sent.
func readData(r io.Reader, length uint32) ([]byte, error) {
	if length > maxOption {
		return nil, protocolError("a message of the negotiation is too long")
	}
	data := make([]byte, length)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, err
	}
	return data, nil
}

// optionReply is one of the server's replies to an option.
type optionReply struct {
	option, kind uint32
	data         []byte
}

func (o optionReply) append(b []byte) []byte {
	b = be.AppendUint64(b, magicReply)
	b = be.AppendUint32(b, o.option)
	b = be.AppendUint32(b, o.kind)
	b = be.AppendUint32(b, uint32(len(o.data)))
	return append(b, o.data...)
}

func readOptionReply(r io.Reader) (optionReply, error) {
	var header [replySize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return optionReply{}, err
	}
	if be.Uint64(header[:]) != magicReply {
		return optionReply{}, protocolError("a reply to an option does not begin with its magic number")
	}
	o := optionReply{option: be.Uint32(header[8:]), kind: be.Uint32(header[12:])}
	var err error
	o.data, err = readData(r, be.Uint32(header[16:]))
	return o, err
}

// goOption is the data of NBD_OPT_INFO and NBD_OPT_GO.
func goOption(export string, infos ...uint16) []byte {
	b := be.AppendUint32(nil, uint32(len(export)))
	b = append(b, export...)
	b = be.AppendUint16(b, uint16(len(infos)))
	for _, info := range infos {
		b = be.AppendUint16(b, info)
	}
	return b
}

// parseGo is the way back; ok is false when the lengths do not add up.
func parseGo(data []byte) (export string, infos []uint16, ok bool) {
	if len(data) < 4 {
		return "", nil, false
	}
	n := be.Uint32(data)
	data = data[4:]
	if n > maxString || uint64(len(data)) < uint64(n)+2 {
		return "", nil, false
	}
	export, data = string(data[:n]), data[n:]
	count := int(be.Uint16(data))
	if data = data[2:]; len(data) != 2*count {
		return "", nil, false
	}
	for ; len(data) > 0; data = data[2:] {
		infos = append(infos, be.Uint16(data))
	}
	return export, infos, true
}

// request is one of the client's, during transmission.
type request struct {
	flags, kind uint16
	handle      uint64
	offset      uint64
	length      uint32
}

func (q request) append(b []byte) []byte {
	b = be.AppendUint32(b, magicRequest)
	b = be.AppendUint16(b, q.flags)
	b = be.AppendUint16(b, q.kind)
	b = be.AppendUint64(b, q.handle)
	b = be.AppendUint64(b, q.offset)
	return be.AppendUint32(b, q.length)
}

func readRequest(r io.Reader) (request, error) {
	var b [requestSize]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return request{}, err
	}
	if be.Uint32(b[:]) != magicRequest {
		return request{}, protocolError("a request does not begin with its magic number")
	}
	return request{
		flags: be.Uint16(b[4:]), kind: be.Uint16(b[6:]), handle: be.Uint64(b[8:]),
		offset: be.Uint64(b[16:]), length: be.Uint32(b[24:]),
	}, nil
}

// header is that of a simple reply, or of a chunk of a structured one.
type header struct {
	structured  bool
	code        uint32 // of a simple reply: the error
	flags, kind uint16 // of a chunk
	handle      uint64
	length      uint32 // of a chunk's payload in bytes
}

func (h header) append(b []byte) []byte {
	if !h.structured {
		b = be.AppendUint32(b, magicSimple)
		b = be.AppendUint32(b, h.code)
		return be.AppendUint64(b, h.handle)
	}
	b = be.AppendUint32(b, magicStructured)
	b = be.AppendUint16(b, h.flags)
	b = be.AppendUint16(b, h.kind)
	b = be.AppendUint64(b, h.handle)
	return be.AppendUint32(b, h.length)
}

// readHeader reads either kind. A structured one is an error unless it was
// negotiated.
func readHeader(r io.Reader, structured bool) (header, error) {
	var b [structuredSize]byte
	if _, err := io.ReadFull(r, b[:simpleSize]); err != nil {
		return header{}, err
	}
	switch magic := be.Uint32(b[:]); {
	case magic == magicSimple:
		return header{code: be.Uint32(b[4:]), handle: be.Uint64(b[8:])}, nil
	case magic == magicStructured && structured:
		if _, err := io.ReadFull(r, b[simpleSize:]); err != nil {
			return header{}, err
		}
		return header{
			structured: true, flags: be.Uint16(b[4:]), kind: be.Uint16(b[6:]),
			handle: be.Uint64(b[8:]), length: be.Uint32(b[16:]),
		}, nil
	}
	return header{}, protocolError("a reply does not begin with its magic number")
}

// errorChunk is the payload of an error chunk.
func errorChunk(code uint32, message string, offset int64) []byte {
	b := be.AppendUint32(nil, code)
	b = be.AppendUint16(b, uint16(len(message)))
	b = append(b, message...)
	return be.AppendUint64(b, uint64(offset))
}

// parseErrorChunk is the way back, for a chunk of any error type: rest is what
// comes behind the message.
func parseErrorChunk(payload []byte) (code uint32, message string, rest []byte, ok bool) {
	if len(payload) < 6 {
		return 0, "", nil, false
	}
	n := int(be.Uint16(payload[4:]))
	if n > maxString || n > len(payload)-6 {
		return 0, "", nil, false
	}
	return be.Uint32(payload), string(payload[6 : 6+n]), payload[6+n:], true
}
