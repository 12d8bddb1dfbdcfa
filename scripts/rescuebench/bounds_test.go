package main

import (
	"strings"
	"testing"
)

// result are the results of a case's bounds, one behind the other.
func result(m measured) string {
	var all []string
	for _, b := range m.boundsOf() {
		all = append(all, strings.Trim(strings.SplitN(b.result, ":", 2)[0], "*"))
	}
	return strings.Join(all, " ")
}

func ran(errors, missing int, ninety, end float64) outcome {
	o := outcome{errors: errors, end: end, check: check{missing: missing}, at: map[int]arrival{}}
	if ninety > 0 {
		o.at[90] = arrival{ninety, 0}
	}
	return o
}

func TestBounds(t *testing.T) {
	regular := []func(measured) []bound{missingBound, timeBounds, errorsBound}
	stopped := func(o outcome) outcome { o.limited = true; return o }
	for _, one := range []struct {
		name  string
		ratio float64
		ours  outcome
		peers []outcome
		want  string
	}{
		{"all the same", 0, ran(5, 1, 2, 3), []outcome{ran(5, 1, 2, 3)}, "pass pass pass pass"},
		{"all worse", 0, ran(6, 2, 2.1, 3.1), []outcome{ran(5, 1, 2, 3)}, "MISS MISS MISS MISS"},
		{"the best flags miss less", 0, ran(1, 2, 1, 1), []outcome{ran(5, 3, 2, 3), ran(9, 1, 9, 9)}, "MISS pass pass pass"},
		{"so far, but it was stopped", 0, ran(1, 2, 1, 1), []outcome{ran(5, 3, 2, 3), stopped(ran(9, 1, 9, 9))}, "pass pass pass pass"},
		{"within the clock's noise", 0, ran(5, 1, 2.03, 3.05), []outcome{ran(5, 1, 2, 3)}, "pass pass pass pass"},
		{"a third is asked for", 0.35, ran(5, 1, 0.6, 2), []outcome{ran(5, 1, 2, 3)}, "pass pass MISS pass"},
		{"GNU's never ends", 0, ran(5, 1, 2, 3), []outcome{stopped(ran(5, 1, 0, 300))}, "pass pass pass pass"},
		{"ours never ends", 0, stopped(ran(5, 1, 2, 300)), []outcome{ran(5, 1, 2, 30)}, "pass pass MISS not known"},
		{"nor do both", 0, stopped(ran(5, 1, 2, 300)), []outcome{stopped(ran(5, 1, 2, 300))}, "pass pass not known not known"},
	} {
		m := measured{c: &testCase{ratio: one.ratio, bounds: regular}, names: []string{"ours", "GNU", "GNU -d"}, all: append([]outcome{one.ours}, one.peers...)}
		if got := result(m); got != one.want {
			t.Errorf("%s: %s, want %s", one.name, got, one.want)
		}
	}
	wrong := ran(1, 1, 1, 1)
	wrong.check.wrong = 1
	if got := result(measured{c: &testCase{bounds: regular[:1]}, all: []outcome{wrong, ran(1, 3, 1, 1)}}); got != "MISS" {
		t.Errorf("good sectors that are called bad: %s", got)
	}
}

func TestBoundsOfAccidents(t *testing.T) {
	head := func(errors int) outcome { return outcome{at: map[int]arrival{100: {1, errors}}} }
	never := outcome{at: map[int]arrival{}}
	for _, one := range []struct {
		name string
		of   func(measured) []bound
		all  []outcome
		want string
	}{
		{"half", deadHeadBound, []outcome{head(50), head(100)}, "pass"},
		{"more", deadHeadBound, []outcome{head(51), head(100)}, "MISS"},
		{"never", deadHeadBound, []outcome{never, head(100)}, "MISS"},
		{"GNU never", deadHeadBound, []outcome{head(50), never}, "pass"},
		{"one sector", oneSectorBound, []outcome{ran(0, 1, 0, 0), ran(0, 9, 0, 0)}, "pass"},
		{"two", oneSectorBound, []outcome{ran(0, 2, 0, 0), ran(0, 9, 0, 0)}, "MISS"},
		{"reads", readsBound, []outcome{{reads: 5}, {reads: 1}, {reads: 5}, {reads: 4}}, "pass MISS"},
		{"hang", hangBounds, []outcome{{answered: 0.9, saved: 1.1}, {}}, "pass MISS"},
		{"dead", deadBounds, []outcome{{status: 4}, {}}, "pass pass"},
		{"not told", deadBounds, []outcome{{status: 0, check: check{bad: 1}}, {}}, "MISS MISS"},
	} {
		m := measured{c: &testCase{bounds: []func(measured) []bound{one.of}}, names: []string{"ours", "GNU", "x", "y"}, all: one.all}
		if got := result(m); got != one.want {
			t.Errorf("%s: %s, want %s", one.name, got, one.want)
		}
	}
}

// The page counts what is missed.
func TestPage(t *testing.T) {
	c := &testCase{name: "one", bounds: []func(measured) []bound{missingBound}}
	all := []measured{{c: c, kind: "loop", names: []string{"ours", "GNU"}, all: []outcome{ran(1, 2, 1, 1), ran(1, 1, 1, 1)}}}
	table, missed := boundsTable(all)
	if len(missed) != 1 || missed[0] != "one, loop: missing sectors" || !strings.Contains(table, "| one | loop | missing sectors ≤ 1.00 | 2 | 1 | 2.00 | **MISS** |") {
		t.Errorf("%q, %s", missed, table)
	}
	text := details(all)
	if strings.Count(text, "## one") != 1 || !strings.Contains(text, "| loop | ours | 0 | 1 | never | 1.00 | never | never | 1.00 | 2 (0) | 0.0 MB |  |") {
		t.Error(text)
	}
}

func TestRates(t *testing.T) {
	for _, one := range []struct {
		ours, peer []float64
		want       string
	}{
		{[]float64{2, 2, 2}, []float64{1, 2, 3}, pass},
		{[]float64{9, 10, 8}, []float64{10, 11, 10}, miss},
		{[]float64{9, 12, 8}, []float64{10, 11, 10}, "even"},
		{[]float64{9, 12, 8, 9, 9}, []float64{10, 11, 10, 10, 10}, miss},
		{[]float64{9, 12, 8, 11, 9}, []float64{10, 11, 10, 10, 10}, "even"},
		{nil, nil, miss},
	} {
		low, mid, high := quartiles(ratios(one.ours, one.peer))
		if got := judgedRate(low, mid, high); got != one.want || low > mid || mid > high {
			t.Errorf("%v beside %v: %s, %v %v %v", one.ours, one.peer, got, low, mid, high)
		}
	}
	p := pair{"disk", nowhereName}
	all := map[pair]rates{p: {}}
	for _, t := range healthyTools("", "", "") {
		all[p][t.name] = []float64{100, 200, 300}
	}
	all[p][oursDD] = []float64{50, 100, 150}
	page, missed := ratesPage([]pair{p}, all, []string{oursName, oursDD}, mib, 3)
	if len(missed) != 1 || missed[0] != "disk-null, ours: dd bs=1M beside dd bs=1M" || !strings.Contains(page, "| ours: dd bs=1M | 100 |") {
		t.Errorf("%q, %s", missed, page)
	}
}
