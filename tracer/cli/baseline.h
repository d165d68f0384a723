/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * baseline.h - findings that are known already, in a file: those of lint, of a run, or of both. A
 * finding is known by its fingerprint (rule, object, functions), so it stays known when lines move
 * or files are renamed.
 */
#ifndef CLI_BASELINE_H
#define CLI_BASELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct baseline;

/** What the file says of a finding. Texts are for the reader of the file; NULL: not known. */
struct baseline_entry {
	uint64_t fingerprint;
	const char *rule, *object, *function;
};

/** Both return a status; a message has been printed. */
int baseline_read(const char *path, struct baseline **out);
int baseline_write(const char *path, const struct baseline_entry *entries, size_t count);

/** Is it known? Each entry covers one finding: what was told of stays told of if there is one more.
 */
bool baseline_take(struct baseline *baseline, uint64_t fingerprint);

/** Likewise, but an entry covers all there are. */
bool baseline_has(const struct baseline *baseline, uint64_t fingerprint);

void baseline_free(struct baseline *baseline); /* takes NULL */

#endif
