# make demo   watch it work (ONCE=1 ends by itself)
# make test   lint, types and all tests

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test lint types check clean

demo: $(READY)
	@$(BIN)/wonbooks demo $(if $(ONCE),--once)

test: lint types
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY)
	@$(BIN)/pyright

# Exact versions with their hashes; a minute or so the first time.
$(READY): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Wonbooks needs Python 3.11 or newer: make PYTHON=python3.11")'
	@echo "Setting up .venv (once, about a minute)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --progress-bar on --require-hashes -r constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

clean:
	rm -rf .venv .wonbooks .pytest_cache .ruff_cache
