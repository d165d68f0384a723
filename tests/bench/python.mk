# SPDX-License-Identifier: BSD-2-Clause
# What tracing costs a Python service. ROUNDS=12: windows of each mode.
$(B)/bench/python_load: $(B)/tests/bench/python_load.o; $(bench_link)
bench-python: $(B)/awaitness $(B)/bench/python_load ## CPU a request of Python services, traced and not (needs root)
	$(Q)/usr/bin/python3 tests/bench/python_cost.py $(B) $(or $(ROUNDS),12)
bench-python-cells: $(B)/awaitness ## what watching attributes of a Python program costs (needs root)
	$(Q)/usr/bin/python3 tests/bench/python_cells_cost.py $(B) $(or $(ROUNDS),10)
.PHONY: bench-python bench-python-cells
