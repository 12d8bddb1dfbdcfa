package verdict

import "strconv"

// count is what a raw value of an attribute that counts may be believed to be. Where it
// cannot be a count, why says so: vendors put several numbers into the 48 bits, or
// something else.
func (j *judge) count(a Attribute) (n int64, why string) {
	const most = 1<<48 - 1
	sectors := uint64(j.Size / max(j.Block, 512))
	switch {
	case a.Raw == 0:
		return 0, ""
	case a.Raw == most || a.Raw == 1<<32-1 || a.Raw == 1<<16-1:
		return 0, "all bits are set"
	case sectors > 0 && a.Raw > sectors:
		return 0, "more than the disk has sectors"
	case a.Raw&0xffff == 0:
		return 0, "several numbers in one"
	case a.Raw <= 0xffff:
		return int64(a.Raw), ""
	case a.ID == 5 || a.ID == 196:
		return 0, "more than any disk has spare sectors"
	case untouched(a):
		return 0, "so many, and the disk's own rating has not moved"
	}
	return int64(a.Raw), ""
}

// untouched reports whether the normalised value is where the disk came with it.
func untouched(a Attribute) bool {
	switch a.Value {
	case 100, 200, 252, 253, 254, 255:
		return a.Worst >= a.Value || a.Worst == 0
	}
	return false
}

// counting finds a plausible count, and tells of one that is not.
func (j *judge) counting(id uint8) (n int64, a Attribute, found bool) {
	for _, a := range j.Attributes {
		if a.ID != id {
			continue
		}
		n, why := j.count(a)
		if why != "" {
			j.say(Reason{Class: OK, Text: a.title() + " has the raw value " + strconv.FormatUint(a.Raw, 10) + ", which is no count (" + why + "): ignored", Source: "attributes"})
			return 0, a, false
		}
		return n, a, n > 0
	}
	return 0, Attribute{}, false
}

// title names an attribute as "attribute 197 Current_Pending_Sector".
func (a Attribute) title() string {
	s := "attribute " + strconv.Itoa(int(a.ID))
	if a.Name != "" {
		s += " " + a.Name
	}
	return s
}
