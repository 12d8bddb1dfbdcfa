package atareport

import "rescuebox/internal/smart/ata"

func commandName(command, feature byte) string { return "[NO NAME]" }

func describe(e *ata.LoggedError, extended bool) string { return "Error:" }
