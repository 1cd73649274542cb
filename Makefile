# 客情. Needs only Python 3.11 or newer and make; everything else is installed into .venv and node_modules.
# The same commands serve people and CI (.ci/run).

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo dev init serve stop test test-fast check-long reliability bench bench-browser fix lint types assets base-ready dev-ready chromium

OLDEST := 3.11
# The first interpreter that starts and is new enough: a name alone proves nothing.
PYTHON := $(shell for name in python3.13 python3.12 python3.11 python3 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$name && break; done)
PY := .venv/bin/python
# A demo or a test run of its own is not influenced by the caller's interpreter settings.
unexport PYTHONHOME PYTHONPATH

help: ## 列出命令
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

demo: base-ready assets ## 启动带示例数据的客情（Ctrl-C 停止）
	@exec $(PY) -m keqing.kit.launch demo

dev: dev-ready assets ## 启动开发环境（自动重载）
	@exec $(PY) -m keqing.kit.launch dev

init: base-ready assets ## 建立自己的公司和第一位管理员
	@exec $(PY) -m keqing.kit.launch init

serve: base-ready assets ## 启动自己的公司（不含示例数据）
	@exec $(PY) -m keqing.kit.launch serve

stop: base-ready ## 停止本目录的客情和内置数据库
	@exec $(PY) -m keqing.kit.launch stop

test: dev-ready assets chromium lint ## 全部检查和测试
	$(PY) -m pytest -n 2 --dist worksteal -q -m "not slow"

test-fast: dev-ready assets lint ## 不用浏览器的检查和测试
	$(PY) -m pytest -n 2 --dist worksteal -q -m "not browser and not slow"

check-long: dev-ready assets chromium ## 完整规模的检查（发布前）
	$(PY) -m pytest -q -m slow

reliability: dev-ready assets chromium ## 断电、断线与攻击测试全规模跑一遍，写成 docs/reliability.md
	$(PY) -m pytest -p tests.reliability --reliability=docs/reliability.md -q $(RELIABILITY)

bench: dev-ready assets ## 性能测试
	$(PY) -m bench.run

RELIABILITY := tests/faults tests/attacks tests/guards/test_dangerous.py tests/guards/test_permission_matrix.py \
	keqing/access/tests keqing/exports/tests keqing/interchange/tests/test_bombs.py keqing/kit/tests/test_masks.py

lint: dev-ready
	$(PY) -m ruff check .
	.venv/bin/lint-imports
	.venv/bin/mypy

types: dev-ready ## 只检查类型
	.venv/bin/mypy

bench-browser: dev-ready chromium ## 浏览器里的速度（先在另一个终端 make demo）
	$(PY) -m bench.browser

fix: dev-ready ## 整理代码格式
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

assets: base-ready
	@$(PY) assets/build.py

chromium: dev-ready
	@$(PY) -m tests.chromium

# --- virtual environment: rebuilt only when the lock changes ----------------------------------

base-ready: .venv/base.stamp
dev-ready: .venv/dev.stamp

.venv/bin/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "找不到 Python $(OLDEST) 或更高版本（现有：$$(python3 --version 2>&1)）。请安装后重试。" >&2; exit 1; fi
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
		{ echo "$(PYTHON) 缺少 venv 模块；Debian 和 Ubuntu 上请安装 python3-venv。" >&2; exit 1; }
	@echo "正在建立虚拟环境……"
	@$(PYTHON) -m venv .venv

.venv/base.stamp: requirements/base.lock | .venv/bin/python
	@echo "正在安装依赖……"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/dev.stamp: requirements/dev.lock | .venv/base.stamp
	@echo "正在安装开发依赖……"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
