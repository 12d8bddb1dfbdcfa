package mapfile

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

// Maps as GNU ddrescue 1.27, 1.30 and partclone write them.
const (
	classic = `# Mapfile. Created by GNU ddrescue version 1.27
# Command line: ddrescue -r3 /dev/sda image map # and more
# Start time:   2026-11-20 10:00:00
# Current time: 2026-11-20 10:00:05
# Finished
# current_pos  current_status  current_pass
0x00120000     +               2
#      pos        size  status
0x00000000  0x00117000  +
0x00117000  0x00000200  -
0x00117200  0x00008E00  /
0x00120000  0x00001000  *  # half
0x00121000  0x1FFFDF000  +
0x200100000  0x00000200  -
0x200100200  0x00000E00  ?
`
	sweeping  = "0x00000000  %  1\n0x00000000  0x1000  ?\n"
	partclone = "0x00100000  +\n0 1048576 +\r\n"
)

func TestScan(t *testing.T) {
	var blocks []Block
	collect := func(b Block) error {
		blocks = append(blocks, b)
		return nil
	}
	header, err := Scan(strings.NewReader(classic), collect)
	if err != nil || header != (Header{0x120000, Finished, 2}) || len(blocks) != 7 || blocks[3] != (Block{0x120000, 0x1000, NonTrimmed}) || blocks[4].Size != 0x1FFFDF000 {
		t.Errorf("%v %+v %+v", err, header, blocks)
	}
	header, err = Scan(strings.NewReader(sweeping), collect)
	if err != nil || header != (Header{0, '%', 1}) {
		t.Errorf("%v %+v", err, header)
	}
	blocks = nil
	header, err = Scan(strings.NewReader(partclone), collect)
	if err != nil || header != (Header{0x100000, Finished, 1}) || !slices.Equal(blocks, []Block{{0, 1 << 20, Finished}}) {
		t.Errorf("%v %+v %+v", err, header, blocks)
	}
	if _, err := Scan(strings.NewReader("# "+strings.Repeat("x", 10_000)+"\n0 ?\n0 0 ?"), collect); err != nil {
		t.Errorf("a long comment: %v", err)
	}
	stop := errors.New("stop")
	if _, err := Scan(strings.NewReader(classic), func(Block) error { return stop }); err != stop {
		t.Errorf("stopped: %v", err)
	}
	if _, err := Scan(iotest.ErrReader(stop), collect); err != stop {
		t.Errorf("unreadable: %v", err)
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "line 1: No status line: not a map of ddrescue",
		"# nothing\n":                         "line 2: No status line: not a map of ddrescue",
		"0x0":                                 "line 1: Bad or missing status line",
		"0 x":                                 "line 1: Bad or missing status line",
		"0 ? 0":                               "line 1: Bad or missing status line",
		"-1 ?":                                "line 1: Bad or missing status line",
		"\x7fELF\x02":                         "line 1: Bad or missing status line",
		"0 ?\n0 1":                            "line 2: Bad block line in list",
		"0 ?\n0 1 %":                          "line 2: Bad block line in list",
		"0 ?\n5 0 +":                          "line 2: Bad block line in list",
		"0 ?\n0 1 +\n1 0 +":                   "line 3: Bad block line in list",
		"0 ?\n0 9223372036854775807 +\n1 1":   "line 3: Bad block line in list",
		"0 ?\n0 9223372036854775807 +\n1 1 +": "line 3: Blocks are not contiguous",
		"0 ?\n0 0b1 +":                        "line 2: Bad block line in list",
		"0 ?\n0 1_0 +":                        "line 2: Bad block line in list",
		"0 ?\n0 1 +\n2 1 +":                   "line 3: Blocks are not contiguous",
		"0 ?\n4 1 +\n0 1 +":                   "line 3: Blocks are not contiguous",
	} {
		_, err := Scan(strings.NewReader(text), func(Block) error { return nil })
		var e *Error
		if !errors.As(err, &e) || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestRanges(t *testing.T) {
	for statuses, want := range map[string][]Block{
		"-":   {{0x117000, 0x200, BadSector}, {0x200100000, 0x200, BadSector}},
		"-/*": {{0x117000, 0xA000, BadSector}, {0x200100000, 0x200, BadSector}},
		"?":   {{0x200100200, 0xE00, NonTried}},
		"":    nil,
	} {
		got, err := Ranges(strings.NewReader(classic), statuses)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %+v", statuses, err, got)
		}
	}
	var many strings.Builder
	many.WriteString("0 ?\n")
	for i := range 2*maxRanges + 2 {
		many.WriteString(strconv.Itoa(i) + " 1 " + string("+-"[i%2]) + "\n")
	}
	if _, err := Ranges(strings.NewReader(many.String()), "-"); err != ErrTooMany {
		t.Errorf("too many: %v", err)
	}
}

func FuzzScan(f *testing.F) {
	f.Add(classic)
	f.Add(sweeping)
	f.Add(partclone)
	f.Fuzz(func(t *testing.T, text string) {
		end, first := int64(0), true
		_, err := Scan(strings.NewReader(text), func(b Block) error {
			if b.Pos < 0 || b.Size < 0 || b.Pos+b.Size < 0 || !first && b.Pos != end {
				t.Fatalf("%+v behind %d", b, end)
			}
			end, first = b.Pos+b.Size, false
			return nil
		})
		var e *Error
		if err != nil && !errors.As(err, &e) {
			t.Fatal(err)
		}
	})
}
