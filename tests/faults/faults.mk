# SPDX-License-Identifier: BSD-2-Clause
# What takes too long for CI, and all there is together.
faults: all $(unit_bin) ## put each mended fault back: a test must notice
	$(Q)tests/faults/run
test-suites: all ## CPython's own tests of asyncio, traced: LEVELS="steps locks awaits all"
	$(Q)scripts/test-suites $(LEVELS)
# Each stage stands by itself: one that fails stops none of the others.
test-all: ## all tests there are, for some hours: test, pythons, suites, harm, oracle, mutants, faults, lint
	$(Q)failed=; for stage in test test-pythons test-suites harm oracle oracle-mutation faults lint; do \
	  echo "== stage $$stage"; $(MAKE) --no-print-directory $$stage || failed="$$failed $$stage"; done; \
	  [ -z "$$failed" ] || { echo "test-all: failed:$$failed"; exit 1; }
.PHONY: faults test-suites test-all
