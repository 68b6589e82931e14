# Two commands matter: `make run` starts the advisor, `make test` proves it. Each sets itself up.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
# LIGHT=1 leaves out the local training engine (torch and friends).
LIGHT ?=

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: run
run: ## start the advisor in the browser (LIGHT=1: without the local training engine)
	@./requirements/install $(if $(LIGHT),core,engine)
	@exec $(BIN)/finetune-advisor serve --port $(PORT)

.PHONY: setup
setup: ## everything `make test` needs, without running it
	@./requirements/install dev

.PHONY: test
test: setup lint types imports ## format, lint, types, import contracts, tests
	@$(BIN)/python -m pytest -m "not slow and not browser" -n auto --dist loadfile
	@$(BIN)/python -m pytest -m "browser and not slow" -n 2 --dist loadfile

.PHONY: test-slow
test-slow: setup ## the minutes-long checks: real training, the real small model, longer storms
	@$(BIN)/python -m pytest -m slow --timeout=3600

.PHONY: lint types imports
lint: ## ruff: format check and lint
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .
types: ## mypy, strict
	@$(BIN)/mypy
imports: ## knowledge <- tools <- agent <- ui, one door for each third party
	@$(BIN)/lint-imports

.PHONY: format
format: setup ## rewrite the files as ruff wants them
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

.PHONY: docs tutorial
docs: setup ## what the docs take from the code: commands, tools, thresholds, graders, prices
	@$(BIN)/python docs/make.py
tutorial: setup ## run the tutorial, training included, and write what it prints into it
	@$(BIN)/python docs/record.py

.PHONY: screenshots
screenshots: setup ## the pictures of the README and the docs, made anew from the running app
	@$(BIN)/python docs/images/make.py

SIZE ?= 100MB
.PHONY: bench-lint
bench-lint: setup ## speed and recall of lint against the limit of this machine (SIZE=1GB); writes docs/lint-speed.md
	@$(BIN)/python bench/lint/make_dataset.py build/bench-lint.jsonl --size $(SIZE)
	@$(BIN)/python bench/lint/bench_lint.py build/bench-lint.jsonl --write docs/lint-speed.md
	@rm -f build/bench-lint.jsonl build/bench-lint.manifest.json

.PHONY: pins
pins: ## resolve requirements/*.txt anew from pyproject.toml
	@./requirements/pin

.PHONY: clean
clean: ## remove the environment and caches (never your data)
	@rm -rf $(VENV) .uv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
