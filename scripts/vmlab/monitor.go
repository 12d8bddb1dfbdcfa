package vmlab

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"time"
)

// command is one of the QEMU Machine Protocol (docs/interop/qmp-spec.txt).
type command struct {
	Execute   string         `json:"execute"`
	Arguments map[string]any `json:"arguments,omitempty"`
}

// warnings are the commands that make NVMe disks warn.
func warnings(disks []Disk) (list []command) {
	for i, d := range disks {
		if d.Critical != 0 {
			list = append(list, command{"qom-set", map[string]any{
				"path": "/machine/peripheral/" + nvmeID(i), "property": "smart_critical_warning", "value": d.Critical,
			}})
		}
	}
	return list
}

// set gives the commands to the monitor of a machine that is starting.
func set(ctx context.Context, socket string, list []command) error {
	const patience, pause = 20 * time.Second, 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var dialer net.Dialer
	for {
		monitor, err := dialer.DialContext(ctx, "unix", socket)
		if err == nil {
			defer monitor.Close()
			return tell(monitor, list)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

func tell(monitor net.Conn, list []command) error {
	out, in := json.NewEncoder(monitor), json.NewDecoder(monitor)
	for _, c := range append([]command{{Execute: "qmp_capabilities"}}, list...) {
		if err := out.Encode(c); err != nil {
			return err
		}
		// The greeting and events come between.
		for {
			var answer struct {
				Return json.RawMessage
				Error  *struct{ Desc string }
			}
			if err := in.Decode(&answer); err != nil {
				return err
			}
			if answer.Error != nil {
				return errors.New(answer.Error.Desc)
			}
			if answer.Return != nil {
				break
			}
		}
	}
	return nil
}
