# SPDX-License-Identifier: BSD-2-Clause
# The grammars of the Python source model: fetched by scripts/setup as
# package-lock.json pins them, compiled here into libanalyzers.
python_grammar := node_modules/tree-sitter-python/src
toml_grammar   := node_modules/@tree-sitter-grammars/tree-sitter-toml/src
grammar_obj    := $(foreach g,python toml,$(B)/grammar/$g_parser.o $(B)/grammar/$g_scanner.o)
analyzers_libs += -ltree-sitter -lpthread

$(B)/.deps-build: package-lock.json
$(B)/grammar/python_%.o: | deps
	$(call say,CC,$(python_grammar)/$*.c)mkdir -p $(@D); $(CC) -std=gnu11 -O2 -w -I$(python_grammar) -c -o $@ $(python_grammar)/$*.c
$(B)/grammar/toml_%.o: | deps
	$(call say,CC,$(toml_grammar)/$*.c)mkdir -p $(@D); $(CC) -std=gnu11 -O2 -w -I$(toml_grammar) -c -o $@ $(toml_grammar)/$*.c
$(B)/libanalyzers.a: $(grammar_obj)

# The pages of docs/rules as C strings.
rule_pages := $(sort $(wildcard docs/rules/AW*.md))
$(B)/gen/rule_pages.h: $(rule_pages) lint.mk
	$(call say,GEN,$@)mkdir -p $(@D); for f in $(rule_pages); do \
	  printf '{"%s",\n' $$(basename $$f .md); \
	  sed -e 's/\\/\\\\/g;s/"/\\"/g;s/^/"/;s/$$/\\n"/' $$f; echo '},'; done >$@.tmp; mv $@.tmp $@
$(B)/analyzers/report/lint_pages.o: $(B)/gen/rule_pages.h

# Fuzz targets of lint: what they test beside the readers.
$(B)/fuzz/python_fuzz: fuzz_parts = $(wildcard analyzers/source/*/*.c) analyzers/accepted/accepted.c analyzers/accepted/fingerprint.c analyzers/report/report_words.c analyzers/accepted/waiver.c tracer/base/bytes_hash.c tracer/base/escape.c tracer/base/fault.c $(wildcard tracer/event/name*.c) tracer/base/plain_file.c $(grammar_obj) -ltree-sitter -lpthread
$(B)/fuzz/toml_fuzz: fuzz_parts = tracer/cli/lint/lint_config.c $(grammar_obj) -ltree-sitter
$(B)/fuzz/baseline_fuzz: fuzz_parts = tracer/cli/baseline.c -ljansson
$(B)/fuzz/options_fuzz: fuzz_parts = tracer/cli/options.c tracer/cli/duration.c $(B)/libcli.a $(B)/libanalyzers.a \
  $(B)/libtracer.a $(B)/libcli.a $(analyzers_libs) $(tracer_libs)
$(B)/fuzz/options_fuzz: $(B)/libcli.a $(B)/libanalyzers.a $(B)/libtracer.a tracer/cli/options.c
$(B)/fuzz/baseline_fuzz: tracer/cli/baseline.c tracer/cli/baseline.h
$(B)/fuzz/python_fuzz $(B)/fuzz/toml_fuzz: $(grammar_obj) $(wildcard analyzers/source/*/*.[ch] tracer/cli/lint/lint_config.[ch])
