package main

import (
	"fmt"
	"strings"
)

// noise is by how much two times that are the same may differ: a page says more than
// the clock knows otherwise.
const noise = 1.02

// measured is what all tools did on one disk.
type measured struct {
	c     *testCase
	kind  string
	names []string
	all   []outcome // ours, GNU's, GNU's with its best flags
}

// bound is one line of what is to be kept.
type bound struct {
	what, ours, peer, ratio string
	allowed                 string
	result                  string // pass, MISS, or why it is not known
	best                    string // GNU's with its best flags, for comparison
}

const (
	pass = "pass"
	miss = "**MISS**"
	open = "not known: both were stopped"
)

func judged(good bool) string {
	if good {
		return pass
	}
	return miss
}

// boundsOf are all lines of a disk.
func (m measured) boundsOf() (list []bound) {
	for _, f := range m.c.bounds {
		list = append(list, f(m)...)
	}
	return list
}

// rest shows a value of GNU's with its best flags.
func (m measured) rest(show func(outcome) string) string {
	var all []string
	for _, o := range m.all[2:] {
		all = append(all, show(o))
	}
	return strings.Join(all, "; ")
}

// count is a bound of a number that is at most so many times GNU's.
func (m measured) count(what string, most float64, of func(outcome) int) bound {
	ours, peer := of(m.all[0]), of(m.all[1])
	return bound{what: what, ours: fmt.Sprint(ours), peer: fmt.Sprint(peer), ratio: ratio(float64(ours), float64(peer)), allowed: fmt.Sprintf("≤ %.2f", most),
		result: judged(float64(ours) <= most*float64(peer)), best: m.rest(func(o outcome) string { return fmt.Sprint(of(o)) })}
}

// missingBound: never more than the best of GNU's, among those that came to an end.
func missingBound(m measured) []bound {
	of := func(o outcome) int { return o.check.missing }
	b := m.count("missing sectors", 1, of)
	for _, o := range m.all[2:] {
		if !o.limited && of(o) < of(m.all[0]) {
			b.result = miss
		}
	}
	if m.all[0].check.wrong > 0 {
		b.result = miss + fmt.Sprintf(": %d good ones are called bad", m.all[0].check.wrong)
	}
	return []bound{b}
}

func errorsBound(m measured) []bound {
	b := m.count("errors", 1, func(o outcome) int { return o.errors })
	if m.all[0].limited {
		b.result = "not known: ours was stopped"
	}
	return []bound{b}
}

func timeBounds(m measured) []bound {
	most := m.c.ratio
	if most == 0 {
		most = 1
	}
	return []bound{
		m.time("seconds to 90 %", most, func(o outcome) (float64, bool) { a, ok := o.at[90]; return a.seconds, ok }),
		m.time("seconds to the end", most, func(o outcome) (float64, bool) { return o.end, !o.limited }),
	}
}

// time is a bound of seconds; those that never came are the limit's.
func (m measured) time(what string, most float64, of func(outcome) (float64, bool)) bound {
	show := func(o outcome) string {
		if s, ok := of(o); ok {
			return fmt.Sprintf("%.2f", s)
		}
		return "never"
	}
	ours, known := of(m.all[0])
	peer, peerKnown := of(m.all[1])
	b := bound{what: what, ours: show(m.all[0]), peer: show(m.all[1]), allowed: fmt.Sprintf("≤ %.2f", most), best: m.rest(show)}
	switch {
	case known && peerKnown:
		b.ratio = ratio(ours, peer)
		b.result = judged(ours <= most*peer*noise)
	case known:
		b.ratio, b.result = "0", pass
	case peerKnown:
		b.ratio, b.result = "∞", miss
	default:
		b.result = open
	}
	return b
}

// readsBound: by default no more reads than GNU's that is told of the sectors.
func readsBound(m measured) (list []bound) {
	for i, name := range m.names[2:] {
		ours, peer := m.all[0].reads, m.all[2+i].reads
		list = append(list, bound{what: "reads, beside " + name, ours: fmt.Sprint(ours), peer: fmt.Sprint(peer), ratio: ratio(float64(ours), float64(peer)),
			allowed: "≤ 1.00", result: judged(ours <= peer)})
	}
	return list
}

// deadHeadBound: half the errors until all that can be recovered is in.
func deadHeadBound(m measured) []bound {
	of := func(o outcome) (int, bool) { a, ok := o.at[100]; return a.errors, ok }
	b := m.count("errors until all of it is in", 0.5, func(o outcome) int { n, _ := of(o); return n })
	if _, ok := of(m.all[0]); !ok {
		b.result = miss + ": never"
	} else if _, ok := of(m.all[1]); !ok {
		b.peer, b.ratio, b.result = "never", "0", pass
	}
	return []bound{b}
}

// oneSectorBound: one bad sector costs one.
func oneSectorBound(m measured) []bound {
	lost := m.all[0].check.missing * sector
	return []bound{{what: "bytes lost", ours: fmt.Sprint(lost), peer: fmt.Sprint(m.all[1].check.missing * sector), allowed: "= 512", result: judged(lost == sector),
		best: m.rest(func(o outcome) string { return fmt.Sprint(o.check.missing * sector) })}}
}

// hangBounds: Ctrl-C is answered in a second, and the map is saved by then.
func hangBounds(m measured) (list []bound) {
	for _, one := range []struct {
		what string
		of   func(outcome) float64
	}{
		{"seconds from Ctrl-C to the answer", func(o outcome) float64 { return o.answered }},
		{"seconds from Ctrl-C to the map", func(o outcome) float64 { return o.saved }},
	} {
		show := func(o outcome) string { return fmt.Sprintf("%.2f", one.of(o)) }
		list = append(list, bound{what: one.what, ours: show(m.all[0]), peer: show(m.all[1]), ratio: ratio(one.of(m.all[0]), one.of(m.all[1])), allowed: "≤ 1 s",
			result: judged(one.of(m.all[0]) <= 1), best: m.rest(show)})
	}
	return list
}

// Statuses with which a drive that does not read any more is told.
const deadStatus = 4

// deadBounds: a status of its own, and nothing is called bad.
func deadBounds(m measured) []bound {
	status := func(o outcome) string {
		if o.limited {
			return "none: stopped"
		}
		return fmt.Sprint(o.status)
	}
	bad := func(o outcome) string { return fmt.Sprint(o.check.bad) }
	ours, peer := m.all[0], m.all[1]
	return []bound{
		{what: "status", ours: status(ours), peer: status(peer), allowed: "= 4", result: judged(!ours.limited && ours.status == deadStatus), best: m.rest(status)},
		{what: "sectors called bad", ours: bad(ours), peer: bad(peer), allowed: "= 0", result: judged(ours.check.bad == 0), best: m.rest(bad)},
	}
}

func ratio(ours, peer float64) string {
	switch {
	case peer != 0:
		return fmt.Sprintf("%.2f", ours/peer)
	case ours == 0:
		return "1.00"
	}
	return "∞"
}
