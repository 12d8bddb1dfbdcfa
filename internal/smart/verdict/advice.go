package verdict

import (
	"path/filepath"

	"rescuebox/internal/quoting"
)

// Advice is one thing to do.
type Advice struct {
	Text string
	// Command can be typed as it stands, but for the place that a copy goes to; "": none.
	Command string
}

// String is both.
func (a Advice) String() string {
	if a.Command == "" {
		return a.Text
	}
	return a.Text + ": " + a.Command
}

// advice is what to do, the first thing first.
func advice(c Class, e *Evidence) []Advice {
	const spare = "do not run a long self-test, fsck or a resync"
	switch c {
	case Dead:
		return []Advice{
			{"check its power, its cable and another port before anything else", ""},
			e.copied("if it answers then, image it at once"),
		}
	case Failing:
		return []Advice{e.copied("image it now, and only read from it"), {spare + ": they read all of a dying disk", ""}}
	case Degraded:
		return []Advice{e.copied("image it before anything writes to it"), {spare + " before that", ""}}
	case Link:
		return []Advice{{"check its cable, port and power supply, then look again", e.Command("--verdict")}}
	case Worn:
		return []Advice{e.copied("copy it soon, and replace it")}
	case Unknown:
		switch {
		case e.Volume != "":
			return []Advice{{"ask each disk of the volume, N from 0 on", "rescuebox smartctl --verdict -d " + e.Volume + " " + typed(e.Ask)}}
		case e.Virtual:
			return []Advice{{"ask the machine that runs this one: the disk is a part of its disks", ""}}
		case e.Unopened != "":
			return []Advice{{"see which disks there are", "rescuebox smartctl --scan-open"}}
		}
		return []Advice{{"look at it another way", e.Command("-x")}}
	}
	return []Advice{{"keep copies: more than a third of the disks that failed had said nothing before (FAST 2007)", ""}}
}

// copied is the advice to copy it. What only a controller can read is copied as part of
// the volume that it is in.
func (e *Evidence) copied(text string) Advice {
	if e.Device == "" {
		if e.Ask == "" {
			return Advice{text, ""}
		}
		return Advice{text + ", by the volume of its controller that it is part of", ""}
	}
	name := filepath.Base(e.Device)
	return Advice{text, "rescuebox ddrescue -d " + typed(e.Device) + " " + typed("/OTHER/DISK/"+name+".img") + " " + typed("/OTHER/DISK/"+name+".map")}
}

// Command is a call of smartctl with an option for the disk; "" for a recording.
func (e *Evidence) Command(option string) string {
	if e.Ask == "" {
		return ""
	}
	if e.Option != "" {
		option += " -d " + typed(e.Option)
	}
	return "rescuebox smartctl " + option + " " + typed(e.Ask)
}

// typed is a name as a shell takes it.
func typed(name string) string {
	q := quoting.Quoter{Style: quoting.ShellEscape}
	return string(q.Append(nil, name))
}
