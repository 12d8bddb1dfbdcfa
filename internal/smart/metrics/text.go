// Package metrics tells of disks in the text format of Prometheus
// (prometheus.io/docs/instrumenting/exposition_formats), for node_exporter's textfile
// collector. Names and labels are those of smartctl_exporter where it has them, so that
// its dashboards and alerts work; what only this toolbox knows begins with "rescuebox_".
package metrics

import (
	"strconv"
	"strings"
)

// metric is a name with what is said of it once.
type metric struct {
	name, kind, help string
}

// The kinds.
const (
	gauge   = "gauge"
	counter = "counter"
)

// Text gathers samples. The zero Text is ready to use. node_exporter rejects a file in
// which a series comes twice, as that of a disk would which has an attribute twice: only
// the first one stays.
type Text struct {
	order    []*metric
	families map[*metric]*strings.Builder
	seen     map[string]bool
}

// add adds a sample; labels are pairs of a name and a value.
func (t *Text) add(m *metric, value float64, labels ...string) {
	if t.families == nil {
		t.families, t.seen = map[*metric]*strings.Builder{}, map[string]bool{}
	}
	series := m.name
	for i := 0; i+1 < len(labels); i += 2 {
		series += [...]string{"{", ","}[min(i, 1)] + labels[i] + `="` + escape(labels[i+1]) + `"`
	}
	if len(labels) > 0 {
		series += "}"
	}
	if t.seen[series] {
		return
	}
	t.seen[series] = true
	b := t.families[m]
	if b == nil {
		b = &strings.Builder{}
		t.families[m] = b
		t.order = append(t.order, m)
	}
	b.WriteString(series + " " + strconv.FormatFloat(value, 'g', -1, 64) + "\n")
}

// escape is a label's value as it stands between quotes. It must be UTF-8.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.ToValidUTF8(s, "\uFFFD"))
}

// Bytes returns all samples, those of a name together.
func (t *Text) Bytes() []byte {
	var b strings.Builder
	for _, m := range t.order {
		b.WriteString("# HELP " + m.name + " " + m.help + "\n# TYPE " + m.name + " " + m.kind + "\n")
		b.WriteString(t.families[m].String())
	}
	return []byte(b.String())
}
