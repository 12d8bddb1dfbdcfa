// Package replay answers the commands of a disk by what a disk was seen to answer.
package replay
