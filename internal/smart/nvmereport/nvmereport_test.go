package nvmereport_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"rescuebox/internal/smart/command"
	"rescuebox/internal/smart/nvme"
	"rescuebox/internal/smart/nvmereport"
	"rescuebox/internal/smart/replay"
	"rescuebox/internal/smart/report"
)

func run(t *testing.T, d *disk, o nvmereport.Options) *report.Output {
	t.Helper()
	device, err := replay.ParseNVMe(d.exchanges())
	if err != nil {
		t.Fatal(err)
	}
	var out report.Output
	if err := nvmereport.Run(context.Background(), device, o, &out); err != nil {
		t.Error(err)
	}
	return &out
}

// What smartctl 7.5 prints; Debian's 7.3, which the other tests ask, has no self-tests.
func TestSelfTests(t *testing.T) {
	v := variants()
	const busy = "Can't start self-test without aborting current test (42% completed)\nUse smartctl -X to abort test\n"
	for _, c := range []struct {
		disk   string
		nsid   uint32
		code   nvme.TestCode
		want   string
		status report.Status
	}{
		{"healthy", 1, nvme.ShortTest, "Self-test has begun (NSID 0x1)\nUse smartctl -X to abort test\n", 0},
		{"healthy", 0, nvme.ExtendedTest, "Self-test has begun (NSID 0xffffffff)\nUse smartctl -X to abort test\n", 0},
		{"healthy", 1, nvme.AbortTest, "Self-test aborted! (NSID 0x1)\n", 0},
		{"healthy", 1, nvme.VendorTest, "NVMe Self-test cmd with type=0xe, nsid=0x1 failed: Invalid Field in Command (0x4002)\n\n", report.ReadFailed},
		{"self-test running", 1, nvme.ShortTest, busy, report.ReadFailed},
		{"self-test running", 1, nvme.AbortTest, "Self-test aborted! (NSID 0x1)\n", 0},
		{"no self-tests", 1, nvme.ShortTest, "Self-tests not supported\n\n", 0},
		{"no test log", 1, nvme.ShortTest, "Read Self-test Log failed: Invalid Log Page (0x4109)\n\n", report.ReadFailed},
	} {
		out := run(t, v[c.disk], nvmereport.Options{NSID: c.nsid, Test: c.code})
		if out.Text.String() != c.want || out.Status != c.status {
			t.Errorf("%s, test %d: %q, status %d", c.disk, c.code, out.Text.String(), out.Status)
		}
	}
	const table = `Self-test Log (NVMe Log 0x06, NSID 0xffffffff)
Self-test status: Extended self-test in progress (42% completed)
Num  Test_Description  Status                       Power_on_Hours  Failing_LBA  NSID Seg SCT Code
 0   Extended          Completed: failed segments               99        12345     1   3 0x2 0x81

`
	out := run(t, v["self-test running"], nvmereport.Options{NSID: 1, SelfTestLog: true})
	if got := out.Text.String(); !strings.HasSuffix(got, table) {
		t.Errorf("%s", got)
	}
}

func TestWarnings(t *testing.T) {
	out := run(t, variants()["warning 3"], nvmereport.Options{Health: true})
	if out.Status != report.Failing || !strings.Contains(out.Text.String(), "FAILED!\n- media has been placed in read only mode\n") {
		t.Errorf("status %d\n%s", out.Status, out.Text.String())
	}
}

// The units are the manufacturer's where they are told, and larger ones than fit are cut.
func TestCounters(t *testing.T) {
	var doc struct {
		Log struct {
			Reads  json.Number `json:"data_units_written"`
			Text   string      `json:"data_units_written_s"`
			Bytes  []int       `json:"host_reads_le"`
			Sensor []*int      `json:"temperature_sensors"`
		} `json:"nvme_smart_health_information_log"`
	}
	d := newDisk()
	count(d.health[48:], 1, 0)
	count(d.health[64:], 1<<63, 1)
	le.PutUint16(d.health[200:], 0)
	le.PutUint16(d.health[202:], 0xffff)
	out := run(t, d, nvmereport.Options{Attributes: true})
	if err := json.Unmarshal(out.JSON.Bytes(""), &doc); err != nil {
		t.Fatal(err)
	}
	l := doc.Log
	if l.Reads != "18446744073709551616" || l.Text != "18446744073709551616" || len(l.Bytes) != 16 || l.Bytes[15] != 0x80 {
		t.Errorf("%+v", l)
	}
	if len(l.Sensor) != 2 || l.Sensor[0] != nil || *l.Sensor[1] != 65262 {
		t.Errorf("%v", l.Sensor)
	}
}

// wedged answers only so many commands.
type wedged struct {
	answers, asked int
	device         command.NVMeDevice
}

var errWedged = errors.New("no answer in 1 s")

func (w *wedged) NVMe(ctx context.Context, c *command.NVMe) (uint32, error) {
	if w.asked++; w.asked > w.answers {
		return 0, errWedged
	}
	return w.device.NVMe(ctx, c)
}

// A device that does not come back is not asked again: each command takes its whole time.
func TestWedged(t *testing.T) {
	for answers := range 5 {
		device, err := replay.ParseNVMe(newDisk().exchanges())
		if err != nil {
			t.Fatal(err)
		}
		w := &wedged{answers: answers, device: device}
		o := nvmereport.Options{NSID: 1, Now: time.Now(), Test: nvme.ShortTest}
		o.All()
		var out report.Output
		err = nvmereport.Run(context.Background(), w, o, &out)
		if !errors.Is(err, errWedged) || w.asked != answers+1 {
			t.Errorf("after %d answers it was asked %d times; %v", answers, w.asked, err)
		}
		if out.Status&(report.OpenFailed|report.ReadFailed) == 0 || !strings.Contains(out.Text.String(), "failed: no answer in 1 s\n") {
			t.Errorf("after %d answers: status %d\n%s", answers, out.Status, out.Text.String())
		}
	}
}

// NVMe answers without a recording, which takes its time to be read.
func (d *disk) NVMe(_ context.Context, c *command.NVMe) (uint32, error) {
	page := map[byte][]byte{nvme.LogHealth: d.health, nvme.LogErrors: d.errors, nvme.LogSelfTest: d.testes}[byte(c.CDW[0])]
	if c.Opcode == 6 {
		page = [][]byte{d.namespace, d.controller}[c.CDW[0]]
	}
	copy(c.Data, page)
	return 0, nil
}

// FuzzNVMe reports whatever the pages of a device are.
func FuzzNVMe(f *testing.F) {
	for _, d := range variants() {
		f.Add(d.controller[:600], d.controller[2048:2208], d.namespace[:200], d.health, d.errors[:256], d.testes)
	}
	f.Fuzz(func(t *testing.T, controller, states, namespace, health, log, tests []byte) {
		d := newDisk()
		clear(d.controller)
		copy(d.controller, controller)
		copy(d.controller[2048:], states)
		clear(d.namespace)
		copy(d.namespace, namespace)
		copy(d.health, health)
		copy(d.errors, log)
		copy(d.testes, tests)
		o := nvmereport.Options{NSID: 1, Dumps: []nvmereport.Dump{{Page: 0xc0, Size: 256}}}
		o.All()
		var out report.Output
		if err := nvmereport.Run(context.Background(), d, o, &out); err != nil {
			t.Error(err)
		}
		if doc := out.JSON.Bytes(""); !json.Valid(doc) {
			t.Errorf("%s", doc)
		}
		nvme.ParseErrors(log)
		_, _ = nvme.ParseController(controller)
		_, _ = nvme.ParseNamespace(namespace)
		_, _ = nvme.ParseHealth(health)
		_, _ = nvme.ParseSelfTests(tests)
	})
}
