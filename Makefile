# `make predict` and `make test` need Python 3.11 or newer and make, nothing else.

PYTHON ?= python3
PIP = -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
SHARED ?= ../shared

# The files of the package: when one comes or goes, the environments are brought up to date.
LAYOUT := $(shell ls -I __pycache__ configs data data/corpus eval model model/default train | cksum | cut -d' ' -f1)

.PHONY: predict test check checkpoint clean

predict: .venv/ready-$(LAYOUT)
	@.venv/bin/hoptac predict --sample

test: .venv-test/ready-$(LAYOUT)
	.venv-test/bin/python -m pytest

check: .venv-test/ready-$(LAYOUT)
	.venv-test/bin/ruff check .
	.venv-test/bin/ruff format --check .
	.venv-test/bin/mypy .

# Rebuilds the shipped checkpoint: trains, exports, and scores it on the development split, and on ../shared/dev where it is.
checkpoint: .venv-test/ready-$(LAYOUT)
	rm -rf runs/embedded runs/default
	.venv-test/bin/hoptac train configs/embedded.yaml
	.venv-test/bin/hoptac export runs/embedded -o runs/default --sentences 570
	.venv-test/bin/hoptac evaluate runs/default corpus:test corpus:development --baselines --robustness --card -o runs/evaluation
	@if [ -d $(SHARED)/dev ]; then \
		.venv-test/bin/hoptac evaluate runs/default $(SHARED)/dev/sentences.jsonl $(SHARED)/dev/leads.jsonl -o runs/evaluation-dev; \
	else echo "$(SHARED)/dev is not here: no scores on real articles"; fi
	@echo "to ship it: cp runs/default/* model/default/"

.venv/ready-$(LAYOUT): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python $(PIP) --editable .
	@touch $@

# The strict editable install lets the type checker see the package whose folder is the repository's root.
.venv-test/ready-$(LAYOUT): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-test
	.venv-test/bin/python $(PIP) torch==2.13.0
	.venv-test/bin/python $(PIP) --editable '.[test]' --config-settings editable_mode=strict
	@touch $@

clean:
	rm -rf .venv .venv-test build *.egg-info
