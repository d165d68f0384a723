/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * waiver.h - what a comment `# awaitness: ...` in the source of a program waives.
 *
 * The text is what stands behind the colon: `ignore[AW007, needless-lock] one writer only`, or
 * `ignore` alone for any rule, or `atomic-by-intent` at a lock.
 */
#ifndef ANALYZERS_WAIVER_H
#define ANALYZERS_WAIVER_H

#include <stdbool.h>
#include <stddef.h>

/** Is one of these ids and names in the brackets, in any case of letters? No brackets: any is. */
bool waiver_names(const char *text, const char *const *names, size_t count);

/** Does it say that a lock is there on purpose? */
bool waiver_is_intent(const char *text);

#endif
