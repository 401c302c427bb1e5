# Every target sets up what it needs and can be run again at once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PACKAGES := stormtrail ingest queries analytics reports dashboard simulation benchmarks tests hatch_build.py

.PHONY: bench-accuracy bench-analyze bench-dashboard bench-ingest bench-scale bench-verify fuzz demo test check format lock clean setup

setup: $(STAMP)

# The last step also compiles the native reader where there is a rustc.
$(STAMP): requirements.lock pyproject.toml hatch_build.py ingest/native/fields.rs
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: $(STAMP)
	$(BIN)/stormtrail demo

test: $(STAMP)
	$(BIN)/pytest -n 2 --dist loadgroup

check: $(STAMP)
	$(BIN)/ruff format --check $(PACKAGES)
	$(BIN)/ruff check $(PACKAGES)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff format $(PACKAGES)
	$(BIN)/ruff check --fix $(PACKAGES)

# Every kind of simulated organization, ten seeds: benchmarks/RESULTS.md.
bench-accuracy: $(STAMP)
	$(BIN)/python -m benchmarks.accuracy

# Ingest beside its peers, which stand in a folder of their own: benchmarks/RESULTS.md.
bench-ingest: $(STAMP)
	$(BIN)/pip install -qq --disable-pip-version-check --no-deps --upgrade --target $(VENV)/peers -r benchmarks/peers.txt
	PYTHONPATH=$(VENV)/peers $(BIN)/python -m benchmarks.bench_ingest

# A month of one and of ten million records, kept below ~/.cache/stormtrail-bench: benchmarks/RESULTS.md.
bench-analyze: $(STAMP)
	$(BIN)/python -m benchmarks.bench_analyze

# One machine and Spark with one and two workers, 1 to 20 million records, kept likewise; needs Java 17.
bench-scale: $(STAMP)
	$(BIN)/python -m benchmarks.bench_scale

# Every page on ten million records, in chromium: benchmarks/RESULTS.md.
bench-dashboard: $(STAMP)
	$(BIN)/python -m benchmarks.bench_dashboard

# A thousand log files over S3 with 20 ms latency, beside one thread doing the same requests.
bench-verify: $(STAMP)
	$(BIN)/python -m benchmarks.bench_verify

# Bytes that atheris makes up, against the decoder, for so many seconds; it stands beside the environment.
FUZZ_SECONDS ?= 60
fuzz: $(STAMP)
	$(BIN)/pip install -qq --disable-pip-version-check --no-deps --upgrade --target $(VENV)/fuzzing -r tests/ingest/fuzzing.txt
	PYTHONPATH=$(VENV)/fuzzing $(BIN)/python -m tests.ingest.fuzz --seconds $(FUZZ_SECONDS)

# Resolves the newest versions anew; needs uv on the PATH.
lock:
	uv pip compile --universal --python-version 3.11 --extra dev --generate-hashes \
	  --no-emit-index-url --no-header --upgrade --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) stormtrail-store stormtrail-demo
