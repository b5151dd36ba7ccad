# The course's commands. Each sets up its own environment in .venv first, and is quick when that is done.
#
#   make lab         open the course in JupyterLab, in the folder my-course
#   make test        run the tests and every check of the code
#   make test-long   run the long tests: attacks, faults and honest work in grading, every notebook unsolved and by nbval
#   make bench       time the cells beside torch, and write tests/benchmarks/RESULTS.md
#   make bench-grading   time grading beside stock nbgrader, and write tests/benchmarks/GRADING.md
#   make bench-class     grade a thousand simulated students, and write tests/benchmarks/CLASS.md
#   make notebooks   rebuild the notebooks from their sources (authors)
#   make lock        renew requirements.lock from pyproject.toml (authors; needs uv)
#   make clean       remove the environment and the caches; your notebooks stay

# A Python of your own choice: make lab PYTHON=/path/to/python3.12
PYTHON ?=
# What `make lab` hands on to `rnncourse lab`: make lab ARGS="my-folder --no-browser"
ARGS ?=
# More for pytest: make test PYTEST="-k launcher"
PYTEST ?=

BIN := $(CURDIR)/.venv/bin
# nbgrader calls alembic, and notebooks call rnncourse, from PATH.
IN_VENV := PATH="$(BIN):$$PATH"

# What `make test` leaves to `make test-long`: each takes minutes.
LONG := tests/grading/attacks tests/grading/faults tests/grading/honest tests/notebooks/test_nbval.py \
    tests/notebooks/test_released.py
PYTEST_COMMAND := $(IN_VENV) $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help lab test test-long bench bench-grading bench-class notebooks lock clean setup

help:
	@sed -n 's/^#   //p' Makefile

setup:
	@sh .ci/setup $(PYTHON)

lab: setup
	@$(IN_VENV) $(BIN)/rnncourse lab $(ARGS)

test: setup
	@echo "ruff"; $(IN_VENV) ruff check .
	@echo "import-linter"; $(IN_VENV) lint-imports --no-cache
	@echo "codespell"; $(IN_VENV) codespell
	@$(PYTEST_COMMAND) $(LONG:%=--ignore=%) $(PYTEST)

test-long: setup
	@$(PYTEST_COMMAND) $(LONG) $(PYTEST)

bench: setup
	@$(IN_VENV) $(BIN)/python -m pytest -q tests/benchmarks/bench_cells.py tests/benchmarks/bench_ratios.py $(PYTEST)

bench-grading: setup
	@$(IN_VENV) $(BIN)/python -m pytest -q tests/benchmarks/bench_grading.py $(PYTEST)

bench-class: setup
	@$(IN_VENV) $(BIN)/python -m pytest -q tests/benchmarks/bench_class.py $(PYTEST)

notebooks: setup
	@$(IN_VENV) $(BIN)/rnncourse build

lock:
	@command -v uv >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/"; exit 1; }
	uv pip compile pyproject.toml --universal --python-version 3.11 --extra course --extra instructors --extra dev --no-header --no-annotate -o requirements.lock

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis .benchmarks build dist
	find rnncourse tests .ci -name __pycache__ -type d -prune -exec rm -rf {} +
