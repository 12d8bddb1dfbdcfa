// Package strftime shows times in a format of strftime(3), in the C locale.
package strftime

import (
	"strconv"
	"time"
)

// Append adds t in the given format to dst. It knows the conversions
//
//	%a %A %b %B %c %C %d %D %e %F %g %G %h %H %I %j %k %l %m %M %n %N %p %P %r %R
//	%s %S %t %T %u %U %V %w %W %x %X %y %Y %z %:z %Z %%
//
// and the flags '-' (no padding), '_' (spaces) and '0' (zeros) of the GNU C
// library; %N is its nanoseconds too. It copies a conversion that it does not
// know.
func Append(dst []byte, format string, t time.Time) []byte {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			dst = append(dst, format[i])
			continue
		}
		start := i
		flag := byte(0)
		i++
		for i < len(format) && (format[i] == '-' || format[i] == '_' || format[i] == '0') {
			flag = format[i]
			i++
		}
		if i+1 < len(format) && format[i] == ':' && format[i+1] == 'z' {
			dst = zone(dst, t, ":")
			i++
			continue
		}
		var ok bool
		if i < len(format) {
			dst, ok = convert(dst, format[i], flag, t)
		}
		if !ok {
			dst = append(dst, format[start:min(i+1, len(format))]...)
		}
	}
	return dst
}

// convert adds one conversion and reports whether it knows it.
func convert(dst []byte, c, flag byte, t time.Time) ([]byte, bool) {
	if composite := compositeOf(c); composite != "" {
		return Append(dst, composite, t), true
	}
	if n, width, pad, ok := numberOf(c, t); ok {
		switch flag {
		case '-':
			width = 0
		case '_':
			pad = ' '
		case '0':
			pad = '0'
		}
		return number(dst, n, width, pad), true
	}
	switch c {
	case 'a':
		return append(dst, t.Weekday().String()[:3]...), true
	case 'A':
		return append(dst, t.Weekday().String()...), true
	case 'b', 'h':
		return append(dst, t.Month().String()[:3]...), true
	case 'B':
		return append(dst, t.Month().String()...), true
	case 'p':
		return append(dst, half(t, "AM", "PM")...), true
	case 'P':
		return append(dst, half(t, "am", "pm")...), true
	case 'z':
		return zone(dst, t, ""), true
	case 'Z':
		name, _ := t.Zone()
		return append(dst, name...), true
	case 'n':
		return append(dst, '\n'), true
	case 't':
		return append(dst, '\t'), true
	case '%':
		return append(dst, '%'), true
	}
	return dst, false
}

// compositeOf returns the conversions that one stands for in the C locale.
func compositeOf(c byte) string {
	switch c {
	case 'c':
		return "%a %b %e %H:%M:%S %Y"
	case 'D', 'x':
		return "%m/%d/%y"
	case 'F':
		return "%Y-%m-%d"
	case 'r':
		return "%I:%M:%S %p"
	case 'R':
		return "%H:%M"
	case 'T', 'X':
		return "%H:%M:%S"
	}
	return ""
}

// numberOf returns the value, the least width and the padding of a conversion
// that is a number.
func numberOf(c byte, t time.Time) (n int64, width int, pad byte, ok bool) {
	year, week := t.ISOWeek()
	v := 0
	width, pad = 2, '0'
	switch c {
	case 'C':
		v = t.Year() / 100
	case 'd':
		v = t.Day()
	case 'e':
		v, pad = t.Day(), ' '
	case 'g':
		v = year % 100
	case 'G':
		v, width = year, 0
	case 'H':
		v = t.Hour()
	case 'I':
		v = (t.Hour()+11)%12 + 1
	case 'j':
		v, width = t.YearDay(), 3
	case 'k':
		v, pad = t.Hour(), ' '
	case 'l':
		v, pad = (t.Hour()+11)%12+1, ' '
	case 'm':
		v = int(t.Month())
	case 'M':
		v = t.Minute()
	case 'N':
		v, width = t.Nanosecond(), 9
	case 's':
		return t.Unix(), 0, '0', true
	case 'S':
		v = t.Second()
	case 'u':
		v, width = (int(t.Weekday())+6)%7+1, 1
	case 'U':
		v = (t.YearDay() + 6 - int(t.Weekday())) / 7
	case 'V':
		v = week
	case 'w':
		v, width = int(t.Weekday()), 1
	case 'W':
		v = (t.YearDay() + 6 - (int(t.Weekday())+6)%7) / 7
	case 'y':
		v = t.Year() % 100
	case 'Y':
		v, width = t.Year(), 0
	default:
		return 0, 0, 0, false
	}
	return int64(v), width, pad, true
}

func number(dst []byte, n int64, width int, pad byte) []byte {
	digits := strconv.FormatInt(n, 10)
	for range width - len(digits) {
		dst = append(dst, pad)
	}
	return append(dst, digits...)
}

func half(t time.Time, am, pm string) string {
	if t.Hour() < 12 {
		return am
	}
	return pm
}

// zone adds the offset from UTC as +hhmm, with colon between.
func zone(dst []byte, t time.Time, colon string) []byte {
	_, offset := t.Zone()
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	dst = number(append(dst, sign), int64(offset/3600), 2, '0')
	return number(append(dst, colon...), int64(offset/60%60), 2, '0')
}
