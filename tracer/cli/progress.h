/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * progress.h - one line on the terminal for whatever takes over a second.
 *
 * Nothing is shown where stderr is no terminal, nor in the first second. The
 * state is the terminal's one line, so there is one of it in the process.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

/** The work begins: the first second counts from here. */
void progress_begin(void);

/** Shows a line in place of the last one, five times a second at most. */
void progress_show(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Takes the line away, before anything else is printed. Does nothing when there is none. */
void progress_clear(void);

#endif
