package libcheck

import (
	"io"

	"rescuebox/internal/blockdev"
	"rescuebox/internal/errno"
	"rescuebox/internal/jsonw"
	"rescuebox/internal/libcheck"
	"rescuebox/internal/onsector"
)

// writeJSON writes the whole outcome as one object and a newline.
func (r *result) writeJSON(out io.Writer) error {
	var w jsonw.Writer
	plan := r.plan
	t := count3(plan)
	w.Object()
	w.Key("checked").Object()
	w.Key("programs").Int(int64(t.programs))
	w.Key("libraries").Int(int64(t.libraries))
	w.Key("bytes").Int(t.bytes)
	w.EndObject()
	w.Key("damaged").Array()
	for _, f := range plan.Damaged() {
		r.jsonFile(&w, f)
	}
	w.EndArray()
	w.Key("verdicts").Object()
	w.Key("fine").Int(int64(t.fine))
	w.Key("edited").Int(int64(t.edited))
	w.Key("unknown").Int(int64(t.unknown))
	w.EndObject()
	jsonErrors(&w, plan, false)
	w.Key("direct").Bool(t.direct)
	w.Key("complete").Bool(t.unread == 0)
	w.EndObject()
	_, err := out.Write(append(w.Bytes(), '\n'))
	return err
}

// writeLocatedJSON writes the sectors and the files that lie on them.
func (r *result) writeLocatedJSON(out io.Writer, list []reported, found *onsector.Result) error {
	var w jsonw.Writer
	w.Object()
	w.Key("bad").Array()
	for i, t := range list {
		w.Object()
		w.Key("device").String(t.Device.Name)
		if t.Count > 0 {
			w.Key("sector").Int(t.Sector)
			w.Key("count").Int(t.Count)
		}
		if t.Inode != 0 {
			w.Key("inode").Int(int64(t.Inode))
		}
		w.Key("reported").String(t.text)
		w.Key("files").Array()
		last := -1
		for _, h := range found.Hits {
			if h.Target == i && h.File != last {
				w.String(r.plan.Files[h.File].Path)
				last = h.File
			}
		}
		w.EndArray()
		w.Key("places").Array()
		for _, p := range found.Places[i] {
			jsonPlace(&w, p)
		}
		w.EndArray()
		w.EndObject()
	}
	w.EndArray()
	w.Key("damaged").Array()
	for _, f := range r.plan.Damaged() {
		r.jsonFile(&w, f)
	}
	w.EndArray()
	jsonErrors(&w, r.plan, true)
	w.EndObject()
	_, err := out.Write(append(w.Bytes(), '\n'))
	return err
}

func (r *result) jsonFile(w *jsonw.Writer, f *libcheck.File) {
	w.Object()
	w.Key("path").String(f.Path)
	jsonStrings(w, "names", f.Names)
	w.Key("verdict").String(f.Verdict().String())
	w.Key("effect").String(f.Effect().String())
	if f.Deleted {
		w.Key("deleted").Bool(true)
	}
	if n := f.Short(); n > 0 {
		w.Key("short").Int(n)
	}
	if record := f.Record(); record != nil {
		w.Key("package").String(record.Package)
		w.Key("version").String(record.Version)
		w.Key("database").String(record.Database)
	}
	w.Key("ranges").Array()
	for _, b := range f.Bad {
		jsonBad(w, b)
	}
	w.EndArray()
	switch {
	case f.Err != nil:
		w.Key("error").String(errno.Reason(f.Err))
	case f.Malformed() != nil:
		w.Key("error").String(f.Malformed().Error())
	}
	users, plugins := r.plan.Needs(f)
	jsonStrings(w, "needed_by", users)
	jsonStrings(w, "needed_by_plugins", plugins)
	if pids := r.plan.Processes(f); len(pids) > 0 {
		w.Key("processes").Array()
		for _, pid := range pids {
			w.Int(int64(pid))
		}
		w.EndArray()
	}
	r.saved.json(w, f)
	w.EndObject()
}

func jsonBad(w *jsonw.Writer, b libcheck.Bad) {
	w.Object()
	w.Key("offset").Int(b.Offset)
	w.Key("length").Int(b.Length)
	w.Key("error").String(errno.Reason(b.Err))
	if b.What.Section != "" {
		w.Key("section").String(b.What.Section)
	}
	if b.What.Symbol != "" {
		w.Key("symbol").String(b.What.Symbol)
		w.Key("symbol_offset").Int(b.What.SymbolOffset)
	}
	w.Key("kind").String(b.What.Kind.String())
	w.Key("cached").Int(b.Cached)
	if b.Device.Name != "" {
		w.Key("device").String(b.Device.Name)
	}
	if b.Sector >= 0 {
		w.Key("sector").Int(b.Sector)
	}
	if b.Block >= 0 {
		w.Key("block").Int(b.Block)
	}
	if b.Disk.Name != "" {
		w.Key("disk").String(b.Disk.Name)
		if b.Sector >= 0 {
			w.Key("disk_sector").Int(b.DiskSector())
		}
	}
	if b.Below != nil {
		w.Key("below").Array()
		for _, p := range b.Below {
			jsonPlace(w, p)
		}
		w.EndArray()
	}
	w.EndObject()
}

func jsonPlace(w *jsonw.Writer, p blockdev.Place) {
	w.Object()
	w.Key("device").String(p.Device.Name)
	if p.Sector >= 0 {
		w.Key("sector").Int(p.Sector)
		w.Key("count").Int(p.Count)
	}
	w.Key("copy").Int(int64(p.Copy))
	if p.Why != "" {
		w.Key("why").String(p.Why)
	}
	w.EndObject()
}

func jsonStrings(w *jsonw.Writer, key string, list []string) {
	w.Key(key).Array()
	for _, s := range list {
		w.String(s)
	}
	w.EndArray()
}

// jsonErrors writes what could not be looked at. Of located files none was read.
func jsonErrors(w *jsonw.Writer, plan *libcheck.Plan, located bool) {
	w.Key("errors").Array()
	for _, p := range plan.Problems {
		jsonError(w, p.Path, errno.Reason(p.Err))
	}
	for _, f := range plan.Files {
		switch {
		case !f.Done && !located:
			jsonError(w, f.Path, "not read: interrupted")
		case f.Err != nil && !f.Verdict().Damage():
			jsonError(w, f.Path, errno.Reason(f.Err))
		}
	}
	w.EndArray()
}

func jsonError(w *jsonw.Writer, path, text string) {
	w.Object()
	w.Key("path").String(path)
	w.Key("error").String(text)
	w.EndObject()
}

// totals are what was looked at.
type totals struct {
	programs, libraries int
	bytes               int64 // read or found bad
	buffered, unread    int   // files
	fine, edited        int   // files, by verdict
	unknown             int
	direct              bool // no file was read through the page cache
}

func count3(plan *libcheck.Plan) totals {
	var t totals
	for i := range plan.Programs {
		if p := &plan.Programs[i]; !p.Library && !p.Plugin && !p.Data {
			t.programs++
		}
	}
	for _, f := range plan.Files {
		if f.Library {
			t.libraries++
		}
		t.bytes += f.Read
		for _, b := range f.Bad {
			t.bytes += b.Length
		}
		switch f.Verdict() {
		case libcheck.Fine:
			t.fine++
		case libcheck.Edited:
			t.edited++
		case libcheck.Unknown:
			t.unknown++
		}
		if f.Buffered {
			t.buffered++
		}
		if !f.Done {
			t.unread++
		}
	}
	t.direct = t.buffered == 0
	return t
}
