package ldd

import (
	"errors"

	"rescuebox/internal/elfdep"
	"rescuebox/internal/elffile"
	"rescuebox/internal/elfsym"
	"rescuebox/internal/errno"
)

// refusal writes a file of which nothing can be listed.
func (l *lister) refusal(operand string, err error) {
	l.json.Object()
	l.json.Key("file").String(operand)
	l.problem(err)
	l.json.EndObject()
}

// problem writes the members that say what is wrong.
func (l *lister) problem(err error) {
	if err == nil {
		return
	}
	l.json.Key("error").String(errno.Reason(err))
	var read *elffile.ReadError
	var format *elffile.FormatError
	switch {
	case errors.As(err, &read):
		l.json.Key("offset").Int(read.Offset)
	case errors.As(err, &format):
		l.json.Key("offset").Int(format.Offset)
	}
}

// member writes all that is known of one file.
func (l *lister) member(a *answer) {
	w := &l.json
	w.Object()
	w.Key("file").String(a.operand)
	if a.file != a.operand {
		w.Key("script_interpreter").String(a.file)
	}
	w.Key("program")
	l.object(a, &a.Program)
	if !a.Static() {
		w.Key("loader")
		l.object(a, &a.Interp)
	}
	w.Key("libraries").Array()
	for i := range a.Objects {
		l.object(a, &a.Objects[i])
	}
	w.EndArray()
	w.Key("not_preloaded").Array()
	for _, name := range a.NotPreloaded {
		w.String(name)
	}
	w.EndArray()
	l.versions(a)
	w.Key("undefined").Array()
	for _, u := range a.undefined {
		w.Object()
		w.Key("symbol").String(u.Name)
		w.Key("version").String(u.Version)
		w.Key("requester").String(l.shown(a, u.Requester))
		w.Key("at_start").Bool(!u.Call)
		w.EndObject()
	}
	w.EndArray()
	w.Key("unused").Array()
	for _, i := range a.unused {
		w.String(l.shown(a, i))
	}
	w.EndArray()
	w.Key("damage").Array()
	for _, d := range a.set.Damage {
		w.Object()
		w.Key("path").String(l.shown(a, d.Object))
		l.problem(d.Err)
		w.EndObject()
	}
	w.EndArray()
	w.EndObject()
}

func (l *lister) object(a *answer, o *elfdep.Object) {
	w := &l.json
	w.Object()
	w.Key("name").String(o.Name)
	w.Key("rule").String(ruleName(o.Rule))
	if o.Rule == elfdep.ByRPath || o.Rule == elfdep.ByRunPath {
		w.Key("path_of").String(l.shown(a, o.PathOf))
	}
	if o != &a.Program && o != &a.Interp {
		w.Key("requester").String(l.shown(a, o.Requester))
		w.Key("preload").Bool(o.Preload)
		w.Key("filtee").Bool(o.Filtee)
	}
	if o.Level != "" {
		w.Key("level").String(o.Level)
	}
	if !o.Missing() {
		w.Key("path").String(o.Path)
		w.Key("real_path").String(o.Real)
		w.Key("host_path").String(l.root.Host(o.Real))
	}
	l.problem(o.Err)
	w.EndObject()
}

func (l *lister) versions(a *answer) {
	w := &l.json
	w.Key("versions").Array()
	for i := range a.needs {
		n := &a.needs[i]
		w.Object()
		w.Key("requester").String(l.shown(a, n.Requester))
		w.Key("file").String(n.File)
		w.Key("version").String(n.Version)
		w.Key("weak").Bool(n.Weak)
		if n.State != elfsym.NoFile {
			w.Key("provider").String(l.shown(a, n.Provider))
		}
		w.Key("state").String(n.State.String())
		w.EndObject()
	}
	w.EndArray()
	w.Key("unmarked_relr").Array()
	for _, i := range a.relr {
		w.String(l.shown(a, i))
	}
	w.EndArray()
}
