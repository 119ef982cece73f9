.DEFAULT_GOAL := help
.PHONY: help build demo sample needs test pictures bench bench-pm4py export-pm4py fuzz lint release vuln

help: ## print the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

build: ## build bin/plumbline
	@go build -o bin/plumbline ./cmd/plumbline

demo: build ## serve a made-up county bureau on a throw-away store; prints its address and sign-ins
	@bin/plumbline demo

sample: build ## make a made-up log with seeded faults, audit it, print the result and where its files are
	@bin/plumbline sample --out sample

needs: ## install what the tests need and this machine lacks: a browser, fonts, PostgreSQL
	@.ci/needs

test: needs ## set up what the tests need and run them all
	go vet ./...
	go test ./...

bench: needs ## measure reading, judging, the whole audit, and both stores beside plain SQL, side by side
	go test -run '^$$' -bench . -benchtime 3x ./eventlog ./procedure ./audit
	go test -run '^$$' -bench . -timeout 60m ./bench ./internal/print

# PM4Py comes from PyPI at the versions of bench/pm4py/requirements.txt, into an environment of its own. It is no part of the
# program, nor of its tests.
PM4PY := .cache/pm4py
DATA  := ../shared/data

$(PM4PY)/ready: bench/pm4py/requirements.txt
	@python3 -m venv $(PM4PY) && $(PM4PY)/bin/pip install -q -r bench/pm4py/requirements.txt && touch $@

bench-pm4py: build $(PM4PY)/ready ## measure the audit beside PM4Py on three real logs, in turns; DATA=folder of the logs
	@$(PM4PY)/bin/python bench/pm4py/bench.py $(DATA) --plumbline bin/plumbline --packs packs

export-pm4py: build $(PM4PY)/ready ## export a made-up record in every format and let PM4Py read it, unchanged
	@PM4PY=$(abspath $(PM4PY)/bin/python) go test ./cmd/plumbline -count 1 -v -run '^TestExportIsReadByPM4Py$$'

pictures: needs ## take pictures of every page, in both languages, at 1440 and 375 points, into pictures/
	go test ./web -run "SixPeople|Pictures" -shots $(CURDIR)/pictures -pictures $(CURDIR)/pictures/gallery
	go test ./cmd/plumbline -run DemoPages -shots $(CURDIR)/pictures

fuzz: ## fuzz every decoder for 30 s each
	@for p in $$(go list ./...); do for f in $$(go test -list '^Fuzz' $$p | grep '^Fuzz'); do \
		echo "== $$p $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime 30s $$p || exit 1; done; done

# Lint and vulnerability check are built once from a module file of their own (tools/go.mod) and kept in .cache/bin.
# The first build of golangci-lint takes several minutes, so neither is part of `make test`.
TOOLS := .cache/bin

$(TOOLS)/golangci-lint: tools/go.mod tools/go.sum
	@echo "building golangci-lint (once, several minutes)"
	@go build -modfile=tools/go.mod -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

$(TOOLS)/govulncheck: tools/go.mod tools/go.sum
	@go build -modfile=tools/go.mod -o $@ golang.org/x/vuln/cmd/govulncheck

lint: $(TOOLS)/golangci-lint ## run golangci-lint (the first run builds it)
	@$(TOOLS)/golangci-lint run ./...

release: test lint vuln ## what must hold before a release: test, lint, govulncheck

# govulncheck exits 3 when it found something, and 1 when it could not look, as without its database.
# Not checked is not passed: release fails then too.
vuln: $(TOOLS)/govulncheck
	@$(TOOLS)/govulncheck $(if $(VULNDB),-db $(VULNDB)) ./... >$(TOOLS)/govulncheck.txt 2>&1; rc=$$?; cat $(TOOLS)/govulncheck.txt; \
	if [ $$rc -eq 0 ]; then echo "vuln: no known vulnerability is called"; \
	elif [ $$rc -eq 3 ]; then echo "vuln: STOPPED, known vulnerabilities (above)"; exit 1; \
	elif grep -q 'fetching vulnerabilities' $(TOOLS)/govulncheck.txt; then \
		echo "vuln: NOT CHECKED, the vulnerability database cannot be reached (run again with a network, or with VULNDB=file:///a/copy/of/it)"; exit 1; \
	else echo "vuln: STOPPED, govulncheck failed (above)"; exit 1; fi
