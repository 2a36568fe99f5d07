# `make run` and `make test` set up everything they need; a second run finds it done.
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test bench lint format lock clean

# The first Python on this machine that is new enough; set-up says so if there is none.
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13 python3.14 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && exit; \
	done; echo python3)
PY := .venv/bin/python

help:
	@echo "make run      serve Rounds on this machine (installs what it needs first)"
	@echo "make test     lint, types and all tests, on SQLite and PostgreSQL and in a browser"
	@echo "make bench    measure speed beside bare SQL (ARGS='--rows 50000' for a quick look)"
	@echo "make lint     ruff and mypy alone"
	@echo "make format   let ruff write the format"
	@echo "make setup    only install"
	@echo "make lock     write the dependency locks (ARGS=--upgrade for newer versions)"
	@echo "make clean    remove what set-up installed; your data stays"

setup:
	@$(PYTHON) scripts/setup.py

setup-dev:
	@$(PYTHON) scripts/setup.py --dev

run: setup
	@ROUNDS_DEMO=$${ROUNDS_DEMO-1} exec .venv/bin/rounds serve

test: lint
	@$(PY) -m pytest -n 3 --dist worksteal $(ARGS)

bench: setup-dev
	@$(PY) -m tests.bench $(ARGS)

lint: setup-dev
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

format: setup-dev
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

lock: setup
	@$(PY) -m scripts.lock $(ARGS)

clean:
	rm -rf .venv .setup static/vendor .mypy_cache .ruff_cache .pytest_cache
