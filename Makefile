# What a person does with Runledger; the work is in scripts/.
.DEFAULT_GOAL := help
.PHONY: help run build setup test test-rust test-browser check bench bench-quick torture

ADDR ?= 127.0.0.1:3000
DATA_DIR ?= data
SECONDS ?= 180
export ADDR DATA_DIR

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

run: ## start the demo (ADDR=127.0.0.1:3000, DATA_DIR=data); installs and builds what is missing
	@scripts/run

build: ## build the release server and the page
	@scripts/setup run
	@scripts/build

setup: ## install what building and testing need
	@scripts/setup test

test: ## every test: on SQLite, on a PostgreSQL of its own, in the browser
	@scripts/test

test-rust: ## only the Rust tests, on both engines
	@scripts/test rust

test-browser: ## only the browser tests
	@scripts/test browser

check: ## formatting, lints, licences
	@scripts/check

bench: ## measure everything beside its limit; about half an hour on an idle machine
	@scripts/bench full

bench-quick: ## the same on smaller tables, in less than three minutes
	@scripts/bench quick

torture: ## kill workers, restart PostgreSQL and fail Graph for SECONDS=180, then count what was lost
	@RUNLEDGER_TORTURE_SECONDS=$(SECONDS) scripts/with-postgres cargo test --features ssr --test torture -- --ignored --nocapture
