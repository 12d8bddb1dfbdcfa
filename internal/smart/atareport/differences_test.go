package atareport_test

import "rescuebox/internal/smart/oracle"

// notOurs is what the program says that calls us, and the way to the disk.
var notOurs = []oracle.Explained{
	{Path: `json_format_version.*|smartctl\..*|local_time.*|device\..*`, Why: "of the program, not of the disk"},
	{Path: `[-+]Local Time is:.*`, Why: "of the program, not of the disk"},
	{Path: `[-+]REPLAY-IOCTL: .*`, Why: "of the program that replays"},
	{Path: `[-+].* (failed|supported): .*`, Why: "the words for what a command failed with"},
	{Path: `[-+]`, Why: "an empty line beside such a message"},
	{Path: `-Unexpected SCT status .*|[-+]SCT \(Get\) .* failed`, Why: "the same answer for all SCT commands"},
	{Path: `drive_database\..*`, Why: "ours: which names were used"},
	{Path: `seagate_farm_log\..*`, Why: "the FARM log of Seagate's is not read"},
	{Path: `ata_smart_selective_self_test_log\.table\[\d\]\.status\.remaining_percent`,
		Why: "smartctl gives tenths, and its own text ten times as much"},
}

// differences from each version of smartctl.
var differences = map[string][]oracle.Explained{
	"7.3": {
		{Path: `-Invalid Error Log index = 0x0a .*|\+Warning: ATA error count 0 inconsistent with error log index 10|\+No Errors Logged`,
			Why: "7.4 was the first to take a bad index with no errors for no errors"},
		{Path: `-Wt Cache Reorder: .*|-Unexpected SCT status .*`, Why: "7.5 does not ask for it with -x any more"},
		{Path: `[-+]0x23 .*Delayed sector log.*`, Why: "7.5 does not call it obsolete"},
		{Path: `ata_log_directory\.table\[\d+\]\.name`, Why: "7.5 does not call it obsolete"},
		{Path: `[-+]ATA Version is: .*ACS(-6| >[56]).*|ata_version\.string`, Why: "7.5 has ACS-6"},
		{Path: `\+Device Error Count: \d+ \(possibly also invalid\)`, Why: "7.5 tells it"},
		{Path: `[-+]Warning: ATA error count .* inconsistent with error log (index|pointer) \d+`, Why: "7.5 calls it an index"},
	},
}
