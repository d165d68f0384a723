# SPDX-License-Identifier: BSD-2-Clause
# What our BPF programs need of a kernel, and a program that no kernel takes.
$(B)/tests/kernels/%.bpf.o: tests/kernels/%.bpf.c | deps
	$(call say,BPF,$<)mkdir -p $(@D); $(CLANG) $(BPFFLAGS) -c -o $@ $<
$(B)/lint/bpf_uses: $(B)/tests/kernels/bpf_uses.o $(B)/libtracer.a
	$(call say,LD,$@)mkdir -p $(@D); $(CC) $(LDFLAGS) -o $@ $^ $(tracer_libs)
bpf-uses: $(B)/lint/bpf_uses $(skeletons) ## what the BPF programs are made of, and the kernel that has it
	$(Q)$< --all $(bpf_src:tracer/bpf/%.c=$(B)/gen/%.o)
.PHONY: bpf-uses
$(B)/unit/session_refusal_test $(B)/unit/cli_session_trial_test: | $(B)/tests/kernels/refused.bpf.o
