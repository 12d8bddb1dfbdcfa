package strftime

import (
	"os/exec"
	"strconv"
	"testing"
	"time"
)

const all = "%a|%A|%b|%B|%c|%C|%d|%D|%e|%F|%g|%G|%h|%H|%I|%j|%k|%l|%m|%M|%n|%N|%p|%P|%r|%R|%s|%S|%t|%T|%u|%U|%V|%w|%W|%x|%X|%y|%Y|%z|%:z|%Z|%%|%-d|%_m|%0e|%-H|%-j|%_H"

// date of coreutils agrees on every conversion, around the turns of years.
func TestAgainstDate(t *testing.T) {
	for _, at := range []int64{0, 1, 951782400, 1234567890, 1262304000, 1262303999, 1451606400, 1483228800, 1609459199, 1719835200, 1735689600, 4102444800, -1000} {
		for _, zone := range []string{"UTC", "Half-5:45"} {
			out := exec.Command("date", "-d@"+strconv.FormatInt(at, 10), "+"+all)
			loc := time.UTC
			if zone != "UTC" {
				loc = time.FixedZone("Half", 5*3600+45*60)
			}
			out.Env = []string{"TZ=" + zone, "LC_ALL=C"}
			want, err := out.Output()
			if err != nil {
				t.Fatalf("date: %v: apt-get install coreutils", err)
			}
			if got := string(Append(nil, all, time.Unix(at, 0).In(loc))) + "\n"; got != string(want) {
				t.Errorf("%d in %s\n got %s\nwant %s", at, zone, got, want)
			}
		}
	}
}

func TestUnknown(t *testing.T) {
	for _, c := range []struct{ format, want string }{{"%", "%"}, {"%q", "%q"}, {"a%", "a%"}, {"%-", "%-"}, {"%:q", "%:q"}, {"", ""}, {"%%Y", "%Y"}} {
		if got := string(Append(nil, c.format, time.Unix(0, 0))); got != c.want {
			t.Errorf("%q gives %q, want %q", c.format, got, c.want)
		}
	}
}

func FuzzAppend(f *testing.F) {
	f.Add(all, int64(0))
	f.Add("%-%_%0", int64(1)<<40)
	f.Fuzz(func(t *testing.T, format string, sec int64) {
		got := Append(nil, format, time.Unix(sec, 0).UTC())
		if len(got) > 64*len(format) {
			t.Errorf("%d bytes of %q", len(got), format)
		}
	})
}
