package atareport

import (
	"strconv"

	"rescuebox/internal/smart/ata"
	"rescuebox/internal/smart/report"
)

// statistic describes a device statistic: its size in bytes, negative for signed ones,
// and its name.
type statistic struct {
	offset, size int
	name         string
}

// statisticsPages are the pages of log 04h (ACS-3, A.5; ACS-4, 9.5).
var statisticsPages = map[int]struct {
	name string
	list []statistic
}{
	0: {"List of supported log pages", nil},
	1: {"General Statistics", []statistic{
		{0x008, 4, "Lifetime Power-On Resets"}, {0x010, 4, "Power-on Hours"}, {0x018, 6, "Logical Sectors Written"},
		{0x020, 6, "Number of Write Commands"}, {0x028, 6, "Logical Sectors Read"}, {0x030, 6, "Number of Read Commands"},
		{0x038, 6, "Date and Time TimeStamp"}, {0x040, 4, "Pending Error Count"}, {0x048, 2, "Workload Utilization"},
		{0x050, 6, "Utilization Usage Rate"}, {0x058, 7, "Resource Availability"}, {0x060, 1, "Random Write Resources Used"},
	}},
	2: {"Free-Fall Statistics", []statistic{
		{0x008, 4, "Number of Free-Fall Events Detected"}, {0x010, 4, "Overlimit Shock Events"},
	}},
	3: {"Rotating Media Statistics", []statistic{
		{0x008, 4, "Spindle Motor Power-on Hours"}, {0x010, 4, "Head Flying Hours"}, {0x018, 4, "Head Load Events"},
		{0x020, 4, "Number of Reallocated Logical Sectors"}, {0x028, 4, "Read Recovery Attempts"},
		{0x030, 4, "Number of Mechanical Start Failures"}, {0x038, 4, "Number of Realloc. Candidate Logical Sectors"},
		{0x040, 4, "Number of High Priority Unload Events"},
	}},
	4: {"General Errors Statistics", []statistic{
		{0x008, 4, "Number of Reported Uncorrectable Errors"}, {0x010, 4, "Resets Between Cmd Acceptance and Completion"},
		{0x018, 4, "Physical Element Status Changed"},
	}},
	5: {"Temperature Statistics", []statistic{
		{0x008, -1, "Current Temperature"}, {0x010, -1, "Average Short Term Temperature"}, {0x018, -1, "Average Long Term Temperature"},
		{0x020, -1, "Highest Temperature"}, {0x028, -1, "Lowest Temperature"},
		{0x030, -1, "Highest Average Short Term Temperature"}, {0x038, -1, "Lowest Average Short Term Temperature"},
		{0x040, -1, "Highest Average Long Term Temperature"}, {0x048, -1, "Lowest Average Long Term Temperature"},
		{0x050, 4, "Time in Over-Temperature"}, {0x058, -1, "Specified Maximum Operating Temperature"},
		{0x060, 4, "Time in Under-Temperature"}, {0x068, -1, "Specified Minimum Operating Temperature"},
	}},
	6: {"Transport Statistics", []statistic{
		{0x008, 4, "Number of Hardware Resets"}, {0x010, 4, "Number of ASR Events"}, {0x018, 4, "Number of Interface CRC Errors"},
	}},
	7: {"Solid State Device Statistics", []statistic{{0x008, 1, "Percentage Used Endurance Indicator"}}},
	0xff: {"Vendor Specific Statistics", []statistic{
		{0x008, 7, "Vendor Specific"}, {0x010, 7, "Vendor Specific"},
	}},
}

func pageName(page int) string {
	if p, ok := statisticsPages[page]; ok {
		return p.name
	}
	return "Unknown Statistics"
}

// statistics prints the device statistics.
func (r *run) statistics() {
	p := r.out.Print
	sectors, gp := r.gpSectors(ata.LogStatistics), true
	if sectors == 0 {
		sectors, gp = r.smartSectors(ata.LogStatistics), false
	}
	if sectors == 0 {
		p("Device Statistics (GP/SMART Log 0x04) not supported\n\n")
		return
	}
	var cache []byte // of the SMART log, of which pages cannot be read one by one
	last := 0
	read := func(page int) ([]byte, bool) {
		if gp {
			return r.gpLog(ata.LogStatistics, 0, page, 1)
		}
		if len(cache) <= page*ata.Sector {
			need := 1
			if page > 0 {
				need = last + 1
			}
			b, err := r.page(ata.ReadSMARTLog(ata.LogStatistics, need))
			if err != nil {
				r.failed("Read SMART Log 0x04 failed", err)
				return nil, false
			}
			cache = b
		}
		if (page+1)*ata.Sector > len(cache) {
			return nil, false
		}
		return cache[page*ata.Sector : (page+1)*ata.Sector], true
	}
	b, ok := read(0)
	if !ok {
		p("Read Device Statistics page 0x00 failed\n\n")
		r.out.Status |= report.ReadFailed
		return
	}
	supported, _ := ata.StatisticsPages(b)
	pages := r.wanted(supported)
	if len(pages) > 0 {
		last = int(pages[len(pages)-1])
	}
	p("Device Statistics (", [...]string{"SMART", "GP"}[bit(gp)], " Log 0x04)\n")
	p("Page  Offset Size        Value Flags Description\n")
	for _, page := range pages {
		b, ok := read(int(page))
		if !ok {
			p("Read Device Statistics page ", hex(uint64(page), 2), " failed\n\n")
			r.out.Status |= report.ReadFailed
			return
		}
		r.statisticsPage(int(page), b)
	}
	p("                                |||_ C monitored condition met\n",
		"                                ||__ D supports DSN\n",
		"                                |___ N normalized value\n\n")
}

// wanted are the pages that the options ask for and the disk has.
func (r *run) wanted(supported []byte) (pages []byte) {
	last := -1
	for _, page := range supported {
		if page == 0 || int(page) <= last {
			continue
		}
		last = int(page)
		want := r.o.Statistics || r.o.Solid && page == 7
		for _, w := range r.o.StatisticsPages {
			want = want || w == int(page)
		}
		if want {
			pages = append(pages, page)
		}
	}
	return pages
}

func (r *run) statisticsPage(page int, b []byte) {
	p := r.out.Print
	number, revision, list, err := ata.ParseStatistics(b)
	if err != nil {
		return
	}
	name := pageName(page)
	node := r.out.JSON.At("ata_device_statistics", "pages").Append()
	node.At("number").Int(int64(page))
	node.At("name").String(name)
	node.At("revision").Uint(uint64(revision))
	p(hex(uint64(page), 2), "  =====  =               =  ===  == ", name, " (rev ", strconv.Itoa(int(revision)), ") ==\n")
	if number != page {
		p(hex(uint64(page), 2), "                                    Error: page number mismatch: expected ", strconv.Itoa(page), ", found ", strconv.Itoa(number), "\n")
		return
	}
	r.pages.Statistics = append(r.pages.Statistics, list...)
	for i := range list {
		s := &list[i]
		d, known := describeStatistic(page, s.Offset)
		// Some firmware has what is no statistics behind them.
		if !known && s.Value>>40 != 0 {
			p(hex(uint64(page), 2), "  ", hex(uint64(s.Offset), 3), "  -               -  [Trailing garbage ignored]\n")
			break
		}
		r.statistic(page, s, d)
	}
}

func describeStatistic(page, offset int) (d statistic, known bool) {
	for _, k := range statisticsPages[page].list {
		if k.offset == offset {
			return k, true
		}
	}
	if page == 0xff {
		return statistic{offset, 7, "Vendor Specific"}, true
	}
	return statistic{offset, 7, "Unknown"}, false
}

func (r *run) statistic(page int, s *ata.Statistic, d statistic) {
	size := max(d.size, -d.size)
	value := "-"
	valid := s.Flags&ata.StatisticValid != 0
	number := int64(s.Value & (1<<(8*size) - 1))
	if d.size < 0 {
		number = int64(int8(number))
	}
	if valid {
		value = strconv.FormatInt(number, 10)
	}
	flags := []byte("--- ")
	if s.Flags&7 != 0 {
		flags[3] = '+'
	}
	for i, f := range []struct {
		bit  byte
		mark byte
	}{{ata.StatisticNormalized, 'N'}, {ata.StatisticDSN, 'D'}, {ata.StatisticMet, 'C'}} {
		if s.Flags&f.bit != 0 {
			flags[i] = f.mark
		}
	}
	r.out.Print(hex(uint64(page), 2), "  ", hex(uint64(s.Offset), 3), "  ", strconv.Itoa(size), " ", report.Right(value, 15), "  ", string(flags), " ", d.name, "\n")

	pages := r.out.JSON.At("ata_device_statistics", "pages")
	node := pages.Item(pages.Len() - 1).At("table").Append()
	node.At("offset").Int(int64(s.Offset))
	node.At("name").String(d.name)
	node.At("size").Int(int64(size))
	if valid {
		node.At("value").Int(number)
		r.wellKnownStatistic(page, s.Offset, number)
	}
	n := node.At("flags")
	n.At("value").Uint(uint64(s.Flags))
	n.At("string").String(statisticFlags(s.Flags))
	n.At("valid").Bool(valid)
	n.At("normalized").Bool(s.Flags&ata.StatisticNormalized != 0)
	n.At("supports_dsn").Bool(s.Flags&ata.StatisticDSN != 0)
	n.At("monitored_condition_met").Bool(s.Flags&ata.StatisticMet != 0)
	if other := s.Flags & 7; other != 0 {
		n.At("other").Uint(uint64(other))
	}
}

// wellKnownStatistic keeps what statistics mean that all kinds of disks have.
func (r *run) wellKnownStatistic(page, offset int, v int64) {
	keys := map[[2]int][]string{
		{1, 0x08}: {"power_cycle_count"},
		{1, 0x10}: {"power_on_time", "hours"},
		{5, 0x08}: {"temperature", "current"},
		{5, 0x20}: {"temperature", "lifetime_max"},
		{5, 0x28}: {"temperature", "lifetime_min"},
		{5, 0x50}: {"temperature", "lifetime_over_limit_minutes"},
		{5, 0x58}: {"temperature", "op_limit_max"},
		{5, 0x60}: {"temperature", "lifetime_under_limit_minutes"},
		{5, 0x68}: {"temperature", "op_limit_min"},
		{7, 0x08}: {"endurance_used", "current_percent"},
	}
	if path := keys[[2]int{page, offset}]; path != nil {
		r.out.JSON.At(path[0], path[1:]...).Int(v)
	}
	if page == 1 && offset == 0x10 {
		r.pages.Hours = v
	}
}

func statisticFlags(flags byte) string {
	s := ""
	for _, f := range []struct {
		bit  byte
		mark string
	}{{ata.StatisticValid, "V"}, {ata.StatisticNormalized, "N"}, {ata.StatisticDSN, "D"}, {ata.StatisticMet, "C"}} {
		if flags&f.bit != 0 {
			s += f.mark
		} else {
			s += "-"
		}
	}
	if flags&7 != 0 {
		return s + "+"
	}
	return s + " "
}
