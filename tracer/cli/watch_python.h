/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch_python.h - what of a Python program is to be watched: from the model of its source to the
 * tracer.
 */
#ifndef CLI_WATCH_PYTHON_H
#define CLI_WATCH_PYTHON_H

#include <awaitness/watch.h>

struct watch_python;

/** Zero-initialised memory of its own; NULL without memory. Free with watch_python_free. */
struct watch_python *watch_python_new(void);
void watch_python_free(struct watch_python *watch); /* takes NULL */

/** An aw_watch_fn; `watch` is a struct watch_python *. */
int watch_python_windows(void *watch, const char *root, const char *const *files, size_t count,
                         struct aw_watch *out);

#endif
