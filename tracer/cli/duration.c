/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * duration.c - lengths of time as people write them, in integers throughout:
 * what a double rounds away would show in a test.
 */
#include "duration.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t ns;
};

static const struct unit units[] = {
	{"h", 3600000000000}, {"m", 60000000000}, {"s", 1000000000},
	{"ms", 1000000},      {"us", 1000},       {"ns", 1},
};

static uint64_t unit_find(const char *name)
{
	if (!*name)
		return 1000000000;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strcmp(units[i].name, name) == 0)
			return units[i].ns;
	return 0;
}

int duration_parse(const char *text, uint64_t *ns)
{
	const char *p = text, *fraction = NULL;
	uint64_t number = 0, scale = 1, unit;

	for (; (*p >= '0' && *p <= '9') || (*p == '.' && !fraction); p++) {
		if (*p == '.') {
			fraction = p + 1;
			continue;
		}
		if (number >= DURATION_MAX_NS)
			return -ERANGE;
		number = number * 10 + (uint64_t)(*p - '0');
		if (fraction)
			scale *= 10;
	}
	if (p == text || p == fraction || *text == '.')
		return -EINVAL;
	unit = unit_find(p);
	if (!unit)
		return -EINVAL;
	if (number / scale > DURATION_MAX_NS / unit)
		return -ERANGE;
	*ns = number / scale * unit + (uint64_t)((__uint128_t)(number % scale) * unit / scale);
	if (*ns > DURATION_MAX_NS)
		return -ERANGE;
	return *ns ? 0 : -EINVAL;
}

int duration_parse_share(const char *text, uint64_t *part, uint64_t *whole)
{
	const char *slash = strchr(text, '/');
	char first[DURATION_TEXT];
	int err;

	if (!slash || (size_t)(slash - text) >= sizeof(first))
		return -EINVAL;
	memcpy(first, text, (size_t)(slash - text));
	first[slash - text] = '\0';
	err = duration_parse(first, part);
	if (!err)
		err = duration_parse(slash + 1, whole);
	return !err && *part > *whole ? -EINVAL : err;
}

const char *duration_format(char *out, uint64_t ns)
{
	size_t last = sizeof(units) / sizeof(*units) - 1, i;

	for (i = 0; i < last; i++)
		if (ns >= units[i].ns)
			break;
	if (ns % units[i].ns == 0)
		snprintf(out, DURATION_TEXT, "%" PRIu64 " %s", ns / units[i].ns, units[i].name);
	else
		snprintf(out, DURATION_TEXT, "%.1f %s", (double)ns / (double)units[i].ns,
		         units[i].name);
	return out;
}
