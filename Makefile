# Two commands: `make up` serves the one map, `make test` runs every check.
SITE ?= site
PORT ?= 8000
WEB := geoserver/web
export MINEGIS_SITE := $(SITE)
export MINEGIS_PORT := $(PORT)

# The first interpreter that is new enough.
PYTHON ?= $(shell for p in python3.12 python3.13 python3.14 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && { command -v "$$p"; break; }; done)

RUNTIME := .venv/.stamp-runtime
TOOLS := .venv/.stamp-tools
PAGE := $(WEB)/dist/index.html
PAGE_SOURCES := $(shell find $(WEB) -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
DEBIAN := chromium fonts-noto-cjk gdal-bin postgresql-15 postgresql-15-postgis-3 python3-pyftpdlib python3-qgis

.PHONY: up test check unit conformance browser debian lock clean

up: $(RUNTIME) $(PAGE)
	@exec .venv/bin/minegis serve --prepare

test: debian $(TOOLS) $(PAGE) check unit

check: $(TOOLS) $(WEB)/node_modules/.stamp
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/minegis check
	cd $(WEB) && npm run --silent check && npm run --silent test

unit: $(TOOLS) $(PAGE)
	.venv/bin/pytest -n 2 --dist loadfile --durations 10

# Writes which abstract tests of the OGC standards passed: what /ogc/conformance declares.
conformance: debian $(TOOLS)
	.venv/bin/pytest -n 2 --dist loadfile -m abstract_test --conformance

.venv/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "minegis needs Python 3.12 or newer with venv on the PATH"; exit 1; }
	$(PYTHON) -m venv .venv

# Compiled at install: where byte code is not written at run time, every start would compile it again.
$(RUNTIME): requirements.lock pyproject.toml | .venv/pyvenv.cfg
	.venv/bin/pip install -qq --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	.venv/bin/pip install -qq --disable-pip-version-check --no-build-isolation --no-deps --no-index -e .
	-@.venv/bin/python -m compileall -q -j 0 .venv/lib >/dev/null 2>&1
	@touch $@

$(TOOLS): requirements-dev.lock $(RUNTIME)
	.venv/bin/pip install -qq --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-dev.lock
	@touch $@

$(WEB)/node_modules/.stamp: $(WEB)/package-lock.json
	cd $(WEB) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(PAGE): $(WEB)/node_modules/.stamp $(PAGE_SOURCES)
	cd $(WEB) && npm run --silent build
	@touch $@

# The tests drive a real browser, GDAL, QGIS, PostGIS and an FTP server; without root what is missing is named, and those tests skip.
debian:
	@missing=""; for p in $(DEBIAN); do dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	else echo "not installed (needs root):$$missing; the tests that use them will skip"; fi

# Needs `uv` on the PATH; writes lock files with hashes and no addresses.
lock:
	uv pip compile --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-annotate --no-header requirements.in -o requirements.lock
	uv pip compile --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-annotate --no-header -c requirements.lock requirements-dev.in -o requirements-dev.lock

clean:
	rm -rf .venv $(WEB)/node_modules $(WEB)/dist .mypy_cache .ruff_cache
