/*
Build makes the binaries of the toolbox and weighs them.

	go run ./build -o bin/rescuebox                     every applet, this machine's platform
	go run ./build -profile kit -o bin/rescuebox-kit    what is pasted
	go run ./build -arch 386 -o FILE                    another platform (see platforms)
	go run ./build cross DIR                            both profiles for every platform
	go run ./build size                                 the table of sizes, on stdout
	go run ./build check                                is the kit within its budget?

A binary is static (neither PT_INTERP nor PT_DYNAMIC, which the build verifies),
holds only the code of its profile's applets, is the same byte for byte wherever
the same commit is built, and ends in the seal by which it proves itself whole.

A profile is a list of applets under profiles/. The build hands the compiler an
overlay in which applets/all.go has only those entries, so the code itself needs
no build tags, and the linker drops whatever no entry leads to.
*/
package main
