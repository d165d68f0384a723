# SPDX-License-Identifier: BSD-2-Clause
# One file builds it all. `make help` lists the targets; V=1 shows commands;
# SAN=address,undefined builds another flavour beside the plain one.
VERSION  := 0.1.0
CC       ?= gcc
CLANG    ?= clang
BPFTOOL  ?= $(shell command -v bpftool || echo /usr/sbin/bpftool)
PREFIX   ?= /usr/local
B        ?= build$(if $(SAN),-$(subst $(,),-,$(SAN)))
,        := ,
Q        := $(if $(V),,@)
say       = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2);)

INC      := -Iruntime/include -Iruntime -Itracer -Ianalyzers -I$(B)/gen
WARN     := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Werror
OPT      ?= -O2 -g
CFLAGS   += -std=gnu11 $(OPT) $(WARN) -fno-omit-frame-pointer -fstack-protector-strong -D_GNU_SOURCE \
            -DAWAITNESS_VERSION='"$(VERSION)"' $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all)
LDFLAGS  += $(if $(SAN),-fsanitize=$(SAN))
# What an event costs goes through many small functions in many files: in what users run these are
# optimised as one. The objects hold plain code, too, so that tests link as fast as ever.
LTO      ?= $(if $(SAN),,$(shell $(CC) -flto=auto -ffat-lto-objects -E -xc /dev/null >/dev/null 2>&1 && \
            echo -flto=auto -ffat-lto-objects))
BPFARCH  := $(subst x86_64,x86,$(subst aarch64,arm64,$(shell uname -m)))
BPFFLAGS  = -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPFARCH)= -O2 -g -Wall -Werror -Iruntime/include -Itracer/bpf -I$(B)/gen \
            -I/usr/include/$(shell $(CC) -print-multiarch)

# What is in which library is the folder it lies in.
runtime_src   := $(wildcard runtime/*/*.c runtime/*/*.S)
tracer_src    := $(filter-out tracer/bpf/% tracer/cli/%,$(wildcard tracer/*/*.c))
analyzers_src := $(wildcard analyzers/*/*.c analyzers/source/*/*.c)
cli_src       := $(wildcard tracer/cli/*.c tracer/cli/*/*.c)
bpf_src       := $(wildcard tracer/bpf/*.bpf.c)
unit_src      := $(wildcard tests/unit/*/*_test.c)
program_src   := $(wildcard tests/programs/*.c)
bench_src     := $(wildcard tests/bench/*.c)
obj            = $(patsubst %,$(B)/%.o,$(basename $(1)))
skeletons     := $(patsubst tracer/bpf/%.bpf.c,$(B)/gen/%.skel.h,$(bpf_src))

runtime_libs   := -luv -lpthread
analyzers_libs := -ljansson -lm
tracer_libs    := -lbpf -ldw -lelf -lz -lcap -lpthread
include $(wildcard *.mk tests/*/*.mk)

all: $(B)/awaitness $(B)/libawaitness.a $(B)/libawaitness.so $(B)/awaitness.pc ## build everything a user needs

$(B)/%.o: %.c | deps
	$(call say,CC,$<)mkdir -p $(@D); $(CC) $(CFLAGS) $(INC) $(if $(filter runtime/%,$<),-fPIC) -MMD -MP -c -o $@ $<
$(call obj,$(wildcard $(addprefix analyzers/,world/*.c access/*.c wording/*.c rules/*.c verdict/*.c driver/*.c) tracer/base/*.c)): CFLAGS += $(if $(SAN),,-O3 -fomit-frame-pointer) $(LTO)
$(B)/%.o: %.S | deps
	$(call say,AS,$<)mkdir -p $(@D); $(CC) $(CFLAGS) $(INC) -fPIC -MMD -MP -c -o $@ $<
$(B)/gen/%.bpf.o: tracer/bpf/%.bpf.c | deps
	$(call say,BPF,$<)mkdir -p $(@D); $(CLANG) $(BPFFLAGS) -MMD -MP -MT $@ -c -o $@ $<
$(B)/gen/%.skel.h: $(B)/gen/%.bpf.o
	$(call say,SKEL,$@){ echo '/* NOLINTBEGIN */' && $(BPFTOOL) gen skeleton $< name $*_bpf && \
	  echo '/* NOLINTEND */'; } > $@.tmp && mv $@.tmp $@
$(call obj,$(tracer_src)): | $(skeletons)

ar = $(call say,AR,$@)rm -f $@; ar rcs $@ $(filter %.o,$^)
$(B)/libawaitness.a: $(call obj,$(runtime_src)); $(ar)
$(B)/libtracer.a: $(call obj,$(tracer_src)); $(ar)
$(B)/libanalyzers.a: $(call obj,$(analyzers_src)); $(ar)
$(B)/libawaitness.so: $(call obj,$(runtime_src))
	$(call say,LD,$@)$(CC) $(LDFLAGS) -shared -Wl,-soname,libawaitness.so.0 -o $@ $^ $(runtime_libs)
$(B)/libcli.a: $(filter-out %/main.o,$(call obj,$(cli_src))); $(ar)
$(B)/awaitness: $(B)/tracer/cli/main.o $(B)/libcli.a $(B)/libanalyzers.a $(B)/libtracer.a
	$(call say,LD,$@)$(CC) $(OPT) $(LTO) $(LDFLAGS) -o $@ $^ $(analyzers_libs) $(tracer_libs)
$(B)/awaitness.pc: runtime/awaitness.pc.in
	$(call say,GEN,$@)mkdir -p $(@D); sed -e 's|@PREFIX@|$(PREFIX)|;s|@VERSION@|$(VERSION)|' $< > $@

# Unit tests link what they test. Only tests named session_* may need the kernel:
# an analyzer that needs libbpf does not link here. Tests named cli_* test libcli.
unit_bin := $(addprefix $(B)/unit/,$(basename $(notdir $(unit_src))))
$(call obj,$(unit_src)): INC += -Itests/unit
$(call obj,$(unit_src)): | $(B)/.deps-test
$(foreach t,$(unit_src),$(eval $(B)/unit/$(basename $(notdir $t)): $(call obj,$t)))
$(B)/unit/%: $(B)/libanalyzers.a $(B)/libtracer.a $(B)/libawaitness.a
	$(call say,LD,$@)mkdir -p $(@D); $(CC) $(LDFLAGS) -o $@ -Wl,--start-group $^ -Wl,--end-group -lcriterion $(analyzers_libs) $(runtime_libs) \
	  -ldw -lelf $(if $(findstring session_,$*),$(tracer_libs))
$(filter $(B)/unit/cli_%,$(unit_bin)): $(B)/libcli.a
program_bin := $(patsubst tests/programs/%.c,$(B)/programs/%,$(program_src))
$(B)/programs/%: $(B)/tests/programs/%.o $(B)/libawaitness.a
	$(call say,LD,$@)mkdir -p $(@D); $(CC) $(LDFLAGS) -o $@ $^ $(runtime_libs)
programs: $(program_bin)
skeletons: $(skeletons)

# What each part of the work needs is installed when it is first done (scripts/setup).
deps: $(B)/.deps-build ## install what a build needs
$(B)/.deps-%: scripts/setup
	$(Q)mkdir -p $(@D); scripts/setup $* && touch $@

unit: $(unit_bin) ## unit tests
	$(Q)scripts/run-unit $^
unit-san: ## unit tests under ASan+UBSan
	$(Q)$(MAKE) --no-print-directory unit SAN=address,undefined
e2e: all programs $(B)/.deps-demo $(B)/.deps-test ## tests on real processes (need root)
	$(Q)tests/e2e/run
corpus: all programs $(B)/.deps-test ## programs with known answers: precision and recall of what is reported
	$(Q)tests/e2e/programs.sh
test: ## set up, build, run all tests
	$(Q)scripts/run-tests
test-pythons: $(B)/.deps-test $(filter $(B)/unit/session_cpython_%,$(unit_bin)) ## the CPython tests with every version there is
	$(Q)scripts/test-pythons $(filter %_test,$^)
test-kernels: all programs $(B)/.deps-kernels $(B)/.deps-test $(addprefix $(B)/unit/session_,feature_test cpython_counts_test cpython_cells_test) ## the tests of tests/kernels under Debian's kernels, in QEMU
	$(Q)scripts/test-kernels $(SERIES)
test-bare: ## the README's two commands on a bare Debian of this release, in a folder (needs root)
	$(Q)scripts/test-bare
lint: deps $(B)/.deps-lint ## layers, headers, format, clang-tidy, cppcheck
	$(Q)scripts/lint
demo: all programs $(B)/.deps-demo ## programs under load, attached to, and their report
	$(Q)scripts/demo
man: $(B)/awaitness ## manual pages, from the tables of the commands
	$(Q)mkdir -p $(B)/man; $< help --man > $(B)/man/awaitness.1
	$(Q)for c in $$($< help | sed -n '/^Commands:/,/^$$/s/^  \([a-z]*\) .*/\1/p'); do \
	  $< help --man $$c > $(B)/man/awaitness-$$c.1 || exit; done
D = $(DESTDIR)$(PREFIX)
install: all man ## to $(DESTDIR)$(PREFIX), /usr/local by default
	install -d $(D)/bin $(D)/lib/pkgconfig $(D)/include/awaitness $(D)/share/man/man1
	install -m 755 $(B)/awaitness $(D)/bin
	install -m 644 $(B)/libawaitness.a $(D)/lib
	install -m 755 $(B)/libawaitness.so $(D)/lib/libawaitness.so.0
	ln -sf libawaitness.so.0 $(D)/lib/libawaitness.so
	sed -e 's|@PREFIX@|$(PREFIX)|;s|@VERSION@|$(VERSION)|' runtime/awaitness.pc.in > $(D)/lib/pkgconfig/awaitness.pc
	install -m 644 runtime/include/awaitness/*.h $(D)/include/awaitness
	install -m 644 $(B)/man/*.1 $(D)/share/man/man1
	$(if $(DESTDIR),,-ldconfig 2>/dev/null)
clean: ## remove what was built
	rm -rf build build-*
help: ## this list
	$(Q)grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

-include $(shell find $(B) -path $(B)/pythons -prune -o -type f -name '*.d' -print 2>/dev/null)
.PHONY: all programs skeletons deps unit unit-san test-pythons test-kernels test-bare e2e corpus test lint demo man install clean help
.DEFAULT_GOAL := all
.SECONDARY:
