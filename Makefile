# Everything goes through here; `make help` lists it. Needs only make, git and Python 3.11 or later.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
BIN := .venv/bin
# hundreds of processes start in a test run: each would compile every module anew
unexport PYTHONDONTWRITEBYTECODE
#: test processes; browsers and databases share the machine with them
WORKERS ?= 2
CHECKED := chain tests bench scripts migrations wsgi.py
EXISTING = $(wildcard $(CHECKED))
TYPED = chain tests wsgi.py $(sort $(patsubst %/,%,$(dir $(wildcard bench/*.py scripts/*.py))))

.PHONY: help run worker test check fast bench demo screens reference lock setup setup-test

help: ## List what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

run: setup ## Install what is missing, migrate, load the demo when empty, start on 127.0.0.1:8000
	@exec $(BIN)/chain start

worker: setup ## Only the worker: timers, messages, bulk printing
	@exec $(BIN)/chain worker

test: setup-test check ## Linters, types, import contracts and every test lane on SQLite and PostgreSQL
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder tests

check: setup-test ## Linters, format, types, import contracts
	$(BIN)/ruff check $(EXISTING)
	$(BIN)/ruff format --check $(EXISTING)
	$(BIN)/mypy $(TYPED)
	$(BIN)/lint-imports

fast: setup-test ## Rules and services on SQLite only, for while one works
	@CHAIN_TEST_DATABASES=sqlite $(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile tests/rules tests/services

bench: setup-test ## Measure; prints one table per script with its ratio to the reference
	@scripts/bench.sh

demo: setup ## Delete the embedded database and load the demo season anew (FORCE=1: do not ask)
	@scripts/demo.sh

screens: setup-test ## Write a PNG of each page, in both languages, at 360 and 1280 px to var/screens
	@$(BIN)/python -m scripts.screens

reference: setup ## Write settings, commands and error codes to docs/ from the program
	@$(BIN)/python -m scripts.reference

lock: ## Resolve the dependencies again and write both lock files
	@scripts/lock.sh

setup:
	@scripts/setup.sh run

setup-test:
	@scripts/setup.sh test
