# CastAD. `make` prints what there is.

export CGO_ENABLED ?= 0
GO      ?= go
DATA    ?= .data
PORT    ?= 7071
# Where make run stages the app: one cloud at a time uses a folder, so another DATA has its own.
APP     ?= $(if $(filter .data,$(DATA)),build/app,$(DATA)/app)
PLACE   ?= docs/sample/place.json
KILL    ?= 0
PURGE   ?= 0
CARD    ?=
FROM    ?=
FUZZ    ?=
FUZZTIME ?= 60s
FILMS   ?= $(sort $(wildcard build/demos/*/ad.mp4))

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## install what the demo needs (Debian packages), and say so
	@scripts/setup.sh demo

.PHONY: demo
demo: setup ## one ad from a sample place, start to finish, in build/demo (PLACE=file.json KILL=n PURGE=1)
	@$(GO) run ./scripts/demo -place '$(PLACE)' -out build/demo -kill=$(KILL) -purge=$(PURGE)

.PHONY: demos
demos: setup ## an ad from every sample place, one after another, in build/demos, with a table
	@$(GO) run ./scripts/demo -out build/demos restaurant=docs/sample/place.json $(wildcard docs/sample/*/place.json)

.PHONY: run
run: setup ## keep everything up on http://localhost:7071 and say how to begin docs/tour.md (PORT= DATA=)
	@$(GO) run ./scripts/localcloud -addr 127.0.0.1:$(PORT) -dir '$(DATA)' -app '$(APP)' -tour

.PHONY: test
test: ## install what the tests need, then make check
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory check

.PHONY: check
check: ## what CI runs: gofmt, vet, staticcheck, tests with the race detector, tidy
	@echo gofmt; test -z "$$(gofmt -l $$(git ls-files '*.go') | tee /dev/stderr)"
	@echo go vet; $(GO) vet ./... && $(GO) vet -tags chaos ./shared/...
	@echo staticcheck; $(GO) tool staticcheck ./...
	@echo go mod tidy; $(GO) mod tidy -diff
	@echo 'without the race detector: the packages with tests or bounds that are not for it'
	scripts/scratch.sh $(GO) test $$(git grep -l '^//go:build !race' -- '*_test.go' | xargs -n1 dirname | sort -u | sed 's,^,./,')
	CGO_ENABLED=1 scripts/scratch.sh $(GO) test -race -shuffle=on -timeout 15m ./...

.PHONY: browser
browser: ## install Chromium, and have it sign in and work from a listed origin and from a stranger's
	@scripts/setup.sh browser
	CASTAD_BROWSER=1 $(GO) test -count 1 -run TestABrowserLets ./functions

.PHONY: security
security: ## known vulnerabilities (govulncheck) and unsafe code (gosec): both must find nothing
	@GO='$(GO)' scripts/security.sh

.PHONY: museum
museum: ## how the vendors fail and which test shows that CastAD withstands it, as a table (CARD=regexp)
	@$(GO) run ./scripts/museum -card '$(CARD)'

.PHONY: museum-mutants
museum-mutants: ## each card's handling taken away: its test must be red (CARD=regexp, FROM=card to go on there)
	@$(GO) run ./scripts/museum -mutants -card '$(CARD)' -from '$(FROM)'

.PHONY: controls
controls: ## every security control and which test is red without it, as a table (CARD=regexp)
	@$(GO) run ./scripts/museum -controls -card '$(CARD)'

.PHONY: controls-mutants
controls-mutants: ## each security control taken away: its test must be red (CARD=regexp, FROM=card to go on there)
	@$(GO) run ./scripts/museum -controls -mutants -card '$(CARD)' -from '$(FROM)'

.PHONY: fuzz
fuzz: ## every fuzz target, one after another, with a table (FUZZTIME=60s FUZZ=regexp)
	@$(GO) run ./scripts/fuzz -time '$(FUZZTIME)' -target '$(FUZZ)'

.PHONY: contact-sheet
contact-sheet: ## docs/contact-sheet.jpg: frames every 3 s of the films in build/demos (FILMS=files)
	@test -n '$(FILMS)' || { echo 'there are no films: make demos first, or FILMS=files' >&2; exit 1; }
	@$(GO) run ./scripts/contactsheet -out docs/contact-sheet.jpg -every 3s $(FILMS)

.PHONY: stage
stage: ## build/app: what a Functions host loads
	@$(GO) run ./scripts/stage -out build/app

.PHONY: migrate
migrate: ## bring the database of CASTAD_MYSQL_DSN up to date
	@$(GO) run ./scripts/migrate

.PHONY: token
token: ## a signed token for the local API
	@$(GO) run ./scripts/token -settings '$(APP)/local.settings.json'

.PHONY: studio
studio: setup ## the generation service alone, on 127.0.0.1:8077
	@$(GO) run ./scripts/localcloud studio -addr 127.0.0.1:8077 -dir '$(DATA)/studio'

.PHONY: func-start
func-start: stage ## the staged app under Core Tools (func), if installed; run `make run` beside it for the rest
	@command -v func >/dev/null 2>&1 || { echo "func is not installed: see docs/func.md" >&2; exit 1; }
	@test -f build/app/local.settings.json || { echo "build/app/local.settings.json is missing: see docs/func.md" >&2; exit 1; }
	cd build/app && func start --port 7072

.PHONY: bench
bench: ## the figures of the README, side by side
	$(GO) test -run '^$$' -bench 'Invocation|SendReceiveComplete1KB|ColdStart|KeepFilm|Allow' -benchmem -count 3 ./shared/trigger ./scripts/localcloud/servicebus ./functions ./shared/blob ./shared/guard

.PHONY: bench-film
bench-film: ## a film of 30 s as final and preview: time by length, processor, memory
	$(GO) test -run '^$$' -bench Film -benchtime 1x -count 3 ./shared/studio/film

.PHONY: bench-sound
bench-sound: ## our instruments beside a SoundFont's, on the same scores (needs fluidsynth and fluid-soundfont-gm)
	$(GO) test -run '^$$' -bench Sound -benchtime 1x ./shared/studio/music

.PHONY: bench-demo
bench-demo: ## make demo five times, with the median
	@scripts/demo-times.sh 5

.PHONY: bench-beats
bench-beats: ## are the beats of a hundred of the studio's songs found? and what hearing costs
	$(GO) test -v -run Studio -bench Hear -timeout 30m ./shared/media/sound -seeds 20 | grep -v '^=== \|PASS: .*songs/'

.PHONY: bench-voice
bench-voice: ## how well the singer is understood, by judges that never heard it (Debian: pocketsphinx, pocketsphinx-en-us, espeak-ng)
	$(GO) test -run 'SyllablesAreToldApart|VowelsStart' -v -bench 'Voice|Words|Speech|Sing$$' -benchtime 1x ./shared/studio/music
