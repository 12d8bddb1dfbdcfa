package atareport_test

import "rescuebox/internal/smart/oracle"

// notOurs is what the program says that calls us, and the way to the disk.
var notOurs = []oracle.Explained{
	{Path: `json_format_version.*|smartctl\..*|local_time.*|device\..*`, Why: "of the program, not of the disk"},
	{Path: `[-+]Local Time is:.*`, Why: "of the program, not of the disk"},
	{Path: `[-+]REPLAY-IOCTL: .*`, Why: "of the program that replays"},
	{Path: `[-+].* (failed|supported): .*`, Why: "the words for what a command failed with"},
	{Path: `[-+]`, Why: "an empty line beside such a message"},
}

// differences from each version of smartctl.
var differences = map[string][]oracle.Explained{
	"7.3": {
		{Path: `-Invalid Error Log index = 0x0a .*|\+Warning: ATA error count 0 inconsistent with error log index 10|\+No Errors Logged`,
			Why: "7.4 was the first to take a bad index with no errors for no errors"},
	},
}
