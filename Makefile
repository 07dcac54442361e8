# Callboard's whole developer manual: `make help` lists what can be done here.
PYTHON ?= python3
VENV   ?= .venv
TOOLS  := .tools
UV     := UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 $(TOOLS)/bin/uv
UV_VERSION := 0.13.9
BIN    := $(VENV)/bin
ARGS   ?=
# The newest Python on the path or under pyenv that runs, apart from $(PYTHON) itself.
NEWEST ?= $(shell for python in $(PYTHON) $$(ls -d $$HOME/.pyenv/versions/3.*/bin/python3 2>/dev/null) python3.12 python3.13 python3.14 python3.15; do \
            $$python -c 'import sys; sys.version_info >= (3, 12) and print("%d.%d" % sys.version_info[:2], sys.executable)' 2>/dev/null; \
          done | sort -V | tail -n 1 | cut -d" " -f2)

.DEFAULT_GOAL := help
.PHONY: help setup wallboard wallboard-check docs run test rig check lint types layers coverage newest bench bench-full bench-soak bench-switch bench-asterisk lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

setup: $(VENV)/.ready ## set everything up in this folder (uv in .tools, packages in .venv)

$(TOOLS)/.uv-$(UV_VERSION):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Callboard needs Python 3.11 or newer, and $(PYTHON) is older: try 'make $(MAKECMDGOALS) PYTHON=python3.11'"; exit 1; }
	@echo "Setting up uv $(UV_VERSION) in $(TOOLS) ..."
	@rm -rf $(TOOLS)
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target $(TOOLS) uv==$(UV_VERSION)
	@touch $@

$(VENV)/.ready: $(TOOLS)/.uv-$(UV_VERSION) requirements.lock pyproject.toml
	@echo "Installing Callboard and its packages in $(VENV) ..."
	@test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) $(VENV)
	@VIRTUAL_ENV=$(abspath $(VENV)) $(UV) pip sync --quiet --require-hashes requirements.lock
	@VIRTUAL_ENV=$(abspath $(VENV)) $(UV) pip install --quiet --no-deps --editable .
	@touch $@

run: setup ## start the demo: server, switch and real calls (ARGS="--calls 100" passes options)
	@$(BIN)/callboard demo $(ARGS)

test: setup ## run the tests (SIPp scenarios run where SIPp is installed)
	@$(BIN)/pytest $(ARGS)

rig: ## a real Asterisk and a real Kamailio for the tests, in /var/tmp/callboard-rig (root; needs mmdebstrap)
	@tests/rig/asterisk-tree
	@tests/rig/kamailio-tree

check: setup lint types layers coverage ## everything a change must pass: lint, types, layers, tests, coverage

lint: setup ## ruff: style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup ## mypy --strict
	@$(BIN)/mypy
	@$(BIN)/mypy tests bench scripts

layers: setup ## import-linter: the layers of the house
	@$(BIN)/lint-imports --no-cache

coverage: setup ## the tests, with coverage; the few that fail are looked at twice, and named
	@$(BIN)/python -m tests.again -n 2 --dist loadfile --cov --cov-report=term --cov-fail-under=90 $(ARGS)

newest: ## the tests on the newest Python that is installed
	@test -n "$(NEWEST)" || { echo "No Python newer than $(PYTHON) is installed: nothing to do."; exit 0; }; \
	 echo "Testing on $(NEWEST)"; $(MAKE) --no-print-directory setup PYTHON=$(NEWEST) VENV=.venv-newest && .venv-newest/bin/python -m tests.again -n 2 --dist loadfile $(ARGS)

wallboard: wallboard/node_modules/.ready ## build the wallboard into the package (needs Node 20 or newer)
	@cd wallboard && npm run --silent build && npm run --silent test

wallboard-check: wallboard/node_modules/.ready ## whether the wallboard in the package is the build of its source
	@cd wallboard && npm run --silent check && npm run --silent test

wallboard/node_modules/.ready: wallboard/package-lock.json
	@cd wallboard && npm ci --silent --ignore-scripts
	@touch $@

docs: setup ## build the documentation into site/ (open site/index.html)
	@$(BIN)/zensical build --clean --strict

bench: setup ## how fast it is, in less than five minutes: bench-report/report.md (ARGS=--check compares with the baseline)
	@$(BIN)/python -m bench $(ARGS)

bench-full: setup ## the same with a hundred thousand calls (ARGS=--docs writes the figures into the documentation)
	@$(BIN)/python -m bench --full $(ARGS)

bench-soak: setup ## half an hour of calls that come and go, and everything compared (ARGS="--minutes 2 --rate 500")
	@$(BIN)/python -m bench.soak $(ARGS)

bench-switch: setup ## calls a second through the embedded switch (needs SIPp)
	@$(BIN)/python -m bench.switch $(ARGS)

bench-asterisk: setup ## what it costs an Asterisk to be watched, and how late we hear (needs SIPp and make rig)
	@$(BIN)/python -m bench.asterisk $(ARGS)

lock: $(TOOLS)/.uv-$(UV_VERSION) ## choose versions anew and write them to requirements.lock
	@$(UV) lock --quiet --upgrade
	@$(UV) export --quiet --all-extras --all-groups --no-emit-project --format requirements-txt --output-file requirements.lock

clean: ## remove what set-up and tests made
	@rm -rf $(VENV) .venv-newest $(TOOLS) .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .cache dist site bench-report
