GO       ?= go
FUZZTIME ?= 10s
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null)

# Debian packages of the FTP clients that the tests run.
CLIENTS = aria2 busybox curl ftp-ssl inetutils-ftp lftp ncftp perl php-cli python3 rclone tnftp wget wput yafc

# Debian packages for the networks that tests make.
NETWORKS = conntrack haproxy iproute2 nftables procps

TEST_TOOLS ?= $(HOME)/.cache/ftpbridge-tools
export TEST_TOOLS
export PATH := $(TEST_TOOLS)/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help run build test test-cloud bench quick lint format tools vuln fuzz

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Serve ./ftpbridge-data as a demo
	$(GO) run ./cmd/ftpbridge

build: ## Build bin/ftpbridge
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/ftpbridge ./cmd/ftpbridge

test: tools ## Install the servers and clients that tests need, and run all tests
	$(GO) test -race -tags integration -timeout 40m ./...

test-cloud: ## Hold the bucket at $FTPBRIDGE_TEST_S3_URL to the contract
	$(GO) test -count 1 -tags cloud -timeout 60m ./test/cloud

bench: ## Measure transfers, and the memory of listings
	$(GO) test -run '^$$' -bench . -benchtime 3x ./test/bench

quick: ## Run the tests that need nothing but Go
	$(GO) vet ./...
	$(GO) test ./...

lint: ## Check style and likely mistakes
	golangci-lint run ./...

format: ## Format the code
	golangci-lint fmt ./...

tools: ## Install servers, clients and linters for tests, pinned, into $TEST_TOOLS
	test/tools/install.sh
	test/tools/apt.sh $(CLIENTS) $(NETWORKS)
	test/tools/clients.sh

vuln: ## Look for known vulnerabilities in what the program calls
	.ci/vuln

fuzz: ## Fuzz every parser for FUZZTIME each
	@grep -r --include='*_test.go' -oE '^func Fuzz[A-Za-z0-9_]+' . | while IFS=: read -r file target; do \
		target=$${target#func }; echo "$$(dirname $$file) $$target"; \
		$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$(dirname $$file)" || exit 1; \
	done
