# Everything a newcomer or a maintainer runs. Needs Python 3.11+ and make; nothing is installed
# outside this folder.

PYTHON ?= $(firstword $(foreach python,python3 python3.13 python3.12 python3.11,$(shell \
	$(python) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(python))))
PORT ?= 8000
TRACK ?=
QUICK ?=

VENV := .venv
RUN := $(VENV)/bin/python -m

# Each of these keeps one core busy.
SIDE_BY_SIDE := $(MAKE) --no-print-directory -j
RACES = $(shell grep -rl --include='test_*.py' mark.concurrency tests)

.DEFAULT_GOAL := help
.PHONY: help demo test lint style types format messages bench rooms pages rushes

help:
	@echo 'make demo    a populated platform on http://localhost:$(PORT) (PORT=… to change)'
	@echo 'make test    lint, types, contracts and every test, browser included'
	@echo 'make lint    ruff, mypy, import contracts'
	@echo 'make bench   every benchmark; TRACK=O2 for one, QUICK=1 for a minute of rough figures'

demo: $(VENV)/.runtime
	@$(RUN) shanhuo demo --port $(PORT)

lint:
	@$(SIDE_BY_SIDE) 2 types style

style: $(VENV)/.test
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(VENV)/bin/lint-imports
	$(RUN) shanhuo messages --check

types: $(VENV)/.test
	$(RUN) mypy

# Three at a time: browsers and servers wait for each other, and leave two cores idle now and then.
test: style
	$(RUN) shanhuo messages --compile
	@$(SIDE_BY_SIDE) 3 pages types rooms rushes

rooms:
	@echo 'Every room, on SQLite'
	$(RUN) pytest -n 2 --dist worksteal -m 'not browser'

pages:
	@echo 'The pages, in a real Chromium'
	$(RUN) pytest tests/browser

rushes:
	@echo 'Many at once, on a PostgreSQL that the tests start'
	$(RUN) pytest -p tests.postgres -m concurrency $(RACES)

format: $(VENV)/.test
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

messages: $(VENV)/.test
	$(RUN) shanhuo messages

bench: $(VENV)/.test
	$(RUN) shanhuo messages --compile
	$(RUN) bench $(shell echo $(TRACK) | tr A-Z a-z) $(if $(QUICK),--quick)

$(VENV)/bin/python:
	@test -n '$(PYTHON)' || { \
		echo 'Python 3.11 or newer is needed; none was found on this machine.' >&2; exit 1; }
	@echo '[1/4] Python environment in $(VENV) 建立 Python 环境'
	@$(PYTHON) -m venv $(VENV) || { \
		echo 'Python cannot make environments here: install its venv package (Debian: python3-venv).' >&2; \
		rm -rf $(VENV); exit 1; }

$(VENV)/.runtime: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo '[2/4] Packages, about 130 MB, once 下载安装依赖包（只此一次）'
	@$(RUN) pip install -qq --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.test: $(VENV)/.runtime
	@echo 'Packages for tests and checks 安装测试工具'
	@$(RUN) pip install -qq --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@
