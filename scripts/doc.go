// Package scripts holds the laboratories and side-by-side benchmarks: programs
// for the people who build the toolbox, none of which is part of it.
package scripts
