package drivedb

import (
	"os"
	"path/filepath"
	"testing"

	"rescuebox/internal/smart/ata"
)

const sample = `/* comment { "x" */
  { "VERSION: 7.3 $Id: drivedb.h 5319 2022-02-19 17:48:34Z somebody $", "-", "-", "Version information", "" },
  { "DEFAULT", "-", "-", "Default settings",
    "-v 1,raw48,Rate_Of_Errors " // comment "
    "-v 5,raw16(raw16),Moved_Sectors "
    "-v 7,raw48,Seeking,HDD "
    "-v 231,raw48,Warmth,HDD "
    "-v 9,raw24(raw8),Power_On_Hours"
  },
  { "Family A", "DISK (A|B)[0-9]{2}", "1\\.0.*", "A \"warning\"\nof two lines", "-v 9,minutes -v 5,raw48 -F samsung2" },
  { "Family B", "DISK .*", "", "", "-v 1,hex48,Other -F xerrorlba -F nologdir", },
  { "USB: Some; Bridge", "0x1234:0xabc[de]", "0x01..", "", "-d sat,12" },
`

func TestParse(t *testing.T) {
	rows, err := Parse([]byte(sample))
	if err != nil || len(rows) != 5 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if rows[2].Warning != "A \"warning\"\nof two lines" || rows[2].Firmware != `1\.0.*` {
		t.Errorf("%+v", rows[2])
	}
	for _, bad := range []string{
		`{ "a", "b" }`, `{ "a", "b", "c", "d", "e"`, `{ "a`, `x`, `{ "a", "b", "c", "d", "e", "f" }`, `{ "\q", "b", "c", "d", "e" }`,
		"{ \"a\nb\", \"b\", \"c\", \"d\", \"e\" }", `{ a }`, `{ "a" "b", }`, `{ "\`,
	} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if rows, err := Parse([]byte("/* open")); err != nil || len(rows) != 0 {
		t.Errorf("%v %v", rows, err)
	}
}

func TestHost(t *testing.T) {
	root := t.TempDir()
	write := func(path, text string) string {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	db, err := Host(root)
	if err != nil || len(db.Sources) != 0 || len(db.Entries) != 0 {
		t.Errorf("%+v, %v", db, err)
	}
	share := write("usr/share/smartmontools/drivedb.h", sample)
	local := write("etc/smart_drivedb.h", `{ "Mine", "DISK A01", "", "", "" },`)
	db, err = Host(root)
	if err != nil || db.Version != "7.3/5319" || len(db.Sources) != 2 || db.Sources[0] != local || db.Sources[1] != share {
		t.Errorf("%+v, %v", db, err)
	}
	for _, c := range []struct{ model, firmware, family string }{
		{"DISK A01", "1.0", "Mine"}, {"DISK A02", "1.05", "Family A"}, {"DISK A02", "2", "Family B"}, {"DISK A", "", "Family B"},
		{"A DISK A02", "1.0", ""}, {"DEFAULT", "", ""}, {"-", "-", ""}, {"0x1234:0xabcd", "0x0100", ""},
	} {
		row, ok := db.Match(c.model, c.firmware)
		if ok != (c.family != "") || ok && row.Family != c.family {
			t.Errorf("%+v: %+v", c, row)
		}
	}
	if rows := db.USB("0x1234:0xabce", "0x0100"); len(rows) != 1 || rows[0].Presets != "-d sat,12" {
		t.Errorf("%+v", rows)
	}
	// What cannot be read does not hide the rest.
	write("var/lib/smartmontools/drivedb/drivedb.h", "nonsense")
	db, err = Host(root)
	if err == nil || db.Version != "7.3/5319" {
		t.Errorf("%v, %+v", err, db.Version)
	}
	mine := write("mine.h", `{ "Only", ".*", "", "", "" },`)
	if db, err = Open(root, mine); err != nil || len(db.Entries) != 1 {
		t.Errorf("%v, %+v", err, db)
	}
	if db, _ = Open(root, "+"+mine); len(db.Entries) != 7 || db.Entries[0].Family != "Only" || db.Version != "7.3/5319" {
		t.Errorf("%+v", db)
	}
	if _, err = Open(root, filepath.Join(root, "none")); err == nil {
		t.Error("a file that is not there was read")
	}
}

func TestPresets(t *testing.T) {
	rows, _ := Parse([]byte(sample))
	db := &DB{Entries: rows}
	var p Presets
	if err := p.Add("1,raw8"); err != nil {
		t.Fatal(err)
	}
	row, _ := db.Match("DISK A02", "1.05")
	if err := p.Fill(db, row); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[byte]Rule{
		1: {Name: "Rate_Of_Errors", Format: "raw8"}, 5: {Name: "Moved_Sectors", Format: "raw48"},
		9: {Name: "Power_On_Minutes", Format: "min2hour"}, 7: {Name: "Seeking", Format: "raw48", For: "HDD"}, 250: {Name: "Unknown_Attribute"},
	} {
		if got := p.Rule(id, true, false); got != want {
			t.Errorf("%d: %+v, want %+v", id, got, want)
		}
	}
	if r := p.Rule(231, false, true); r.Name != "Unknown_SSD_Attribute" {
		t.Errorf("%+v", r)
	}
	if f := p.Flaws(); !f.SwappedCount || f.SwappedAll {
		t.Errorf("%+v", f)
	}
	var none Presets
	if err := none.AddFlaw("none"); err != nil {
		t.Fatal(err)
	}
	if err := none.Fill(db, row); err != nil || none.Flaws() != (Flaws{}) {
		t.Errorf("%+v, %v", none.Flaws(), err)
	}
	for _, bad := range []string{
		"", "5", "0,raw48", "256,raw48", "5,raw47", "5,raw48:", "5,raw48:9", "5,raw48:000000000", "5,raw48,", "5,raw48,a b",
		"5,raw48,x,TAPE", "5,raw48,x,HDD,y", "N,raw48,x", "x,raw48", "9,minute",
	} {
		if err := new(Presets).Add(bad); err == nil {
			t.Errorf("-v %q was taken", bad)
		}
	}
	if err := new(Presets).AddFlaw("x"); err == nil {
		t.Error("-F x was taken")
	}
}

// Without a database there are common names, and which they are of.
func TestBuiltin(t *testing.T) {
	var p Presets
	if err := p.Fill(&DB{}, nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		id    byte
		solid bool
		name  string
	}{
		{5, false, "Reallocated_Sector_Ct"}, {197, true, "Current_Pending_Sector"}, {7, true, "Unknown_SSD_Attribute"},
		{231, true, "Unknown_Attribute"}, {177, false, "Unknown_HDD_Attribute"}, {177, true, "Wear_Leveling_Count"},
	} {
		if got := p.Rule(c.id, !c.solid, c.solid).Name; got != c.name {
			t.Errorf("%d: %s, want %s", c.id, got, c.name)
		}
	}
}

// FuzzDatabase reads whatever a database is, and shows attributes by it.
func FuzzDatabase(f *testing.F) {
	f.Add([]byte(sample), "DISK A02", "1.05", []byte{1, 15, 0, 100, 90, 1, 2, 3, 4, 5, 6, 7})
	f.Fuzz(func(t *testing.T, text []byte, model, firmware string, attribute []byte) {
		rows, _ := Parse(text)
		db := &DB{Entries: rows}
		var p Presets
		row, _ := db.Match(model, firmware)
		_ = p.Fill(db, row)
		a := ata.Attribute{}
		if len(attribute) >= 12 {
			a = ata.Attribute{ID: attribute[0], Value: attribute[3], Worst: attribute[4], Raw: [6]byte(attribute[5:11]), Reserved: attribute[11]}
		}
		for _, format := range formats {
			if s := (Rule{Format: format}).String(&a); s == "" {
				t.Errorf("%s of %+v", format, a)
			}
		}
		_ = p.Rule(a.ID, false, false).String(&a)
	})
}
