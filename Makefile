# Needs Python 3.11 or later, and make; everything else goes into .venv.

VENV := .venv
BIN := $(VENV)/bin

# The first of these that runs and is new enough. A name on the path may be a shim that does not run.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; \
	done)

.PHONY: help demo test lint format bench clean

help:
	@echo "make demo    run South Korea, Telegram, 2024: figure, table and data in out/demo"
	@echo "make test    run the tests"
	@echo "make lint    ruff, import-linter and mypy"
	@echo "make format  ruff format"
	@echo "make bench   measure the speed against plain Mesa and plain NumPy"
	@echo "make clean   remove .venv and out"

demo: $(VENV)/.installed
	$(BIN)/balloon run telegram-korea-2024 --replicates 200 --out out/demo

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest -q

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .

bench: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks.speed

clean:
	rm -rf $(VENV) out

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "balloon needs Python 3.11 or later with venv and pip; install it," \
		"or name one: make demo PYTHON=/path/to/python" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

# Editable: what is changed here runs at once, so nothing but a change of setup.cfg installs again.
$(VENV)/.installed: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-test: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $(VENV)/.installed $@

$(VENV)/.installed-dev: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(VENV)/.installed $(VENV)/.installed-test $@
