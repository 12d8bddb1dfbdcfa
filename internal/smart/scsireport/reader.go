package scsireport

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/scsi"
)

// reader asks a device, and asks no more when a command did not come back: each more
// would cost its time limit.
type reader struct {
	ctx  context.Context
	dev  command.SCSIDevice
	dead error
	ten  bool // MODE SENSE of 6 bytes is not known
}

// senseError is a command that ended with CHECK CONDITION.
type senseError struct{ scsi.Sense }

// Error is what smartctl calls it, where it does.
func (e senseError) Error() string {
	s := e.Sense
	switch {
	case s.Key == scsi.NotReady && s.ASC == 0x3a:
		return "no medium present"
	case s.Key == scsi.NotReady:
		return "device not ready"
	case s.Key == scsi.MediumError, s.Key == scsi.HardwareError:
		return "medium or hardware error (serious)"
	case s.Key == scsi.IllegalRequest && s.ASC == 0x20:
		return "unsupported scsi opcode"
	case s.Key == scsi.IllegalRequest && s.ASC == 0x24:
		return "unsupported field in scsi command"
	case s.Key == scsi.IllegalRequest && s.ASC == 0x26:
		return "badly formed scsi parameters"
	}
	return scsi.KeyName(s.Key) + ", additional sense " + hex(uint64(s.ASC)) + "/" + hex(uint64(s.ASCQ))
}

// statusError is a status that is neither GOOD nor CHECK CONDITION (SAM-5, 5.3.1).
type statusError byte

func (e statusError) Error() string { return "SCSI status " + hex(uint64(e)) }

// errInsane is an answer that is none.
var errInsane = errors.New("scsi response fails sanity test")

// attempts is how often a command is given that a unit attention ends, which only tells
// that something has happened before.
const attempts = 3

// do gives a command and returns the data that came.
func (r *reader) do(c *command.SCSI) ([]byte, error) {
	var last error
	for range attempts {
		if r.dead != nil {
			return nil, r.dead
		}
		reply, err := r.dev.SCSI(r.ctx, c)
		if err != nil {
			r.dead = err
			return nil, err
		}
		data := c.Data[:max(0, min(reply.Got, len(c.Data)))]
		switch sense := scsi.ParseSense(reply.Sense); {
		case reply.Status == 0:
			return data, nil
		case reply.Status != 2:
			return nil, statusError(reply.Status)
		case !sense.Failed():
			return data, nil
		case sense.Key != scsi.UnitAttention:
			return nil, senseError{sense}
		default:
			last = senseError{sense}
		}
	}
	return nil, last
}

// ask gives a command and decodes its data.
func ask[T any](r *reader, c *command.SCSI, parse func([]byte) (T, error)) answer[T] {
	a := answer[T]{Asked: true}
	b, err := r.do(c)
	if err == nil {
		if a.Value, err = parse(b); err != nil {
			err = errInsane
		}
	}
	a.Err = err
	return a
}

// vpd asks for a page of vital product data.
func vpd[T any](r *reader, page byte, size int, parse func([]byte) (T, error)) answer[T] {
	return ask(r, scsi.VPD(page, size), func(b []byte) (T, error) {
		body, err := scsi.ParseVPD(page, b)
		if err != nil {
			var none T
			return none, err
		}
		return parse(body)
	})
}

// modeData asks for a mode page, with the command that the device knows.
func (r *reader) modeData(page byte, control scsi.ModeControl) ([]byte, scsi.ModePage, error) {
	var b []byte
	var err error
	if !r.ten {
		b, err = r.do(scsi.ModeSense6(page, control))
		var sense senseError
		if errors.As(err, &sense) && sense.Key == scsi.IllegalRequest && sense.ASC == 0x20 {
			if b, err = r.do(scsi.ModeSense10(page, control)); err == nil {
				r.ten = true
				return r.found(b, page)
			}
		}
	} else {
		b, err = r.do(scsi.ModeSense10(page, control))
	}
	if err != nil {
		return nil, scsi.ModePage{}, err
	}
	return r.found(b, page)
}

func (r *reader) found(b []byte, page byte) ([]byte, scsi.ModePage, error) {
	p, err := scsi.ParseMode(r.ten, page, b)
	if err != nil {
		err = errInsane
	}
	return b, p, err
}

func mode[T any](r *reader, page byte, parse func(scsi.ModePage) (T, error)) answer[T] {
	a := answer[T]{Asked: true}
	_, p, err := r.modeData(page, scsi.Current)
	if err == nil {
		if a.Value, err = parse(p); err != nil {
			err = errInsane
		}
	}
	a.Err = err
	return a
}

// anyLength is a length of log pages that devices know from their first standards on.
const anyLength = 252

// logData asks for the head of a log page, and then for all of it.
func (r *reader) logData(page, subpage byte) ([]byte, error) {
	head, err := r.do(scsi.LogSense(page, subpage, 4))
	if err != nil {
		return nil, err
	}
	length, err := scsi.LogLength(page, subpage, head)
	if err != nil {
		return nil, errInsane
	}
	if length == len(head) {
		return head, nil
	}
	// There are devices that do not like odd lengths, and some that tell too large ones.
	b, err := r.do(scsi.LogSense(page, subpage, min(length+length&1, 0xfffe)))
	var sense senseError
	if errors.As(err, &sense) && sense.Key == scsi.IllegalRequest && length > anyLength {
		return r.do(scsi.LogSense(page, subpage, anyLength))
	}
	return b, err
}

func log[T any](r *reader, page, subpage byte, parse func([]byte) (T, error)) answer[T] {
	a := answer[T]{Asked: true}
	b, err := r.logData(page, subpage)
	if err == nil {
		if a.Value, err = parse(b); err != nil {
			err = errInsane
		}
	}
	a.Err = err
	return a
}

// has reports whether there is a log page.
func (r *run) has(page byte) bool { return slices.Contains(r.p.Logs, page) }

// disk reports whether the device has blocks that are written anywhere (SPC-4, 6.6.2).
// Others have other pages with the same numbers.
func (r *run) disk() bool {
	return slices.Contains([]byte{0, 20}, r.p.Inquiry.Value.Type)
}

// readLogList asks which log pages there are.
func (r *run) readLogList() {
	if a := log(&r.reader, scsi.LogSupported, 0, scsi.ParseSupported); a.OK() {
		r.p.Logs = a.Value
	}
}

func hex(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }

func decimal[T ~uint8 | ~uint16 | ~uint32 | ~uint64](v T) string {
	return strconv.FormatUint(uint64(v), 10)
}
