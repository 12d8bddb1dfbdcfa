// Package uroot records which commands of u-root this toolbox could have taken
// over, and why it wrote its own: u-root is the nearest relative, a toolbox in Go
// whose pkg/core has fifteen commands as packages.
//
// Each decision is a row of TestDecisions: a command line that a user types, what
// u-root's command does with it, and what coreutils does. The test runs both, so
// that a decision falls when its cause does: a row that fails because u-root has
// learned better asks whether our own applet is still worth its lines.
//
// Nothing but the tests links u-root. Its authors have removed pkg/core after
// v0.16.0, which is a reason too, but not one that a test could hold.
package uroot
