package rpm

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"rescuebox/internal/pkgdb"
)

// Tags (include/rpm/rpmtag.h).
const (
	tagImmutable      = 63
	tagSHA1Header     = 269
	tagSHA256Header   = 273
	tagName           = 1000
	tagVersion        = 1001
	tagRelease        = 1002
	tagEpoch          = 1003
	tagArch           = 1022
	tagOldFileNames   = 1027
	tagFileSizes      = 1028
	tagFileStates     = 1029
	tagFileModes      = 1030
	tagFileDigests    = 1035
	tagFileFlags      = 1037
	tagDirIndexes     = 1116
	tagBaseNames      = 1117
	tagDirNames       = 1118
	tagLongFileSizes  = 5008
	tagFileDigestAlgo = 5011
)

// Types of values (rpmTagType_e).
const (
	typeChar        = 1
	typeInt16       = 3
	typeInt32       = 4
	typeInt64       = 5
	typeString      = 6
	typeStringArray = 8
)

// Sizes and limits of a header (lib/header.c): two counts, an index of entries of
// tag, type, offset and count, and the store that offsets point into; all numbers
// are big endian.
const (
	introSize  = 8
	entrySize  = 16
	maxEntries = 0xffff
)

// errHeader says that a blob is no header.
const errHeader = pkgdb.FormatError("not the header of a package")

// header is the header of a package.
type header struct {
	index []byte // whole entries
	store []byte // to the end of what could be read
}

// parseHeader finds the parts of a header. With partial, what follows the index may
// be cut off.
func parseHeader(blob []byte, partial bool) (*header, error) {
	if len(blob) < introSize {
		return nil, errHeader
	}
	entries, size := int64(binary.BigEndian.Uint32(blob)), int64(binary.BigEndian.Uint32(blob[4:]))
	store := introSize + entries*entrySize
	if entries == 0 || entries > maxEntries || store > int64(len(blob)) ||
		!partial && store+size != int64(len(blob)) {
		return nil, errHeader
	}
	return &header{blob[introSize:store], blob[store:]}, nil
}

// entry is the value of a tag.
type entry struct {
	kind, count uint32
	data        []byte // to where that of another tag begins
}

// find returns the value of a tag; it has no elements when there is none. Of several
// entries the last one counts: what was changed at installation is appended.
func (h *header) find(tag uint32) (e entry) {
	begin, end := len(h.store), len(h.store)
	for index := h.index; len(index) > 0; index = index[entrySize:] {
		offset := binary.BigEndian.Uint32(index[8:])
		if binary.BigEndian.Uint32(index) == tag && int64(offset) <= int64(len(h.store)) {
			begin = int(offset)
			e = entry{kind: binary.BigEndian.Uint32(index[4:]), count: binary.BigEndian.Uint32(index[12:])}
		}
	}
	for index := h.index; len(index) > 0; index = index[entrySize:] {
		if offset := int64(binary.BigEndian.Uint32(index[8:])); offset > int64(begin) {
			end = int(min(offset, int64(end)))
		}
	}
	e.data = h.store[begin:end]
	return e
}

// signed returns the part of the header that its digest is over, in the pieces that
// rpm writes it in (hdrblobDigestUpdate): what was in the package, without what was
// appended at installation. It is nil when that cannot be told.
func (h *header) signed() [][]byte {
	index := h.index
	at := int64(binary.BigEndian.Uint32(index[8:]))
	if at+entrySize > int64(len(h.store)) {
		return nil
	}
	// The region ends with an entry that has the negated size of its index.
	entries := -int64(int32(binary.BigEndian.Uint32(h.store[at+8:])))
	if entries < 0 || entries%entrySize != 0 || entries > int64(len(index)) {
		return nil
	}
	intro := []byte{0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0}
	intro = binary.BigEndian.AppendUint32(intro, uint32(entries/entrySize))
	intro = binary.BigEndian.AppendUint32(intro, uint32(at+entrySize))
	return [][]byte{intro, index[:entries], h.store[:at+entrySize]}
}

// sound reports whether the header has the digest that it had in its package. One
// without a digest, as rpm 3 made them, is taken for sound.
func (h *header) sound() bool {
	if binary.BigEndian.Uint32(h.index) != tagImmutable {
		return true
	}
	for _, d := range [...]struct {
		tag       uint32
		algorithm pkgdb.Algorithm
	}{{tagSHA256Header, pkgdb.SHA256}, {tagSHA1Header, pkgdb.SHA1}} {
		text, hash := h.text(d.tag), pkgdb.NewHash(d.algorithm)
		if text == "" || hash == nil {
			continue
		}
		for _, piece := range h.signed() {
			hash.Write(piece)
		}
		sum, ok := unhex([]byte(text))
		return ok && sum == hash.Digest()
	}
	return true
}

// text returns a string, empty when the tag is another type or is cut off.
func (h *header) text(tag uint32) string {
	e := h.find(tag)
	end := bytes.IndexByte(e.data, 0)
	if e.kind != typeString || end < 0 {
		return ""
	}
	return string(e.data[:end])
}

// name returns NAME.ARCH and [EPOCH:]VERSION-RELEASE, as much as there is.
func (h *header) name() (name, version string) {
	name, version = h.text(tagName), h.text(tagVersion)
	if arch := h.text(tagArch); arch != "" {
		name += "." + arch
	}
	if epoch := h.numbers(tagEpoch, typeInt32); epoch.count > 0 {
		version = strconv.FormatUint(epoch.at(0), 10) + ":" + version
	}
	if release := h.text(tagRelease); release != "" {
		version += "-" + release
	}
	return name, version
}

// label returns NAME-VERSION-RELEASE as messages of rpm do, as much as there is;
// the empty string when there is no name.
func (h *header) label() string {
	label := h.text(tagName)
	for _, tag := range [...]uint32{tagVersion, tagRelease} {
		if s := h.text(tag); s != "" && label != "" {
			label += "-" + s
		}
	}
	return label
}

// numbers is an array of numbers.
type numbers struct {
	data  []byte
	width int // bytes of one
	count int
}

// numbers returns an array of numbers, of no elements when the tag is of another
// type or not there as a whole.
func (h *header) numbers(tag, kind uint32) numbers {
	e := h.find(tag)
	n := numbers{data: e.data, width: 1}
	switch kind {
	case typeInt16:
		n.width = 2
	case typeInt32:
		n.width = 4
	case typeInt64:
		n.width = 8
	}
	if e.kind == kind && int64(e.count)*int64(n.width) <= int64(len(e.data)) {
		n.count = int(e.count)
	}
	return n
}

// at returns element i; 0 for one that is not there.
func (n numbers) at(i int) uint64 {
	if i >= n.count {
		return 0
	}
	b := n.data[i*n.width:]
	switch n.width {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.BigEndian.Uint16(b))
	case 4:
		return uint64(binary.BigEndian.Uint32(b))
	}
	return binary.BigEndian.Uint64(b)
}

// unhex returns the bytes that hexadecimal text stands for (encoding/hex needs fmt).
func unhex(text []byte) (string, bool) {
	sum := make([]byte, len(text)/2)
	for i, c := range text {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return "", false
		}
		if i/2 < len(sum) {
			sum[i/2] = sum[i/2]<<4 | c
		}
	}
	return string(sum), len(text)%2 == 0
}

// algorithm returns that of the digests of files. rpm did not say so as long as it was
// always MD5; the numbers are those of OpenPGP (RFC 4880, 9.4).
func (h *header) algorithm() pkgdb.Algorithm {
	e := h.numbers(tagFileDigestAlgo, typeInt32)
	if e.count == 0 {
		return pkgdb.MD5
	}
	switch e.at(0) {
	case 1:
		return pkgdb.MD5
	case 2:
		return pkgdb.SHA1
	case 8:
		return pkgdb.SHA256
	case 9:
		return pkgdb.SHA384
	case 10:
		return pkgdb.SHA512
	case 11:
		return pkgdb.SHA224
	}
	return 0
}

// texts is an array of strings, to be read from front to back.
type texts struct {
	rest  []byte
	count int // not yet read
}

// texts returns an array of strings, of no elements when the tag is of another type.
func (h *header) texts(tag uint32) texts {
	e := h.find(tag)
	// Each takes one byte at least: a count of more is damage.
	if e.kind != typeStringArray || int64(e.count) > int64(len(e.data)) {
		return texts{}
	}
	return texts{e.data, int(e.count)}
}

// next returns the next string. It is not ok when there is none, or it is cut off.
func (t *texts) next() (s []byte, ok bool) {
	if t.count == 0 {
		return nil, false
	}
	t.count--
	end := bytes.IndexByte(t.rest, 0)
	if end < 0 {
		return nil, false
	}
	s, t.rest = t.rest[:end], t.rest[end+1:]
	return s, true
}
