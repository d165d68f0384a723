# SPDX-License-Identifier: BSD-2-Clause
# Canaries: programs that notice what a probe changes in them; tests/e2e/harm*.sh run them. usdt and
# log have the two kinds of probes that we make, the others those of others.
canary_kinds := usdt log nop5 nop1_nop5 nop10
canary_parts := canary canary_registers canary_control canary_process
canary_link   = $(call say,LD,$@)mkdir -p $(@D); $(CC) $(LDFLAGS) -o $@ $^ -lpthread
# As users build: functions without a frame, whose locals may lie below the stack pointer.
canary_flags := -std=gnu11 -O2 -g $(WARN) -D_GNU_SOURCE -fomit-frame-pointer -Iruntime/include

define canary_rules
$(B)/harm/$(1)/%.o: tests/harm/%.c | deps
	$$(call say,CC,$$<)mkdir -p $$(@D); $$(CC) $$(canary_flags) -DCANARY_$(2) -MMD -MP -c -o $$@ $$<
$(B)/harm/canary_$(1): $(canary_parts:%=$(B)/harm/$(1)/%.o)
	$$(canary_link)
endef
$(foreach k,$(canary_kinds),$(eval $(call canary_rules,$(k),$(shell echo $(k) | tr a-z A-Z))))
$(B)/harm/canary_runtime: $(B)/harm/usdt/canary_runtime.o $(B)/libawaitness.a; $(canary_link) $(runtime_libs)
programs: $(canary_kinds:%=$(B)/harm/canary_%) $(B)/harm/canary_runtime

harm: all programs $(B)/unit/session_cpython_harm_test ## a million calls, a thousand children, a thousand tracers: nobody is harmed
	$(Q)CYCLES=$(or $(CYCLES),200) $(B)/unit/session_cpython_harm_test -j1 --verbose
	$(Q)HARM_CALLS=$(or $(CALLS),1000000) HARM_CHILDREN=$(or $(CHILDREN),1000) HARM_CYCLES=$(or $(CYCLES),1000) \
	  HARM_PYTHONS="$(or $(PYTHONS),/usr/bin/python3 $(wildcard $(HOME)/.pyenv/versions/3.1[0-9].*/bin/python))" \
	  bash -c 'bash tests/e2e/harm.sh; bash tests/e2e/harm_python.sh' | tee $(B)/harm.log
	$(Q)grep -q '^ok' $(B)/harm.log && ! grep -q '^not ok' $(B)/harm.log
.PHONY: harm
