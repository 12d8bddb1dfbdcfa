# The toolbox, its tests and its laboratories. Everything is Go; packages of the
# system are needed by the tests alone, and scripts/packages installs them.

GO ?= go
STATICCHECK = $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.7.0

# As ./build builds: what is compiled once serves every target and test. Compiling
# for each of the architectures anew is what takes a fresh machine the longest.
export GOFLAGS := $(filter-out -trimpath,$(shell $(GO) env GOFLAGS)) -trimpath

# Packages whose tests run on another architecture too: all but those that only
# drive programs of this machine (labs, build, the real binary), and one that takes an
# emulator a quarter of an hour (the engine that it tests is there itself).
PORTABLE = $$($(GO) list ./... | grep -v -e /build -e /scripts -e /cmd/ -e /powercut)

.PHONY: build kit disks full cross test test-race test-386 test-s390x lint size size-check luna soak bench bench-elf bench-ddrescue bench-paste packages clean

build: ## every applet: bin/rescuebox
	$(GO) run ./build -o bin/rescuebox

kit: ## what is pasted: bin/rescuebox-kit
	$(GO) run ./build -profile kit -o bin/rescuebox-kit

disks: ## what is pasted where disks are failing: bin/rescuebox-disks
	$(GO) run ./build -profile disks -o bin/rescuebox-disks

full: ## every applet, and packed kits of four processors to send: bin/rescuebox-full
	$(GO) run ./build full -o bin/rescuebox-full

cross: ## all profiles for every platform: bin/cross/
	$(GO) run ./build cross bin/cross

# Packages that start goroutines, which is where data races can be. The detector makes
# tests take two to four times the processor, and cannot find one in the others.
CONCURRENT = $$($(GO) list $$(grep -lrE --include='*.go' --exclude='*_test.go' \
	-e '^[[:space:]]*go (func|[A-Za-z_.]+)\(' -e '\.Go\(' -e 'AfterFunc\(' applets b64xfer build cmd internal scripts | \
	grep -v /testdata/ | xargs dirname | sort -u | sed 's,^,./,'))

test: packages ## all tests (as root: they mount, and make namespaces), with the race detector where goroutines are
	@concurrent="$(CONCURRENT)"; status=0; set -x; \
	CGO_ENABLED=1 $(GO) test -race -timeout 15m $$concurrent || status=1; \
	CGO_ENABLED=0 $(GO) test -timeout 15m $$($(GO) list ./... | grep -vxF "$$concurrent") || status=1; \
	exit $$status

test-race: packages ## all tests with the race detector
	CGO_ENABLED=1 $(GO) test -race -timeout 30m ./...

# Each command of a testscript is a program that starts, which takes an emulator long:
# there are the scripts of those applets only that count bytes of large files.
SCRIPTS_386 = ./applets/dd ./applets/ddrescue ./applets/ddrescuelog ./applets/tar

# Vetting (make lint) again for each architecture costs a tenth of the time.
TEST_386 = CGO_ENABLED=0 GOARCH=386 $(GO) test -vet=off -timeout 15m

test-386: packages ## the tests of all portable packages as 32-bit programs
	@set -x; if [ "$$(scripts/run386 status)" = emulated ]; then \
		$(TEST_386) -skip '^TestScripts$$' $(PORTABLE) && \
		$(TEST_386) -run '^TestScripts$$' $(SCRIPTS_386); \
	else \
		$(TEST_386) $(PORTABLE); \
	fi

# A testscript runs the test binary as a program, which only an emulator of a whole
# machine could: those run natively and as 32-bit programs.
test-s390x: packages ## the same on a big-endian machine, emulated
	CGO_ENABLED=0 GOARCH=s390x $(GO) test -vet=off -exec qemu-s390x-static -skip '^TestScripts$$' -timeout 15m $(PORTABLE)

lint:
	@test -z "$$(gofmt -l .)" || { echo 'gofmt is not clean:'; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(STATICCHECK) ./...

size: ## bytes of every binary, applet and package: build/size.md
	$(GO) run ./build size > build/size.md.new && mv build/size.md.new build/size.md && cat build/size.md

size-check: ## fail when a kit is over its budget or not reproducible
	$(GO) run ./build check

luna: packages kit ## break a library of a small system, find it from one open shell
	$(GO) build -o bin/luna ./scripts/luna
	bin/luna -kit bin/rescuebox-kit $(LUNAFLAGS)

soak: packages kit ## what takes too long for every commit: many seeds, long fuzzing
	$(MAKE) test-race
	scripts/soak

bench: bench-elf ## side by side with the real tools: docs/bench-*.md
bench: packages build kit
	$(GO) run ./scripts/startbench -binary full=bin/rescuebox -binary kit=bin/rescuebox-kit -o docs/bench-start.md

bench-elf: packages build ## ldd and libcheck beside ldd, lddtree, dd and debsums
	$(GO) run ./scripts/elfbench -binary bin/rescuebox -o docs/bench-elf.md

bench-ddrescue: packages build ## ddrescue beside GNU's on disks that fail, in real time (half an hour)
	$(GO) build -o bin/rescuebench ./scripts/rescuebench
	bin/rescuebench -binary bin/rescuebox -o docs/bench-ddrescue.md

bench-paste: packages ## every receiver of b64xfer in every kind of terminal (half an hour)
	$(GO) run ./scripts/pastebench -o docs/bench-paste.md

packages:
	@scripts/packages

clean:
	rm -rf bin
