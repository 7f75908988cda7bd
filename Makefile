# make setup · demo · test · bench: each sets up .venv by itself; nothing but Python >= 3.10, pip, make and g++ is needed.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
BACKENDS ?= reference,brian2,nengo,lava
# One BLAS thread: the matrices are small, and more threads only wait for one another.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: setup demo test test-slow test-kills test-slurm test-torch test-tonic test-norse test-nir-consumers test-brian2-versions test-wheel install-sizes fuzz conformance lint bench bench-full results loop-results \
  firmware firmware-arm test-firmware-arm firmware-fuzz firmware-rtl report-browser docs gallery docs-browser clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv 2>/dev/null || \
	  ($(PYTHON) -m venv --clear --without-pip .venv && $(PYTHON) -m pip --python $(BIN)/python install -q pip)
	@echo "installing into .venv: neurosim with Brian2, Nengo and Lava, and what the tests need"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt uv
	@$(BIN)/uv pip install -q --python $(BIN)/python -c constraints.txt -e '.[brian2,nengo,lava,search,plot,frames,neo,stats,download,report,track,dask,slurm,nir,test,lint]'
	@touch $@

demo: setup
	$(BIN)/neurosim compare scenarios/digits_sequential.toml scenarios/digits_sleep.toml --backends $(BACKENDS)

# Much of it waits for compilers and other processes, so on two cores three files of tests go side by side.
TOGETHER ?= -n 3 --dist loadfile
test: setup
	$(BIN)/python -m pytest -q $(TOGETHER)

test-slow: setup
	$(BIN)/python -m pytest -q $(TOGETHER) -m slow

# Commands killed at random moments by SIGKILL, SIGTERM and SIGHUP: what is left of each kind, as a table.
KILLS ?= 9
test-kills: setup
	@folder=$$(mktemp -d) && $(BIN)/python tests/crash/kills.py $$folder $(KILLS) 0; status=$$?; rm -rf $$folder; exit $$status

# A study on a SLURM of this machine alone, whose daemons are processes of the test; installs Debian's packages, as root.
test-slurm: setup
	@which slurmctld munged > /dev/null || PATH=$$PATH:/usr/sbin which slurmctld munged > /dev/null || \
	  { test "$$(id -u)" = 0 && apt-get install -q -y --no-install-recommends slurm-wlm munge > /dev/null; } || true
	@folder=$$(mktemp -d) && $(BIN)/python tests/crash/one_node_slurm.py $$folder; status=$$?; rm -rf $$folder; exit $$status

# PyTorch is large, so only these tests install it; `make test` skips them where it is missing.
TORCH ?= 2.13.0
test-torch: setup
	@$(BIN)/python -c "from importlib.metadata import version; assert version('torch').startswith('$(TORCH)')" 2>/dev/null || \
	  $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt torch==$(TORCH)
	$(BIN)/python -m pytest -q $(TOGETHER) tests/pytorch tests/docs/test_examples.py

# tonic brings half a gigabyte of packages, so it has an environment of its own; `make test` leaves these tests out.
TONIC_VENV := build/tonic
test-tonic: setup
	@test -x $(TONIC_VENV)/bin/python || $(BIN)/uv venv -q --python $(BIN)/python $(TONIC_VENV)
	@if $(BIN)/uv pip install -q --python $(TONIC_VENV)/bin/python -c constraints.txt -e '.[tonic,test]'; then \
	  $(TONIC_VENV)/bin/python -m pytest -q tests/event_sets tests/unit/test_tonic_binning.py; \
	else echo "left out: tonic cannot be installed here, so tests/event_sets did not run"; fi

# Norse and snnTorch bring PyTorch, so they have an environment of their own; `make test` leaves these tests out. Files of the
# NIR paper are read from NIR_FILES, a checkout of github.com/neuromorphs/NIR (BSD-3); without it, only graphs made here.
NIR_VENV := build/nir
NIR_FILES ?=
define with-nir-consumers
	@test -x $(NIR_VENV)/bin/python || $(BIN)/uv venv -q --python $(BIN)/python $(NIR_VENV)
	@if $(BIN)/uv pip install -q --python $(NIR_VENV)/bin/python -c constraints.txt -e '.[nir,test]' torch==$(TORCH) norse snntorch; then \
	  NEUROSIM_NIR_FILES='$(NIR_FILES)' $(NIR_VENV)/bin/python -m pytest -q -rs $(1); \
	else echo "left out: Norse and snnTorch cannot be installed here, so $(1) did not run"; fi
endef

test-norse: setup
	$(call with-nir-consumers,tests/interchange/test_norse_itself.py)

test-nir-consumers: setup
	$(call with-nir-consumers,tests/interchange/test_nir_consumers.py)

# tests/brian2 with every Brian2 that has a Python here, each in an environment of its own below build/.
BRIAN2_VERSIONS ?= 3.10:2.9.0 3.12:2.10.1 3.13:2.11.0
test-brian2-versions: setup
	@for pair in $(BRIAN2_VERSIONS); do \
	  version=$${pair%:*}; brian2=$${pair#*:}; venv=build/brian2-$$brian2-python$$version; \
	  python=$$(ls $(HOME)/.pyenv/versions/$$version.*/bin/python 2>/dev/null | tail -1); \
	  python=$${python:-$$(command -v python$$version)}; \
	  if [ -z "$$python" ]; then echo "left out: Brian2 $$brian2, for there is no Python $$version"; continue; fi; \
	  test -x $$venv/bin/python || $(BIN)/uv venv -q --python $$python $$venv || exit 1; \
	  $(BIN)/uv pip install -q --python $$venv/bin/python -e '.[brian2,test]' brian2==$$brian2 || exit 1; \
	  echo "Brian2 $$brian2 on Python $$version"; $$venv/bin/python -m pytest -q tests/brian2 || exit 1; \
	done

# The wheel and the source distribution, built from a copy; the wheel run in an empty folder on every Python that is here.
WHEEL_PYTHONS ?= 3.10 3.11 3.12 3.13 3.14
test-wheel: setup
	@folder=$$(mktemp -d) && $(BIN)/python tests/wheel/try_wheel.py $$folder $(WHEEL_PYTHONS); status=$$?; rm -rf $$folder; exit $$status

# The sizes in docs/how-to/install.md: the core and each extra in an environment of its own, some minutes.
install-sizes: setup
	@folder=$$(mktemp -d) && $(BIN)/python tests/wheel/measure_installs.py $$folder; status=$$?; rm -rf $$folder; exit $$status

# Inputs altered at random, some minutes; what went wrong is kept in build/fuzz. FUZZ="--kind idx --seed 7 --count 1000".
FUZZ ?=
fuzz: setup
	PYTHONPATH=tests $(BIN)/python -m fuzz $(FUZZ)

# Every backend and mode in its own process, as NAME[:MODE][@LENGTH[@RANDOM NETWORKS]]; loopback is the reference behind a
# worker. What others reached before stays on the page: brian2:cython@0.1@1 compiles for most of an hour, torch:cpu needs
# PyTorch.
CONFORMANCE ?= reference,loopback,brian2:standalone@1@3,brian2:numpy@0.25@5,nengo:native,nengo:fused,lava:fused,lava:mapped@1@5,$\
  reference+loihi2,nengo:native+loihi2,nengo:fused+loihi2,lava:fused+loihi2,lava:mapped+loihi2@1@5
conformance: setup
	$(BIN)/python -m neurosim.testing.matrix --backends $(CONFORMANCE)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(BIN)/towncrier build --draft > /dev/null

# The site, into build/docs/index.html; a warning is an error. Pages with results are run, on programs that the tests have
# compiled where these have run before.
docs: setup
	@$(BIN)/python -c "import sphinx, furo, myst_nb, numpydoc, sphinx_copybutton" 2>/dev/null || \
	  $(BIN)/uv pip install -q --python $(BIN)/python -c constraints.txt -e '.[docs]'
	NEUROSIM_CACHE=$${NEUROSIM_CACHE:-$(CURDIR)/.pytest_cache/d/neurosim} \
	  $(BIN)/python -m sphinx -q -W --keep-going -j 2 -d build/docs-parsed docs build/docs
	$(BIN)/python docs/building/check_site.py build/docs

# The pictures of docs/gallery.md, each by the command that stands below it there.
gallery: setup
	$(BIN)/python docs/make_gallery.py $(PICTURES)

# Pages of the site in Debian's chromium, at two widths, light and dark: pictures in build/docs-browser, and what axe-core of
# npm finds.
LOOKED_AT ?= index gallery tutorials/index tutorials/first-scenario tutorials/first-network tutorials/own-data \
  reference/api/generated/neurosim.LIF reference/api/generated/neurosim.NetworkBuilder reference/scenario-file
docs-browser: docs
	@for page in $(LOOKED_AT); do \
	  $(BIN)/python tests/report/browser.py build/docs/$$page.html build/docs-browser/$$(dirname $$page) || true; done

# Ratios within one run, at most 15 minutes; bench-full measures more, for longer. Both write build/bench.json and the
# tables of docs/explanation/performance.md, and add a line for each part to benchmarks/history.jsonl, which is committed.
bench: setup
	$(BIN)/python benchmarks/bench.py

bench-full: setup
	$(BIN)/python benchmarks/bench.py --full

# The tables of the README, and those of docs/explanation/results.md that need neither PyTorch nor files of data.
results: setup
	$(BIN)/python scenarios/studies/write_tables.py
	$(BIN)/python scenarios/rehearsal_sweep.py digits

# The tables of docs/explanation/in-the-loop.md; each says what processor time it took.
loop-results: setup
	$(BIN)/python scenarios/loop_results.py
	$(BIN)/python scenarios/loop_sleep_results.py

# The reference device: as a process; on a Cortex-M3 (Debian's gcc-arm-none-eabi), which QEMU emulates (qemu-system-arm); as
# a circuit (verilator). Where a tool is not installed they say so.
firmware: setup
	@$(BIN)/python -m neurosim_firmware device build/firmware/device

firmware-arm: setup
	@$(BIN)/python -m neurosim_firmware image build/firmware/mps2.elf

test-firmware-arm: setup
	$(BIN)/python -m pytest -q -rs tests/firmware/test_board.py

# Frames at random, a million of them in some minutes, against the device with sanitizers.
FRAMES ?= 1000000
firmware-fuzz: setup
	@PYTHONPATH=tests/firmware $(BIN)/python -m device_protocol.fuzz $(FRAMES)

firmware-rtl: setup
	@$(BIN)/python firmware/rtl/compare.py build/firmware/rtl

# A report of three seeds in Debian's chromium, at two widths, light and dark: pictures in build/report, and what axe-core
# of npm finds. What is missing is said.
REPORT ?= build/report/report.html
report-browser: setup
	@mkdir -p build/report
	@test "$(REPORT)" != build/report/report.html || (rm -rf build/report/runs && $(BIN)/neurosim run scenarios/digits_sleep.toml \
	  --backend reference --seeds 0..2 --out build/report/runs --report $(REPORT))
	$(BIN)/python tests/report/browser.py $(REPORT) build/report

clean:
	rm -rf .venv build dist *.egg-info
