package kernellog

import "strings"

// Record is one message of /dev/kmsg.
type Record struct {
	Kernel bool  // from the kernel: programs may write to the log, too
	Time   int64 // microseconds since the system started
	Text   string
}

// Records puts messages together that were written in pieces.
type Records struct {
	open Record
	any  bool
}

// maxText bounds a text in bytes that is put together of pieces.
const maxText = 4 << 10

// Add takes what one read of /dev/kmsg returned, and returns the record before it,
// which is now complete. What is not understood counts as none.
func (r *Records) Add(data string) (Record, bool) {
	next, flag, ok := ParseRecord(data)
	if !ok {
		return Record{}, false
	}
	if flag == '+' && r.any {
		if len(r.open.Text) < maxText {
			r.open.Text += next.Text
		}
		return Record{}, false
	}
	done, any := r.open, r.any
	r.open, r.any = next, true
	return done, any
}

// End returns the last record.
func (r *Records) End() (Record, bool) {
	done, any := r.open, r.any
	r.any = false
	return done, any
}

// ParseRecord reads "priority,sequence,microseconds,flag[,...];text", with lines
// of properties behind it that begin with a blank
// (Documentation/ABI/testing/dev-kmsg). flag is 'c' at the first piece of a message
// that was written in several, '+' at the others, and '-'.
func ParseRecord(data string) (r Record, flag byte, ok bool) {
	prefix, rest, ok := cut(data, ";")
	if !ok {
		return Record{}, 0, false
	}
	line, _, _ := cut(rest, "\n")
	priority, prefix, ok1 := cut(prefix, ",")
	_, prefix, ok2 := cut(prefix, ",")
	stamp, prefix, _ := cut(prefix, ",")
	p, tail, ok3 := decimal(priority)
	time, tail2, ok4 := decimal(stamp)
	if !ok1 || !ok2 || !ok3 || !ok4 || tail != "" || tail2 != "" {
		return Record{}, 0, false
	}
	flag = '-'
	if prefix != "" {
		flag = prefix[0]
	}
	// The facility is above the three bits of the level; the kernel's is 0.
	return Record{Kernel: p>>3 == 0, Time: time, Text: unescape(line)}, flag, true
}

// unescape undoes the \xNN of bytes outside ASCII and of backslashes, but leaves
// those for which a terminal would have a use.
func unescape(s string) string {
	if !strings.Contains(s, `\x`) {
		return s
	}
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && s[i+1] == 'x' {
			high, low := digit(s[i+2]), digit(s[i+3])
			if c := high<<4 | low; high >= 0 && low >= 0 && c >= ' ' && c != 0x7f {
				b = append(b, byte(c))
				i += 3
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

func digit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
