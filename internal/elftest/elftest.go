// Package elftest writes small ELF objects for tests, of any machine, class and
// byte order, without a compiler. They hold no code, but the real loaders load them.
package elftest

import "encoding/binary"

// Object is what to write. A zero Order means little endian, a zero Class 64 bit.
type Object struct {
	Class   byte // 1: 32 bit, 2: 64 bit
	Order   binary.ByteOrder
	Machine uint16

	Interp  string
	Soname  string
	RPath   string
	RunPath string
	Flags1  int
	Needed  []string

	Symbolic
	// Filters and Auxiliary stand before Needed in the dynamic section.
	Filters, Auxiliary []string
}

// Where the parts of the image lie. What Symbolic asks for comes behind.
const (
	PageSize    = 4096
	InterpPage  = 1 * PageSize
	DynamicPage = 2 * PageSize
	NamesPage   = 3 * PageSize
	size        = 4 * PageSize

	// An empty symbol table, which musl looks into, behind the loader's name.
	hash    = InterpPage + PageSize/2
	symbols = hash + PageSize/4
)

// writer fills an image.
type writer struct {
	Object
	image []byte
	word  int

	names   string
	entries [][2]int // of the dynamic section, for tables of symbols
}

func (w *writer) put(at, v int) {
	if w.word == 8 {
		w.Order.PutUint64(w.image[at:], uint64(v))
	} else {
		w.Order.PutUint32(w.image[at:], uint32(v))
	}
}

// Image returns a shared object: header, program headers, then on pages of their
// own the loader's name, the dynamic section, and the names.
func Image(o Object) []byte {
	w := &writer{Object: o, image: make([]byte, size), word: 8}
	if w.Order == nil {
		w.Order = binary.LittleEndian
	}
	if w.Class == 1 {
		w.word = 4
	} else {
		w.Class = 2
	}
	w.names = "\x00"
	if !w.none() {
		w.symbols()
	}
	end := w.dynamic()
	segments := [][3]int{{1, 0, len(w.image)}, {2, DynamicPage, end - DynamicPage}}
	if o.Interp != "" {
		n := copy(w.image[InterpPage:], o.Interp+"\x00")
		segments = append(segments, [3]int{3, InterpPage, n})
	}
	w.headers(segments)
	w.sections()
	return w.image
}

// headers writes the file header and program headers {type, offset, size}.
func (w *writer) headers(segments [][3]int) {
	ehsize, phsize := 64, 56
	if w.word == 4 {
		ehsize, phsize = 52, 32
	}
	b := w.image
	copy(b, "\x7fELF\x01\x01\x01")
	b[4] = w.Class
	if w.Order.Uint16([]byte{0, 1}) == 1 {
		b[5] = 2
	}
	w.Order.PutUint16(b[16:], 3)
	w.Order.PutUint16(b[18:], w.Machine)
	w.Order.PutUint32(b[20:], 1)
	w.put(24+w.word, ehsize)
	tail := 24 + 3*w.word + 4
	w.Order.PutUint16(b[tail:], uint16(ehsize))
	w.Order.PutUint16(b[tail+2:], uint16(phsize))
	w.Order.PutUint16(b[tail+4:], uint16(len(segments)))
	for i, s := range segments {
		p := ehsize + i*phsize
		const flags = 7 // may be read, written and executed
		w.Order.PutUint32(b[p:], uint32(s[0]))
		if w.word == 8 {
			w.Order.PutUint32(b[p+4:], flags)
		} else {
			w.Order.PutUint32(b[p+24:], flags)
		}
		p += w.word
		w.put(p, s[1])
		w.put(p+w.word, s[1])
		w.put(p+2*w.word, s[1])
		w.put(p+3*w.word, s[2])
		w.put(p+4*w.word, s[2])
		w.put(ehsize+(i+1)*phsize-w.word, PageSize) // alignment comes last
	}
}

// dynamic writes the dynamic section and its names, and returns where it ends.
func (w *writer) dynamic() int {
	at := DynamicPage
	entry := func(tag, v int) {
		w.put(at, tag)
		w.put(at+w.word, v)
		at += 2 * w.word
	}
	name := func(tag int, s string) {
		if s != "" {
			entry(tag, w.name(s))
		}
	}
	for _, n := range w.Filters {
		name(0x7fffffff, n)
	}
	for _, n := range w.Auxiliary {
		name(0x7ffffffd, n)
	}
	for _, n := range w.Needed {
		name(1, n)
	}
	name(14, w.Soname)
	name(15, w.RPath)
	name(29, w.RunPath)
	if w.Flags1 != 0 {
		entry(0x6ffffffb, w.Flags1)
	}
	if w.none() {
		w.Order.PutUint32(w.image[hash:], 1)   // one bucket
		w.Order.PutUint32(w.image[hash+4:], 1) // one symbol, the undefined one
		entry(4, hash)
		entry(6, symbols)
	}
	entry(11, 2*w.word+8)
	for _, e := range w.entries {
		entry(e[0], e[1])
	}
	entry(5, NamesPage)
	entry(10, len(w.names))
	entry(0, 0)
	copy(w.image[NamesPage:], w.names)
	return at
}
