package ldd

import (
	"slices"

	"rescuebox/internal/elfdep"
)

// step is how far what an object asks for stands behind it.
const step = "    "

// branches prints what the object i asks for, each with the rule by which it was
// found, and below it what that asks for in turn.
func (l *lister) branches(a *answer, i int, indent string) {
	if i < 0 {
		l.print(indent + l.shown(a, i) + "\n")
		indent += step
		for j := range a.Objects {
			if o := &a.Objects[j]; o.Preload {
				l.branch(a, j, o.Name, "", indent)
			}
		}
	}
	o := a.object(i)
	for j := range a.Objects {
		// What stands in for an object is not among its answers.
		if f := &a.Objects[j]; f.Filtee && f.Requester == i {
			l.branch(a, j, f.Name, "", indent)
		}
	}
	for n, j := range o.Answers {
		again := "loaded already"
		if d := a.object(j); j >= 0 && d.Requester == i && !d.Preload && !d.Filtee && !slices.Contains(o.Answers[:n], j) {
			again = ""
		}
		l.branch(a, j, o.File.Needed[n], again, indent)
	}
}

// branch prints one line, and what is below it unless it is a repetition.
func (l *lister) branch(a *answer, i int, name, again, indent string) {
	o := a.object(i)
	line := indent + name
	if !o.Missing() && o.Path != name {
		line += " => " + o.Path
	}
	rule := again
	if o.Missing() {
		rule = "NOT FOUND"
	} else if rule == "" {
		rule = l.rule(a, o)
	}
	l.print(line + "  (" + rule + ")\n")
	if again == "" && !o.Missing() {
		l.branches(a, i, indent+step)
	}
}

// rule says by which rule an object was found.
func (l *lister) rule(a *answer, o *elfdep.Object) string {
	rule := ruleName(o.Rule)
	if o.Rule == elfdep.ByRPath || o.Rule == elfdep.ByRunPath {
		rule += " of " + l.shown(a, o.PathOf)
	}
	if o.Level != "" {
		rule += ", for this processor: " + o.Level
	}
	if o.Preload {
		rule = "preloaded, " + rule
	}
	if o.Filtee {
		rule = "stands in for its requester, " + rule
	}
	return rule
}

func ruleName(r elfdep.Rule) string {
	switch r {
	case elfdep.ByPath:
		return "named by path"
	case elfdep.ByRPath:
		return "RPATH"
	case elfdep.ByLibraryPath:
		return "LD_LIBRARY_PATH"
	case elfdep.ByRunPath:
		return "RUNPATH"
	case elfdep.ByCache:
		return "/etc/ld.so.cache"
	case elfdep.ByDefault:
		return "default folder"
	case elfdep.ByLoader:
		return "the loader itself"
	}
	return "not found"
}
