package wire

import (
	"errors"
	"strconv"
	"strings"

	"rescuebox/internal/sha256"
)

// Header says what the chunks carry. It is the data of chunk 0.
type Header struct {
	Size  int64    // bytes that the chunks carry together
	Chunk int      // bytes of each chunk but the last
	Sum   [32]byte // SHA-256 of what the chunks carry
	Mode  uint32   // permissions of the file
	Force bool     // replace the file if it exists
	Zlib  bool     // what is carried is a zlib stream of the file
	Path  string   // of the file, as the sender wants it
}

// name begins a header's text: the format and its version.
const name = "b64xfer1"

// Describe returns the header of a content of at least a byte and at most MaxSize.
func Describe(content []byte, path string) Header {
	return Header{Size: int64(len(content)), Chunk: ChunkSize, Sum: sha256.Sum256(content), Mode: 0o700, Path: path}
}

// Count returns the number of chunks, the header not among them.
func (h Header) Count() int {
	return int((h.Size + int64(h.Chunk) - 1) / int64(h.Chunk))
}

// Piece returns the data of a chunk, 1 to Count.
func (h Header) Piece(content []byte, number int) []byte {
	start := (number - 1) * h.Chunk
	return content[start:min(start+h.Chunk, len(content))]
}

// Text returns the header as the data of chunk 0.
func (h Header) Text() string {
	flags := ""
	if h.Force {
		flags += "f"
	}
	if h.Zlib {
		flags += "z"
	}
	if flags == "" {
		flags = "-"
	}
	return strings.Join([]string{name, strconv.FormatInt(h.Size, 10), strconv.Itoa(h.Chunk), sha256.Hex(h.Sum),
		strconv.FormatUint(uint64(h.Mode), 8), flags, h.Path}, " ")
}

var errHeader = errors.New("not a header of b64xfer1")

// ParseHeader reads the data of chunk 0. What it returns is within the bounds of
// this package: 1 to MaxSize bytes, in chunks of 1 to MaxLine.
func ParseHeader(text []byte) (Header, error) {
	f := strings.SplitN(string(text), " ", 7)
	if len(f) != 7 || f[0] != name || len(f[3]) != 64 || f[6] == "" {
		return Header{}, errHeader
	}
	size, err := strconv.ParseUint(f[1], 10, 32)
	if err != nil || size == 0 || size > MaxSize {
		return Header{}, errHeader
	}
	chunk, err := strconv.ParseUint(f[2], 10, 16)
	if err != nil || chunk == 0 || chunk > MaxLine {
		return Header{}, errHeader
	}
	mode, err := strconv.ParseUint(f[4], 8, 16)
	if err != nil || mode > 0o777 {
		return Header{}, errHeader
	}
	h := Header{Size: int64(size), Chunk: int(chunk), Mode: uint32(mode), Path: f[6]}
	for i := range h.Sum {
		b, err := strconv.ParseUint(f[3][2*i:2*i+2], 16, 8)
		if err != nil {
			return Header{}, errHeader
		}
		h.Sum[i] = byte(b)
	}
	for _, flag := range []byte(f[5]) {
		switch flag {
		case '-':
		case 'f':
			h.Force = true
		case 'z':
			h.Zlib = true
		default:
			return Header{}, errHeader
		}
	}
	return h, nil
}
