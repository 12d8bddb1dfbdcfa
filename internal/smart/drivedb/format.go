package drivedb

import (
	"strconv"
	"strings"

	"rescuebox/internal/smart/ata"
)

// Format is how a raw value is shown: a name of smartctl(8), -v.
type Format string

// order is which bytes of an attribute make its raw value, the most significant first:
// 0 to 5 of the raw value, r the reserved one, v the value, w the worst, z none.
func (f Format) order(id byte) string {
	switch f.of(id) {
	case "raw64", "hex64":
		return "543210wv"
	case "raw56", "hex56", "raw24/raw32", "msec24hour32":
		return "r543210"
	}
	return "543210"
}

// of is the format itself, or the one that an attribute has without any.
func (f Format) of(id byte) Format {
	if f != "" {
		return f
	}
	switch id {
	case 3:
		return "raw16(avg16)"
	case 5, 196:
		return "raw16(raw16)"
	case 9, 240:
		return "raw24(raw8)"
	case 190, 194:
		return "tempminmax"
	}
	return "raw48"
}

// formats are all names, in smartctl's order.
var formats = []Format{
	"raw8", "raw16", "raw48", "hex48", "raw56", "hex56", "raw64", "hex64", "raw16(raw16)", "raw16(avg16)",
	"raw24(raw8)", "raw24/raw24", "raw24/raw32", "sec2hour", "min2hour", "halfmin2hour", "msec24hour32",
	"tempminmax", "temp10x",
}

// Raw is the raw value of an attribute as a number, by the rule's bytes.
func (r Rule) Raw(a *ata.Attribute) (v uint64) {
	order := r.Order
	if order == "" {
		order = r.Format.order(a.ID)
	}
	for _, c := range []byte(order) {
		b := byte(0)
		switch c {
		case '0', '1', '2', '3', '4', '5':
			b = a.Raw[c-'0']
		case 'r':
			b = a.Reserved
		case 'v':
			b = a.Value
		case 'w':
			b = a.Worst
		}
		v = v<<8 | uint64(b)
	}
	return v
}

// String shows the raw value of an attribute.
func (r Rule) String(a *ata.Attribute) string {
	v := r.Raw(a)
	format := r.Format.of(a.ID)
	if unit := units[format]; unit != nil {
		return unit(v)
	}
	switch format {
	case "raw8":
		return decimals(v>>40&255, v>>32&255, v>>24&255, v>>16&255, v>>8&255, v&255)
	case "raw16":
		return decimals(v>>32&0xffff, v>>16&0xffff, v&0xffff)
	case "hex48":
		return hex(v, 12)
	case "hex56":
		return hex(v, 14)
	case "hex64":
		return hex(v, 16)
	case "raw16(raw16)":
		return dec(v&0xffff) + more(v>>16&0xffffffff != 0, "", v>>32&0xffff, v>>16&0xffff)
	case "raw16(avg16)":
		return dec(v&0xffff) + more(v>>16&0xffff != 0, "Average ", v>>16&0xffff)
	case "raw24(raw8)":
		return dec(v&0xffffff) + more(v>>24&0xffffff != 0, "", v>>40&255, v>>32&255, v>>24&255)
	case "raw24/raw24":
		return dec(v>>24) + "/" + dec(v&0xffffff)
	case "raw24/raw32":
		return dec(v>>32) + "/" + dec(v&0xffffffff)
	}
	return dec(v)
}

// units are the formats that are of times and temperatures.
var units = map[Format]func(uint64) string{
	"sec2hour":     func(v uint64) string { return dec(v/3600) + "h+" + two(v/60%60) + "m+" + two(v%60) + "s" },
	"halfmin2hour": func(v uint64) string { return dec(v/120) + "h+" + two(v/2%60) + "m" },
	"min2hour": func(v uint64) string {
		minutes, rest := v&0xffffffff, v>>32&0xffff
		return dec(minutes/60) + "h+" + two(minutes%60) + "m" + more(rest != 0, "", rest)
	},
	"msec24hour32": func(v uint64) string {
		ms := v >> 32
		return dec(v&0xffffffff) + "h+" + two(ms/60000) + "m+" + two(ms/1000%60) + "." + dec(ms%1000 + 1000)[1:] + "s"
	},
	"temp10x":    func(v uint64) string { return dec(v&0xffff/10) + "." + dec(v&0xffff%10) },
	"tempminmax": temperatures,
}

// temperatures shows a temperature, and the lowest and highest where the other bytes are
// such. By maker they are, from the last byte to the first (TT now, HH and LL high and
// low in either order, CC a count of times above the limit, xx the sign of the next):
//
//	00 00 00 HH LL TT   xx HH xx LL xx TT   00 00 HH LL xx TT   CC CC HH LL xx TT
func temperatures(v uint64) string {
	b := func(i int) byte { return byte(v >> (8 * i)) }
	count := int(v >> 32 & 0xffff)
	// extended: a byte with its sign in the byte before it.
	extended := func(i int) bool { return b(i+1) == 0 || b(i+1) == 0xff && b(i)&0x80 != 0 }
	now := int(int8(b(0)))
	switch {
	case v>>16 == 0 && extended(0):
		return strconv.Itoa(now)
	case !extended(0):
		if low, high, ok := span(b(1), b(2), now); ok && b(3) == 0 && count == 0 {
			return strconv.Itoa(now) + " (Min/Max " + strconv.Itoa(low) + "/" + strconv.Itoa(high) + ")"
		}
	default:
		low, high, ok := span(b(2), b(3), now)
		if ok && count == 0 {
			return strconv.Itoa(now) + " (Min/Max " + strconv.Itoa(low) + "/" + strconv.Itoa(high) + ")"
		}
		if l, h, both := span(b(2), b(4), now); both && extended(2) && extended(4) {
			return strconv.Itoa(now) + " (Min/Max " + strconv.Itoa(l) + "/" + strconv.Itoa(h) + ")"
		}
		// Whoever counts has been hot.
		if ok && high >= 40 && count > 0 && count < 0x7fff {
			return strconv.Itoa(now) + " (Min/Max " + strconv.Itoa(low) + "/" + strconv.Itoa(high) + " #" + strconv.Itoa(count) + ")"
		}
	}
	return dec(uint64(b(0))) + more(true, "", uint64(b(5)), uint64(b(4)), uint64(b(3)), uint64(b(2)), uint64(b(1)))
}

// span orders two temperatures, if they are such and have a third between them.
func span(x, y byte, now int) (low, high int, ok bool) {
	low, high = int(int8(x)), int(int8(y))
	if low > high {
		low, high = high, low
	}
	return low, high, -60 <= low && low <= now && now <= high && high <= 120 && !(low == -1 && high <= 0)
}

func dec(v uint64) string { return strconv.FormatUint(v, 10) }

func two(v uint64) string {
	if v < 10 {
		return "0" + dec(v)
	}
	return dec(v)
}

func hex(v uint64, digits int) string {
	s := strconv.FormatUint(v, 16)
	return "0x" + strings.Repeat("0", max(0, digits-len(s))) + s
}

func decimals(list ...uint64) string {
	s := ""
	for _, v := range list {
		s += " " + dec(v)
	}
	return s[1:]
}

func more(show bool, label string, list ...uint64) string {
	if !show {
		return ""
	}
	return " (" + label + decimals(list...) + ")"
}
