# casegate: every task of a developer, and the first steps of a newcomer. `make` lists them.
#
# The virtual environment .venv is made from the locks and made again when they change; the
# stamps in it are written last, so an interrupted set-up is simply done again.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

PYTHON ?=
WORKERS ?= 2
UV ?= uv

bin := .venv/bin
pip := $(bin)/python -m pip --disable-pip-version-check -qq
export PIP_ROOT_USER_ACTION := ignore

# The stamp holds the folder .venv was made in: a moved checkout or a vanished Python makes it again.
usable := $(shell [ "$$(cat .venv/.packages 2>/dev/null)" = "$(CURDIR)" ] && .venv/bin/python -c '' 2>/dev/null && echo yes)

.PHONY: help
help: ## this list
	@echo 'casegate: make ...'
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

.PHONY: run
run: .venv/.installed ## set everything up and run the demonstration here, under ./var
	@exec $(bin)/casegate demo run

.PHONY: try
try: ## in a second terminal: send a mail to the running demonstration and follow it
	@if [ ! -e .venv/.installed ]; then echo 'The demonstration is not running: start it with "make run" in another terminal.' >&2; exit 1; fi
	@exec $(bin)/casegate demo try

.PHONY: test
test: .venv/.developer .venv/.installed ## all tests, against real services where they are installed
	@.ci/services --before-tests
	@$(bin)/python -m pytest -n $(WORKERS) --dist worksteal -m 'not soak' -rfEs --no-fold-skipped

.PHONY: services
services: ## install the Debian packages of the services that tests start privately
	@.ci/services

.PHONY: check
check: .venv/.developer .venv/.installed ## lint, format, types, import contracts
	@echo 'Lint (ruff)'
	@$(bin)/ruff check .
	@echo 'Format (ruff)'
	@$(bin)/ruff format --check .
	@echo 'Types (mypy)'
	@$(bin)/mypy
	@echo 'Import contracts (import-linter)'
	@$(bin)/lint-imports

.PHONY: bench
bench: .venv/.developer .venv/.installed ## measure speed on this machine; BENCH=--all for everything, --help for more
	@$(bin)/python -m tests.benchmarks $(BENCH)

.PHONY: fuzz
fuzz: .venv/.developer .venv/.installed ## read mutated mail for two minutes, and say what came of it
	@$(bin)/python -m tests.fuzz

.PHONY: story
story: .venv/.developer .venv/.installed ## one desk's day through real mail servers, every mail of it printed
	@.ci/services --before-tests
	@$(bin)/python -m tests.system.story $(STORY)

.PHONY: soak
soak: .venv/.developer .venv/.installed ## long proofs: kills, cut connections, mutated input
	@.ci/services --before-tests
	@$(bin)/python -m pytest -n $(WORKERS) --dist worksteal -m soak --timeout 3600 -rfEsP --no-fold-skipped

.PHONY: lock
lock: ## write the locks again from pyproject.toml, with the newest versions it allows (needs uv)
	@echo 'Resolving requirements.lock and requirements-dev.lock'
	@compile=('$(UV)' pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate); \
	scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; \
	title='Made by `make lock`: names, versions and hashes, no address of any index.'; \
	{ echo "# What casegate runs on, with the extra postgres and its build tools. $$title"; \
	  printf 'hatchling>=1.33\neditables>=0.6\n' | "$${compile[@]}" pyproject.toml - --extra postgres; } >"$$scratch/runtime"; \
	{ echo "# The dependency group dev, beside requirements.lock. $$title"; \
	  "$${compile[@]}" --group dev --constraints "$$scratch/runtime"; } >"$$scratch/dev"; \
	cat "$$scratch/runtime" >requirements.lock; cat "$$scratch/dev" >requirements-dev.lock

.PHONY: clean
clean: ## remove what the other targets made here, except ./var (the demonstration's mail)
	rm -rf .venv dist .hypothesis .mypy_cache .ruff_cache .import_linter_cache *.egg-info
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

# --- the virtual environment ---------------------------------------------------------------

.PHONY: again
again:

.venv/.packages: requirements.lock $(if $(usable),,again)
	@set -- $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); python=; \
	for candidate; do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo 'casegate needs Python 3.11 or newer: install python3.11 and python3.11-venv, or name one: make PYTHON=/path/to/python3' >&2; exit 1; \
	fi; \
	version=$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	if ! "$$python" -c 'import venv, ensurepip' 2>/dev/null; then \
	  echo "Python $$version is here without its venv module: apt install python$$version-venv" >&2; exit 1; \
	fi; \
	echo "Making .venv with Python $$version from requirements.lock"; \
	rm -rf .venv; "$$python" -m venv .venv
	@$(pip) install --require-hashes -r requirements.lock
	@echo '$(CURDIR)' >$@

.venv/.developer: requirements-dev.lock .venv/.packages
	@echo 'Adding the tools of requirements-dev.lock'
	@$(pip) install --require-hashes -r requirements.lock -r requirements-dev.lock
	@touch $@

.venv/.installed: pyproject.toml .venv/.packages
	@echo 'Installing casegate into .venv'
	@$(pip) install --no-deps --no-build-isolation -e .
	@touch $@
