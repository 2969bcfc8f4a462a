# Everything a person or CI calls. A fresh machine needs python3 (3.11 to 3.13) and these targets only.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= 2
SEED ?= 0
# Thousands of small databases that nobody keeps: in memory where the machine has such a folder.
SCRATCH ?= $(shell test -w /dev/shm && echo /dev/shm || echo $${TMPDIR:-/tmp})
OPERATIONS ?= 50000
NUMBERS ?= 300

.DEFAULT_GOAL := help
.PHONY: help demo test check bench bench-queues fuzz chaos lock docs clean

help: ## what can be done here
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(READY): requirements.lock pyproject.toml
	@echo "Setting up $(VENV) (once, about a minute) ..."
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Linewright needs Python 3.11 to 3.13; name one with PYTHON=..."; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

demo: $(READY) ## twelve numbers in trouble, brought online on a virtual clock (HANDS_ON=1: you answer)
	@$(BIN)/linewright demo $(if $(HANDS_ON),--hands-on,)

test: $(READY) check ## the whole suite, as CI runs it
	@TMPDIR=$(SCRATCH) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q

check: $(READY) ## formatting, lint, types
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy

bench: $(READY) ## figures, each beside what one would use instead
	@$(BIN)/python -m bench

fuzz: $(READY) ## the promises against many more unkind remotes (SEED=, OPERATIONS=)
	@$(BIN)/python -m pytest tests/promises -n $(WORKERS) -q --operations $(OPERATIONS) --fuzz-seed $(SEED)

chaos: $(READY) ## three workers killed, stopped and cut off, on PostgreSQL, then one on SQLite (SEED=, NUMBERS=)
	@$(BIN)/python -m tests.chaos --seed $(SEED) --numbers $(NUMBERS)
	@$(BIN)/python -m tests.chaos --seed $(SEED) --numbers $(NUMBERS) --sqlite

bench-queues: $(READY) ## three queues beside one another, in an environment of their own
	@test -d $(VENV)-bench || $(PYTHON) -m venv $(VENV)-bench
	@$(VENV)-bench/bin/python -m pip install --quiet --disable-pip-version-check -r bench/queues/requirements.txt
	@PYTHONPATH=. $(VENV)-bench/bin/python -m bench.queues

docs: $(READY) ## regenerates what is drawn from the code
	@$(BIN)/python -m docs

lock: $(READY) ## pins the dependencies anew
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-annotate --extra dev pyproject.toml -o requirements.lock

clean: ## removes the environment and the caches
	@rm -rf $(VENV) $(VENV)-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis
