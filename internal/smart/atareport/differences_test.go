package atareport_test

import (
	"regexp"

	"rescuebox/internal/smart/oracle"
)

// notOurs is what the program says that calls us, and the way to the disk.
var notOurs = []oracle.Explained{
	{Path: `json_format_version.*|smartctl\..*|local_time.*|device\..*`, Why: "of the program, not of the disk"},
	{Path: `[-+]Local Time is:.*`, Why: "of the program, not of the disk"},
	{Path: `-REPLAY-IOCTL: Warning: (Command not found|Command #\d+ is out of sync|commands replayed out of sync)`, Why: "of the program that replays"},
	{Path: `drive_database\..*`, Why: "ours: which names were used"},
	{Path: `ata_smart_selective_self_test_log\.table\[\d\]\.status\.remaining_percent`,
		Why: "smartctl gives tenths, and its own text ten times as much"},
	{Path: `-SMART Status not supported: Function not implemented|\+SMART Status command failed: Function not implemented`,
		Why: "a command that is not in a recording is not one that a disk lacks"},
	{Path: `\+Warning: ATA error count \d+ inconsistent with error log index 0`, Why: "errors are counted, so that \"No Errors Logged\" is not all"},
	{Path: `-ATA_READ_LOG_EXT \(addr=0x07:0x00, page=1, n=1\) failed: scsi error aborted command|\+ATA_READ_LOG_EXT \(addr=0x07:0x00, page=0, n=2\) failed: scsi error aborted command`,
		Why: "of a log with fewer sectors than the directory has: smartctl reads one at a time"},
}

// differences from each version of smartctl.
var differences = map[string][]oracle.Explained{
	"7.3": {
		{Path: `-Invalid Error Log index = 0x0a \(T13/1321D rev 1c Section 8\.41\.6\.8\.2\.2 gives valid range from 1 to 5\)|\+Warning: ATA error count 0 inconsistent with error log index 10|\+No Errors Logged`,
			Why: "7.4 was the first to take a bad index with no errors for no errors"},
		{Path: `-0x23 .*  Delayed sector log \[OBS-8\]|\+0x23 .*  Delayed sector log|ata_log_directory\.table\[\d+\]\.name`, Why: "7.5 does not call it obsolete"},
		{Path: `-ATA Version is:   ACS >5 .*|\+ATA Version is:   ACS(-6[, ]| >6 ).*|ata_version\.string`, Why: "7.5 has ACS-6"},
	},
}

// rewordings are texts of smartctl 7.3 that 7.5 has in another form, and such as want
// the end of a line.
var rewordings = []struct {
	from *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`(Warning: ATA error count \d+ inconsistent with error log )pointer (\d+\n)\n`), "${1}index $2"},
	// 7.5 tells the count, and has an empty line behind it.
	{regexp.MustCompile(`(Invalid Error Log index = 0x[0-9a-f]+ \(reserved = 0x[0-9a-f]+\)\n)(?:Device Error Count: \d+ \(possibly also invalid\)\n)?\n`), "$1"},
	{regexp.MustCompile(`(Unknown - Try option -s with argument 'on' to enable it\.)([^\n])`), "$1\n$2"},
}

func reword(text string) string {
	for _, r := range rewordings {
		text = r.from.ReplaceAllString(text, r.to)
	}
	return text
}
