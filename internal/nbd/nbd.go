// Package nbd reads a disk over a network, and serves one, by the protocol of the
// Network Block Device. Both sides only ever read.
//
// There is no TLS: what is sent is neither encrypted nor is anybody asked who they
// are. Between machines that do not trust their network it belongs in a tunnel.
//
// The protocol is doc/proto.md of github.com/NetworkBlockDevice/nbd, to which the
// names of sections refer here; all numbers are big-endian.
package nbd

// Port is the port of TCP that is registered for NBD.
const Port = "10809"

// MaxRequest is the largest read in bytes, both of what a client asks for and what
// the server grants; "Block size constraints" has it as the one that any server takes.
const MaxRequest = 32 << 20

// Magic numbers, of "Newstyle negotiation", "Fixed newstyle negotiation" and
// "Transmission".
const (
	magicServer     = 0x4e42444d41474943 // NBDMAGIC
	magicOption     = 0x49484156454f5054 // IHAVEOPT
	magicOld        = 0x00420281861253   // of oldstyle, in its place
	magicReply      = 0x0003e889045565a9
	magicRequest    = 0x25609513
	magicSimple     = 0x67446698
	magicStructured = 0x668e33ef
)

// Handshake flags and client flags have the same bits.
const (
	flagFixed    = 1 << 0 // NBD_FLAG_FIXED_NEWSTYLE
	flagNoZeroes = 1 << 1 // NBD_FLAG_NO_ZEROES
)

// zeroes is how many follow the flags of an export, in bytes, unless flagNoZeroes is
// agreed on.
const zeroes = 124

// Flags are the transmission flags of an export.
type Flags uint16

// The flags that are of use for reading.
const (
	HasFlags   Flags = 1 << 0 // NBD_FLAG_HAS_FLAGS, always set
	ReadOnly   Flags = 1 << 1 // NBD_FLAG_READ_ONLY
	Rotational Flags = 1 << 4 // NBD_FLAG_ROTATIONAL
	SendDF     Flags = 1 << 7 // NBD_FLAG_SEND_DF
	MultiConn  Flags = 1 << 8 // NBD_FLAG_CAN_MULTI_CONN
)

// Option types.
const (
	optExportName      = 1
	optAbort           = 2
	optList            = 3
	optInfo            = 6
	optGo              = 7
	optStructuredReply = 8
)

// Option reply types.
const (
	repAck          = 1
	repServer       = 2
	repInfo         = 3
	repError        = 1 << 31 // the bit of all errors
	repErrUnsup     = repError + 1
	repErrPolicy    = repError + 2
	repErrInvalid   = repError + 3
	repErrPlatform  = repError + 4
	repErrTLS       = repError + 5
	repErrUnknown   = repError + 6
	repErrShutdown  = repError + 7
	repErrBlockSize = repError + 8
	repErrTooBig    = repError + 9
)

// Information types of NBD_REP_INFO.
const (
	infoExport      = 0
	infoName        = 1
	infoDescription = 2
	infoBlockSize   = 3
)

// Request types and the command flag of reads.
const (
	cmdRead        = 0
	cmdWrite       = 1
	cmdDisconnect  = 2
	cmdTrim        = 4
	cmdWriteZeroes = 6

	cmdFlagDF = 1 << 2
)

// Structured reply types, and the flag of the last chunk.
const (
	chunkNone        = 0
	chunkData        = 1
	chunkHole        = 2
	chunkError       = 1<<15 + 1
	chunkErrorOffset = 1<<15 + 2
	chunkErrorBit    = 1 << 15

	chunkDone = 1 << 0
)

// maxString is the length of a name or message in bytes, by "Conventions".
const maxString = 4096

// BlockSizes are an export's limits of a read, in bytes. Offset and length are
// multiples of the minimum; reads of at least the preferred size are not slow.
type BlockSizes struct {
	Minimum, Preferred, Maximum int
}

// defaultSizes hold where the server does not tell its own: what "Block size
// constraints" has for a client that wants to get on with any server.
var defaultSizes = BlockSizes{Minimum: 512, Preferred: 4096, Maximum: MaxRequest}
