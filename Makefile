# Two commands on a fresh machine: `make demo` and `make test`. All paths are relative: the checkout may lie anywhere.

PYTHON ?= python3
FAST = not long and not slow and not spark and not postgres and not objects and not browser and not strace
# One process more than two cores: some tests wait for servers and clocks of others.
PROCESSES ?= 3
PIP = .venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# Hundreds of tests start processes. Each would compile all of the code anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: cards help demo test test-all test-fast test-long test-third properties-long browser lint format types docs conformance inputs tamper planted planted-short planted-third faults site wheel release-check bench bench-short clean airflow attack attack-small spark-same spark-elsewhere
.DELETE_ON_ERROR:

help:
	@echo "make demo         filter sample_data, verify it, report on it, ask what an employer may ask, and make the pack for consultation"
	@echo "make test         run the tests, and say at the end what was passed over, and why (make test-fast: in a minute)"
	@echo "make test-long    run the tests that repeat one thing in many ways: faults, flipped bits, attacks, random worlds, Spark"
	@echo "make properties-long  try the properties on many more random worlds than make test does"
	@echo "make browser      look at the report's pages in Debian's Chromium, with an accessibility check"
	@echo "make lint types   check style and types (make format mends the style)"
	@echo "make docs         rewrite the schemas and pages that are made from the code"
	@echo "make site         build the pages as a site that can be searched offline (needs npm)"
	@echo "make prices       measure what each rule costs, and write it into docs/explanation/rules.md"
	@echo "make conformance  run the cases of ../shared/conformance through the command line"
	@echo "make inputs       run the inputs that people really have, of ../shared/faults, through the command line"
	@echo "make tamper       break stores on purpose, and say which check of verify finds each"
	@echo "make planted      plant bugs in a copy, one by one: who notices? (make planted-short: in a few minutes)"
	@echo "make faults       disturb all that writes to a store, in every way, and say what came of it"
	@echo "make spark-same   ask both engines the same questions: does any byte of their stores differ?"
	@echo "make spark-elsewhere  the tests of Spark on the oldest that is supported, and a table over Spark Connect"
	@echo "make wheel        build the package into dist (make release-check: all that a new version needs)"
	@echo "make cards        measure how often each analysis is wrong, and write its error card"
	@echo "make bench        measure speed and memory, and write the pages (make bench-short: a glance, beside the last figures)"
	@echo "make airflow      run the Airflow example in an environment of its own"
	@echo "make attack       the whole red team: every table and the picture of docs/explanation/attacks.md (make attack-small: two minutes)"
	@echo "make clean        remove everything that make made"

# init comes first and the sample is laid over it: the keys are fresh each time, job and policy are the sample's. A demo in
# which somebody has worked is not deleted.
demo: .venv/.attack
	@$(PYTHON) -m tools.demo_folder clear
	@.venv/bin/offduty init demo
	@cp -R sample_data/. demo/
	@.venv/bin/python -c 'import pathlib; from offduty.cli.demo import prepare; prepare(pathlib.Path("demo"))'
	@$(PYTHON) -m tools.demo_folder begun
	.venv/bin/offduty run demo/job.toml
	.venv/bin/offduty verify demo/store --key demo/signing.pub --inputs demo/job.toml --policy demo/policy.toml
	.venv/bin/offduty report demo/store --key demo/signing.pub --inputs demo/job.toml --policy demo/policy.toml -o demo/report.html
	.venv/bin/offduty roster-audit demo/store --policy demo/agreed.toml --roster demo/roster.csv --signing demo/signing.key -o demo/answers
	.venv/bin/offduty presence demo/store --policy demo/agreed.toml --roster demo/roster.csv --sites demo/sites.geojson --key demo/pseudonym.key --signing demo/signing.key -o demo/answers
	.venv/bin/offduty synth demo/month --officers 24 --days 28 --every 300 --seed 145 --no-truth --habits demo/habits.toml
	.venv/bin/offduty run demo/month/job.toml --as-of 2026-05-15
	.venv/bin/offduty site-days demo/month/store --policy demo/agreed.toml --roster demo/month/roster.csv --sites demo/month/sites.geojson --key demo/month/pseudonym.key --signing demo/month/signing.key --period 2026-03-23/2026-04-19 -o demo/answers
	.venv/bin/offduty interests demo/month/store --register demo/month/register.csv --policy demo/agreed.toml --roster demo/month/roster.csv --key demo/month/pseudonym.key --signing demo/month/signing.key -o demo/answers
	.venv/bin/offduty consult demo/store --policy demo/agreed.toml --signing demo/signing.key -o demo/pack
	.venv/bin/offduty attack demo/store --truth demo/truth --roster demo/roster.csv --sites demo/sites.geojson --attacks 1,3,4,5,6,7,9,13
	@$(PYTHON) -m tools.demo_folder done
	@.venv/bin/python -c 'import pathlib; from offduty.cli.demo import say_what_to_open; say_what_to_open(pathlib.Path("demo"), ".venv/bin/offduty")'

# With THIRD=0, 1 or 2, as CI calls it, a third of what takes long is run as well: each process starts, and finds all tests,
# once.
test: .venv/.dev
	.venv/bin/python -m pytest --numprocesses $(PROCESSES) $(if $(THIRD),--third $(THIRD),-m 'not long')
	@echo "passed over, because they take long$(if $(THIRD), (but for a third of them)) (make test-long): faults at system calls and in object stores, flipped bits,"
	@echo "attacks on masks, changes of random worlds, and Spark on all that the local engine is asked"

# What repeats one thing in many ways.
test-long: .venv/.dev
	.venv/bin/python -m pytest --numprocesses $(PROCESSES) -m long

# In turn, so that three submissions in a row have run all of it.
test-third: .venv/.dev
	@echo "of what takes long, the third number $(or $(THIRD),0) of 0, 1 and 2"
	.venv/bin/python -m pytest --numprocesses $(PROCESSES) -m long --third $(or $(THIRD),0)

# Both in one go.
test-all: .venv/.dev
	.venv/bin/python -m pytest --numprocesses $(PROCESSES)

# What is run while one works: under a minute on two cores. It leaves out what takes long, and what needs more than Python.
# Every part of the package is in it, and the first examples of each reason. Nothing in it waits for anybody.
test-fast: .venv/.dev
	.venv/bin/python -m pytest --numprocesses 2 -m '$(FAST)'
	@echo "passed over, because they take longer: whole runs, the command line, pages, random worlds (make test)"

# The properties with 400 random worlds each instead of 60, and other ones each time.
properties-long: .venv/.dev
	HYPOTHESIS_PROFILE=deep .venv/bin/python -m pytest --numprocesses $(PROCESSES) tests/properties tests/unit
	.venv/bin/python -m tests.unit.analyses.hiding --worlds 10000

# Wants chromium, nodejs and npm (apt-get install); everywhere else these tests are passed over where they are missing.
browser: .venv/.dev tests/browser/node_modules/.made
	OFFDUTY_BROWSER=required .venv/bin/python -m pytest tests/browser

tests/browser/node_modules/.made: tests/browser/package.json
	cd tests/browser && npm install --no-package-lock --no-audit --no-fund --ignore-scripts
	@touch $@

# An Azure on loopback for the tests of object stores; where it is missing they are passed over, but not in CI.
tests/objectstore/node_modules/.made: tests/objectstore/package.json
	cd tests/objectstore && npm install --no-package-lock --no-audit --no-fund --ignore-scripts
	@touch $@

lint: .venv/.dev
	.venv/bin/python -m ruff check .
	.venv/bin/python -m ruff format --check .
	.venv/bin/lint-imports --no-cache
	.venv/bin/python -m tools.check_layout

format: .venv/.dev
	.venv/bin/python -m ruff check --fix .
	.venv/bin/python -m ruff format .

types: .venv/.dev
	.venv/bin/python -m mypy

docs: .venv/.dev
	.venv/bin/python -m tools.write_schemas
	.venv/bin/python -m tools.write_help
	.venv/bin/python -m tests.spec.make_docs

prices: .venv/.dev
	.venv/bin/python -m tools.rule_prices

conformance: .venv/.core
	.venv/bin/python -m tests.beside conformance

inputs: .venv/.core
	.venv/bin/python -m tests.beside inputs

tamper: .venv/.dev
	.venv/bin/python -m tests.tamper --write

planted: .venv/.dev
	.venv/bin/python -m tests.planted

planted-short: .venv/.dev
	.venv/bin/python -m tests.planted --short

# In turn, as test-third.
planted-third: .venv/.dev
	.venv/bin/python -m tests.planted --short --third $(or $(THIRD),0)

faults: .venv/.dev
	.venv/bin/python -m tests.faults

spark-same: .venv/.dev
	.venv/bin/python -m tests.spark --write

# Each in an environment of its own, which is kept. The cluster's tests are for the newest alone.
spark-elsewhere: .venv-spark-oldest/.made .venv-spark-connect/.made
	CI=true .venv-spark-oldest/bin/python -m pytest tests/spark -k 'not faults and not page' -p no:cacheprovider -W ignore::DeprecationWarning
	.venv-spark-connect/bin/python -m tests.spark.over_connect

.venv-spark-oldest/.made: constraints.txt
	$(PYTHON) -m venv .venv-spark-oldest
	sed -e '/^pyspark==/d' -e '/^py4j==/d' constraints.txt > .venv-spark-oldest/constraints.txt
	.venv-spark-oldest/bin/python -m pip install --quiet --disable-pip-version-check --constraint .venv-spark-oldest/constraints.txt hatchling setuptools hypothesis jsonschema pytest
	.venv-spark-oldest/bin/python -m pip install --quiet --disable-pip-version-check --constraint .venv-spark-oldest/constraints.txt --no-build-isolation --editable . 'pyspark==3.5.5'
	@touch $@

.venv-spark-connect/.made: constraints.txt
	$(PYTHON) -m venv .venv-spark-connect
	.venv-spark-connect/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt hatchling setuptools pytest
	.venv-spark-connect/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --no-build-isolation --editable '.[spark]' 'pyspark[connect]'
	@touch $@

wheel: .venv/.dev
	.venv/bin/python -m hatchling build --target wheel

site: .venv-site/.made
	.venv-site/bin/python -m tools.build_site .venv-site/node_modules/iframe-worker/shim/index.js

# npm brings the one script that the theme would load from elsewhere.
.venv-site/.made: constraints.txt
	$(PYTHON) -m venv .venv-site
	.venv-site/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt mkdocs mkdocs-material 'mkdocstrings[python]'
	npm install --prefix .venv-site --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --silent iframe-worker@1.0.4
	@touch $@

release-check: .venv-release/.made
	.venv-release/bin/python -m tools.check_release

.venv-release/.made: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-release
	.venv-release/bin/python -m pip install --quiet --disable-pip-version-check hatchling==1.33.0 twine check-wheel-contents cyclonedx-bom uv --constraint constraints.txt
	@touch $@

cards: .venv/.dev
	.venv/bin/python -m tools.make_cards

bench: .venv/.bench .venv/.pictures
	.venv/bin/python -m benchmarks --write

bench-short: .venv/.bench
	.venv/bin/python -m benchmarks --short

# In an environment of its own, which is kept: the first time takes a minute or two.
airflow: .venv/.core .venv-airflow/.made
	.venv-airflow/bin/python -m tests.airflow.check_dag

.venv-airflow/.made: constraints-airflow.txt
	$(PYTHON) -m venv .venv-airflow
	.venv-airflow/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --requirement constraints-airflow.txt
	@touch .venv-airflow/.made

attack: .venv/.attack .venv/.pictures
	.venv/bin/python -m tools.write_attacks_page

attack-small: .venv/.attack
	.venv/bin/offduty attack --worlds small

clean:
	@$(PYTHON) -m tools.demo_folder clear
	rm -rf .venv .venv-airflow .venv-release .venv-site build .venv-spark-oldest .venv-spark-connect dist tests/browser/node_modules tests/objectstore/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis

# Another target, and how long it took: for what CI makes side by side.
timed-%:
	@began=$$(date +%s); $(MAKE) --no-print-directory $*; code=$$?; \
	echo "phase $*: $$(($$(date +%s) - began)) s, exit $$code"; exit $$code

# The stamps say what the environment holds. The build backend is installed first, from the same pins, so that building
# fetches nothing that is not pinned.
.venv/.made:
	$(PYTHON) -c 'import sys; sys.exit("offduty needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	@touch .venv/.made

# setuptools builds pyspark, which comes as source.
.venv/.backend: .venv/.made constraints.txt
	$(PIP) hatchling setuptools
	@touch .venv/.backend

.venv/.core: .venv/.backend pyproject.toml
	$(PIP) --no-build-isolation --editable .
	@touch .venv/.core

.venv/.dev: .venv/.backend pyproject.toml
	$(PIP) --no-build-isolation --editable '.[dev]'
	@touch .venv/.core .venv/.dev

.venv/.bench: .venv/.dev
	$(PIP) --no-build-isolation --editable '.[dev,bench]'
	@touch .venv/.bench

.venv/.attack: .venv/.backend pyproject.toml
	$(PIP) --no-build-isolation --editable '.[attack]'
	@touch .venv/.core .venv/.attack

.venv/.pictures: .venv/.core
	$(PIP) --no-build-isolation --editable '.[pictures]'
	@touch .venv/.pictures

# All of them at once, as CI wants them: what is needed is worked out once, and compiled on all cores, without tests of
# other people's. Where something cannot be compiled, nothing is lost.
.venv/.all: .venv/.backend pyproject.toml
	$(PIP) --no-compile --no-build-isolation --editable '.[dev,bench,attack,pictures]'
	-.venv/bin/python -W ignore -m compileall -qq -j 0 -x 'site-packages/.*/tests/' .venv/lib
	@touch .venv/.core .venv/.dev .venv/.bench .venv/.attack .venv/.pictures .venv/.all
