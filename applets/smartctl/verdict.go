package smartctl

import (
	"slices"
	"strconv"
	"strings"

	"rescuebox/internal/jsontree"
	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/survey"
	"rescuebox/internal/smart/verdict"
)

// verdictKey is where JSON has a verdict: a name that smartctl will never use.
const verdictKey = "rescuebox_verdict"

// judged checks a command line of --verdict.
func (o *options) judged(operands []string) error {
	switch recording := slices.Contains(operands, "-"); {
	case o.asked || o.test:
		return mistake("ERROR: --verdict goes with no option that asks for or changes something else; -a and -x have the verdict on top.")
	case recording && len(operands) > 1:
		return mistake("ERROR: standard input is one device.")
	case recording:
		o.device = "-"
	case len(operands) == 0 && o.spec != nil:
		return mistake("ERROR: --verdict -d TYPE requires a device name.")
	}
	o.devices = operands
	return nil
}

// survey is how disks are asked.
func (r *run) survey() *survey.Survey {
	o := r.o
	r.system.DB = r.database(nil)
	s := &survey.Survey{System: r.system, Limits: o.limits, Now: r.now, Questions: survey.Enough(), DB: r.system.DB}
	if len(o.databases) > 0 {
		s.DB = r.database(o.databases)
	}
	if o.device != "-" {
		s.ReadLog()
	}
	q := s.Questions
	q.ATA.PowerCheck, q.ATA.Presets, q.ATA.IgnorePresets, q.ATA.HideSerial = o.ata.PowerCheck, o.ata.Presets, o.ata.IgnorePresets, o.ata.HideSerial
	q.SCSI.Asleep, q.SCSI.AsleepStatus, q.SCSI.HideSerial = o.scsi.Asleep, o.scsi.AsleepStatus, o.scsi.HideSerial
	q.NVMe.HideSerial = o.nvme.HideSerial
	return s
}

// verdicts judges the disks that were named, or all that there are.
func (r *run) verdicts() {
	r.clock()
	s := r.survey()
	var disks []*survey.Disk
	switch {
	case r.o.device == "-":
		dev, ok := r.recorded()
		if !ok {
			return
		}
		disks = []*survey.Disk{s.Ask(r.ctx, dev, *s.Questions, &report.Output{})}
	case len(r.o.devices) > 0:
		paths := make([]string, len(r.o.devices))
		for i, name := range r.o.devices {
			paths[i] = r.s.Path(name)
		}
		disks = s.Paths(r.ctx, paths, r.o.spec)
	default:
		disks = s.All(r.ctx)
	}
	survey.Sort(disks)
	r.out.JSON.At("devices").Empty()
	if len(disks) == 0 {
		r.out.Message("error", "No disks were found.")
		r.out.Status |= report.OpenFailed
	}
	for _, d := range disks {
		r.verdict(d)
	}
	r.fleet(disks)
}

// verdict tells that of one disk, in the text and with all that smartctl has in JSON.
func (r *run) verdict(d *survey.Disk) {
	r.out.Status |= d.Report.Status | bits(d.Verdict.Class)
	r.out.Print(r.inWords(d), "\n")
	node := r.out.JSON.At("devices").Append()
	*node = d.Report.JSON
	identity := node.At("device")
	identity.At("name").String(d.Path)
	identity.At("info_name").String(d.Info)
	identity.At("type").String(d.Type)
	identity.At("protocol").String(d.Protocol)
	node.At("smartctl", "exit_status").Int(int64(d.Report.Status))
	r.inJSON(d, node.At(verdictKey))
}

// bits are what a class adds to smartctl's bits. Its own say nothing of the kernel's
// log, nor of counters that no threshold has caught.
func bits(c verdict.Class) report.Status {
	switch c {
	case verdict.Dead:
		return report.OpenFailed
	case verdict.Unknown:
		return report.ReadFailed
	case verdict.Failing, verdict.Degraded:
		return report.Failing
	}
	return 0
}

// inJSON tells a verdict to programs.
func (r *run) inJSON(d *survey.Disk, node *jsontree.Node) {
	v := &d.Verdict
	node.At("class").String(v.Class.String())
	node.At("reasons").Empty()
	for _, reason := range v.Reasons {
		n := node.At("reasons").Append()
		n.At("class").String(reason.Class.String())
		n.At("text").String(reason.Text)
		n.At("source").String(reason.Source)
		if reason.Rate > 0 {
			n.At("annual_failures_percent").Int(int64(100*reason.Rate + 0.5))
		}
	}
	node.At("advice").Empty()
	for _, a := range v.Advice {
		n := node.At("advice").Append()
		n.At("text").String(a.Text)
		if a.Command != "" {
			n.At("command").String(a.Command)
		}
	}
	list(node.At("missing"), v.Missing)
	if d.Evidence.Device != "" {
		node.At("block_device").String(d.Evidence.Device)
	}
	h := d.Host
	if h == nil {
		return
	}
	n := node.At("host")
	if !r.o.ata.HideSerial {
		list(n.At("links"), h.Links)
	}
	list(n.At("holds"), h.Holds)
	for _, f := range []struct{ name, value string }{
		{"port", h.Port}, {"pci_address", h.Slot}, {"state", h.Offline}, {"thrown_out_of", h.Faulty},
	} {
		if f.value != "" {
			n.At(f.name).String(f.value)
		}
	}
	n.At("failed_commands").Int(h.Failed)
	n.At("medium_errors").Int(int64(h.Medium))
	n.At("link_errors").Int(int64(h.Link))
	n.At("bad_sectors").Empty()
	for _, sector := range h.Sectors {
		n.At("bad_sectors").Append().Uint(sector)
	}
}

func list(node *jsontree.Node, texts []string) {
	node.Empty()
	for _, t := range texts {
		node.Append().String(t)
	}
}

// fleet sums up several disks.
func (r *run) fleet(disks []*survey.Disk) {
	if len(disks) < 2 {
		return
	}
	var bad []string
	for _, d := range disks {
		if c := d.Verdict.Class; c >= verdict.Degraded {
			bad = append(bad, d.Info+r.serial(d, " (serial ", ")"))
		}
	}
	text := "None of " + strconv.Itoa(len(disks)) + " disks must be imaged"
	if len(bad) > 0 {
		text = strconv.Itoa(len(bad)) + " of " + strconv.Itoa(len(disks)) + " disks must be imaged: " + strings.Join(bad, ", ")
	}
	r.out.Print(wrap("", "", text))
}

// serial is that of the disk between two texts, or nothing.
func (r *run) serial(d *survey.Disk, before, after string) string {
	if d.Serial == "" || r.o.ata.HideSerial {
		return ""
	}
	return before + d.Serial + after
}

// inWords tells a verdict to a person.
func (r *run) inWords(d *survey.Disk) string {
	var b strings.Builder
	v := &d.Verdict
	b.WriteString(wrap("", "          ", report.Left(v.Class.String(), 9)+" "+r.headline(d)))
	say := func(label, text string) {
		b.WriteString(wrap("  "+report.Left(label, 7), "            ", text))
	}
	if h := d.Host; h != nil {
		if len(h.Links) > 0 && !r.o.ata.HideSerial {
			say("names", strings.Join(h.Links, " "))
		}
		for i, part := range h.Holds {
			say([...]string{"holds", ""}[min(i, 1)], "- "+part)
		}
	}
	for i, reason := range v.Reasons {
		say([...]string{"why", ""}[min(i, 1)], "- "+reason.Text+" ["+reason.Source+meaning(reason.Rate)+"]")
	}
	for i, a := range v.Advice {
		text := a.Text
		if a.Command != "" {
			text += ":"
		}
		say([...]string{"do", ""}[min(i, 1)], "- "+text)
		b.WriteString(typing(a.Command))
	}
	for i, m := range v.Missing {
		say([...]string{"missing", ""}[min(i, 1)], "- "+m)
	}
	return b.String()
}

// headline names a disk for who must pull it.
func (r *run) headline(d *survey.Disk) string {
	text := d.Info
	if d.Path == "-" {
		text = "recording"
	}
	if d.Kernel != "" && !strings.HasSuffix(d.Path, "/"+d.Kernel) {
		text += " (" + d.Kernel + ")"
	}
	if d.Model != "" {
		text += ": " + d.Model
	}
	if size := d.Size(); size > 0 {
		text += ", " + report.Capacity(uint64(size))
	}
	text += r.serial(d, ", serial ", "")
	if h := d.Host; h != nil && h.Port+h.Slot != "" {
		text += ", at " + strings.TrimSpace(h.Port+" "+h.Slot)
	}
	return text
}

// meaning is what a rate of failures means.
func meaning(rate float64) string {
	switch {
	case rate <= 0 || rate == 1: // 1 is a judgement, and no count
		return ""
	case rate < 1:
		return "; " + strconv.Itoa(int(100*rate+0.5)) + " % of such disks fail in a year"
	}
	return "; such disks last " + strconv.Itoa(int(12/rate+0.5)) + " months in the mean"
}

// width is how many characters a line has.
const width = 80

// wrap breaks text into lines, the first behind a label, the others indented.
func wrap(label, indent, text string) string {
	out, line := "", label
	for word := range strings.FieldsSeq(strings.Map(harmless, text)) {
		if len(line) > len(indent) && len(line)+1+len(word) > width {
			out += line + "\n"
			line = indent
		}
		if line != "" && line != indent {
			line += " "
		}
		for len(line)+len(word) > width { // as long a name as there may be
			n := width - len(line)
			out += line + word[:n] + "\n"
			line, word = indent, word[n:]
		}
		line += word
	}
	return out + line + "\n"
}

// harmless shows what a terminal might take for a command, as in the name of a folder
// where something is mounted, as a question mark.
func harmless(r rune) rune {
	if r < ' ' || r >= 0x7f && r < 0xa0 {
		return '?'
	}
	return r
}

// typing is a command on lines of its own, which a shell reads as one.
func typing(command string) string {
	if command == "" {
		return ""
	}
	const indent = "    "
	out, line := "", indent
	for word := range strings.SplitSeq(command, " ") {
		if len(line) > len(indent) && len(line)+1+len(word) > width-2 {
			out += line + " \\\n"
			line = indent + "  "
		}
		if strings.TrimSpace(line) != "" {
			line += " "
		}
		line += word
	}
	return out + line + "\n"
}

// onTop puts the verdict above a report that began at a place of the text. It looks like
// a comment to who reads smartctl's lines, and no line of it begins with a number behind
// the mark, as those of self-tests do.
func (r *run) onTop(d *survey.Disk, at int) {
	v := &d.Verdict
	line := "# Verdict: " + v.Class.String()
	if len(v.Reasons) > 0 {
		line += ": " + v.Reasons[0].Text
	}
	line += "\n"
	if command := d.Evidence.Command("--verdict"); command != "" {
		line += "# More, and what to do: " + command + "\n"
	}
	all := r.out.Text.String()
	r.out.Text.Reset()
	r.out.Print(all[:at], line, "\n", all[at:])
	r.inJSON(d, r.out.JSON.At(verdictKey))
}
