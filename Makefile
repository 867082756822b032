SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export CGO_ENABLED ?= 0
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
PKGS ?= ./...

.PHONY: help run build web test lint fmt bench cover fuzz e2e image clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Make a demo world in ./demo (first time) and serve it on http://127.0.0.1:8080
	bin/berlaku demo --dir demo --log-format text

build: ## Build bin/berlaku, one static binary with the apps inside (without Node: without them)
	scripts/web --if-node
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/berlaku ./cmd/berlaku

web: ## Build the installable apps into web/dist (Node 20)
	scripts/web

test: ## Everything: vet, the apps, both databases, races, decoders, kills, end to end
	scripts/test

lint: ## golangci-lint with the rules of .golangci.yml
	scripts/lint $(PKGS)

fmt: ## Format every Go file
	scripts/lint --fmt

bench: ## First figures: redemptions a second, card checks, start, memory
	scripts/bench

cover: ## Coverage of the tests on SQLite, as coverage/index.html
	mkdir -p coverage
	go test -coverprofile=coverage/profile -coverpkg=./... $(PKGS)
	go tool cover -html=coverage/profile -o coverage/index.html
	go tool cover -func=coverage/profile | tail -n 1

fuzz: ## Fuzz every fuzz target for 30 s each (FUZZTIME=…)
	scripts/fuzz

e2e: build ## The end-to-end tests alone
	scripts/e2e

image: ## Build the container image berlaku:$(VERSION)
	docker build --build-arg VERSION=$(VERSION) -t berlaku:$(VERSION) .

clean: ## Remove what was built here; caches and the demo world stay
	rm -rf bin coverage
	find web/dist -mindepth 1 ! -name .gitkeep -delete
