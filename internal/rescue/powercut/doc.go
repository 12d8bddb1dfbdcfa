// Package powercut tests that a rescue, wherever it is cut off, leaves a map that says
// nothing which the target's disk denies, and can be gone on with. A model of a disk
// behind a cache plays what a rescue asked of its target and of the map's folder, up to
// each request. Rescues run in virtual time.
package powercut
