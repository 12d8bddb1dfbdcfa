package b64xfer

import "strings"

// interpreters are the receivers that do all of it in what is typed.
func interpreters() []receiver {
	return append([]receiver{
		{name: "python3", needs: "python 3", inflates: true, typed: true, memory: true, xbit: "os.open, mode 0700",
			probe: `python3 -c "print(chr(65))" 2>&-`, start: typed(python("python3"))},
		{name: "python2", needs: "python 2.4 to 2.7, as python", inflates: true, typed: true, memory: true, xbit: "os.open, mode 0700",
			probe: `python -c "print(chr(65))" 2>&-`, start: typed(python("python"))},
	}, interpretersInQuotes()...)
}

// typed is the start of a receiver that is one command and no more.
func typed(command func(plan) string) func(plan) (string, []string, error) {
	return func(p plan) (string, []string, error) { return command(p), nil, nil }
}

// lineMax is the most characters of a line that is typed. The line editor of busybox
// cuts it at 1023, silently.
const lineMax = 1000

// fold joins the pieces of a command to as few lines as it can. Where a new line
// begins it puts broken, which ends in or contains the newline.
func fold(pieces []string, broken string) string {
	var b strings.Builder
	width := 1 // the space in front of the command
	for _, piece := range pieces {
		if width+len(piece)+len(broken) > lineMax {
			b.WriteString(broken)
			width = len(broken)
		}
		b.WriteString(piece)
		width += len(piece)
	}
	return b.String()
}

// pieces returns what fold may break a program into: its lines, {taken} and the
// other names filled in. Lines that are empty afterwards are left out.
func (p plan) pieces(program string) []string { return pieces(p.fill(program)) }

// pieces returns the lines of a command that are not empty.
func pieces(command string) []string {
	var out []string
	for line := range strings.Lines(strings.TrimSpace(command) + "\n") {
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// when returns the text if the condition holds, and else nothing.
func (p plan) when(condition bool, text string) string {
	if condition {
		return text
	}
	return ""
}

// taken is the condition under which Dest must not be replaced: for a careful
// transfer, for a forced one, and for one that writes no file.
func (p plan) taken(careful, forced, memory string) string {
	if p.Memory {
		return memory
	}
	return p.either(careful, forced)
}

// list writes the arguments of what is executed, each between two texts.
func (p plan) list(before, after string) string {
	text := ""
	for _, arg := range p.Args {
		text += before + arg + after
	}
	return text
}
