package libcheck

import (
	"os"

	"rescuebox/internal/applet"
	"rescuebox/internal/blockdev"
	"rescuebox/internal/mapfile"
	"rescuebox/internal/onsector"
)

// mapped returns the sectors that a map of ddrescue has as bad, or as failed and not
// narrowed down yet.
func (o *origin) mapped(s applet.Streams, system blockdev.System) ([]reported, error) {
	d, err := onsector.DeviceAt(system, s.Path(o.device))
	if err != nil {
		return nil, err
	}
	f, err := os.Open(s.Path(o.file))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []reported
	_, err = mapfile.Scan(f, func(b mapfile.Block) error {
		text := "bad by the map"
		switch b.Status {
		case mapfile.NonTrimmed, mapfile.NonScraped:
			text = "failed by the map, not narrowed down yet"
		case mapfile.BadSector:
		default:
			return nil
		}
		const sector = blockdev.SectorSize
		first, end := b.Pos/sector, (b.Pos+b.Size+sector-1)/sector
		list = append(list, reported{onsector.Target{Device: d, Sector: first, Count: end - first}, text})
		return nil
	})
	return list, err
}
