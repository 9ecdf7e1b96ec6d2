# The only menu of this repository.  `make` alone prints it.
#
# Every target that needs it first makes .venv, fills it with the pinned
# packages, builds the C and installs zyn editable.  Each of these steps leaves a
# stamp, so that a second run does only what a changed file asks for.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
PYTEST_ARGS ?=
BENCH_ARGS ?=
ROOT := $(CURDIR)
VENV := .venv
PY := $(VENV)/bin/python

# Stamps.  The first lies in the environment, so that it goes with it.
DEPENDENCIES := $(VENV)/.dependencies
INSTALLED := build/.installed
NATIVE := build/.native

CMAKE_FILES := CMakeLists.txt $(wildcard */CMakeLists.txt)
C_FILES := $(shell find runtime tree-sitter-grammar -name node_modules -prune -o \
  \( -name '*.c' -o -name '*.h' -o -name '*.def' \) -print)
PYTHON_FOLDERS := compiler runtime lsp dap cli tree-sitter-grammar tests benchmarks \
  $(patsubst %/,%,$(sort $(dir $(wildcard examples/*.py dev/*.py))))
RUNTIME_C_FILES := $(filter runtime/%.c runtime/%.h,$(C_FILES))

# Two makes in one checkout take turns where they would write the same files.
TURN := $(if $(shell command -v flock),flock $(VENV)/.lock)

# A compiler that the user names is used.  Otherwise cmake looks for one; and where
# none is to be found, the one in the pinned ziglang wheel is.
ifneq ($(filter default undefined,$(origin CC)),)
  ifeq ($(shell command -v cc || command -v gcc || command -v clang),)
    ZIG_CC := $(ROOT)/build/zig/cc
    NATIVE_ENV := CC="$(ZIG_CC)"
  endif
else
  NATIVE_ENV := CC="$(CC)"
endif
export PATH := $(ROOT)/$(VENV)/bin:$(PATH)

.PHONY: help build demo test ctest sanitize prove embedded lint format bench bench-runtime
.PHONY: grammars vsix screenshots lock clean

help: ## print this menu
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

demo: $(NATIVE) ## watch async tasks being stepped poll by poll
	@bash dev/demo.sh

test: ctest ## run every test, those of the C runtime first
	@bash dev/vscode.sh test
	@$(PY) -m pytest $(PYTEST_ARGS)

lint: $(NATIVE) ## check style, types and import layers
	@failed=; check() { printf '== %.80s\n' "$$*"; "$$@" || failed=1; }; \
	check $(PY) -m ruff check --quiet .; \
	check $(PY) -m ruff format --quiet --check .; \
	check $(PY) -m mypy $(PYTHON_FOLDERS); \
	check $(VENV)/bin/lint-imports --no-logo; \
	$(if $(RUNTIME_C_FILES),check $(VENV)/bin/clang-format --dry-run -Werror $(RUNTIME_C_FILES);) \
	check bash dev/vscode.sh lint; \
	if command -v luacheck >/dev/null; then check sh -c 'cd editors/neovim && luacheck -q .'; \
	else echo "== not checked: editors/neovim, as there is no luacheck (Debian: lua-check)"; fi; \
	test -z "$$failed"

format: $(DEPENDENCIES) ## rewrite the sources in the house style
	$(PY) -m ruff check --fix-only .
	$(PY) -m ruff format .
	@$(if $(RUNTIME_C_FILES),$(VENV)/bin/clang-format -i $(RUNTIME_C_FILES),:)

prove: $(NATIVE) ## look longer than CI does: more examples, schedules, presets, valgrind
	@bash dev/prove.sh

embedded: $(DEPENDENCIES) ## build libzynrt_embedded.a, which needs no operating system
	@test -f build/release/build.ninja || cmake --preset release >/dev/null
	@cmake --build --preset release --target zynrt_embedded
	@echo build/release/runtime/libzynrt_embedded.a

bench: $(NATIVE) ## measure the speed goals and print them
	@$(PY) benchmarks/run.py
	@$(PY) -m benchmarks.runtime_peers --rounds 2 --seconds 150

bench-runtime: $(NATIVE) ## measure the runtime beside tokio, Go, node and asyncio
	@$(PY) -m benchmarks.runtime_peers $(BENCH_ARGS)

vsix: ## pack the extension for Visual Studio Code
	@bash dev/vscode.sh package

screenshots: screenshots-neovim ## make the pictures in docs/images anew
	@bash dev/screenshots.sh

grammars: ## regenerate the parsers (needs the tree-sitter command)
	@bash dev/grammars.sh

clean: ## remove all that make made: build, .venv, caches
	rm -rf build $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name .git -prune -o -name __pycache__ -type d -print | xargs rm -rf

# Not on the menu: the steps that the menu is made of.

build: $(NATIVE)

# A part of the pictures in docs/images: those of Neovim.  Needs nvim and chromium.
.PHONY: screenshots-neovim
screenshots-neovim: $(NATIVE)
	@ZYN_SCREENSHOTS=$(ROOT)/docs/images $(PY) -m pytest -q tests/end_to_end/test_neovim_pictures.py

# The C tests run from a build of their own, with assertions and -Werror.
ctest: $(NATIVE)
	@test -f build/dev/build.ninja || $(NATIVE_ENV) $(TURN) cmake --preset dev
	@$(TURN) cmake --build --preset dev
	@ctest --preset dev

# The C tests again under the sanitizers.  CI runs it; the compiler must have them (gcc, clang).
sanitize: $(DEPENDENCIES)
	@for preset in asan-ubsan tsan; do \
	  test -f build/$$preset/build.ninja || cmake --preset $$preset >/dev/null || exit 1; \
	  cmake --build --preset $$preset >/dev/null && ctest --preset $$preset || exit 1; \
	done

# After a pin in pyproject.toml changed; needs uv.
lock:
	@bash dev/lock.sh

$(DEPENDENCIES): requirements/build.txt requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "zyn needs Python 3.11 or newer: make PYTHON=/path/to/python3 ..." >&2; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "installing the pinned packages into $(VENV)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r requirements/build.txt -r requirements/dev.txt
	@touch $@

$(INSTALLED): $(DEPENDENCIES) pyproject.toml $(CMAKE_FILES) $(ZIG_CC)
	@echo "building and installing zyn"
	@$(NATIVE_ENV) $(TURN) $(PY) -m pip install --quiet --disable-pip-version-check \
	  --no-build-isolation --no-deps --editable .
	@touch $@

# Editing C does not ask for a new install: build, and copy what changed in place.
$(NATIVE): $(INSTALLED) $(C_FILES)
	@$(TURN) cmake --build build/editable
	@$(TURN) cmake --install build/editable \
	  --prefix "$$($(PY) -c 'import sysconfig; print(sysconfig.get_path("platlib"))')" >/dev/null
	@touch $@

# cmake wants its compiler as one program, hence the wrapper.  zig adds undefined-
# behaviour traps to unoptimised code by itself; gcc and clang do so when asked.
$(ROOT)/build/zig/cc: requirements/compiler.txt | $(DEPENDENCIES)
	@echo "no C compiler found: installing the one in the ziglang package"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r requirements/compiler.txt
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec "%s" -m ziglang cc -fno-sanitize=undefined "$$@"\n' \
	  "$(ROOT)/$(PY)" > $@
	@chmod +x $@
