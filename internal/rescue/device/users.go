package device

// Users are what would be hurt by writing to the block device of that number, or is
// using it: "sda1 is mounted at /". There are none where /proc and /sys do not say.
func Users(number uint64) []string { return users(number) }
