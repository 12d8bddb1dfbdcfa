package rescue

import "rescuebox/internal/medium"

// buffers are the memory of reads. That of large ones is made when they are first
// thought of: what is not used costs nothing.
type buffers []tier

// tier is the buffers of one size.
type tier struct {
	size   int64 // bytes
	count  int
	coming chan [][]byte // they are being made, if not nil
	list   [][]byte      // that are free, taken from the end
}

// newBuffers returns buffers for as many reads at once as depth, of some sizes, the
// smallest first.
func newBuffers(depth int, most int64, sizes []int64) buffers {
	var b buffers
	// One more, to ask for something known while an outcome is looked at.
	count := depth + 1
	for i, size := range sizes {
		if i > 0 {
			size, count = min(size, most), depth
		}
		if i == 0 || size > b[len(b)-1].size {
			b = append(b, tier{size: size, count: count})
		}
	}
	// The first reads are not to wait.
	b[0].list, b[0].count = medium.AlignedBuffers(b[0].count, int(b[0].size)), 0
	return b
}

// ready reports whether there is memory for reads of so many bytes, without waiting: if
// not it is on its way. The kernel may need milliseconds for it, in which a read would be
// overtaken by the next one.
func (b buffers) ready(size int64) bool {
	for i := range b {
		if t := &b[i]; size <= t.size {
			t.begin()
			select {
			case list := <-t.coming:
				t.coming, t.list = nil, list
			default:
			}
			return t.coming == nil
		}
	}
	return false
}

// take returns a buffer of at least so many bytes.
func (b buffers) take(size int64) []byte {
	for i := range b {
		t := &b[i]
		if size > t.size {
			continue
		}
		t.begin()
		if t.coming != nil {
			t.list, t.coming = <-t.coming, nil
		}
		if n := len(t.list) - 1; n >= 0 {
			buffer := t.list[n]
			t.list = t.list[:n]
			return buffer
		}
	}
	panic("rescue: more reads at once than buffers")
}

// begin lets buffers be made, once.
func (t *tier) begin() {
	if t.count == 0 {
		return
	}
	coming := make(chan [][]byte, 1)
	go func(count, size int) {
		list := medium.AlignedBuffers(count, size)
		for _, b := range list {
			medium.Populate(b)
		}
		coming <- list
	}(t.count, int(t.size))
	t.coming, t.count = coming, 0
}

// free takes a buffer back.
func (b buffers) free(buffer []byte) {
	for i := range b {
		if b[i].size == int64(len(buffer)) {
			b[i].list = append(b[i].list, buffer)
		}
	}
}
