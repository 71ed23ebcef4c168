PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SLURM := build/slurm
DOCS := build/docs-env
CORES ?= 2
CASES ?= 100000
KILLS ?= 200
RECIPES := $(basename $(notdir $(wildcard config/recipes/*.yaml)))

.PHONY: demo test slurm-test docs docs-test lint format bench peer-tables scale fuzz kills clean dag recipes recipe-pictures

$(READY): envs/requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r envs/requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: $(READY)
	$(BIN)/python -m dspant.simulate resources/demo/demo.yaml resources/demo/tank
	$(BIN)/snakemake --cores $(CORES)

test: $(READY)
	$(BIN)/pytest -n $(CORES) --dist loadgroup

$(SLURM)/.ready: envs/requirements.txt envs/slurm.txt pyproject.toml
	$(PYTHON) -m venv $(SLURM)
	$(SLURM)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r envs/requirements.txt -r envs/slurm.txt
	$(SLURM)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

slurm-test: $(SLURM)/.ready
	sh tests/slurm/install.sh
	$(SLURM)/bin/pytest tests/slurm

$(DOCS)/.ready: envs/requirements.txt envs/docs.txt pyproject.toml
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r envs/requirements.txt -r envs/docs.txt
	$(DOCS)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

docs: $(DOCS)/.ready
	$(DOCS)/bin/python -m sphinx -q -n -W --keep-going -c docs . build/docs/html
	@echo "Open build/docs/html/index.html"

docs-test: $(DOCS)/.ready
	$(DOCS)/bin/pytest tests/docs -n $(CORES) --dist loadgroup

lint: $(READY)
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/python -m dspant.simulate resources/demo/demo.yaml resources/demo/tank
	$(BIN)/snakemake --lint

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile rules

bench: $(READY)
	$(BIN)/python tests/bench/bench.py

build/bench/libemg/libemg-2.0.3.tar.gz: envs/libemg_tables.txt
	$(BIN)/pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --require-hashes -r envs/libemg_tables.txt --dest $(@D)
	touch $@

peer-tables: $(READY) build/bench/libemg/libemg-2.0.3.tar.gz
	$(BIN)/pytest tests/ops/test_ops_features_peers.py

scale: $(READY)
	$(BIN)/python tests/scale/scale.py
	$(BIN)/python tests/scale/long_recording.py

fuzz: $(READY)
	$(BIN)/python tests/fuzz/campaign.py $(CASES)

kills: $(READY)
	$(BIN)/python tests/crashes/campaign.py $(KILLS)

dag: $(READY)
	$(BIN)/python -m dspant.simulate resources/demo/demo.yaml resources/demo/tank
	$(BIN)/python -m dspant.report.dag config/config.yaml resources/dag.svg

recipes: $(READY)
	@set -e; for recipe in $(RECIPES); do \
	  $(BIN)/python -m dspant.simulate resources/recipes/$$recipe.yaml resources/recipes/tank/$$recipe; \
	  $(BIN)/snakemake --cores $(CORES) --configfile config/recipes/$$recipe.yaml; \
	done
	@for recipe in $(RECIPES); do echo "Open results/$$recipe/report.html, read docs/recipes/$$recipe.md"; done

recipe-pictures: recipes
	@set -e; for recipe in $(RECIPES); do \
	  $(BIN)/python -m dspant.report.dag config/recipes/$$recipe.yaml docs/recipes/$$recipe.svg; \
	  sed -n '/dspant.report.window/,/^```/{/^```/!p;}' docs/recipes/$$recipe.md | sh -e; \
	done

clean:
	rm -rf $(VENV) .snakemake results/demo logs/demo benchmarks/demo resources/demo/tank resources/recipes/tank
