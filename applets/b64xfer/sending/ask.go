package sending

import (
	"errors"

	"rescuebox/internal/applet"
)

// ask finds out what runs over there.
func (o *order) ask(applet.Streams) error { return errors.New("--to: name a receiver") }
