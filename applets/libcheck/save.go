package libcheck

import (
	"context"
	"strings"

	"rescuebox/internal/errno"
	"rescuebox/internal/jsonw"
	"rescuebox/internal/libcheck"
	"rescuebox/internal/medium"
	"rescuebox/internal/salvage"
)

// keeper saves damaged files, and words what came of it; nil when that was not asked
// for.
type keeper struct{ *libcheck.Saver }

// damaged returns the callback for reading.
func (k *keeper) damaged(ctx context.Context) func(*libcheck.File, *medium.File) {
	if k == nil {
		return nil
	}
	return func(f *libcheck.File, _ *medium.File) { k.Damaged(ctx, f) }
}

func (k *keeper) finish(ctx context.Context) {
	if k != nil {
		k.Finish(ctx)
	}
}

func (k *keeper) of(f *libcheck.File) (libcheck.Saved, bool) {
	if k == nil {
		return libcheck.Saved{}, false
	}
	return k.Of(f)
}

// write says where the copy is and where its bytes are from.
func (k *keeper) write(b *strings.Builder, f *libcheck.File) {
	s, ok := k.of(f)
	if !ok {
		return
	}
	b.WriteString("  Saved: " + k.state(f) + "\n")
	for _, p := range s.Parts {
		switch p.From {
		case salvage.Cache:
			b.WriteString("    bytes " + place(p.Offset, p.Length) + " from the page cache\n")
		case salvage.Copy:
			b.WriteString("    bytes " + place(p.Offset, p.Length) + " from " + display(p.Path) + "\n")
		case salvage.Missing:
			b.WriteString("    bytes " + place(p.Offset, p.Length) + " are missing: zeros\n")
		}
	}
	if s.SameDevice {
		b.WriteString("    on the file system of the damaged file: take it elsewhere\n")
	}
}

// state says where a copy is, in a line.
func (k *keeper) state(f *libcheck.File) string {
	s, ok := k.of(f)
	switch {
	case !ok:
		return "not saved yet"
	case s.Err != nil:
		return "not saved: " + display(errno.Reason(s.Err))
	case !s.Whole:
		return display(s.Path) + ", " + count64(s.Missing(), "byte") + " missing"
	case s.Mismatch != "":
		return display(s.Path) + ", but it is not what " + display(s.Mismatch) + " recorded"
	case s.Verified != "":
		return display(s.Path) + ", whole, as recorded by " + display(s.Verified)
	}
	return display(s.Path) + ", whole; nothing recorded to compare it with"
}

// good reports whether a file was saved as it should be.
func (k *keeper) good(f *libcheck.File) bool {
	s, ok := k.of(f)
	return ok && s.Err == nil && s.Whole && s.Mismatch == ""
}

// best returns the first file that was saved as it should be, or nil.
func (k *keeper) best(damaged []*libcheck.File) *libcheck.File {
	for _, f := range damaged {
		if k.good(f) {
			return f
		}
	}
	return nil
}

func (k *keeper) path(f *libcheck.File) string {
	s, _ := k.of(f)
	return s.Path
}

func (k *keeper) json(w *jsonw.Writer, f *libcheck.File) {
	s, ok := k.of(f)
	if !ok {
		return
	}
	w.Key("saved").Object()
	if s.Err != nil {
		w.Key("error").String(errno.Reason(s.Err))
		w.EndObject()
		return
	}
	w.Key("path").String(s.Path)
	w.Key("whole").Bool(s.Whole)
	w.Key("verified").String(s.Verified)
	w.Key("mismatch").String(s.Mismatch)
	w.Key("same_device").Bool(s.SameDevice)
	jsonStrings(w, "links", s.Links)
	w.Key("parts").Array()
	for _, p := range s.Parts {
		w.Object()
		w.Key("offset").Int(p.Offset)
		w.Key("length").Int(p.Length)
		w.Key("from").String([...]string{"missing", "medium", "cache", "copy"}[p.From])
		if p.Path != "" {
			w.Key("path").String(p.Path)
		}
		w.EndObject()
	}
	w.EndArray()
	w.EndObject()
}
