package survey

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"rescuebox/internal/smart/atareport"
	"rescuebox/internal/smart/passthrough"
	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/scan"
	"rescuebox/internal/smart/scsi"
)

// Target is a disk that somebody has named.
type Target struct {
	Path string
	Spec *scan.Spec // nil: to be detected
}

// Targets asks those that were named at the same time, and returns them in their order;
// all disks of the system, the worst first, if none was. The path "-" is a recording
// that is read from a stream.
func (s *Survey) Targets(ctx context.Context, targets []Target, in io.Reader) ([]*Disk, error) {
	if len(targets) == 0 {
		return s.All(ctx), nil
	}
	disks := make([]*Disk, len(targets))
	var wait sync.WaitGroup
	defer wait.Wait()
	for i, t := range targets {
		if t.Path != "-" {
			wait.Go(func() { disks[i] = s.Path(ctx, t.Path, t.Spec) })
			continue
		}
		d, err := s.recording(ctx, t.Spec, in)
		if err != nil {
			return nil, err
		}
		disks[i] = d
	}
	wait.Wait()
	return disks, nil
}

func (s *Survey) recording(ctx context.Context, spec *scan.Spec, in io.Reader) (*Disk, error) {
	text, err := io.ReadAll(io.LimitReader(in, LongestRecording))
	if err != nil {
		return nil, err
	}
	dev, err := Recorded(spec, text)
	if err != nil {
		return nil, err
	}
	q := s.Questions
	if q == nil {
		q = Enough()
	}
	return s.Ask(ctx, dev, *q, &report.Output{}), nil
}

// Within are limits with which all disks have been asked, or given up, in a time: one
// fifth of it is for finding them.
func Within(d time.Duration) passthrough.Limits {
	disk := d - d/5
	return passthrough.Limits{Command: min(disk, passthrough.DefaultLimits.Command), Disk: disk}
}

// LetSleep makes disks that sleep, as by smartctl's -n standby, be left so.
func (q *Questions) LetSleep() {
	q.ATA.PowerCheck = atareport.PowerCheck{Mode: atareport.NotInStandby, Status: 0, NoMode: -1}
	q.SCSI.Asleep, q.SCSI.AsleepStatus = scsi.Standby, 0
}

var errSpan = errors.New("not a type of device")

// ParseSpecs reads an argument of -d, in which the number of a disk may be several, as
// check_smart.pl has them: "megaraid,[0-3]".
func ParseSpecs(text string) ([]*scan.Spec, error) {
	before, rest, several := strings.Cut(text, "[")
	if !several {
		spec, err := scan.Parse(text)
		return []*scan.Spec{spec}, err
	}
	span, after, closed := strings.Cut(rest, "]")
	first, last, pair := strings.Cut(span, "-")
	const most = 256 // disks behind a controller
	from, err := strconv.ParseUint(first, 10, 8)
	to, err2 := strconv.ParseUint(last, 10, 8)
	if !closed || !pair || err != nil || err2 != nil || from > to || to >= most {
		return nil, errSpan
	}
	var specs []*scan.Spec
	for n := from; n <= to; n++ {
		spec, err := scan.Parse(before + strconv.FormatUint(n, 10) + after)
		if err != nil {
			return nil, err
		}
		specs = append(specs, spec)
	}
	return specs, nil
}
