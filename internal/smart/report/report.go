// Package report is where what is known of a disk goes: into text for a person and
// into a JSON document for programs, at the same time, with the exit status that both
// share. Text and keys are smartctl's (smartctl(8)).
package report

import (
	"strings"

	"rescuebox/internal/jsontree"
)

// Status is smartctl's exit status, of bits.
type Status uint8

// The bits of Status (smartctl(8), EXIT STATUS).
const (
	CommandLine  Status = 1 << iota // it did not parse
	OpenFailed                      // no device, no identity, or asleep
	ReadFailed                      // a command failed, or a checksum was wrong
	Failing                         // the disk says that it fails
	PrefailNow                      // a prefail attribute is at its threshold
	PrefailPast                     // one was, in the past
	ErrorLogged                     // the error log has entries
	SelfTestsBad                    // the self-test log has errors
)

// Output gathers a report. The zero Output is ready to use.
type Output struct {
	Text   strings.Builder
	JSON   jsontree.Node
	Status Status
}

// Print adds text.
func (o *Output) Print(parts ...string) {
	for _, p := range parts {
		o.Text.WriteString(p)
	}
}

// Right is s with spaces before it, to fill width.
func Right(s string, width int) string { return strings.Repeat(" ", max(0, width-len(s))) + s }

// Left is s with spaces behind it, to fill width.
func Left(s string, width int) string { return s + strings.Repeat(" ", max(0, width-len(s))) }
