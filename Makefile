# make demo   watch it work (ONCE=1 ends by itself; CRM=pipedrive, CRM=salesforce)
# make test   lint, types and all tests (JOBS=3 processes; one more than cores, if not told)
# make simulate   SEEDS=100000 histories that try to break it; make mutants   do tests and histories find what is broken? (STORIES=1: tests only)

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
# The system's own where it will do: it is built by profile, a fifth faster than what version managers build here.
PYTHON ?= $(shell for each in /usr/bin/python3 python3; do $$each -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && break; done; echo $$each)
# One more process of tests than cores, since some wait for something, and no more than memory has room for.
JOBS ?= $(shell $(PYTHON) -c 'import os; print(min(os.cpu_count() or 1, 6) + 1)')
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --no-color --progress-bar off
READY := .venv/.ready
# What is imported is compiled once, and not by each process anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint types latency month-end first-match bench soak one-contact simulate payments mutants clean

demo: $(READY)
	@$(BIN)/wonbooks demo $(if $(ONCE),--once) $(if $(CRM),--crm $(CRM))

# Types are checked beside the tests.
test: lint
	@$(BIN)/pyright > .venv/types.log & types=$$!; failed=0; \
	  $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder || failed=1; \
	  wait $$types || failed=1; cat .venv/types.log; exit $$failed

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY)
	@$(BIN)/pyright

# Exact versions of everything with their hashes, half of them by each of two; compiled as they are first imported.
$(READY): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Wonbooks needs Python 3.11 or newer: make PYTHON=python3.11")'
	@echo "Setting up .venv (once, half a minute)"
	@$(PYTHON) -m venv .venv
	@awk '/^[a-z]/ { ++n } { print > (".venv/part" n % 2) }' constraints.txt
	@printf '%s\n' 0 1 | xargs -P 2 -I % $(PIP) --no-compile --no-deps --require-hashes -r .venv/part% 2> .venv/pip.log \
	  | awk -v all=$$(grep -c == constraints.txt) \
	  '/^(Collecting|Processing) / { printf "\r  %d of %d packages", ++n, all; fflush() } \
	   /^Installing/ { printf "\r  installing %d packages", n; fflush() } END { print "" }' || { cat .venv/pip.log; exit 1; }
	@$(PIP) --no-deps --no-build-isolation --editable . > .venv/pip.log 2>&1 || { cat .venv/pip.log; exit 1; }
	@touch $(READY)

# What it takes from "won" to "drafted", and how fast webhooks are thanked.
latency: $(READY)
	@$(BIN)/python -m benchmarks.latency
	@$(BIN)/python -m benchmarks.latency --by event
	@$(BIN)/python -m benchmarks.acks --flows

# Wonbooks beside a plain script on the vendors' clients; half an hour.
bench: $(READY)
	@$(BIN)/python -m benchmarks.compare

# A month with ten thousand deals.
month-end: $(READY)
	@$(BIN)/python -m benchmarks.month_end

# Twenty thousand customers on either side, paired.
first-match: $(READY)
	@$(BIN)/python -m benchmarks.first_match

# Processes killed for real while deals come in, and what came of it (MINUTES=3, DB=postgres).
soak: $(READY)
	@$(BIN)/python -m tests.soak --minutes $(or $(MINUTES),3) --database $(or $(DB),sqlite)

# Two workers and two records of one customer at once, many times over: one contact in Xero.
one-contact: $(READY)
	@$(BIN)/python -m tests.crashes.one_contact --seeds $(or $(SEEDS),10000)

# Histories from seeds on every core; what fails is told with its seed and the shortest tape.
simulate: $(READY)
	@$(BIN)/python -m tests.simulation --to $(or $(SEEDS),10000) --shrink $(if $(CRM),--crm $(CRM))

# Histories of payments, removals, credits and voids: the deal equals Xero at every quiet point.
payments: $(READY)
	@$(BIN)/python -m tests.payments $(or $(HISTORIES),10000)

# Small defects seeded into a copy of the sources, one at a time: which story fails with each, which judge objects, how soon.
mutants: $(READY)
	@$(BIN)/python -m tests.simulation.mutants $(if $(STORIES),--stories)

clean:
	rm -rf .venv .wonbooks .pytest_cache .ruff_cache
