# `make help` lists the targets. Each target installs its own requirements, including uv.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo new adopt update test test-deep test-system soak lint bench bench-server requirements clean

UV := $(or $(shell command -v uv 2>/dev/null),$(CURDIR)/.uv/bin/uv)
RUN := .venv/bin/python -m
TREE := {{cookiecutter.project_slug}}
PORT ?= 8000
OUTPUT ?= ..
ANSWERS ?=
BENCH ?=

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: .venv/ready ## Render a project with default answers into .demo and serve it on 127.0.0.1 (PORT=8000)
	@rm -rf .demo
	@$(RUN) cookiecutter . --no-input --output-dir .demo
	@$(MAKE) --no-print-directory -C .demo/my-api demo-data
	@$(MAKE) --no-print-directory -C .demo/my-api run PORT=$(PORT)

new: .venv/ready ## Render a project beside this folder (OUTPUT=.. ANSWERS="project_name=…"); ask the questions if there is a terminal
	@test -t 0 || quiet=--no-input; $(RUN) cookiecutter . $$quiet --output-dir $(OUTPUT) $(ANSWERS)

adopt: .venv/ready ## Write .cruft.json into a project that this template rendered (PROJECT=../my-api COMMIT=…)
	@$(RUN) update.adopt "$(PROJECT)" $(addprefix --commit ,$(COMMIT)) $(addprefix --template ,$(TEMPLATE)) $(ANSWERS)

update: .venv/ready ## Merge this checkout's last commit into a project whose own `make update` is older (PROJECT=../my-api)
	@$(RUN) update "$(PROJECT)" $(addprefix --version ,$(VERSION)) $(addprefix --template ,$(TEMPLATE)) $(ANSWERS)

test: .venv/ready ## Test the answers, all combinations of options, and a rendered project's `make check` and `make test`
	$(RUN) pytest --numprocesses auto --dist worksteal

test-deep: .venv/bench ## Run the slow tests: rendered projects' own test suites, Django 6.1, DRF's test suite, an update, the Dockerfile
	$(RUN) pytest -m deep tests/test_deep_suite.py
	$(RUN) pytest -m deep --ignore tests/test_deep_suite.py --numprocesses auto --dist loadgroup --no-loadscope-reorder

test-system: .venv/ready ## Run `make test-system` of two rendered projects (needs Chromium and nginx)
	$(RUN) pytest -m system

soak: .venv/ready ## Run `make test-soak` of a rendered project (SECONDS=60)
	@rm -rf .demo
	@$(RUN) cookiecutter . --no-input --output-dir .demo
	@$(MAKE) --no-print-directory -C .demo/my-api test-soak

lint: .venv/ready ## Check style and workflows
	$(RUN) ruff check . --ignore RUF200
	$(RUN) ruff format --check .
	$(RUN) yamllint --strict .
	.venv/bin/zizmor --offline --quiet .github '$(TREE)/.github'

bench: .venv/bench ## Compare a rendered project with stock DRF, a plain Django view, django-ninja and django-modern-rest; write docs/performance.md
	$(RUN) bench $(BENCH)

bench-server: .venv/bench ## Compare the same under load in gunicorn, with django-bolt and FastAPI; write docs/performance-server.md
	$(RUN) bench.server $(BENCH)

# The workspace members are not on a package index, so that their requirements are resolved instead.
requirements: .venv/ready ## Update requirements-dev.txt and requirements-bench.txt
	@rm -rf build && $(RUN) cookiecutter . --no-input --output-dir build
	@sed -i.bak '/^    "hardening\[/d; /^hardening = { workspace/d' build/my-api/pyproject.toml
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade \
		--output-file requirements-dev.txt --group pyproject.toml:dev \
		$(foreach group,dev fuzz hardening system third-party,--group build/my-api/pyproject.toml:$(group)) \
		build/my-api/pyproject.toml --all-extras build/my-api/packages/hardening/pyproject.toml
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade \
		--constraint requirements-dev.txt --output-file requirements-bench.txt --group pyproject.toml:bench
	@rm -rf build

.venv/ready: requirements-dev.txt | $(UV)
	@echo "Creating the environment in .venv …"
	@{ $(UV) venv --quiet --clear $(addprefix --python ,$(shell command -v python3)) && \
		$(UV) pip sync --quiet --require-hashes requirements-dev.txt; } || \
		{ echo "make: the packages could not be installed; is there a network?" >&2; exit 1; }
	@touch $@

.venv/bench: requirements-bench.txt .venv/ready
	@$(UV) pip install --quiet --python .venv/bin/python --require-hashes --requirement requirements-bench.txt
	@touch $@

$(CURDIR)/.uv/bin/uv:
	@echo "Downloading uv …"
	@python3 -m venv .uv && .uv/bin/python -m pip install --quiet uv || \
		{ echo "make: uv could not be installed; is there a network?" >&2; rm -rf .uv; exit 1; }

clean: ## Remove the files that make created
	@rm -rf .venv .uv .demo .pytest_cache .ruff_cache
