package ldd

// What is in this file the kit leaves out: a person waits for each of its bytes, and
// the file of the same name below build/profiles stands for this one there.

// hasLookups says whether -d, -r and -u are there.
const hasLookups = true

// lookups looks up what of symbols is wanted.
func (l *lister) lookups(a *answer) (err error) {
	if l.wanted.data || l.wanted.json {
		if a.undefined, err = a.set.Unresolved(l.wanted.calls || l.wanted.json); err != nil {
			return err
		}
	}
	if l.wanted.unused || l.wanted.json {
		a.unused, err = a.set.Unused()
	}
	return err
}
