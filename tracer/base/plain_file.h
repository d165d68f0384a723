/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plain_file.h - files whose names another process gave, and that it may change under our hands.
 *
 * Such a name may lead to a pipe that nobody writes to, where opening it waits
 * for ever, or to a device, where opening it does something. And a file that is
 * mapped and then cut short by its owner ends the reader with SIGBUS.
 */
#ifndef TRACER_PLAIN_FILE_H
#define TRACER_PLAIN_FILE_H

#include <stdint.h>

/** Opens a regular file for reading; nothing else is opened. A descriptor, or a negative errno:
 * -EINVAL when it is no regular file. */
int plain_file_open(const char *path);

/**
 * A copy in memory that nobody else can change, of a regular file of at most
 * `max` bytes; holes stay holes. A descriptor, or a negative errno: -EFBIG.
 */
int plain_file_copy(int file, uint64_t max);

#endif
