# What to type in this folder. Python 3.11 or newer and make are enough; all else goes into .venv.

PYTHON ?= python3
ARGS ?=

python := .venv/bin/python
pip := PYTHONWARNINGS=ignore $(python) -m pip --quiet --disable-pip-version-check
pins := pyproject.toml constraints.txt

.PHONY: help demo install test lint faults fidelity fuzz bench pins clean broken
.DELETE_ON_ERROR:

help:
	@echo "make demo      a commune with a Telegram group and a Matrix room, on this machine alone (ARGS=--script: no browser)"
	@echo "make install   what developers need, into .venv"
	@echo "make test      every test                                  (ARGS=tests/test_config.py: some)"
	@echo "make lint      style, types, and which file may know which"
	@echo "make faults    crashes and failures, and what they lose    (ARGS=--short: quicker)"
	@echo "make fidelity  what crosses between the networks, and how  (ARGS=--write: into docs/fidelity.md)"
	@echo "make fuzz      mutated updates and events for a while      (ARGS='--seconds 600')"
	@echo "make bench     how fast, and how much memory               (ARGS=--short: quicker)"
	@echo "make pins      newest versions of everything into constraints.txt"
	@echo "make clean     take away .venv and whatever tools left behind"

demo: .venv/.demo
	@.venv/bin/palier demo $(ARGS)

install: .venv/.dev

test: .venv/.dev
	@$(python) -m pytest --numprocesses 2 --dist loadfile $(ARGS)

lint: .venv/.dev
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

faults: .venv/.dev
	@$(python) -m tests.faults $(ARGS)

fidelity: .venv/.dev
	@$(python) -m tests.fidelity $(ARGS)

fuzz: .venv/.dev
	@$(python) -m tests.fuzz $(ARGS)

bench: .venv/.dev
	@$(python) -m tests.measures $(ARGS)

pins: .venv/.dev
	@$(pip) install --upgrade --upgrade-strategy eager pip --editable '.[demo,postgresql]' --group dev
	@{ head -n 1 constraints.txt; $(pip) freeze --all --exclude-editable --exclude setuptools; } >.venv/pins
	@mv .venv/pins constraints.txt
	@touch .venv/.demo .venv/.dev
	@echo "constraints.txt is new; now run: make lint test"

clean:
	@rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The demo needs no tools of developers; a venv for developers runs the demo too. Both need the stamp of a whole venv.

.venv/.demo: $(pins) .venv/.whole
	@echo "Installing Palier and a Matrix server into .venv. This takes a few minutes, once."
	@$(pip) install --constraint constraints.txt --editable '.[demo]'
	@touch $@

.venv/.dev: $(pins) .venv/.whole
	@echo "Installing Palier and what its developers need into .venv. This takes a few minutes, once."
	@$(pip) install --constraint constraints.txt --upgrade pip
	@$(pip) install --constraint constraints.txt --editable '.[demo,postgresql]' --group dev
	@touch .venv/.demo $@

.venv/.whole: $(if $(shell $(python) -m pip --version 2>/dev/null),,broken)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Palier needs Python 3.11 or newer, and \"$(PYTHON)\" is not. Has it another name here? make PYTHON=python3.12 ..."; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Python's venv module is missing. On Debian and Ubuntu: sudo apt install python3-venv"; \
		exit 1; }
	@$(PYTHON) -m venv --clear .venv
	@touch $@

broken:
