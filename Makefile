# make hello · make test · make bench        (make fix formats, make generate renews generated files)
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: hello test bench check fix generate clean

$(READY): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[fast,local]' --group dev --group sdks --group mocks
	@touch $@

hello: $(READY)
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

test: check
	$(BIN)/python -m pytest

bench: $(READY)
	$(BIN)/python -m benchmarks

fix: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

generate: $(READY)
	$(BIN)/python -m llmspell.scriptable.generate
	$(BIN)/python -m llmspell.cli.reference
	$(BIN)/python -m llmspell.providers.reference

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
