# `make demo` and `make test` need Python 3.10+ and git, nothing else: each makes its own virtual environment.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
DEMO   ?= demo-out

.PHONY: double demo test lint format bench clean help

help:            ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(VENV)/.installed: pyproject.toml requirements/ci.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "codebot needs Python 3.10 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements/ci.txt -e .
	@touch $@

$(VENV)/.tested: $(VENV)/.installed requirements/triton.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/ci.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements/triton.txt
	@touch $@

demo: $(VENV)/.installed   ## annotate a package of Python's own library with the embedded engine, offline
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tests/demo.py $(DEMO)

test: $(VENV)/.tested double      ## all tests
	$(BIN)/python -m pytest -q -n auto

double:          ## what judges requests to GitHub a second time, and runs tests of JavaScript: needs Node
	@for folder in tests/github_double tests/javascript; do ( \
	cd $$folder && if [ node_modules/.package-lock.json -nt package-lock.json ]; then :; \
	elif ! command -v npm >/dev/null; then echo "no npm: tests that need $$folder are skipped"; \
	else npm ci --ignore-scripts --no-audit --no-fund --silent || echo "npm failed: tests that need $$folder are skipped"; fi ); done

lint: $(VENV)/.tested      ## linters and type checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/zizmor --offline --quiet .
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml

format: $(VENV)/.tested    ## format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.tested     ## speed, as ratios against something in the same run
	$(BIN)/python -m tests.benchmarks.bench_chunking
	$(BIN)/python -m tests.benchmarks.bench_engine
	$(BIN)/python -m tests.benchmarks.bench_startup
	$(BIN)/python -m tests.benchmarks.bench_memory

clean:           ## remove what make made
	rm -rf $(VENV) $(DEMO) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
