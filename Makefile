# `make help` lists the targets. CI and people run the same ones.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORES ?= $(shell nproc 2>/dev/null || echo 2)
CONFIG ?= config/demo.yaml
PROFILE ?=
BUDGET ?= small
DATA ?= data/train
export PATH := $(CURDIR)/$(BIN):$(PATH)
.DEFAULT_GOAL := help
.PHONY: help setup run ablations report-archive test test-all lint format typecheck imports page-lint workflow-check gate speed gpu coverage interval-coverage mutation wheel-test clean clean-all lock docs torture

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' || \
	  { echo "Python 3.11 to 3.14 is needed; say which with: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	.ci/install $(BIN) $(TORCH)
	@touch $@

setup: $(VENV)/.installed ## create .venv from the pinned lock (TORCH=cpu: PyTorch's build without CUDA, a fifth of the size)

run: setup ## run the workflow (CONFIG=config/demo.yaml PROFILE=slurm), say where the report is
	@$(BIN)/lic-tcm run $(CONFIG) --cores $(CORES) $(if $(PROFILE),--profile $(PROFILE))

ablations: setup ## train and evaluate the paper's ablations (BUDGET=small DATA=folder of training images)
	@$(BIN)/lic-tcm run config/ablations.yaml ablations --cores $(CORES) --config budget=$(BUDGET) training='{data: "$(DATA)"}'

test: setup ## run the test suite
	$(BIN)/python -m pytest -n $(CORES) --durations 25 -m "not long and not network"

coverage: setup ## which lines the tests reach
	$(BIN)/python -m pytest -n $(CORES) -m "not long and not network" --cov --cov-report=term:skip-covered

test-all: setup ## the tests that take minutes or the network, too
	$(BIN)/python -m pytest -n $(CORES) --timeout 1200

lint: setup ## formatting, lint, types, imports, workflow, the page's scripts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(MAKE) --no-print-directory typecheck imports page-lint workflow-check

format: setup ## format Python and Snakemake files
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/snakefmt Snakefile workflow

typecheck: setup ## mypy --strict
	$(BIN)/mypy

imports: setup ## import-linter: which room may import which (the contracts in pyproject.toml)
	$(BIN)/lint-imports --no-cache --no-logo

page-lint: ## biome on the report page's scripts and style sheet; skipped where there is no node
	.ci/page-lint

workflow-check: setup ## snakefmt, snakemake --lint, dry runs of all configurations
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint
	$(BIN)/snakemake --dry-run --quiet --nolock --cores 1
	$(BIN)/snakemake --dry-run --quiet --nolock --cores 1 --configfile config/demo.yaml
	$(BIN)/snakemake ablations --dry-run --quiet --nolock --cores 1 --configfile config/ablations.yaml

gate: setup ## code two small pictures anew, fail if a codec got worse than results/baseline/tiny.csv
	rm -rf results/datasets/tiny.csv results/coded/tiny results/rows/tiny results/tables/tiny
	@$(BIN)/lic-tcm run config/tiny.yaml results/tables/tiny/images.csv --cores $(CORES)
	$(BIN)/lic-tcm check --baseline results/baseline/tiny.csv --out reports/tiny

report-archive: setup ## snakemake's own report of the demo run, as one HTML file
	$(BIN)/snakemake --nolock --configfile $(CONFIG) --report "reports/$$(sed -n 's/^name: *//p' $(CONFIG))/snakemake.html"

wheel-test: setup ## build the wheel, install it outside the checkout, check what its commands give there
	$(BIN)/python tests/wheel_check.py

speed: setup ## measure this machine: stages, beside CompressAI's bench (IMAGES=folder), TCM, training, tables and report
	$(BIN)/python -m lic_tcm.measure.speed_stages
	$(BIN)/python -m lic_tcm.measure.speed_bench $(IMAGES)
	$(BIN)/python -m lic_tcm.measure.speed_tcm
	$(BIN)/python -m lic_tcm.measure.speed_training
	$(BIN)/python -m lic_tcm.measure.speed_report

gpu: setup ## a quarter of an hour on one NVIDIA GPU, docs/gpu.md (GPU='checks table1' for some parts, GPU='--device cpu --rehearse')
	$(BIN)/python -m lic_tcm.measure.gpu $(GPU)

interval-coverage: setup ## how often the intervals hold the true BD-rate, simulated from the rows of Kodak (20 min)
	for population in normal images; do echo "$$population:"; \
	  $(BIN)/python -m lic_tcm.measure.coverage results/measured/kodak/rows/*.csv --population $$population || exit 1; done

mutation: setup ## mutation tests of the maths, the gate and the container, score by module (MUTANTS='lic_tcm.metrics*': only some)
	$(BIN)/mutmut run --max-children $(CORES) $(if $(MUTANTS),'$(MUTANTS)')
	$(BIN)/python tests/mutation_score.py

torture: setup ## break runs and streams on purpose, see that nothing is lost (KILLS=50 OTHERS=5 STREAMS=20000)
	$(BIN)/python tests/torture.py --kills $(or $(KILLS),50) --others $(or $(OTHERS),5) --streams $(or $(STREAMS),20000)

lock: ## renew requirements.lock from pyproject.toml and requirements.override, for all platforms
	@[ -x $(BIN)/uv ] || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --require-hashes -r envs/uv.txt; }
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --all-extras --override requirements.override \
	  --generate-hashes --no-header pyproject.toml -o requirements.lock

docs: setup ## build the documentation site into build/site; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

clean: ## delete what runs made, keep the environment
	rm -rf .snakemake .snakemake-run.lock results/[a-z]*.lock build dist .pytest_cache .mypy_cache .ruff_cache mutants
	find results -mindepth 1 -maxdepth 1 ! -name published ! -name baseline ! -name measured -exec rm -rf {} +
	rm -rf reports/*

clean-all: clean ## delete the environment too
	rm -rf $(VENV)
