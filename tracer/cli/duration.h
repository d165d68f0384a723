/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * duration.h - lengths of time as people write them.
 */
#ifndef CLI_DURATION_H
#define CLI_DURATION_H

#include <stddef.h>
#include <stdint.h>

#define DURATION_MAX_NS (366ull * 86400 * 1000000000) /* a year */
#define DURATION_TEXT   32u

/**
 * Reads "5" (seconds), "5s", "1.5s", "500ms", "250us", "10ns", "2m" or "1h".
 * Returns 0; -EINVAL if it is none of these, or 0; -ERANGE for more than a year.
 */
int duration_parse(const char *text, uint64_t *ns);

/** Reads "1s/10s", two times of which the first is not longer. Returns 0, -EINVAL or -ERANGE. */
int duration_parse_share(const char *text, uint64_t *part, uint64_t *whole);

/** Writes a length of time with a unit that fits it, "1.5 s", into `out` (DURATION_TEXT bytes). */
const char *duration_format(char *out, uint64_t ns);

#endif
