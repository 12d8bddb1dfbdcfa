package libcheck

import (
	"io"

	"rescuebox/internal/errno"
	"rescuebox/internal/jsonw"
	"rescuebox/internal/libcheck"
)

// writeJSON writes the whole outcome as one object and a newline.
func writeJSON(out io.Writer, plan *libcheck.Plan) error {
	var w jsonw.Writer
	t := count3(plan)
	w.Object()
	w.Key("checked").Object()
	w.Key("programs").Int(int64(t.programs))
	w.Key("libraries").Int(int64(t.libraries))
	w.Key("bytes").Int(t.bytes)
	w.EndObject()
	w.Key("damaged").Array()
	for _, f := range plan.Damaged() {
		jsonFile(&w, plan, f)
	}
	w.EndArray()
	jsonErrors(&w, plan)
	w.Key("direct").Bool(t.direct)
	w.Key("complete").Bool(t.unread == 0)
	w.EndObject()
	_, err := out.Write(append(w.Bytes(), '\n'))
	return err
}

func jsonFile(w *jsonw.Writer, plan *libcheck.Plan, f *libcheck.File) {
	w.Object()
	w.Key("path").String(f.Path)
	jsonStrings(w, "names", f.Names)
	w.Key("ranges").Array()
	for _, b := range f.Bad {
		w.Object()
		w.Key("offset").Int(b.Offset)
		w.Key("length").Int(b.Length)
		w.Key("error").String(errno.Reason(b.Err))
		if b.Device.Name != "" {
			w.Key("device").String(b.Device.Name)
		}
		if b.Sector >= 0 {
			w.Key("sector").Int(b.Sector)
		}
		if b.Disk.Name != "" {
			w.Key("disk").String(b.Disk.Name)
			if b.Sector >= 0 {
				w.Key("disk_sector").Int(b.DiskSector())
			}
		}
		w.EndObject()
	}
	w.EndArray()
	if f.Err != nil {
		w.Key("error").String(errno.Reason(f.Err))
	}
	jsonStrings(w, "needed_by", plan.Needs(f))
	w.EndObject()
}

func jsonStrings(w *jsonw.Writer, key string, list []string) {
	w.Key(key).Array()
	for _, s := range list {
		w.String(s)
	}
	w.EndArray()
}

func jsonErrors(w *jsonw.Writer, plan *libcheck.Plan) {
	w.Key("errors").Array()
	for _, p := range plan.Problems {
		jsonError(w, p.Path, errno.Reason(p.Err))
	}
	for _, f := range plan.Files {
		switch {
		case !f.Done:
			jsonError(w, f.Path, "not read: interrupted")
		case f.Err != nil && !f.Damaged():
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
	direct              bool  // no file was read through the page cache
}

func count3(plan *libcheck.Plan) totals {
	t := totals{programs: len(plan.Programs)}
	for _, f := range plan.Files {
		if f.Library {
			t.libraries++
		}
		t.bytes += f.Read
		for _, b := range f.Bad {
			t.bytes += b.Length
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
