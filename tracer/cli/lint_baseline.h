/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_baseline.h - findings that are known already. A finding is known by its fingerprint (rule,
 * object, functions), so it stays known when lines move or files are renamed.
 */
#ifndef CLI_LINT_BASELINE_H
#define CLI_LINT_BASELINE_H

#include "python/pymodel.h"

struct lint_baseline;

/** Both return a status; a message has been printed. */
int lint_baseline_read(const char *path, struct lint_baseline **out);
int lint_baseline_write(const char *path, const struct pyfinding *const *findings, size_t count);

/** Is it known? Each entry covers one finding. */
bool lint_baseline_take(struct lint_baseline *baseline, const struct pyfinding *finding);

void lint_baseline_free(struct lint_baseline *baseline); /* takes NULL */

#endif
