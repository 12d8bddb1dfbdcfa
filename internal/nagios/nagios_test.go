package nagios

import "testing"

// The rows of the guidelines' table, and more.
func TestRange(t *testing.T) {
	for _, c := range []struct {
		text      string
		alarm, ok []float64
	}{
		{"10", []float64{-0.1, -1, 10.5, 11}, []float64{0, 5, 10}},
		{"10:", []float64{9.9, -10}, []float64{10, 1e18}},
		{":10", []float64{-1, 11}, []float64{0, 10}},
		{"~:10", []float64{10.1}, []float64{-1e18, 10}},
		{"10:20", []float64{9, 21}, []float64{10, 15, 20}},
		{"@10:20", []float64{10, 15, 20}, []float64{9, 21}},
		{"@10", []float64{0, 10}, []float64{-1, 11}},
		{"@~:0", []float64{-5, 0}, []float64{1}},
		{"-5:5.5", []float64{-6, 6}, []float64{-5, 5.5}},
		{"", nil, []float64{0, 1, -1}},
	} {
		var r Range
		if c.text != "" {
			var err error
			if r, err = ParseRange(c.text); err != nil {
				t.Error(c.text, err)
			}
		}
		for _, v := range c.alarm {
			if !r.Alarms(v) {
				t.Errorf("%s does not alarm at %v", c.text, v)
			}
		}
		for _, v := range c.ok {
			if r.Alarms(v) {
				t.Errorf("%s alarms at %v", c.text, v)
			}
		}
		if r.String() != c.text {
			t.Errorf("%q is %q", c.text, r)
		}
	}
	for _, bad := range []string{"", "@", "x", "20:10", "1:2:3", "1,5", "NaN", "1:Inf", "10:~", "@@1"} {
		if r, err := ParseRange(bad); err == nil {
			t.Errorf("%q: %+v", bad, r)
		}
	}
}

func TestWorse(t *testing.T) {
	order := []Status{OK, Unknown, Warning, Critical}
	for i, a := range order {
		for j, b := range order {
			if got := a.Worse(b); got != order[max(i, j)] {
				t.Errorf("%v and %v: %v", a, b, got)
			}
		}
	}
	if Critical.String() != "CRITICAL" || int(Unknown) != 3 {
		t.Error("names or numbers")
	}
}

func TestPerfdata(t *testing.T) {
	warm, _ := ParseRange("50")
	hot, _ := ParseRange("@60:")
	got := Perfdata([]Value{
		{Label: "temperature", Value: 40, Warning: warm, Critical: hot}, {Label: "used", Value: 3, Unit: "%", Critical: hot},
		{Label: "a b'=|c", Value: -1}, {Label: "pending", Value: 7, Unit: "c", Warning: warm},
	})
	if want := "temperature=40;50;@60: used=3%;;@60: 'a b__/c'=-1 pending=7c;50"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := Text("a|b\nc\x1b[2J\u0085é"); got != "a/b c [2J é" {
		t.Errorf("%q", got)
	}
}
