package replay

import (
	"strconv"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/command"
)

// AppendATA appends an exchange as `smartctl -r ataioctl,2` prints it, which has names
// for commands of SMART only; others are left out.
func AppendATA(out []byte, c *command.ATA, r command.Registers) []byte {
	name, parameter := nameOf(c)
	if name == "" {
		return out
	}
	result := "0"
	switch failing, known := ata.Failing(r); {
	case r.Status&1 != 0:
		result = "-1"
	case asksStatus(c) && known && failing:
		result = "1"
	}
	out = append(out, "\nREPORT-IOCTL: Device=capture Command="+name+parameter+"\nREPORT-IOCTL: Device=capture Command="+name+" returned "+result+"\n"...)
	if c.Direction != command.In || r.Status&1 != 0 {
		return out
	}
	out = append(out, "\n===== ["+name+"] DATA START (BASE-16) =====\n"...)
	for i := 0; i < len(c.Data); i += 16 {
		out = append(out, three(i)+"-"+three(i+15)+":"...)
		for _, b := range c.Data[i : i+16] {
			out = append(out, ' ')
			out = appendHex(out, []byte{b})
		}
		out = append(out, '\n')
	}
	return append(out, "===== ["+name+"] DATA END ("+strconv.Itoa(len(c.Data))+" Bytes) =====\n\n"...)
}

// nameOf is the name that smartctl has for a command, and its parameter.
func nameOf(c *command.ATA) (name, parameter string) {
	p := byte(c.LBA)
	switch c.Feature {
	case ata.AutoOffline(true).Feature, ata.Autosave(true).Feature:
		p = byte(c.Count)
	}
	for n, build := range recorded {
		// SMART STATUS is the same command without a look at the answer.
		if keyOf(build(p)) != keyOf(c) || n == "SMART STATUS" {
			continue
		}
		if keyOf(build(1)) != keyOf(build(2)) {
			parameter = " InputParameter=" + strconv.Itoa(int(p))
		}
		return n, parameter
	}
	return "", ""
}

func three(n int) string {
	s := strconv.Itoa(n)
	for len(s) < 3 {
		s = "0" + s
	}
	return s
}
