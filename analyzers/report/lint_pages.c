/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_pages.c - the pages of docs/rules, compiled in: rule_pages.h is made from
 * them by lint.mk, so that what `explain` prints is what the pages say.
 */
#include <stddef.h>
#include <string.h>

#include "lint_format.h"

static const struct {
	const char *id, *text;
} pages[] = {
#include "rule_pages.h"
	{NULL, NULL}};

const char *lint_rule_page(const struct lint_rule *rule)
{
	for (size_t i = 0; pages[i].id; i++)
		if (!strcmp(pages[i].id, rule->id))
			return pages[i].text;
	return NULL;
}
