# One environment, made by the first target that needs it. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
PROVISIONED := .venv/.provisioned

export AIRFLOW_HOME ?= $(CURDIR)/.airflow
export GX_ANALYTICS_ENABLED = False
export DO_NOT_TRACK = 1

.PHONY: help month rehearsal test soak bench faults lint format airflow generate lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk -F ':.*?## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(PROVISIONED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else "Python 3.11, 3.12 or 3.13 is needed; found %d.%d. Name another with PYTHON=python3.12" % v)'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "The venv module is missing: install the system package python3-venv. Without it nothing can be installed." >&2; exit 1; }
	@echo "Setting up .venv (once, a few minutes) ..."
	@$(PYTHON) -m venv .venv
	@# --no-deps: the lock file is complete, so nothing is resolved and every file is checked by its hash.
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

month: $(PROVISIONED) ## make one monthly release; MONTH=2022-12 AS_OF=2023-04-30, default the last full month, today
	@$(BIN)/python dags $(if $(MONTH),--month $(MONTH)) $(if $(AS_OF),--as-of $(AS_OF))

rehearsal: $(PROVISIONED) ## the same with simulated data, stamped and kept apart; MONTH= AS_OF= SEED=1
	@$(BIN)/python dags --rehearsal $(if $(MONTH),--month $(MONTH)) $(if $(AS_OF),--as-of $(AS_OF)) $(if $(SEED),--seed $(SEED))

test: $(PROVISIONED) ## run the tests (minutes)
	@$(BIN)/python -m pytest -m "not soak" -q -n 2 --dist loadfile

soak: $(PROVISIONED) ## run the tests that take longer
	@$(BIN)/python -m pytest -m soak -q

bench: $(PROVISIONED) ## the benchmarks, one after the other (minutes)
	@set -e; for file in tests/benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python $$file; done

faults: $(PROVISIONED) ## play every fault of every stand-in and say how each ended; AS_OF=2024-12-31
	@$(BIN)/python -m raw faults $(if $(AS_OF),--as-of $(AS_OF))

lint: $(PROVISIONED) ## ruff, mypy, sqlfluff and freshness of generated files
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@cd dbt_project && ../$(BIN)/sqlfluff lint --disable-progress-bar --nocolor models tests macros
	@$(BIN)/python -m raw generate --check

format: $(PROVISIONED) ## format Python and SQL
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .
	@cd dbt_project && ../$(BIN)/sqlfluff fix --disable-progress-bar --nocolor models tests

generate: $(PROVISIONED) ## write the staging models that follow from the feed files
	@$(BIN)/python -m raw generate

airflow: $(PROVISIONED) ## Airflow with its web page on this machine; prints the address and how to log in
	@$(BIN)/python dags --web

lock: ## renew requirements.lock from pyproject.toml (needs uv)
	@uv pip compile --quiet --universal --generate-hashes --group dev --no-emit-index-url --no-emit-find-links --no-header pyproject.toml -o requirements.lock

clean: ## remove what was made here: environment, landing, inbox, builds, releases, Airflow's home
	@chmod -R u+w warehouse/data 2>/dev/null || true
	@rm -rf .venv .airflow raw/landing raw/inbox warehouse/data dbt_project/target dbt_project/logs .pytest_cache .ruff_cache .mypy_cache
