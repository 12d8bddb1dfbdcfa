// A module of its own: the toolbox does not depend on smart.go.
module smartgo

go 1.26

require github.com/anatol/smart.go v0.0.0-20241007162712-be6d7524480a

require golang.org/x/sys v0.26.0 // indirect
