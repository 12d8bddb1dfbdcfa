package sending

import (
	"context"
	"io"
	"os"
	"strconv"

	"rescuebox/b64xfer"
	"rescuebox/b64xfer/kits"
	"rescuebox/internal/applet"
	"rescuebox/internal/getopt"
	"rescuebox/internal/jsonw"
	"rescuebox/internal/sha256"
)

// List is b64xfer list.
var List = applet.Applet{Name: "list", Usage: listUsage, Run: runList}

const listUsage = `usage: b64xfer list [--json]

Show the packed toolboxes that this file carries for other hosts: how large they
are, how many characters a paste of each takes (with python3; base64 and stage0
some thousand more), and how long.

    --json  for scripts: bytes, characters, sha256

EXIT STATUS
    0  shown
    1  this file carries none ("make full" builds one that does)

EXAMPLES
    b64xfer list
    b64xfer send --arch arm64 --to python3
`

func runList(_ context.Context, s applet.Streams, args []string) error {
	const optJSON = getopt.LongOnly
	asJSON := false
	p := getopt.New([]getopt.Option{{Short: optJSON, Long: "json"}}, args)
	for p.Next() {
		asJSON = true
	}
	if err := p.Err(); err != nil {
		return &applet.UsageError{Err: err}
	}
	if len(p.Operands()) > 0 {
		return applet.Usage(1, "list takes no operand")
	}
	self, err := s.Self()
	if err != nil {
		return err
	}
	f, err := os.Open(self)
	if err != nil {
		return err
	}
	defer f.Close()
	all, err := kits.List(f)
	if err != nil {
		return err
	}
	if len(all) == 0 && !asJSON {
		s.Reporter().Note("this file carries no kits; send packs the file itself")
		return applet.Exit(1)
	}
	text, err := table(f, all, asJSON)
	if err != nil {
		return err
	}
	_, err = io.WriteString(s.Out, text)
	return err
}

func table(f io.ReaderAt, all []kits.Kit, asJSON bool) (string, error) {
	var j jsonw.Writer
	j.Object()
	j.Key("kits").Array()
	text := pad("arch", 8) + pad("packed", 10) + pad("unpacked", 10) + pad("characters", 12) + "times\n"
	for _, k := range all {
		content, err := k.Read(f)
		if err != nil {
			return "", err
		}
		t, err := b64xfer.New("python3", content, b64xfer.Options{Dest: "/tmp/rb", Arch: k.Arch})
		if err != nil {
			return "", err
		}
		n := t.Characters + int64(len(t.Command)) + 1
		text += pad(k.Arch, 8) + pad(strconv.FormatInt(k.Size, 10), 10) + pad(strconv.FormatInt(k.Unpacked, 10), 10) +
			pad(strconv.FormatInt(n, 10), 12) + times(n) + "\n"
		j.Object()
		j.Key("arch").String(k.Arch)
		j.Key("packed").Int(k.Size)
		j.Key("unpacked").Int(k.Unpacked)
		j.Key("characters").Int(n)
		j.Key("sha256").String(sha256.Hex(sha256.Sum256(content)))
		j.EndObject()
	}
	j.EndArray()
	j.EndObject()
	if asJSON {
		return string(j.Bytes()) + "\n", nil
	}
	return text, nil
}

func pad(text string, width int) string {
	for len(text) < width {
		text += " "
	}
	return text
}
