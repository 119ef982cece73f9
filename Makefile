.DEFAULT_GOAL := help
.PHONY: help build demo test bench fuzz lint release

help: ## print the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

build: ## build bin/plumbline
	@go build -o bin/plumbline ./cmd/plumbline

test: ## set up what the tests need and run them all
	go vet ./...
	go test ./...

bench: ## measure reading, judging and the whole audit, side by side
	go test -run '^$$' -bench . -benchtime 3x ./eventlog ./procedure ./audit

fuzz: ## fuzz every decoder for 30 s each
	@for p in $$(go list ./...); do for f in $$(go test -list '^Fuzz' $$p | grep '^Fuzz'); do \
		echo "== $$p $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime 30s $$p || exit 1; done; done
