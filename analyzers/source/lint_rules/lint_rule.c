/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_rule.c - see lint_rule.h.
 */
#include <stddef.h>
#include <strings.h>

#include "lint_rule.h"
#include "source/tree/tree.h"

const struct lint_rule lint_rules[LINT_COUNT] = {
#define LINT_ROW(NAME, id, name, watch, warning, summary) {id, name, summary, watch, warning},
	LINT_RULES(LINT_ROW)
#undef LINT_ROW
};

const struct lint_rule *lint_rule_find(const char *id)
{
	for (size_t i = 0; i < LINT_COUNT; i++)
		if (!strcasecmp(lint_rules[i].id, id) || !strcasecmp(lint_rules[i].name, id))
			return &lint_rules[i];
	return NULL;
}
