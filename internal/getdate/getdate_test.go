package getdate

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// 2009-11-14 13:31:30.5 UTC
var now = time.Unix(1258205490, 500_000_000)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "2009-11-14 00:00:00",
		"@0":                              "1970-01-01 00:00:00",
		"@-1.5":                           "1969-12-31 23:59:58.5",
		"@1258205490,25":                  "2009-11-14 13:31:30.25",
		"2001-02-03":                      "2001-02-03 00:00:00",
		"2001-02-03 4:05":                 "2001-02-03 04:05:00",
		"2001-02-03T04:05:06.789Z":        "2001-02-03 04:05:06.789",
		"2001-02-03t04:05:06+02:00":       "2001-02-03 02:05:06",
		"2001-02-03 04:05 -0330":          "2001-02-03 07:35:00",
		"20010203":                        "2001-02-03 00:00:00",
		"2001/2/3":                        "2001-02-03 00:00:00",
		"2/3/2001":                        "2001-02-03 00:00:00",
		"2/3":                             "2009-02-03 00:00:00",
		"2/3/69":                          "1969-02-03 00:00:00",
		"3 Feb 2001":                      "2001-02-03 00:00:00",
		"3-feb-01":                        "2001-02-03 00:00:00",
		"February 3, 2001 10pm":           "2001-02-03 22:00:00",
		"Feb 3 10:00":                     "2009-02-03 10:00:00",
		"Sat Feb  3 04:05:06 UTC 2001":    "2001-02-03 04:05:06",
		"Sat, 03 Feb 2001 04:05:06 +0100": "2001-02-03 03:05:06",
		"12:30 am":                        "2009-11-14 00:30:00",
		"now":                             "2009-11-14 13:31:30.5",
		"today":                           "2009-11-14 13:31:30.5",
		"yesterday":                       "2009-11-13 13:31:30.5",
		"yesterday 10:00":                 "2009-11-13 10:00:00",
		"tomorrow":                        "2009-11-15 13:31:30.5",
		"3 days ago":                      "2009-11-11 13:31:30.5",
		"-3 days":                         "2009-11-11 13:31:30.5",
		"+1 week 2 hours":                 "2009-11-21 15:31:30.5",
		"1 month ago":                     "2009-10-14 13:31:30.5",
		"last year":                       "2008-11-14 13:31:30.5",
		"next fortnight":                  "2009-11-28 13:31:30.5",
		"2001-01-31 1 month":              "2001-03-03 00:00:00",
		"10:00 +2 days":                   "2009-11-16 10:00:00",
		"90 min ago":                      "2009-11-14 12:01:30.5",
		"  2001-02-03   04:05  ":          "2001-02-03 04:05:00",
	} {
		got, err := Parse(text, now, time.UTC)
		if err != nil || got.UTC().Format("2006-01-02 15:04:05.999") != want {
			t.Errorf("%q: %v, %v, want %s", text, got.UTC(), err, want)
		}
	}
	for _, bad := range []string{
		"x", "2001-02-30", "2001-13-01", "2001-00-01", "25:00", "10:60", "10:00:60", "1:2", "@", "@x", "@1x", "2001-02-03 2001-02-03",
		"10:00 11:00", "13pm", "0am", "5", "5 x", "days", "+", "- 1", "next", "feb", "feb 30", "monday", "10:00+25:00", "99999999999999999999 days",
		"@999999999999999999", "20011301", "2001-02", "1/2/", "t10:00", "@1 day", "2001-02-03 z utc", "10001 years", "ago", "é",
	} {
		if got, err := Parse(bad, now, time.UTC); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}

// Days are the calendar's: over a change of clocks too, unlike hours.
func TestZone(t *testing.T) {
	zone := time.FixedZone("", 3600)
	got, err := Parse("2001-02-03 04:05", now, zone)
	if want := time.Date(2001, 2, 3, 3, 5, 0, 0, time.UTC); err != nil || !got.Equal(want) {
		t.Error(got, err)
	}
}

// The same as coreutils' date for what does not depend on now.
func TestConfirm(t *testing.T) {
	for _, text := range []string{
		"@0", "@1258205490.25", "@-1.5", "2001-02-03", "2001-02-03 04:05:06.789", "2001-02-03T04:05:06Z", "2001-02-03 04:05 +02:00",
		"2001-02-03 04:05:06 -0330", "20010203", "2/3/2001", "2001/02/03", "2/3/70", "2/3/68", "3 feb 2001", "3-Feb-2001", "Feb 3, 2001",
		"Feb 3 2001 10:00pm", "12:30am 2001-01-01", "Sat Feb  3 04:05:06 UTC 2001", "Sat, 03 Feb 2001 04:05:06 +0100",
		"2001-01-31 1 month", "2001-01-31 1 month ago", "2000-02-29 1 year", "2001-02-03 3 days ago", "2001-02-03 -1 week",
		"2001-02-03 10:00 UTC 3 hours ago", "2001-02-03 next month", "2001-02-03 last day", "2001-02-03 yesterday", "2001-02-03 2 fortnights",
		"2001-02-03 90 min", "2001-02-03 5 secs ago", "1969-12-31 23:59:59", "2038-01-19 03:14:08", "2400-02-29", "0001-01-01",
		"2001-02-30", "2001-13-01", "25:00", "10:60", "2001-02-03 10:00:61", "@", "2001-02-03 2001-02-04", "feb 30 2001", "13pm",
		"2001-02-03 10:00 +25:00", "2001-02-03 noonish", "1 2 3 4", "10:00 11:00",
	} {
		out, err := exec.Command("env", "LC_ALL=C", "TZ=UTC", "date", "-d", text, "+%s.%N").Output()
		if _, failed := err.(*exec.ExitError); err != nil && !failed {
			t.Fatalf("date: %v: apt-get install coreutils", err)
		}
		got, ourErr := Parse(text, now, time.UTC)
		ours := strconv.FormatInt(got.Unix(), 10) + "." + strconv.Itoa(1e9 + got.Nanosecond())[1:]
		if (err == nil) != (ourErr == nil) || err == nil && ours != strings.TrimSpace(string(out)) {
			t.Errorf("%q: %s, %v; date says %s, %v", text, ours, ourErr, out, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2001-02-03T04:05:06.7Z", "Sat Feb 3 04:05 UTC 2001", "+1 week 2 hours ago", "@-5.5", "next month", "2/3/01 10pm"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Parse(text, now, time.UTC)
		again, err2 := Parse(strings.ToUpper(text), now, time.UTC)
		if strings.EqualFold(strings.ToUpper(text), text) && (err != err2 || err == nil && !got.Equal(again)) {
			t.Fatalf("%q: %v, %v; in capitals %v, %v", text, got, err, again, err2)
		}
	})
}
