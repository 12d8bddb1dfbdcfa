package atareport

import (
	"strconv"
	"strings"

	"rescuebox/internal/smart/ata"
)

// commands are the names of commands by their opcode (ACS-3, table 29), and of those that
// are obsolete, in brackets the standard since which they are (ATA/ATAPI-4 to ACS-3,
// annex of command codes).
const commands = `00 NOP
03 CFA REQUEST EXTENDED ERROR
06 DATA SET MANAGEMENT
08 DEVICE RESET
0b REQUEST SENSE DATA EXT
10 RECALIBRATE [OBS-4]
11-1f RECALIBRATE [RET-4]
20 READ SECTOR(S)
21 READ SECTOR(S) [OBS-5]
22 READ LONG [OBS-4]
23 READ LONG (w/o retry) [OBS-4]
24 READ SECTOR(S) EXT
25 READ DMA EXT
26 READ DMA QUEUED EXT [OBS-ACS-2]
27 READ NATIVE MAX ADDRESS EXT [OBS-ACS-3]
29 READ MULTIPLE EXT
2a READ STREAM DMA
2b READ STREAM
2f READ LOG EXT
30 WRITE SECTOR(S)
31 WRITE SECTOR(S) (w/o retry) [OBS-5]
32 WRITE LONG [OBS-4]
33 WRITE LONG (w/o retry) [OBS-4]
34 WRITE SECTORS(S) EXT
35 WRITE DMA EXT
36 WRITE DMA QUEUED EXT [OBS-ACS-2]
37 SET NATIVE MAX ADDRESS EXT [OBS-ACS-3]
38 CFA WRITE SECTORS WITHOUT ERASE
39 WRITE MULTIPLE EXT
3a WRITE STREAM DMA
3b WRITE STREAM
3c WRITE VERIFY [OBS-4]
3d WRITE DMA FUA EXT
3e WRITE DMA QUEUED FUA EXT [OBS-ACS-2]
3f WRITE LOG EXT
40 READ VERIFY SECTOR(S)
41 READ VERIFY SECTOR(S) (w/o retry) [OBS-5]
42 READ VERIFY SECTOR(S) EXT
45 WRITE UNCORRECTABLE EXT
47 READ LOG DMA EXT
50 FORMAT TRACK [OBS-4]
51 CONFIGURE STREAM
57 WRITE LOG DMA EXT
5b TRUSTED NON-DATA
5c TRUSTED RECEIVE
5d TRUSTED RECEIVE DMA
5e TRUSTED SEND
5f TRUSTED SEND DMA
60 READ FPDMA QUEUED
61 WRITE FPDMA QUEUED
62 [RESERVED FOR SERIAL ATA]
63 NCQ QUEUE MANAGEMENT
64 SEND FPDMA QUEUED
65 RECEIVE FPDMA QUEUED
66-67 [RESERVED FOR SERIAL ATA]
70 SEEK [OBS-7]
71-76 SEEK [RET-4]
77 SET DATE & TIME EXT
78 ACCESSIBLE MAX ADDRESS CONFIGURATION
79-7f SEEK [RET-4]
80-86 [VENDOR SPECIFIC]
87 CFA TRANSLATE SECTOR [VS IF NO CFA]
88-8f [VENDOR SPECIFIC]
90 EXECUTE DEVICE DIAGNOSTIC
91 INITIALIZE DEVICE PARAMETERS [OBS-6]
92 DOWNLOAD MICROCODE
93 DOWNLOAD MICROCODE DMA
94 STANDBY IMMEDIATE [RET-4]
95 IDLE IMMEDIATE [RET-4]
96 STANDBY [RET-4]
97 IDLE [RET-4]
98 CHECK POWER MODE [RET-4]
99 SLEEP [RET-4]
9a [VENDOR SPECIFIC]
a0 PACKET
a1 IDENTIFY PACKET DEVICE
a2 SERVICE [OBS-ACS-2]
b0 SMART
b1 DEVICE CONFIGURATION
b4 SANITIZE DEVICE
b6 NV CACHE [OBS-ACS-3]
b7-bb [RESERVED FOR COMPACTFLASH ASSOCIATION]
c0 CFA ERASE SECTORS [VS IF NO CFA]
c1-c3 [VENDOR SPECIFIC]
c4 READ MULTIPLE
c5 WRITE MULTIPLE
c6 SET MULTIPLE MODE
c7 READ DMA QUEUED [OBS-ACS-2]
c8 READ DMA
c9 READ DMA (w/o retry) [OBS-5]
ca WRITE DMA
cb WRITE DMA (w/o retry) [OBS-5]
cc WRITE DMA QUEUED [OBS-ACS-2]
cd CFA WRITE MULTIPLE WITHOUT ERASE
ce WRITE MULTIPLE FUA EXT
d1 CHECK MEDIA CARD TYPE [OBS-ACS-2]
d2-d4 [RESERVED FOR MEDIA CARD PASS THROUGH]
da GET MEDIA STATUS [OBS-8]
db ACKNOWLEDGE MEDIA CHANGE [RET-4]
dc BOOT POST-BOOT [RET-4]
dd BOOT PRE-BOOT [RET-4]
de MEDIA LOCK [OBS-8]
df MEDIA UNLOCK [OBS-8]
e0 STANDBY IMMEDIATE
e1 IDLE IMMEDIATE
e2 STANDBY
e3 IDLE
e4 READ BUFFER
e5 CHECK POWER MODE
e6 SLEEP
e7 FLUSH CACHE
e8 WRITE BUFFER
e9 READ BUFFER DMA
ea FLUSH CACHE EXT
eb WRITE BUFFER DMA
ec IDENTIFY DEVICE
ed MEDIA EJECT [OBS-8]
ee IDENTIFY DEVICE DMA [OBS-4]
ef SET FEATURES
f0 [VENDOR SPECIFIC]
f1 SECURITY SET PASSWORD
f2 SECURITY UNLOCK
f3 SECURITY ERASE PREPARE
f4 SECURITY ERASE UNIT
f5 SECURITY FREEZE LOCK
f6 SECURITY DISABLE PASSWORD
f7 [VENDOR SPECIFIC]
f8 READ NATIVE MAX ADDRESS [OBS-ACS-3]
f9 SET MAX
fa-ff [VENDOR SPECIFIC]`

// subcommands are those in the feature register: of NOP, DOWNLOAD MICROCODE, SMART,
// DEVICE CONFIGURATION, SET FEATURES and SET MAX.
var subcommands = map[byte]string{
	0x00: "00 [Abort queued commands]\n01 [Don't abort queued commands] [OBS-ACS-2]",
	0x92: "01 [Temporary] [OBS-8]\n03 [Save with offsets]\n07 [Save]\n0e [Save for future use]\n0f [Activate]",
	0xb0: `d0 READ DATA
d1 READ ATTRIBUTE THRESHOLDS [OBS-4]
d2 ENABLE/DISABLE ATTRIBUTE AUTOSAVE
d3 SAVE ATTRIBUTE VALUES [OBS-6]
d4 EXECUTE OFF-LINE IMMEDIATE
d5 READ LOG
d6 WRITE LOG
d7 WRITE ATTRIBUTE THRESHOLDS [NS, OBS-4]
d8 ENABLE OPERATIONS
d9 DISABLE OPERATIONS
da RETURN STATUS
db EN/DISABLE AUTO OFFLINE [NS (SFF-8035i)]
e0-ff [Vendor specific subcommand]`,
	0xb1: "c0 RESTORE [OBS-ACS-3]\nc1 FREEZE LOCK [OBS-ACS-3]\nc2 IDENTIFY [OBS-ACS-3]\nc3 SET [OBS-ACS-3]",
	0xef: `01 [Enable 8-bit PIO] [OBS-3]
02 [Enable write cache]
03 [Set transfer mode]
04 [Enable auto DR] [OBS-4]
05 [Enable APM]
06 [Enable Pwr-Up In Standby]
07 [Set device spin-up]
0a [Enable CFA power mode 1]
10 [Enable SATA feature]
20 [Set Time-ltd R/W WCT]
21 [Set Time-ltd R/W EH]
31 [Disable Media Status Notf] [OBS-8]
33 [Disable retry] [OBS-4]
41 [Enable Free-fall Control]
42 [Enable AAM] [OBS-ACS-2]
43 [Set Max Host I/F S Times]
44 [Length of VS data] [OBS-4]
4a [Ext. Power Conditions]
54 [Set cache segs] [OBS-4]
55 [Disable read look-ahead]
5d [Enable release interrupt] [OBS-ACS-2]
5e [Enable SERVICE interrupt] [OBS-ACS-2]
66 [Disable revert defaults]
69 [LPS Error Reporting Control]
77 [Disable ECC] [OBS-4]
81 [Disable 8-bit PIO] [OBS-3]
82 [Disable write cache]
84 [Disable auto DR] [OBS-4]
85 [Disable APM]
86 [Disable Pwr-Up In Standby]
88 [Disable ECC] [OBS-4]
8a [Disable CFA power mode 1]
90 [Disable SATA feature]
95 [Enable Media Status Notf] [OBS-8]
99 [Enable retries] [OBS-4]
9a [Set max avg curr] [OBS-4]
aa [Enable read look-ahead]
ab [Set max prefetch] [OBS-4]
bb [4 bytes VS data] [OBS-4]
c1 [Disable Free-fall Control]
c2 [Disable AAM] [OBS-ACS-2]
c3 [Sense Data Reporting]
cc [Enable revert to defaults]
dd [Disable release interrupt] [OBS-ACS-2]
de [Disable SERVICE interrupt] [OBS-ACS-2]
e0 [Vendor specific] [OBS-7]
f0-ff [Reserved for CFA]`,
	0xf9: "00 ADDRESS [OBS-6]\n01 SET PASSWORD [OBS-ACS-3]\n02 LOCK [OBS-ACS-3]\n03 UNLOCK [OBS-ACS-3]\n04 FREEZE LOCK [OBS-ACS-3]",
}

// named is the name of a number in lines of "NUMBER[-NUMBER] NAME", or empty. Nothing is
// made of them at each start of the program.
func named(lines string, wanted byte) string {
	for line := range strings.SplitSeq(lines, "\n") {
		number, name, _ := strings.Cut(line, " ")
		first, last, ranged := strings.Cut(number, "-")
		if !ranged {
			last = first
		}
		a, _ := strconv.ParseUint(first, 16, 8)
		b, _ := strconv.ParseUint(last, 16, 8)
		if a <= uint64(wanted) && uint64(wanted) <= b {
			return name
		}
	}
	return ""
}

func commandName(command, feature byte) string {
	name := named(commands, command)
	if name == "" {
		return "[RESERVED]"
	}
	if sub, ok := subcommands[command]; ok {
		s := named(sub, feature)
		if s == "" {
			s = "[Reserved subcommand]"
			if command == 0xb1 {
				s += " [OBS-ACS-3]"
			}
		}
		name += " " + s
	}
	return name
}

// fault is how commands report errors: the names of the bits of the error register from
// 7 to 0, and what is known beside (ATA/ATAPI-7, 6.2, and each command's error outputs).
type fault struct {
	bits    string
	located bool // the LBA is that of the error
	counted bool // the count is that of the sectors that are left
}

// faults are by the letters below.
var faults = map[byte]fault{
	'r': {". UNC MC IDNF MCR ABRT NM AMNF", true, false},
	'd': {"ICRC UNC MC IDNF MCR ABRT NM AMNF", true, false},
	'D': {"ICRC UNC MC IDNF MCR ABRT NM AMNF", true, true},
	'S': {"ICRC UNC MC IDNF MCR ABRT NM CCTO", true, true},
	's': {". UNC MC IDNF MCR ABRT NM CCTO", true, true},
	'w': {". WP MC IDNF MCR ABRT NM .", true, false},
	'm': {"ICRC WP MC IDNF MCR ABRT NM AMNF", true, false},
	'M': {"ICRC WP MC IDNF MCR ABRT NM AMNF", true, true},
	'T': {"ICRC WP MC IDNF MCR ABRT NM CCTO", true, true},
	't': {". WP MC IDNF MCR ABRT NM CCTO", true, true},
	'v': {". UNC . IDNF . ABRT . AMNF", true, false},
	'l': {". . . IDNF . ABRT . AMNF", true, false},
	'L': {". . . IDNF . ABRT . .", true, false},
	'g': {". UNC . IDNF . ABRT . obs", false, false},
	'G': {". . . IDNF . ABRT . obs", false, false},
	'i': {". . . IDNF . ABRT . .", false, false},
	'a': {". . . . . ABRT . .", false, false},
	'k': {". . . . . ABRT TK0NF .", false, false},
	'p': {"Sense_key_(bit_3) Sense_key_(bit_2) Sense_key_(bit_1) Sense_key_(bit_0) . ABRT EOM ILI", false, false},
}

// faultOf tells which of them a command has.
var faultOf = map[byte]string{
	'r': "\x20\x21\x24\x29\x40\x41\x42\xc4", 'd': "\x26\x60\xc7\xc9", 'D': "\x25\xc8", 'S': "\x2a", 's': "\x2b",
	'w': "\x30\x31\x34\x39\xc5\xce", 'm': "\x36\x3d\x3e\x61\xca\xcb\xcc", 'M': "\x35", 'T': "\x3a", 't': "\x3b",
	'v': "\x3c", 'l': "\x22\x23", 'L': "\x32\x33", 'g': "\x2f", 'G': "\x3f", 'a': "\x00\xa1\xc6\xe4\xe8\xef", 'k': "\x10", 'p': "\xa0",
}

// smartFaults are those of SMART by its subcommands from d0h on.
const smartFaults = "ggaaigG?aaaa"

func faultFor(c *ata.LoggedCommand) (fault, bool) {
	if c.Command == 0xb0 {
		if i := int(byte(c.Feature)) - 0xd0; i >= 0 && i < len(smartFaults) && smartFaults[i] != '?' {
			return faults[smartFaults[i]], true
		}
		return fault{}, false
	}
	for letter, list := range faultOf {
		if strings.IndexByte(list, c.Command) >= 0 {
			return faults[letter], true
		}
	}
	return fault{}, false
}

// describe says what an error was, by the command that ended with it. Empty: the command
// does not tell.
func describe(e *ata.LoggedError) string {
	f, ok := faultFor(&e.Commands[0])
	if !ok {
		return ""
	}
	s, separator := "", ""
	if e.Status&0x20 != 0 {
		s, separator = "Device Fault", "; "
	}
	if e.Status&1 != 0 {
		s += separator + "Error: " + bitNames(f.bits, e.Error)
	}
	if f.counted && e.Count > 0 {
		s += " " + strconv.Itoa(int(e.Count)) + " sectors"
	}
	if f.located {
		s += " at LBA = " + hex(e.LBA, 8) + " = " + strconv.FormatUint(e.LBA, 10)
	}
	return s
}

func bitNames(names string, bits byte) string {
	var set []string
	for i, name := range strings.Fields(names) {
		if name != "." && bits>>(7-i)&1 != 0 {
			set = append(set, strings.ReplaceAll(name, "_", " "))
		}
	}
	return strings.Join(set, ", ")
}
