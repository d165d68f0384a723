# SPDX-License-Identifier: BSD-2-Clause
# Fuzz targets (libFuzzer): each tests/fuzz/NAME_fuzz.c is a program with the readers, sanitized.
# What is found lands in $(B)/fuzz/; a found input that was repaired goes to tests/fuzz/corpus/NAME.
FUZZ_SECONDS ?= 20
fuzz_src := $(wildcard tests/fuzz/*_fuzz.c)
fuzz_bin := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(fuzz_src))
fuzz_parts := $(wildcard tracer/trace/text_*.c tracer/event/name*.c tracer/event/event_*.c tracer/trace/ctf_*.c) \
  tracer/event/merge_heap.c tracer/base/site_set.c tracer/trace/std_format.c tracer/base/escape.c tracer/base/fault.c
# What is read of CPython: its facts and its files; all but what needs a kernel.
fuzz_cpython := $(filter-out %_session.c %_follow.c $(wildcard tracer/cpython/cpython_session*.c),$(wildcard tracer/cpython/*.c)) \
  $(wildcard tracer/target/target*.c tracer/dump/inspection*.c) tracer/target/elf_module.c tracer/kernel/kernel_btf.c tracer/base/plain_file.c tracer/target/remote_memory.c tracer/target/kept_memory.c
$(B)/fuzz/fact_fuzz $(B)/fuzz/elf_fuzz $(B)/fuzz/replay_fuzz: fuzz_parts += $(fuzz_cpython) -lelf
$(B)/fuzz/fact_fuzz $(B)/fuzz/elf_fuzz $(B)/fuzz/replay_fuzz: $(fuzz_cpython) $(wildcard tracer/cpython/*.h tracer/bpf/*.h)

$(B)/fuzz/%: tests/fuzz/%.c $(fuzz_parts) $(wildcard tracer/*/*.h runtime/include/awaitness/*.h) | deps $(B)/.deps-test
	$(call say,FUZZ,$@)mkdir -p $(@D); $(CLANG) -std=gnu11 -g -O1 -D_GNU_SOURCE \
	  -DAWAITNESS_VERSION='"$(VERSION)"' -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	  $(INC) -o $@ $< $(fuzz_parts)

# Small ELF files to begin with, made here: no machine code is kept in the tree.
elf_seed = $(CC) -O1 -fPIC -fno-stack-protector -nostdlib -s -Wl,-z,noseparate-code,-z,max-page-size=512 -o $(B)/fuzz/seed-elf
$(B)/fuzz/seed-elf/shared: tests/fuzz/elf_seed.c
	$(Q)mkdir -p $(@D); $(elf_seed)/shared -shared $< && $(elf_seed)/unnamed -shared -Wl,--build-id=none,--hash-style=gnu $<
$(B)/fuzz/elf_fuzz: | $(B)/fuzz/seed-elf/shared

# Facts of real programs, of which the first part of each is enough: files are long, and tried often.
$(B)/fuzz/replay_fuzz: | $(B)/fuzz/seed-replay/cut
$(B)/fuzz/seed-replay/cut: $(wildcard tests/golden/facts/*.facts)
	$(Q)rm -rf $(@D); mkdir -p $(@D); for f in $^; do head -c $(fuzz_replay_size) $$f >$(@D)/$${f##*/}; done; touch $@
fuzz_replay_size := 131072

run_fuzz = for f in $^; do n=$${f\#\#*/}; n=$${n%_fuzz}; mkdir -p $(B)/fuzz/corpus-$$n; \
	  $$f $(1) -timeout=10 -rss_limit_mb=2048 -max_len=$$([ $$n = replay ] && echo $(fuzz_replay_size) || echo 8192) -print_final_stats=1 -artifact_prefix=$(B)/fuzz/ \
	    $(2) $$(ls -d tests/fuzz/corpus/$$n $(B)/fuzz/seed-$$n 2>/dev/null) >$(B)/fuzz/$$n.log 2>&1 || { tail -40 $(B)/fuzz/$$n.log; exit 1; }; \
	  printf '  %-7s %-6s %s inputs\n' FUZZ $$n \
	    "$$(sed -n 's/^stat::number_of_executed_units: *//p' $(B)/fuzz/$$n.log)"; done

fuzz-corpus: $(fuzz_bin) ## run every fuzz target once over its corpus
	$(Q)$(call run_fuzz,-runs=0)
fuzz: $(fuzz_bin) ## fuzz each reader for FUZZ_SECONDS (20)
	$(Q)$(call run_fuzz,-max_total_time=$(FUZZ_SECONDS),$(B)/fuzz/corpus-$$n)
.PHONY: fuzz fuzz-corpus
