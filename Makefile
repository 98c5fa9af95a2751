# make run    plans the bundled county's day        make test   checks and tests everything
# make serve  keeps both services up                make help   says so
# make chaos  kills workers, servers and the store for MINUTES, and counts what is lost
# make bench-env  installs the solvers that bench/instances.py compares with

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3.11
COUNTY ?= data/huadian
DATE ?= 2026-11-23
BUDGET ?= 20
OUT ?= out
MINUTES ?= 12

VENV := .venv
BIN := $(VENV)/bin
GENERATED := services/_generated
PROTOS := $(shell find protos -name '*.proto')
KERNEL := $(wildcard services/route/kernel/*.py)

# What bench/instances.py measures the search beside; no program needs it.
BENCH := .venv-bench

.PHONY: help run serve chaos setup test lint types unit clean lock proto bench-env

help:
	@grep -E '^# make' Makefile | sed 's/^# //'

run: $(VENV)/.run
	@$(BIN)/cuntong plan "$(COUNTY)" --date "$(DATE)" --budget "$(BUDGET)" --out "$(OUT)"

serve: $(VENV)/.run
	@$(BIN)/cuntong serve

setup: $(VENV)/.dev

test: lint
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 1

lint: $(VENV)/.dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/buf lint
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/mypy

chaos: $(VENV)/.dev
	@PYTHONPATH=.:$(GENERATED) $(BIN)/python -m tests.chaos.run --minutes "$(MINUTES)"

bench-env: $(BENCH)/.made

$(BENCH)/.made: requirements/bench.lock
	@echo "setting up: peers in $(BENCH)"
	@$(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.lock
	@touch $@

clean:
	rm -rf $(VENV) $(BENCH) $(GENERATED)

# The lock files hold names, versions and hashes only.
lock: $(VENV)/.dev
	@for set in run dev bench sbom; do \
	  $(BIN)/uv pip compile -q --no-header --no-emit-index-url --universal --python-version 3.11 \
	    --generate-hashes requirements/$$set.in -o requirements/$$set.lock; \
	done

# --- set-up: an environment, locked dependencies, code from protos/ ---

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "make: $(PYTHON) is not here; name yours with PYTHON=..." >&2; exit 1; }
	@echo "setting up: Python environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { $(PYTHON) -m venv --clear --without-pip $(VENV) && \
	  $(PYTHON) -m pip --python $@ install --quiet pip; } || { \
	  rm -rf $(VENV); echo "make: $(PYTHON) can make no environment; on Debian: apt install python3-venv" >&2; exit 1; }

$(VENV)/.run: requirements/run.lock bin/cuntong $(GENERATED)/.made $(VENV)/.kernel | $(BIN)/python
	@install -m 755 bin/cuntong $(BIN)/cuntong
	@for site in $(VENV)/lib/python3.*/site-packages; do echo ../../../../$(GENERATED) > $$site/cuntong-protos.pth; done
	@touch $@

$(VENV)/.run-packages: requirements/run.lock | $(BIN)/python
	@echo "setting up: packages (a minute or two)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.lock
	@touch $@

# Numba notices a change in the file of an entry only, not in those that it calls.
$(VENV)/.kernel: $(KERNEL) $(VENV)/.run-packages
	@echo "setting up: the search kernel (a minute)"
	@rm -f services/route/kernel/__pycache__/*.nb[ic]
	@$(BIN)/python -m services.route.kernel.warm
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.run
	@echo "setting up: packages for tests"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@$(call generate,--mypy_out=$(GENERATED) --mypy_grpc_out=$(GENERATED))
	@touch $@

$(GENERATED)/.made: $(PROTOS) $(VENV)/.run-packages
	@echo "setting up: code from protos/"
	@$(call generate,)
	@touch $@

define generate
mkdir -p $(GENERATED) && PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m grpc_tools.protoc -Iprotos \
  --python_out=$(GENERATED) --grpc_python_out=$(GENERATED) $(1) $(PROTOS) 2> >(grep -v '^Writing mypy' >&2)
endef
