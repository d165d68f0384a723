/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe_test.c - probe.h as another runtime would use it.
 */
#include <awaitness/probe.h>

#include <criterion/criterion.h>
#include <string.h>

#include <awaitness/event.h>

#define ROW_OF_PROBE(KIND, name) {AW_##KIND, #name},
static const struct {
	enum aw_kind kind;
	const char *name;
} probes[] = {AW_PROBES(ROW_OF_PROBE)};

#define TEXT_OF_KIND(number, NAME, text, object, arg, site) [number] = text,
static const char *const texts[AW_KIND_MAX] = {AW_EVENT_KINDS(TEXT_OF_KIND)};

Test(probe, names_are_those_of_the_kinds)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		char name[32];

		strcpy(name, texts[probes[i].kind]);
		for (char *dash; (dash = strchr(name, '-'));)
			*dash = '_';
		cr_expect_str_eq(probes[i].name, name);
	}
}

static unsigned int evaluated;

static unsigned int evaluate(void)
{
	return ++evaluated;
}

Test(probe, arguments_are_evaluated_only_while_somebody_listens)
{
	AW_PROBE(lock_taken, evaluate(), 2, 3, 4);
	cr_expect_eq(evaluated, 0);
	AW_PROBE_SEMAPHORE(lock_taken)++;
	AW_PROBE(lock_taken, evaluate(), 2, 3, 4);
	cr_expect_eq(evaluated, 1);
	AW_PROBE_SEMAPHORE(lock_taken)--;
}
