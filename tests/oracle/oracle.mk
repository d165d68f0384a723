# SPDX-License-Identifier: BSD-2-Clause
# The exhaustive oracle for the analyzers. ORACLE_PROGRAMS=N, ORACLE_SEED=S.
ORACLE_PROGRAMS ?= 100000
ORACLE_SEED     ?= 1
oracle_src      := $(wildcard tests/oracle/*.c)
$(B)/oracle/agreement: $(call obj,$(oracle_src)) $(B)/libanalyzers.a $(B)/libtracer.a
	$(call say,LD,$@)mkdir -p $(@D); $(CC) $(LDFLAGS) -o $@ $^ $(analyzers_libs)
oracle: $(B)/oracle/agreement ## hold the analyzers against every schedule of random programs
	$(Q)$< --programs $(ORACLE_PROGRAMS) --seed $(ORACLE_SEED)
.PHONY: oracle
oracle-mutation: ## break each rule of each analyzer: the oracle or a unit test must notice
	$(Q)tests/oracle/mutation
.PHONY: oracle-mutation
