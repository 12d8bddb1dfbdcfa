package elfsym

import "strings"

// State is whether a version that is asked for is there.
type State int

// The states.
const (
	Found State = iota
	// Absent versions keep the program from starting, unless they are asked for
	// weakly.
	Absent
	// Unversioned files define no versions at all; the loader takes their symbols
	// as they are.
	Unversioned
	// Unreadable: the file is damaged so that what it defines is not known.
	Unreadable
	// NoFile: the file that it is asked of is missing, which is worse.
	NoFile
)

// String returns a word for the state, as for JSON.
func (s State) String() string {
	return [...]string{"found", "missing", "unversioned", "unreadable", "no-file"}[s]
}

// Need is a version that one object asks of another (an entry of DT_VERNEED).
type Need struct {
	Requester int    // index into Closure.Objects; -1 is the program
	File      string // the name by which it asks
	Version   string
	Weak      bool
	Provider  int // who answers to File; means nothing for NoFile
	State     State
}

// Fatal reports whether the program does not start for it.
func (n *Need) Fatal() bool { return n.State == Absent && !n.Weak }

// Needs returns all versions that are asked for, by requester in load order, as
// match_symbol of glibc's elf/dl-version.c finds them.
func (s *Set) Needs() []Need {
	var list []Need
	for i := range s.objects {
		o := &s.objects[i]
		for _, n := range o.needs {
			one := Need{Requester: o.index, File: n.file, Version: n.name, Weak: n.weak, State: NoFile}
			if p, ok := s.find(n.file); ok && !s.dep(p).Missing() {
				one.Provider, one.State = p, s.objects[p+1].state(&n)
			}
			list = append(list, one)
		}
	}
	return list
}

func (o *object) state(n *need) State {
	for _, v := range o.versions {
		// A base version names the file and can be asked for.
		if v.defined && v.hash == n.hash && v.name == n.name {
			return Found
		}
	}
	switch {
	case o.damaged:
		return Unreadable
	case !o.defines:
		return Unversioned
	}
	return Absent
}

// relrVersion is what a file with DT_RELR has to ask of libc, so that an older one,
// which would not relocate it, refuses it (gnu-gabi, "DT_RELR"; since glibc 2.36).
const relrVersion = "GLIBC_ABI_DT_RELR"

// UnmarkedRelr returns the objects that the loader refuses for a DT_RELR without
// that version, as indices into Closure.Objects.
func (s *Set) UnmarkedRelr() []int {
	var list []int
	for i := range s.objects {
		o := &s.objects[i]
		libc, marked := false, false
		for _, n := range o.needs {
			libc = libc || strings.HasPrefix(n.file, "libc.so.")
			marked = marked || n.name == relrVersion
		}
		if libc && !marked && o.has(dtRelr) {
			list = append(list, o.index)
		}
	}
	return list
}
