package find

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"rescuebox/internal/strftime"
)

func missingTarget(err error) string {
	switch err {
	case unix.ENOENT, unix.ENOTDIR:
		return "N"
	case unix.ELOOP:
		return "L"
	}
	return "?"
}

// timeField renders %Ak, %Bk, %Ck and %Tk.
func timeField(which, letter byte) field {
	if formatTime(time.Unix(0, 0).UTC(), letter) == "" {
		return nil
	}
	kind := map[byte]byte{'A': 'a', 'B': 'B', 'C': 'c', 'T': 'm'}[which]
	return func(v *Env, e *Entry) string {
		at, ok := e.stamp(kind)
		if !ok {
			return ""
		}
		return formatTime(at.In(v.Zone), letter)
	}
}

// formatTime renders t by a letter of date(1), or one of find's own: @ + and, of
// our own, x for the plain %t. It returns "" for an unknown letter.
// Seconds have ten decimals, the last a zero, as GNU find prints them.
func formatTime(t time.Time, letter byte) string {
	nanos := "." + two(t.Nanosecond()/10_000_000) + zeros(t.Nanosecond()%10_000_000, 7) + "0"
	switch letter {
	case '@':
		return strconv.FormatInt(t.Unix(), 10) + nanos
	case '+':
		return t.Format("2006-01-02+15:04:05") + nanos
	case 'x':
		return t.Format("Mon Jan _2 15:04:05") + nanos + t.Format(" 2006")
	case 'S':
		return two(t.Second()) + nanos
	case 'T', 'X':
		return t.Format("15:04:05") + nanos
	}
	// strftime copies a conversion that it does not know.
	text := string(strftime.Append(nil, "%"+string([]byte{letter}), t))
	if strings.HasPrefix(text, "%") {
		return ""
	}
	return text
}

func two(n int) string { return zeros(n, 2) }

// zeros is n in decimal, filled up with zeros in front.
func zeros(n, width int) string {
	s := strconv.Itoa(n)
	for len(s) < width {
		s = "0" + s
	}
	return s
}

func padLeft(s string, width int) string {
	for len(s) < width {
		s = " " + s
	}
	return s
}
