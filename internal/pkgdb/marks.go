package pkgdb

// Marks are notes about wanted files that can be wiped out at once.
type Marks struct {
	at  []uint32 // by index
	now uint32
}

// NewMarks returns notes about none of them.
func NewMarks(w *Wanted) *Marks { return &Marks{at: make([]uint32, w.Len()), now: 1} }

// Wipe takes all marks away.
func (m *Marks) Wipe() {
	m.now++
	if m.now == 0 {
		clear(m.at)
		m.now = 1
	}
}

// Set marks a file and reports whether it was marked before.
func (m *Marks) Set(index int) bool {
	was := m.Has(index)
	m.at[index] = m.now
	return was
}

// Has reports whether a file is marked.
func (m *Marks) Has(index int) bool { return m.at[index] == m.now }
