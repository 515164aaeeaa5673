# make run    everything: the virtual environment, the locked packages, the desk and the clock
# make test   everything, then lint, types, import arrows and all tests
# make bench  ratios, side by side in one run

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --no-compile
export SAWT_HOME ?= $(CURDIR)/.sawt
export PYTHONPATH := $(CURDIR)
export PYTHONUNBUFFERED := 1
# Where it is set, as in many containers, a command takes 2.0 s to start instead of 0.7: all is compiled each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test lint check bench lock clean

run: $(VENV)/installed
	@exec $(BIN)/python -m campaigns.cli run $(ARGS)

test: lint check

lint: $(VENV)/installed-for-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: $(VENV)/installed-for-tests
	$(BIN)/python -m pytest -n auto $(ARGS)

bench: $(VENV)/installed-for-tests
	$(BIN)/python -m tests.bench $(ARGS)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else "Sawt needs Python 3.11, 3.12 or 3.13; name one: make PYTHON=python3.12 …")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "python3-venv is missing; install it with: sudo apt install python3-venv"; exit 1; }
	@echo "Setting up, once; this takes about half a minute."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/installed: requirements.lock | $(VENV)/bin/python
	@$(PIP) -r requirements.lock
	@touch $@

$(VENV)/installed-for-tests: requirements-test.lock | $(VENV)/bin/python
	@$(PIP) -r requirements-test.lock
	@touch $@ $(VENV)/installed

# For developers: uv resolves, the exported files are what is committed (they name no host).
lock:
	uv lock
	uv export -q --no-header --no-emit-project --no-dev -o requirements.lock
	uv export -q --no-header --no-emit-project -o requirements-test.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
