package ldd

import (
	"errors"

	"rescuebox/internal/elfdep"
	"rescuebox/internal/elffile"
	"rescuebox/internal/elfsym"
	"rescuebox/internal/errno"
	"rescuebox/internal/jsonw"
)

// members writes the members of JSON objects.
type members struct{ jsonw.Writer }

func (m *members) text(key, value string) { m.Key(key).String(value) }

func (m *members) flag(key string, value bool) { m.Key(key).Bool(value) }

// list writes an array of n values.
func (m *members) list(key string, n int, one func(i int)) {
	m.Key(key).Array()
	for i := range n {
		one(i)
	}
	m.EndArray()
}

// objects writes an array of n objects.
func (m *members) objects(key string, n int, one func(i int)) {
	m.list(key, n, func(i int) {
		m.Object()
		one(i)
		m.EndObject()
	})
}

// problem writes the members that say what is wrong.
func (m *members) problem(err error) {
	if err == nil {
		return
	}
	m.text("error", errno.Reason(err))
	var read *elffile.ReadError
	var format *elffile.FormatError
	switch {
	case errors.As(err, &read):
		m.Key("offset").Int(read.Offset)
	case errors.As(err, &format):
		m.Key("offset").Int(format.Offset)
	}
}

// refusal writes a file of which nothing can be listed.
func (m *members) refusal(operand string, err error) {
	m.Object()
	m.text("file", operand)
	m.problem(err)
	m.EndObject()
}

// member writes all that is known of one file.
func (l *lister) member(a *answer) {
	m := &l.json
	m.Object()
	m.text("file", a.operand)
	if a.file != a.operand {
		m.text("script_interpreter", a.file)
	}
	for _, o := range []*elfdep.Object{&a.Program, &a.Interp} {
		switch {
		case o == &a.Program:
			m.Key("program")
		case a.Static():
			continue
		default:
			m.Key("loader")
		}
		m.Object()
		l.object(a, o)
		m.EndObject()
	}
	m.objects("libraries", len(a.Objects), func(i int) {
		o := &a.Objects[i]
		l.object(a, o)
		m.text("requester", l.shown(a, o.Requester))
		m.flag("preload", o.Preload)
		m.flag("filtee", o.Filtee)
	})
	m.list("not_preloaded", len(a.NotPreloaded), func(i int) { m.String(a.NotPreloaded[i]) })
	l.versionMembers(a)
	if hasLookups {
		m.objects("undefined", len(a.undefined), func(i int) {
			u := &a.undefined[i]
			m.text("symbol", u.Name)
			m.text("version", u.Version)
			m.text("requester", l.shown(a, u.Requester))
			m.flag("at_start", !u.Call)
		})
		m.list("unused", len(a.unused), func(i int) { m.String(l.shown(a, a.unused[i])) })
	}
	m.objects("damage", len(a.set.Damage), func(i int) {
		d := &a.set.Damage[i]
		m.text("path", l.shown(a, d.Object))
		m.problem(d.Err)
	})
	m.EndObject()
}

func (l *lister) object(a *answer, o *elfdep.Object) {
	m := &l.json
	m.text("name", o.Name)
	m.text("rule", ruleName(o.Rule))
	if o.Rule == elfdep.ByRPath || o.Rule == elfdep.ByRunPath {
		m.text("path_of", l.shown(a, o.PathOf))
	}
	if o.Level != "" {
		m.text("level", o.Level)
	}
	if !o.Missing() {
		m.text("path", o.Path)
		m.text("real_path", o.Real)
		m.text("host_path", l.root.Host(o.Real))
	}
	m.problem(o.Err)
}

func (l *lister) versionMembers(a *answer) {
	m := &l.json
	m.objects("versions", len(a.needs), func(i int) {
		n := &a.needs[i]
		m.text("requester", l.shown(a, n.Requester))
		m.text("file", n.File)
		m.text("version", n.Version)
		m.flag("weak", n.Weak)
		if n.State != elfsym.NoFile {
			m.text("provider", l.shown(a, n.Provider))
		}
		m.text("state", n.State.String())
	})
	m.list("unmarked_relr", len(a.relr), func(i int) { m.String(l.shown(a, a.relr[i])) })
}
