package elfsym

import "rescuebox/internal/elffile"

// relocated reports whether the loader writes to any of the pages when it relocates
// the object, and so reads them first.
func (m *image) relocated(pages elffile.Range) bool { return false }
