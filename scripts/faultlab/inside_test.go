package faultlab

// insideMain is what the test program does in place of the tests when it is
// started as a part of one.
func insideMain() {}
