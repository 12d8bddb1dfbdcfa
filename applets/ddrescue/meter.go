package ddrescue

import (
	"strconv"
	"time"
)

// meter knows how fast something goes.
type meter struct {
	began   time.Time
	samples []sample // of the last half minute, one a second
}

type sample struct {
	at   time.Time
	good int64 // bytes since the beginning
}

// kept is how many samples are.
const kept = 30

func (m *meter) add(now time.Time, good int64) {
	m.samples = append(m.samples, sample{now, good})
	if len(m.samples) > kept {
		m.samples = m.samples[1:]
	}
}

// rate is bytes a second in the last seconds, and since the beginning, when good is
// what there is.
func (m *meter) rate(good int64) (now, mean int64) {
	mean = int64(float64(good) / max(time.Since(m.began).Seconds(), 0.001))
	if n := len(m.samples); n > 1 {
		// What turns out not to be on the target is bytes less.
		return max(0, int64(between(m.samples[max(0, n-5)], m.samples[n-1]))), mean
	}
	return mean, mean
}

func between(a, b sample) float64 {
	return float64(b.good-a.good) / max(b.at.Sub(a.at).Seconds(), 0.001)
}

// left is how long so many bytes take at the rate of the last half minute, or false if
// nothing comes any more.
func (m *meter) left(bytes int64) (time.Duration, bool) {
	n := len(m.samples)
	if n < 2 {
		return 0, false
	}
	rate := between(m.samples[0], m.samples[n-1])
	if rate < 1 {
		return 0, false
	}
	return span(float64(bytes) / rate), true
}

// span is so many seconds, at most some centuries.
func span(seconds float64) time.Duration {
	return time.Duration(min(seconds, 9e9) * float64(time.Second))
}

// clock is a time as 1:02:03 or 2:03, of more than four days in days.
func clock(d time.Duration) string {
	n := int64(d.Seconds())
	two := func(n int64) string { return strconv.FormatInt(n/10, 10) + strconv.FormatInt(n%10, 10) }
	switch {
	case n >= 100*3600:
		return strconv.FormatInt(n/86400, 10) + " days"
	case n >= 3600:
		return strconv.FormatInt(n/3600, 10) + ":" + two(n/60%60) + ":" + two(n%60)
	}
	return strconv.FormatInt(n/60, 10) + ":" + two(n%60)
}
