# The tasks of this project; `make help` lists them. Works with GNU make 3.81 and later.

PYTHON ?= python3
PORT ?= 8501
PYTEST_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin

# Folders are named where no others are asked for: to look through all takes a run 16 s.
# A browser, its server and the test take about one core, and 1 GB.
WORKERS := --dist worksteal -n
SIDE_BY_SIDE := $(WORKERS) auto -m "not browser and not benchmark and not replicas" $(PYTEST_ARGS)
IN_BROWSERS := $(WORKERS) logical --maxprocesses 4 -m "browser and not benchmark" $(or $(PYTEST_ARGS),tests/browser)
ALONE := -m "benchmark or replicas" $(or $(PYTEST_ARGS),tests/benchmarks tests/browser tests/deploy)

# Compiled once and kept: every worker and every server that a test starts would do it again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help run test quick lint types format bench clean

help: ## list these tasks
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(VENV)/run.stamp ## install what is missing and start the app (PORT=8501)
	$(BIN)/python -m streamlit run app.py --server.port $(PORT)

quick: lint types ## lint, types, and the tests without browser and benchmarks: for every push
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

# Three summaries: of what needs no browser, of what drives one, and of what measures or takes the
# whole machine. pytest's 5 says that nothing was chosen, which PYTEST_ARGS=tests/words means for two.
# The browser is looked for first: without one, nothing has to be waited for.
test: lint types ## lint, types, then every test, the browser's included (PYTEST_ARGS=...)
	@CHROMIUM="$$(sh tools/find_browser.sh)" || exit 1; export CHROMIUM; ended=; \
	HAPROXY="$$(sh tools/find_proxy.sh)" || exit 1; export HAPROXY; \
	run() { echo "$$*"; "$$@"; ended="$$ended $$?"; }; \
	pytest="$(BIN)/python -m pytest"; run $$pytest $(SIDE_BY_SIDE); \
	run sh tools/tried_again.sh $(IN_BROWSERS); run $$pytest $(ALONE); \
	case "$$ended" in *[!05\ ]* | " 5 5 5") echo "pytest ended with$$ended" >&2; exit 1 ;; esac

lint: $(VENV)/dev.stamp ## ruff: rules and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp ## mypy on explorer/
	$(BIN)/mypy

format: $(VENV)/dev.stamp ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/dev.stamp ## the benchmarks alone, with their figures printed
	$(BIN)/python -m pytest tests/benchmarks -s $(PYTEST_ARGS)

clean: ## remove the environment and every cache
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results screenshots-tmp
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps lie inside the environment, so they vanish with it. They are
# renewed only when a requirements file changes: a second call installs nothing.
$(VENV)/run.stamp: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt requirements-cluster.txt requirements-engines.txt $(VENV)/run.stamp
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(BIN)/python:
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { \
	  echo "'$(PYTHON)' was not found: install Python 3.11 or later, or name one with 'make PYTHON=/path/to/python3'." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or later is needed, but '$(PYTHON)' is $$("$(PYTHON)" -V 2>&1): name another with 'make PYTHON=python3.12'." >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments: on Debian and Ubuntu, install the package python3-venv first." >&2; exit 1; }
	"$(PYTHON)" -m venv --clear $(VENV)
