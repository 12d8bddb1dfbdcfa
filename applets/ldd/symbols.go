package ldd

import "rescuebox/internal/elfsym"

// versionErrors prints what the loader says of versions before anything else.
func (l *lister) versionErrors(a *answer) {
	say := func(object int, what string, requester int) {
		l.print(l.shown(a, -1) + ": " + l.shown(a, object) + ": " + what + " (required by " + l.shown(a, requester) + ")\n")
	}
	relr := a.relr
	for i := range a.needs {
		n := &a.needs[i]
		// The error of a file comes with its versions.
		switch {
		case n.State == elfsym.Unversioned:
			say(n.Provider, "no version information available", n.Requester)
		case n.State == elfsym.Absent && n.Weak:
			say(n.Provider, "weak version `"+n.Version+"' not found", n.Requester)
		case n.State == elfsym.Absent:
			say(n.Provider, "version `"+n.Version+"' not found", n.Requester)
		}
		if last := i+1 == len(a.needs) || a.needs[i+1].Requester != n.Requester; last && len(relr) > 0 && relr[0] == n.Requester {
			l.print(l.shown(a, -1) + ": error while loading shared libraries: " + l.shown(a, relr[0]) + ": DT_RELR without GLIBC_ABI_DT_RELR dependency\n")
			relr = relr[1:]
		}
	}
}

// versionLines prints who asks for which versions, as ldd -v.
func (l *lister) versionLines(a *answer) {
	requester := -2
	for i := range a.needs {
		n := &a.needs[i]
		if i == 0 {
			l.print("\n\tVersion information:\n")
		}
		if n.Requester != requester {
			requester = n.Requester
			l.print("\t" + l.shown(a, requester) + ":\n")
		}
		weak, provider := "", "not found"
		if n.Weak {
			weak = "[WEAK] "
		}
		switch n.State {
		case elfsym.Found:
			provider = l.shown(a, n.Provider)
		case elfsym.Unreadable:
			provider = "unreadable"
		}
		l.print("\t\t" + n.File + " (" + n.Version + ") " + weak + "=> " + provider + "\n")
	}
}

// undefinedLines prints what is nowhere, as ldd -d and ldd -r.
func (l *lister) undefinedLines(a *answer) {
	for _, u := range a.undefined {
		name := u.Name
		if u.Version != "" {
			name += ", version " + u.Version
		}
		l.print("undefined symbol: " + name + "\t(" + l.shown(a, u.Requester) + ")\n")
	}
}

// unusedLines prints what the program names for nothing, as ldd -u.
func (l *lister) unusedLines(a *answer) {
	if len(a.unused) > 0 {
		l.print("Unused direct dependencies:\n")
	}
	for _, i := range a.unused {
		l.print("\t" + l.shown(a, i) + "\n")
	}
}
