# SPDX-License-Identifier: BSD-2-Clause
# Lint on about 1.5 million lines of Debian's Python packages. ROUNDS=3: the best of three.
bench-lint: $(B)/awaitness ## lint on 1.5 million lines: time and memory, cold and warm (downloads packages)
	$(Q)tests/bench/lint_speed $(B) $(or $(ROUNDS),3)
.PHONY: bench-lint
