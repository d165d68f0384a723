# SPDX-License-Identifier: BSD-2-Clause
# Benchmark of the trace on disk.
$(B)/bench/trace: $(B)/tests/bench/trace.o $(B)/libtracer.a
	$(call say,LD,$@)mkdir -p $(@D); $(CC) $(LDFLAGS) -o $@ $^ -lpthread

bench-trace: $(B)/bench/trace ## events a second written to a trace and read from it
	$(Q)$<
.PHONY: bench-trace
