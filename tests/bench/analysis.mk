# SPDX-License-Identifier: BSD-2-Clause
# Benchmark of the analyzers: all of them on, accesses included.
$(B)/bench/analysis: $(B)/tests/bench/analysis.o $(B)/libanalyzers.a $(B)/libtracer.a
	$(call say,LD,$@)mkdir -p $(@D); $(CC) $(OPT) $(LTO) $(LDFLAGS) -o $@ $^ $(analyzers_libs)

bench-analysis: $(B)/bench/analysis ## events a second analysed, and memory, at 1 M and 100 M events
	$(Q)$<
.PHONY: bench-analysis
