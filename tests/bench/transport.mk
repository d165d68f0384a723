# SPDX-License-Identifier: BSD-2-Clause
# Benchmark of the event transport. The other side needs LTTng's packages, which nothing else does.
bench_lttng := $(if $(wildcard /usr/include/*/lttng/tracepoint.h /usr/include/lttng/tracepoint.h),$(B)/bench/transport_lttng)
$(B)/bench/transport: $(B)/tests/bench/transport.o $(B)/libtracer.a
	$(call say,LD,$@)mkdir -p $(@D); $(CC) $(LDFLAGS) -o $@ $^ $(tracer_libs)
$(B)/bench/transport_lttng: tests/bench/transport_lttng.c tests/bench/transport_tp.h tests/bench/transport_pace.h | deps $(B)/.deps-bench
	$(call say,CC,$@)mkdir -p $(@D); $(CC) -std=gnu11 -O2 -g -Iruntime/include -Itests/bench -o $@ $< -llttng-ust -ldl

bench-transport: $(B)/bench/transport $(bench_lttng) ## ns an event shipped, and what is lost, against LTTng-UST
	$(Q)tests/bench/transport_compare $(B)/bench
.PHONY: bench-transport
