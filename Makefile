# The five commands of this project. Only Python 3.11+ and make need to be there beforehand.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test check bench stop clean lock needs-python

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

needs-python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, e.g. apt-get install python3"; exit 1; }

demo: needs-python ## the whole platform on this machine, in the foreground (PORT=8000, STATE_DIR=var)
	@exec $(PYTHON) -m lms.config.bootstrap demo

test: needs-python ## every test, on real engines
	@$(PYTHON) -m lms.config.bootstrap test
	$(VENV)/pytest -n 2 --dist loadscope --no-loadscope-reorder $(ARGS)
	@$(PYTHON) -m lms.config.bootstrap npm test

check: needs-python ## formatting, lint, types, import contracts, migrations, compose schema
	@$(PYTHON) -m lms.config.bootstrap check
	@$(VENV)/python -m lms.config.check

bench: needs-python ## benchmarks, each figure beside its baseline; writes var/bench/
	@$(PYTHON) -m lms.config.bootstrap bench
	$(VENV)/python -m tests.bench $(ARGS)

stop: needs-python ## stop a running demo of this STATE_DIR
	@$(PYTHON) -m lms.config.engines.stop

clean: stop ## throw away everything the platform wrote here (data too) and what was built
	rm -rf var .venv frontend/node_modules frontend/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

lock: ## pin newest allowed versions of all packages, with hashes
	uv lock --upgrade
	uv export -q --locked --no-header --no-emit-project --no-dev -o requirements.lock >/dev/null
	uv export -q --locked --no-header --no-emit-project --group dev -o requirements-dev.lock >/dev/null
	uv export -q --locked --no-header --no-emit-project --only-group frontend -o requirements-frontend.lock >/dev/null
