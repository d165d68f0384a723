/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pywatch.h - what of a Python program is to be watched: from the model of its source to the
 * tracer.
 */
#ifndef PYTHON_PYWATCH_H
#define PYTHON_PYWATCH_H

#include <awaitness/watch.h>

struct pywatch;

/** Zero-initialised memory of its own; NULL without memory. Free with pywatch_free. */
struct pywatch *pywatch_new(void);
void pywatch_free(struct pywatch *watch); /* takes NULL */

/** An aw_watch_fn; `watch` is a struct pywatch *. */
int pywatch_windows(void *watch, const char *root, const char *const *files, size_t count,
                    struct aw_watch *out);

#endif
