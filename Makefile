# Two commands matter: make demo, make test. Go is needed; Node builds the page.

WEB  := ui/web
NODE := $(shell command -v npm 2>/dev/null)
TAGS := $(if $(NODE),-tags webui)
PAGE := $(WEB)/dist/index.html

.PHONY: demo build page test lint bench soak fuzz types types-check installers installers-test clean

# A counter with simulated terminal and platform; prints the page's address. Ctrl-C ends it.
demo: build
	./bin/sportello demo $(DEMO)

# The binary with its page; without Node it carries a page that says so.
build: $(if $(NODE),page)
	@$(if $(NODE),:,echo "npm is missing: building without the page")
	go build $(TAGS) -trimpath -o bin/sportello ./cmd/sportello

page: $(PAGE)

$(PAGE): $(WEB)/node_modules/.package-lock.json $(shell find $(WEB)/src $(WEB)/public -type f 2>/dev/null) \
		$(WEB)/index.html $(WEB)/vite.config.ts $(WEB)/tsconfig.json $(WEB)/italia-subset.ts
	npm --prefix $(WEB) run --silent build
	@touch $@

$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json
	npm --prefix $(WEB) ci --no-audit --no-fund --fetch-retries=5 --fetch-retry-maxtimeout=60000
	@touch $@

# Everything: reads the code, checks what is generated, runs Go's, the page's and the browser's tests.
test: lint types-check
	.ci/go
	.ci/page
	.ci/browser
	installer/test/run.sh --static

lint:
	.ci/lint

# Ratios against floors taken in the same run; never part of the tests.
bench:
	go test -run '^$$' -bench . -benchmem ./...

# Randomised runs, bounded: SEEDS times 50 payments in virtual time (SEED=n replays one exactly), then
# SECONDS with the real binary and SIGKILL; then OUTAGE payments charged while the platform was away.
SEEDS   := 250
SECONDS := 60
OUTAGE  := 10000
soak:
	SOAK_SEEDS=$(SEEDS) SOAK_SEED=$(SEED) SOAK_PAYMENTS=50 go test -count=1 -timeout 60m -v -run 'TestSoak$$|TestSoakReplays' ./cmd/sportello
	SOAK_SECONDS=$(SECONDS) SOAK_SEED=$(SEED) go test -count=1 -timeout 60m -v -run 'TestSoakRealBinary' ./cmd/sportello
	OUTAGE_PAYMENTS=$(OUTAGE) go test -count=1 -timeout 60m -v -run 'TestOutage$$' ./cmd/sportello

# Every fuzz target for EACH, one after another; never part of the tests, which run the seeds.
EACH := 10m
fuzz:
	.ci/fuzz $(EACH)

# The page's TypeScript types come from protocol/local.
types:
	go generate ./protocol/local

types-check:
	go run ./protocol/local/tsgen -check $(WEB)/src/core/types.gen.ts

# What is given to people, into bin/dist: binaries, deb, rpm, MSI, checksums, bill of materials, notices.
installers:
	installer/build.sh $(VERSION)

# The same bytes twice, the packages' life; root and Debian for all of it. What cannot run is printed.
installers-test:
	installer/test/run.sh

clean:
	rm -rf bin $(WEB)/dist $(WEB)/node_modules
