# Chairside. A fresh clone needs Python 3.11 or later and make; everything else is fetched, with its hashes checked.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
ARGS ?=
UV_VERSION := 0.13.9
BIN := .venv/bin
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python
COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links --no-emit-index-annotation

.PHONY: help demo test check update lock

help: ## Show this page
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo "  ARGS=... is passed on: make demo ARGS=--once, make test ARGS='-k outbox'"

demo: .venv/.run ## Run a simulated clinic morning, live in this terminal (ARGS=--once ends by itself)
	@$(BIN)/chairside demo $(ARGS)

test: .venv/.dev ## Run every test, on real Kafka and PostgreSQL, two files at a time
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: .venv/.dev ## Check format, lint, types, import contracts and architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict schemas kit services chairside benchmarks
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/architecture tests/contract $(ARGS)

update: .venv/.dev ## Rewrite what is generated: goldens, examples, docs/flow.md, docs/asyncapi.yaml
	$(BIN)/python -m chairside.contract.update $(ARGS)

lock: .venv/.uv ## Resolve both lock files anew
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock

.venv/.uv: Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Chairside needs Python 3.11 or later, and '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@echo "Making .venv"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

# The editable install is renewed with the locks only: a warm run reads three stamps and nothing else.
.venv/.run: .venv/.uv requirements.lock pyproject.toml
	@echo "Installing what Chairside runs on (about 500 MB, once)"
	@$(INSTALL) --compile-bytecode --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --editable .
	@touch $@

.venv/.dev: .venv/.run requirements-dev.lock
	@echo "Installing what its tests need"
	@$(INSTALL) --compile-bytecode --require-hashes -r requirements-dev.lock
	@touch $@
