# SPDX-License-Identifier: BSD-2-Clause
# Benchmarks of the runtime. The runtime is built once more without its probes
# (-DAW_NO_PROBES), to see what they cost.
$(call obj,$(bench_src)): | $(B)/.deps-bench
bench_ours   := $(addprefix $(B)/bench/,switch_ours log_append probes_on)
bench_others := $(addprefix $(B)/bench/,switch_st switch_pth)
noprobes_obj := $(patsubst %,$(B)/noprobes/%.o,$(basename $(wildcard runtime/*/*.c runtime/*/*.S)))
bench_link    = $(call say,LD,$@)mkdir -p $(@D); $(CC) $(LDFLAGS) -o $@ $^

$(B)/noprobes/%.o: %.c | deps
	$(call say,CC,$<)mkdir -p $(@D); $(CC) $(CFLAGS) -DAW_NO_PROBES $(INC) -fPIC -MMD -MP -c -o $@ $<
$(B)/noprobes/%.o: %.S | deps
	$(call say,AS,$<)mkdir -p $(@D); $(CC) $(CFLAGS) $(INC) -fPIC -MMD -MP -c -o $@ $<
$(B)/bench/probes_on: $(B)/tests/bench/probes_off.o $(B)/libawaitness.a; $(bench_link) $(runtime_libs)
$(B)/bench/probes_off: $(B)/noprobes/tests/bench/probes_off.o $(noprobes_obj); $(bench_link) $(runtime_libs)
$(filter-out %/probes_on,$(bench_ours)): $(B)/bench/%: $(B)/tests/bench/%.o $(B)/libawaitness.a
	$(bench_link) $(runtime_libs)
$(bench_others): $(B)/bench/switch_%: $(B)/tests/bench/switch_%.o; $(bench_link) -l$*

bench-runtime: $(bench_ours) $(bench_others) $(B)/bench/probes_off ## switch, spawn, probes: ratios to other runtimes
	$(Q)tests/bench/runtime $(B)/bench
.PHONY: bench-runtime
