# Everything a person or CI calls. A fresh machine needs python3 (3.11 to 3.13) and these targets only.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CHROMIUM := /usr/bin/chromium
HTMX := 2.0.11
AXE := 4.14.1
WORKERS ?= 3
SEED ?= 0
# Thousands of small databases that nobody keeps: in memory where the machine has such a folder.
SCRATCH ?= $(shell test -w /dev/shm && echo /dev/shm || echo $${TMPDIR:-/tmp})
OPERATIONS ?= 50000
NUMBERS ?= 300
MINUTES ?= 10

.DEFAULT_GOAL := help
.PHONY: help demo test test-on check audit dist bench bench-recovery bench-queues fuzz chaos schema lock docs vendor clean

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

$(CHROMIUM):
	@echo "The tests walk through the page in Debian's Chromium: installing the package chromium ..."
	@as=$$(test "$$(id -u)" = 0 || { sudo -n true 2>/dev/null && echo "sudo -n"; }) || \
	  { echo "Install the package chromium (as root: apt-get install chromium), then run this again."; exit 2; }; \
	$$as apt-get update -qq && $$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null || \
	  { echo "apt-get could not install the package chromium; install it, then run this again."; exit 2; }

demo: $(READY) ## twelve numbers in trouble, brought online on a virtual clock (HANDS_ON=1: you answer; SERVE=1: on the page)
	@$(BIN)/linewright demo $(if $(HANDS_ON),--hands-on,) $(if $(SERVE),--serve,)

test: $(READY) $(CHROMIUM) check ## the whole suite, as CI runs it
	@TMPDIR=$(SCRATCH) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q

test-on: ## the same on another Python, in an environment of its own (PYTHON=python3.13)
	@version=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])') && \
	$(MAKE) --no-print-directory VENV=.venv-$$version PYTHON=$(PYTHON) test

check: $(READY) ## formatting, lint, types, the lock and the licences of what is in it
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/python -m docs.dependencies

audit: $(READY) ## asks a public service for known weaknesses of what is in the lock (needs the network)
	@test -d $(VENV)-audit || $(PYTHON) -m venv $(VENV)-audit
	@$(VENV)-audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	@$(VENV)-audit/bin/pip-audit --strict --require-hashes --disable-pip --requirement requirements.lock || \
	  { echo "Not audited, or not clean. A package that could not be looked up counts as not audited: try where the service can be reached."; exit 1; }

dist: $(READY) ## the wheel and the sdist, in dist/, without the network
	@$(BIN)/python -m hatchling build

bench: $(READY) ## figures, each beside what one would use instead
	@$(BIN)/python -m bench

fuzz: $(READY) ## the promises against many more unkind remotes (SEED=, OPERATIONS=)
	@$(BIN)/python -m pytest tests/promises -n $(WORKERS) -q --operations $(OPERATIONS) --fuzz-seed $(SEED)

chaos: $(READY) ## three workers killed, stopped and cut off, on PostgreSQL, then one on SQLite (SEED=, NUMBERS=)
	@$(BIN)/python -m tests.chaos --seed $(SEED) --numbers $(NUMBERS)
	@$(BIN)/python -m tests.chaos --seed $(SEED) --numbers $(NUMBERS) --sqlite

schema: $(READY) ## Schemathesis against a running service (SEED=, MINUTES=)
	@$(BIN)/python -m tests.service.schema --seed $(SEED) --minutes $(MINUTES)

bench-recovery: $(READY) ## numbers in trouble under Linewright, other ways, and hindsight (N=, SEED=; WRITE=1: the page)
	@TMPDIR=$(SCRATCH) $(BIN)/python -m bench.recovery --n $(or $(N),1000) $(if $(WRITE),--write,) \
	  $(if $(filter command line environment,$(origin SEED)),--seed $(SEED),)

bench-queues: $(READY) ## three queues beside one another, in an environment of their own
	@test -d $(VENV)-bench || $(PYTHON) -m venv $(VENV)-bench
	@$(VENV)-bench/bin/python -m pip install --quiet --disable-pip-version-check -r bench/queues/requirements.txt
	@PYTHONPATH=. $(VENV)-bench/bin/python -m bench.queues

docs: $(READY) ## draws the pages that come from the code, and builds the site into build/site
	@$(BIN)/python -m docs

lock: $(READY) ## pins the dependencies anew
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-annotate --extra dev pyproject.toml -o requirements.lock

vendor: ## fetches the scripts of other people that lie in the tree anew; their checksums must fit
	@draft=$$(mktemp -d) && trap 'rm -rf "$$draft"' EXIT && \
	npm pack --silent --pack-destination "$$draft" htmx.org@$(HTMX) axe-core@$(AXE) >/dev/null && \
	static=src/linewright/service/static && mkdir -p "$$draft/tree/$$static" "$$draft/tree/tests/walk" && \
	take() { tar -xzOf "$$draft/$$1" "package/$$2" > "$$draft/tree/$$3"; } && \
	take htmx.org-$(HTMX).tgz dist/htmx.min.js $$static/htmx.min.js && \
	take htmx.org-$(HTMX).tgz LICENSE $$static/htmx.LICENSE.txt && \
	take axe-core-$(AXE).tgz axe.min.js tests/walk/axe.min.js && \
	take axe-core-$(AXE).tgz LICENSE tests/walk/axe.LICENSE.txt && \
	sums="$(CURDIR)/vendor.sha256" && (cd "$$draft/tree" && sha256sum --quiet --check "$$sums") && \
	cp -r "$$draft/tree/." .

clean: ## removes the environment and the caches
	@rm -rf $(VENV) $(VENV)-* dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
