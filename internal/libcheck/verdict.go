package libcheck

import (
	"rescuebox/internal/elffile"
	"rescuebox/internal/pkgdb"
	"rescuebox/internal/skipread"
)

// Verdict is what a file is found to be.
type Verdict int

// The verdicts.
const (
	NotRead    Verdict = iota // it was not looked at to its end
	Fine                      // it is what a package manager has recorded
	Unknown                   // every byte can be read; nothing says what they should be
	Edited                    // a configuration file, and not as it was shipped
	Changed                   // it can be read, and is not what it should be
	Truncated                 // its end is missing
	Unreadable                // the medium has lost some of it
)

// String returns the word for a verdict.
func (v Verdict) String() string {
	switch v {
	case Fine:
		return "fine"
	case Unknown:
		return "unknown"
	case Edited:
		return "edited"
	case Changed:
		return "changed"
	case Truncated:
		return "truncated"
	case Unreadable:
		return "unreadable"
	}
	return "not read"
}

// Damage reports whether the verdict is one of damage.
func (v Verdict) Damage() bool { return v >= Changed }

// Verdict returns what the file is found to be.
func (f *File) Verdict() Verdict {
	switch {
	case len(f.Bad) > 0 || skipread.IsMedia(f.Err):
		return Unreadable
	case !f.Done || f.Err != nil:
		return NotRead
	case f.match >= 0:
		return Fine
	case f.Short() > 0:
		return Truncated
	case f.configuration():
		return Edited
	case f.recorded() || f.malformed != nil:
		return Changed
	}
	return Unknown
}

// Record returns the record that the verdict rests on: the one that matches, else
// the first with a digest; nil where there is none.
func (f *File) Record() *pkgdb.Record {
	if f.match >= 0 {
		return &f.Records[f.match]
	}
	for i := range f.Records {
		if f.Records[i].Digest.Sum != "" {
			return &f.Records[i]
		}
	}
	return nil
}

// Malformed returns what is wrong with the file's ELF headers, or nil.
func (f *File) Malformed() error { return f.malformed }

func (f *File) recorded() bool { return f.Record() != nil }

func (f *File) configuration() bool {
	config := false
	for _, r := range f.Records {
		config = config || r.Config
	}
	return config
}

// Short returns how many bytes are missing from the file's end, by its own headers or
// by the size that was recorded; 0 for none.
func (f *File) Short() int64 {
	if f.configuration() {
		return 0
	}
	want := loaded(f.object)
	for _, r := range f.Records {
		want = max(want, r.Size)
	}
	return max(0, want-f.Size)
}

// loaded is how long a file must be to hold all that its program headers load, and
// its section headers, which end most files.
func loaded(o *elffile.Object) int64 {
	var end uint64
	if o == nil {
		return 0
	}
	const limit = 1 << 62
	for _, s := range o.Loads {
		if s.Offset < limit && s.Size < limit {
			end = max(end, s.Offset+s.Size)
		}
	}
	const entry64, entry32 = 64, 40 // sizes of a section header
	size := uint64(entry64)
	if o.Class == elffile.Class32 {
		size = entry32
	}
	if h := o.SectionHeaders; h.Offset > 0 && h.Offset < limit {
		end = max(end, h.Offset+uint64(h.Count)*size)
	}
	return int64(end)
}
