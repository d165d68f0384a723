/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * says.c - see says.h.
 */
#include "says.h"

#include <awaitness/event.h>

static const struct {
	uint64_t all, any;
	uint16_t runtime; /* AW_RUNTIME_UNKNOWN: every runtime */
	const char *text;
} rows[SAYS_MAX] = {
#define SAYS_ROW(NAME, all, any, runtime, text)                                                    \
	[SAYS_##NAME] = {all, any, AW_RUNTIME_##runtime, text},
	SAYS(SAYS_ROW)
#undef SAYS_ROW
};

bool says_allow(enum says what, uint64_t can, uint16_t runtime)
{
	return (can & rows[what].all) == rows[what].all &&
	       (!rows[what].any || (can & rows[what].any)) &&
	       (rows[what].runtime == AW_RUNTIME_UNKNOWN || rows[what].runtime == runtime);
}

const char *says_text(enum says what)
{
	return rows[what].text;
}
