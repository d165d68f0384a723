# SPDX-License-Identifier: BSD-2-Clause
# What takes too long for CI, and all there is together (scripts/test-all).
faults: all $(unit_bin) ## put each mended fault back: a test must notice
	$(Q)tests/faults/run
test-suites: all ## CPython's own tests of asyncio, traced: LEVELS="steps locks awaits all"
	$(Q)scripts/test-suites $(LEVELS)
test-all: ## all tests there are, in named stages, for some hours: STAGES="test lint …"
	$(Q)scripts/test-all $(STAGES)
.PHONY: faults test-suites test-all
