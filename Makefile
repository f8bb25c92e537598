# Each target does its own set-up in .venv; needed are Python 3.11 or newer, make, curl and the package index that pip is
# configured for. `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first of these that is Python 3.11 or newer with venv; `make PYTHON=/path/to/python3` overrides it.
CANDIDATES := python3.11 python3 python3.12 python3.13 python3.14 python
PYTHON ?= $(shell for p in $(CANDIDATES); do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v "$$p"; break; }; done)

# Compiled modules are kept whatever the machine's environment says: every lab, worker and planted defect starts Python anew,
# and compiling the package each time is half of what the tests would take.
export PYTHONDONTWRITEBYTECODE :=

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ENDPOINTS ?= 50
WORKERS ?= 2
BASE_IMAGE ?=
TURN ?=
PART ?=

# A CA of one's own organisation, for machines behind an inspecting proxy: whichever of these the environment has.
PIP_CERT ?= $(or $(REQUESTS_CA_BUNDLE),$(SSL_CERT_FILE))
ifneq ($(PIP_CERT),)
export PIP_CERT
endif

# pip install $(1), with what to do when a proxy between here and the package index shows a certificate that nobody here knows.
define install
@test -z "$(PIP_CERT)" || test -r "$(PIP_CERT)" || { echo "make: the CA file '$(PIP_CERT)' cannot be read (from PIP_CERT," \
	"REQUESTS_CA_BUNDLE or SSL_CERT_FILE). Correct the variable, or unset it." >&2; exit 1; }
@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(1) 2>&1 | tee $(VENV)/pip.log >&2 || { \
	! grep -qiE 'CERTIFICATE_VERIFY_FAILED|SSLError|SSL: ' $(VENV)/pip.log || echo "make: pip does not trust the certificate" \
	"that the package index shows here: a proxy inspects the connection. Name your organisation's CA (a PEM file):" \
	"make $(MAKECMDGOALS) PIP_CERT=/path/to/corporate-ca.pem" >&2; exit 1; }
endef

.PHONY: help run test test-docker images parity conformance check lock load bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

run: $(READY) ## the whole lab: every scenario, then a load of endpoints; a table, and a report in out/
	$(BIN)/mdelab verify --endpoints $(ENDPOINTS)

test: $(READY) ## unit tests, scenarios and planted defects under pytest; TURN=2/4 for a share of the slow ones
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -q $(if $(TURN),--turn $(TURN))

images: $(READY) ## container images of the lab; BASE_IMAGE=NAME for another base than debian:bookworm-slim
	$(BIN)/python -m mdelab.lab.docker.build images --base-image "$(BASE_IMAGE)"

test-docker: $(READY) ## scenarios in containers; a table, and a report in out/docker/; PART='inside or onboarding' for some
	$(BIN)/mdelab verify --backend docker --out out/docker $(if $(PART),-m "$(PART)")

parity: $(READY) ## every scenario on both backends, and where they differ; 1 for what nothing explains
	code=0; for backend in embedded docker; do \
		$(BIN)/mdelab verify --quiet --backend $$backend --out out/$$backend || code=$$?; done; \
	$(BIN)/mdelab parity out/embedded out/docker || code=$$?; exit $$code

conformance: $(BIN)/.conformance ## clients that we did not write, against the mock cloud and the control API
	$(BIN)/python -m pytest -q tests/conformance

check: $(READY) ## ruff and mypy (strict)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

load: $(READY) ## Locust's page on http://127.0.0.1:8089, steering endpoints of a lab that ends with it
	$(BIN)/mdelab up --name load; trap '$(BIN)/mdelab down --lab load' EXIT; \
	$(BIN)/locust --locustfile loadtests/locustfile.py --web-host 127.0.0.1 --lab load --endpoints $(ENDPOINTS)

bench: $(READY) ## measure this machine; how, is in benchmarks/README.md
	$(BIN)/python -m benchmarks

lock: $(BIN)/uv ## choose the versions anew: requirements/*.in -> requirements/*.txt
	for name in run dev conformance; do \
		UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--no-emit-index-url --no-emit-find-links requirements/$$name.in -o requirements/$$name.txt; \
	done

clean: ## remove what the other targets made
	rm -rf $(VENV) out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis simulators/*.egg-info
	find simulators tests features benchmarks loadtests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# The stamp is older than what it was made from when a requirement changed; then the same environment is brought up to date.
$(READY): requirements/dev.txt pyproject.toml Makefile
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 or newer with venv was found (tried: $(CANDIDATES))." >&2; \
		echo "Install one (Debian, Ubuntu: apt install python3 python3-venv), or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@command -v curl > /dev/null || { echo "make: curl was not found; endpoints run it. Install curl." >&2; exit 1; }
	@echo "setting up $(VENV) (this takes a minute, and happens again only when the requirements change)" >&2
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	$(call install,--require-hashes -r requirements/dev.txt)
	$(call install,--no-deps --no-build-isolation --editable .)
	@touch $@

$(BIN)/.conformance: $(READY) requirements/conformance.txt
	$(call install,--require-hashes -r requirements/conformance.txt)
	@touch $@

$(BIN)/uv: $(READY)
	$(call install,uv)
	@touch $@
