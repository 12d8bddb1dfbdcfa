package alarm

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rescuebox/internal/nagios"
	"rescuebox/internal/smart/history"
	"rescuebox/internal/smart/host"
	"rescuebox/internal/smart/report"
	"rescuebox/internal/smart/survey"
	"rescuebox/internal/smart/verdict"
)

// disk is a healthy one, changed.
func disk(change func(*survey.Disk)) *survey.Disk {
	passed := true
	d := &survey.Disk{Path: "/dev/sda", Model: "WDC WD5000AAKS-00TMA0", Serial: "S1", Report: &report.Output{}, Host: &host.Disk{Port: "ata1"}}
	d.Evidence = verdict.Evidence{
		Device: "/dev/sda", Ask: "/dev/sda", Size: 500107862016, Identified: true, Passed: &passed, Hours: 10000, Phy: verdict.Phy{Since: -1},
		Attributes: []verdict.Attribute{{ID: 9, Name: "Power_On_Hours", Value: 90, Worst: 90, Raw: 10000}},
	}
	change(d)
	d.Judge()
	return d
}

func count(id uint8, n uint64) func(*survey.Disk) {
	return func(d *survey.Disk) {
		d.Evidence.Attributes = append(d.Evidence.Attributes, verdict.Attribute{ID: id, Value: 100, Worst: 100, Raw: n})
	}
}

// look is one run of a monitor.
type look struct {
	hours  int64 // since the first one
	boot   string
	accept bool
	change func(*survey.Disk)
	want   nagios.Status
	says   string // words of why or a note
}

func healthy(*survey.Disk) {}

func medium(n int) func(*survey.Disk) {
	return func(d *survey.Disk) { d.Evidence.Kernel.Medium = n }
}

func transport(n int) func(*survey.Disk) {
	return func(d *survey.Disk) { d.Evidence.Kernel.Transport = n }
}

// Stories of a disk, look by look, with a day for which a rise alarms.
var stories = map[string][]look{
	"good": {{0, "a", false, healthy, nagios.OK, ""}, {100, "a", false, healthy, nagios.OK, ""}},
	"few reallocated ones": {
		{0, "a", false, count(5, 3), nagios.OK, ""},
		{1, "a", false, count(5, 3), nagios.OK, ""},
		{2, "a", false, count(5, 4), nagios.Warning, "reallocated rose from 3 to 4"},
		{25, "a", false, count(5, 4), nagios.Warning, "reallocated rose"},
		{27, "a", false, count(5, 4), nagios.OK, ""},
		{28, "a", false, count(5, 18), nagios.Critical, "reallocated sectors: 18"},
		{54, "a", false, count(5, 18), nagios.Warning, "reallocated sectors: 18"},
	},
	"pending": {
		{0, "a", false, count(197, 2), nagios.Critical, "waiting to be reallocated: 2"},
		{23, "a", false, count(197, 2), nagios.Critical, "waiting"},
		{25, "a", false, count(197, 2), nagios.Warning, "waiting"},
		{26, "a", true, count(197, 2), nagios.OK, "waiting"},
		{27, "a", false, count(197, 2), nagios.OK, "waiting"},
		{28, "a", false, count(197, 3), nagios.Critical, "waiting to be reallocated: 3"},
		{60, "a", false, count(197, 0), nagios.OK, ""},
		{61, "a", false, count(197, 1), nagios.Critical, "waiting"}, // what was accepted is forgotten
	},
	"so many pending that it fails": {
		{0, "a", true, count(197, 529), nagios.Critical, "529"},
		{100, "a", true, count(197, 529), nagios.Critical, "529"},
	},
	"an old cable": {
		{0, "a", false, count(199, 70), nagios.OK, ""},
		{1, "a", false, count(199, 70), nagios.OK, ""},
		{2, "a", false, count(199, 75), nagios.Warning, "on its cable since it was last looked at: 5"},
		{3, "a", false, count(199, 75), nagios.Warning, "on its cable"},
		{27, "a", false, count(199, 75), nagios.OK, ""},
	},
	"the kernel's errors, until it starts anew": {
		{0, "a", false, medium(2), nagios.Critical, "failed in the medium: 2"},
		{30, "a", false, medium(2), nagios.Warning, "failed in the medium"},
		{31, "b", false, medium(1), nagios.Critical, "failed in the medium: 1"},
		{70, "c", false, healthy, nagios.OK, ""},
	},
	"resets of the link": {
		{0, "a", false, transport(2), nagios.Warning, "resets of its link: 2"},
		{30, "a", false, transport(2), nagios.OK, "resets of its link"},
		{31, "a", false, transport(3), nagios.Warning, "resets of its link: 3"},
	},
	"failing by its own word": {
		{0, "a", true, func(d *survey.Disk) { *d.Evidence.Passed = false }, nagios.Critical, "says itself"},
		{100, "a", true, func(d *survey.Disk) { *d.Evidence.Passed = false }, nagios.Critical, "says itself"},
	},
	"a failed self-test is no count": {
		{0, "a", true, func(d *survey.Disk) { d.Evidence.Tests = []verdict.Test{{Kind: "short", Failed: true}} }, nagios.Critical, "self-test failed"},
		{100, "a", true, func(d *survey.Disk) { d.Evidence.Tests = []verdict.Test{{Kind: "short", Failed: true}} }, nagios.Critical, "self-test failed"},
	},
	"it stops to answer": {
		{0, "a", false, count(199, 70), nagios.OK, ""},
		{1, "a", false, func(d *survey.Disk) {
			d.Evidence = verdict.Evidence{Device: "/dev/sda", Silent: 15 * time.Second}
			d.Model = "WDC WD5000AAKS-0"
		}, nagios.Critical, "no answer"},
		{2, "a", false, count(199, 71), nagios.Warning, "cable since it was last looked at: 1"},
	},
	"worn": {{0, "a", false, func(d *survey.Disk) { d.Evidence.NVMe = &verdict.NVMe{Used: 95, Spare: 100} }, nagios.Warning, "95 %"}},
	"not allowed": {{0, "a", false, func(d *survey.Disk) {
		d.Evidence = verdict.Evidence{Unopened: "it cannot be opened: Permission denied"}
	}, nagios.Unknown, "Permission denied"}},
	"asleep":  {{0, "a", false, func(d *survey.Disk) { d.Evidence.Asleep = true }, nagios.OK, "sleeps"}},
	"virtual": {{0, "a", false, func(d *survey.Disk) { d.Evidence.Virtual = true }, nagios.OK, "virtual"}},
	"virtual, and its errors": {
		{0, "a", false, func(d *survey.Disk) { d.Evidence.Virtual = true; medium(1)(d) }, nagios.Critical, "failed in the medium"},
		{1, "a", true, func(d *survey.Disk) { d.Evidence.Virtual = true; medium(1)(d) }, nagios.OK, "failed in the medium"},
	},
}

func TestStories(t *testing.T) {
	start := time.Unix(1700000000, 0)
	for name, looks := range stories {
		h := &history.History{}
		for i, l := range looks {
			saved, err := history.Parse(string(h.Append(nil)))
			if err != nil {
				t.Fatal(err)
			}
			h = saved
			r := Rules{History: h, Boot: l.boot, Now: start.Add(time.Duration(l.hours) * time.Hour), Hold: 24 * time.Hour, Accept: l.accept, All: true}
			results := r.Judge([]*survey.Disk{disk(l.change)})
			res := results[0]
			said := res.Why + "; " + strings.Join(res.Notes, "; ")
			if len(results) != 1 || res.Status != l.want || !strings.Contains(said, l.says) || l.want != nagios.OK && said == "; " {
				t.Errorf("%s, look %d: %v %q\nwant %v %q", name, i+1, res.Status, said, l.want, l.says)
			}
		}
	}
}

// Without a history every count is news.
func TestNoHistory(t *testing.T) {
	for _, c := range []struct {
		change func(*survey.Disk)
		want   nagios.Status
	}{
		{healthy, nagios.OK}, {count(5, 4), nagios.OK}, {count(197, 1), nagios.Critical}, {count(199, 70), nagios.OK}, {transport(1), nagios.Warning},
		{func(d *survey.Disk) { d.Evidence.Virtual = true }, nagios.Unknown},
	} {
		r := Rules{Now: time.Unix(1700000000, 0), Hold: time.Hour}
		d := disk(c.change)
		if got := r.Judge([]*survey.Disk{d}); len(got) != 1 || got[0].Status != c.want {
			t.Errorf("%+v: %+v", d.Evidence, got)
		}
	}
}

// A disk that falls off its bus leaves nothing to ask.
func TestGone(t *testing.T) {
	h := &history.History{}
	hour := int64(0)
	check := func(r Rules, disks ...*survey.Disk) string {
		t.Helper()
		hour++
		r.History, r.Now, r.Hold = h, time.Unix(1700000000+3600*hour, 0), 24*time.Hour
		var labels []string
		for _, res := range r.Judge(disks) {
			if res.Disk == nil {
				labels = append(labels, res.Label+" "+res.Status.String())
				if !strings.Contains(res.Why, "gone since 20") {
					t.Error(res.Why)
				}
			}
		}
		return strings.Join(labels, ", ")
	}
	a := func() *survey.Disk { return disk(healthy) }
	b := func() *survey.Disk {
		return disk(func(d *survey.Disk) { d.Path, d.Serial, d.Host.Port = "/dev/sdb", "S2", "ata2" })
	}
	stick := func() *survey.Disk {
		return disk(func(d *survey.Disk) { d.Path, d.Serial, d.Host.Port = "/dev/sdc", "S3", "usb 1-4" })
	}
	all := Rules{All: true}
	for i, got := range []string{
		check(all, a(), b(), stick()),
		check(all, a(), b()), // the stick may go
		check(all, a()),
		check(all, a()), // and it stays gone
		check(Rules{}, a()),
		check(Rules{All: true, Skip: func(path, label, serial string) bool { return label == "sdb" && path == "/dev/sdb" && serial == "S2" }}, a()),
		check(all, a(), disk(func(d *survey.Disk) { d.Path, d.Serial, d.Model = "/dev/sdb", "", "" })), // something is there
		check(Rules{All: true, Accept: true}, a()),
		check(all, a()),
		check(all, b()),
	} {
		if want := []string{"", "", "sdb CRITICAL", "sdb CRITICAL", "", "", "", "", "", "sda CRITICAL"}[i]; got != want {
			t.Errorf("look %d: %q, want %q", i+1, got, want)
		}
	}
}

func TestLimits(t *testing.T) {
	var limits []*Limit
	for _, l := range []struct {
		text   string
		status nagios.Status
	}{
		{"40,used=80", nagios.Warning}, {"temperature=60,Power_On_Hours=50000,pending=5,9=9000,nothing=1", nagios.Critical},
	} {
		more, err := ParseLimits(l.text, l.status)
		if err != nil {
			t.Fatal(err)
		}
		limits = append(limits, more...)
	}
	d := disk(func(d *survey.Disk) {
		count(197, 0)(d)
		d.Report.JSON.At("temperature", "current").Int(45)
		d.Evidence.NVMe = &verdict.NVMe{Used: 3, Spare: 100}
	})
	r := Rules{Now: time.Unix(1700000000, 0), Limits: limits}
	res := r.Judge([]*survey.Disk{d})[0]
	const want = "temperature=45;40;60 power_on_hours=10000c used=3%;80 spare=100% pending=0;;5 media_errors=0c kernel_medium_errors=0c kernel_link_errors=0c Power_On_Hours=10000;;50000 9=10000;;9000"
	if got := nagios.Perfdata(res.Values); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if notes := []string{"temperature is 45 (WARNING threshold 40)", "9 is 10000 (CRITICAL threshold 9000)"}; res.Status != nagios.Critical || !slices.Equal(res.Notes, notes) {
		t.Errorf("%+v", res)
	}
	for _, l := range limits {
		if l.Used() != (l.Name != "nothing") {
			t.Errorf("%+v", l)
		}
	}
	for _, bad := range []string{"", "x", "=5", "temperature=", "5,", "a=b=c"} {
		if _, err := ParseLimits(bad, nagios.Warning); err == nil {
			t.Errorf("%q", bad)
		}
	}
}
