package intake

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rescuebox/b64xfer/wire"
)

func content(size int) []byte {
	b := make([]byte, size)
	r := rand.NewChaCha8([32]byte{byte(size)})
	r.Read(b)
	return b
}

func feed(in *Intake, text string) (ends int) {
	for line := range strings.SplitSeq(text, "\n") {
		if kind, _ := in.Line([]byte(line)); kind == End {
			ends++
		}
	}
	return ends
}

func payload(content []byte, chunk int) string {
	h := wire.Describe(content, "/tmp/rb")
	h.Chunk = chunk
	return strings.Join(slices.Collect(wire.Lines(h, content)), "\n") + "\n"
}

// wrap cuts lines at a width, as a terminal shows them.
func wrap(text string, width int, pad bool) string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		for ; len(line) > width; line = line[width:] {
			out = append(out, line[:width])
		}
		if pad {
			line += strings.Repeat(" ", width-len(line))
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func TestForms(t *testing.T) {
	whole := content(20000)
	long, short := payload(whole, wire.ChunkSize), payload(whole, 47)
	shell := " (D=/tmp/rb;Q=$D.s1;...)\nREADY\n1:5:AAAAA\n2:960:f0VMRgIBAQ\n..\n.\n"
	for name, text := range map[string]string{
		"as it is":       long,
		"short lines":    short,
		"returns":        strings.ReplaceAll(long, "\n", "\r\n"),
		"behind a shell": shell + long,
		"prompts":        "root@luna:~# rescuebox b64xfer get /etc/fstab\nb64xfer: 20000 bytes\n" + long + "root@luna:~# \n",
		"80 columns":     wrap(long, 80, false),
		"80, padded":     wrap(long, 80, true),
		"132 columns":    wrap(long, 132, false),
		"coloured":       "\x1b[?2004l\x1b[1m" + strings.ReplaceAll(long, "\n", "\x1b[0m\n\x1b]0;title\x07"),
		"bracketed":      "\x1b[200~" + long + "\x1b[201~",
		"indented":       strings.ReplaceAll(long, "\n", "\n    "),
		"noise inside":   strings.ReplaceAll(short, "\n", "\n[ 17.3] usb 1-1: new device\n"),
		"twice":          long + long,
	} {
		t.Run(name, func(t *testing.T) {
			var in Intake
			ends := feed(&in, text)
			got, ok := in.Content()
			if !ok || !bytes.Equal(got, whole) || ends < 1 {
				t.Errorf("%t, %d bytes, missing %s, %d ends", ok, len(got), in.Missing(), ends)
			}
		})
	}
}

// Two bad copies make a good one.
func TestTwoCopies(t *testing.T) {
	whole := content(20000)
	lines := strings.Split(payload(whole, wire.ChunkSize), "\n")
	var in Intake
	one, two := slices.Clone(lines), slices.Clone(lines)
	one[3], one[9] = "garbage", one[9][:40]
	two[4], two[10] = "", strings.Replace(two[10], "A", "B", 1)
	feed(&in, strings.Join(one, "\n"))
	if in.Missing().String() != "3,9" {
		t.Errorf("missing %s", in.Missing())
	}
	feed(&in, strings.Join(two, "\n"))
	if got, ok := in.Content(); !ok || !bytes.Equal(got, whole) {
		t.Errorf("missing %s", in.Missing())
	}
}

// The line to run the file ends a payload whose end was lost; before a payload it is
// noise.
func TestLostEnd(t *testing.T) {
	var in Intake
	if kind, _ := in.Line([]byte(" /tmp/rb --selfcheck")); kind != Noise {
		t.Errorf("kind %d", kind)
	}
	feed(&in, strings.TrimSuffix(payload(content(100), 50), ".\n"))
	if kind, _ := in.Line([]byte(" /tmp/rb --selfcheck")); kind != End {
		t.Errorf("kind %d", kind)
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte(payload([]byte("some content"), 5)))
	f.Add([]byte(wrap(payload(content(500), wire.ChunkSize), 80, true)))
	f.Add([]byte("\x1b[0m1:AAAA\x1b]0;x\x1b\\\n.\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var in Intake
		feed(&in, string(text))
		if got, ok := in.Content(); ok {
			if h, _ := in.Header(); int64(len(got)) != h.Size {
				t.Errorf("%d bytes, not %d", len(got), h.Size)
			}
		}
	})
}
