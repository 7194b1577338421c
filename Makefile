# make hello · make test · make bench · make bench-peers        (make fix formats, make generate renews generated files)
PYTHON ?= python3
BIN := .venv/bin
USE := .venv/.use
READY := .venv/.ready
NODE := .venv/.node
# The reference server of the Model Context Protocol, which tests talk to where there is node.
EVERYTHING := @modelcontextprotocol/server-everything@2026.8.31

.PHONY: hello test bench bench-peers check fix generate clean

# What it takes to run spells, and what it takes to work on llmspell.
$(USE): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[local]'
	@touch $@

$(READY): $(USE)
	$(BIN)/python -m pip install --quiet --editable '.[all]' --group dev --group sdks --group mocks
	@touch $@

$(NODE): $(USE)
	@if command -v npm >/dev/null; then npm install --prefix .venv/node --no-audit --no-fund --silent $(EVERYTHING); fi
	@touch $@

hello: $(USE)
	@$(BIN)/llmspell models pull smollm2-135m
	@echo '— examples/01_hello.lua'
	@$(BIN)/llmspell run examples/01_hello.lua --model local/smollm2-135m
	@echo '— examples/01_hello.js'
	@$(BIN)/llmspell run examples/01_hello.js --model local/smollm2-135m

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m llmspell.scriptable.generate --check
	$(BIN)/python -m tests.attacks.table --check

test: check $(NODE)
	@$(BIN)/llmspell models pull smollm2-135m
	$(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile

bench: $(READY)
	$(BIN)/python -m benchmarks

.venv-peers/.ready: pyproject.toml
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --upgrade pip
	.venv-peers/bin/python -m pip install --quiet --editable '.[fast]' --group peers
	@touch $@

bench-peers: .venv-peers/.ready
	.venv-peers/bin/python -m benchmarks.peers

fix: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

generate: $(READY)
	$(BIN)/python -m llmspell.scriptable.generate
	$(BIN)/python -m llmspell.cli.reference
	$(BIN)/python -m llmspell.providers.reference
	$(BIN)/python -m tests.attacks.table
	$(BIN)/python -m tests.test_patterns

clean:
	rm -rf .venv .venv-peers dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
