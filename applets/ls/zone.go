package ls

import (
	"io"
	"os"
	"strings"
	"time"

	"rescuebox/internal/applet"
)

// zone returns the time zone of TZ, or of /etc/localtime without it, or UTC where
// that cannot be read: see tzset(3).
func zone(s applet.Streams) *time.Location {
	tz, ok := s.LookupEnv("TZ")
	if !ok {
		return time.Local
	}
	tz = strings.TrimPrefix(tz, ":")
	switch {
	case tz == "":
		return time.UTC
	case tz[0] == '/':
		if z, err := readZone(tz); err == nil && z != nil {
			return z
		}
		return time.UTC
	}
	if z, err := time.LoadLocation(tz); err == nil {
		return z
	}
	return rule(tz)
}

// maxZone bounds a file of time-zone data, in bytes; those of the tz database
// have up to 4 KB.
const maxZone = 64 << 10

func readZone(path string) (*time.Location, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, maxZone)
	n, err := io.ReadFull(f, data)
	if err != io.ErrUnexpectedEOF {
		return nil, err
	}
	return time.LoadLocationFromTZData(path, data[:n])
}

// rule returns the zone of a rule as CET-1CEST,M3.5.0,M10.5.0/3, or UTC when it is
// none. Package time reads such rules only at the end of time-zone data, so this
// is data of nothing else: RFC 8536, section 3.
func rule(tz string) *time.Location {
	header := "TZif2" + strings.Repeat("\x00", 15)
	counts := strings.Repeat("\x00", 19) + "\x01\x00\x00\x00\x04" // one zone, four bytes of names
	block := header + counts + "\x00\x00\x00\x00\x00\x00" + "UTC\x00"
	z, err := time.LoadLocationFromTZData("", []byte(block+block+"\n"+tz+"\n"))
	if err != nil {
		return time.UTC
	}
	return z
}
