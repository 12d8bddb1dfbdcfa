module rescuebox

go 1.26

require (
	github.com/creack/pty v1.1.24
	github.com/hanwen/go-fuse/v2 v2.12.1
	github.com/rogpeppe/go-internal v1.16.0
	github.com/u-root/u-root v0.16.0
	golang.org/x/sys v0.47.0
)

require (
	github.com/dustin/go-humanize v1.0.1 // indirect
	golang.org/x/tools v0.38.0 // indirect
)
