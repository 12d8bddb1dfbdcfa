package survey

import (
	"bytes"
	"errors"

	"rescuebox/internal/smart/replay"
	"rescuebox/internal/smart/scan"
)

// LongestRecording is how many bytes a recording has at most: a report of a disk has
// less.
const LongestRecording = 16 << 20

// Recorded makes a device of a recording, whose form a nil Spec leaves to be detected.
func Recorded(spec *scan.Spec, text []byte) (*scan.Device, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, errors.New("<stdin>: Unexpected EOF")
	}
	d := scan.Recorded()
	var err error
	switch kind := recording(spec, text); kind {
	case "nvme":
		d.Type = kind
		d.NVMe, err = replay.ParseNVMe(text)
	case "scsi":
		d.Type = kind
		d.SCSI, err = replay.ParseSCSI(text)
	default:
		d.ATA, err = replay.ParseATA(text)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// nvmeBytes is how many a recorded command of NVMe has.
const nvmeBytes = 29

// recording tells the three forms of recordings apart: ours of SCSI and NVMe have bars
// between their fields, and a command of NVMe is longer than any of SCSI.
func recording(spec *scan.Spec, text []byte) string {
	if spec != nil {
		return spec.String()
	}
	if bytes.HasPrefix(text, []byte("IDFY")) { // bytes, among which may be a bar
		return "ata"
	}
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		first, _, found := bytes.Cut(line, []byte("|"))
		switch digits := len(first) - bytes.Count(first, []byte(" ")); {
		case !found:
			return "ata"
		case digits == 2*nvmeBytes:
			return "nvme"
		}
		return "scsi"
	}
	return "ata"
}
