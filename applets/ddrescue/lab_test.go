//go:build !amd64

package ddrescue

// startLab does nothing: the tests with bad sectors run on amd64.
func startLab() {}
