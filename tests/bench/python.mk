# SPDX-License-Identifier: BSD-2-Clause
# What tracing costs a Python service. ROUNDS=12: windows of each mode.
$(B)/bench/python_load: $(B)/tests/bench/python_load.o; $(bench_link)
$(B)/bench/python_traps: $(B)/tests/bench/python_traps.o $(B)/libtracer.a; $(bench_link) $(tracer_libs)
bench-python: $(B)/awaitness $(B)/bench/python_load $(B)/bench/python_traps ## CPU a request of Python services, traced and not (needs root)
	$(Q)/usr/bin/python3 tests/bench/python_cost.py $(B) $(or $(ROUNDS),12)
bench-python-cells: $(B)/awaitness ## what watching attributes of a Python program costs (needs root)
	$(Q)/usr/bin/python3 tests/bench/python_cells_cost.py $(B) $(or $(ROUNDS),10)
.PHONY: bench-python bench-python-cells
