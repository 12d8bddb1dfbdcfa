package libcheck

import (
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// meter shows how far the reading is, on a terminal only.
type meter struct {
	w           io.Writer // nil where nothing is shown
	total, done int64     // bytes
	start, last time.Time
	width       int // of what is shown
}

func newMeter(w io.Writer, total int64) *meter {
	m := &meter{total: total}
	if f, ok := w.(*os.File); ok {
		if _, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS); err == nil {
			m.w = w
			m.start = time.Now()
		}
	}
	return m
}

// interval is often enough for a person and seldom enough for a serial line.
const interval = 500 * time.Millisecond

func (m *meter) add(bytes int64) {
	m.done += bytes
	if m.w == nil {
		return
	}
	now := time.Now()
	if now.Sub(m.last) < interval {
		return
	}
	m.last = now
	m.show(meterText(m.done, m.total, now.Sub(m.start)))
}

// meterText says amount, rate and what is left, in MiB and seconds.
func meterText(done, total int64, spent time.Duration) string {
	const mib = 1 << 20
	text := "libcheck: " + strconv.FormatInt(done/mib, 10) + " of " + strconv.FormatInt(total/mib, 10) + " MiB"
	ms := spent.Milliseconds()
	if ms <= 0 || done <= 0 {
		return text
	}
	rate := max(1, done/ms*1000) // bytes a second
	left := max(total-done, 0) / rate
	tenths := rate * 10 / mib
	text += ", " + strconv.FormatInt(tenths/10, 10) + "." + strconv.FormatInt(tenths%10, 10) + " MiB/s, "
	if left >= 60 {
		text += strconv.FormatInt(left/60, 10) + " min "
	}
	return text + strconv.FormatInt(left%60, 10) + " s left"
}

func (m *meter) show(text string) {
	pad := strings.Repeat(" ", max(0, m.width-len(text)))
	m.width = len(text)
	_, _ = io.WriteString(m.w, "\r"+text+pad)
}

// clear leaves an empty line to whatever is written next.
func (m *meter) clear() {
	if m.w != nil && m.width > 0 {
		m.show("")
		_, _ = io.WriteString(m.w, "\r")
	}
}
