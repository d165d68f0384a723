/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctf_folder.h - the folder of a trace: made, replaced, listed.
 */
#ifndef TRACER_CTF_FOLDER_H
#define TRACER_CTF_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

#define CTF_STREAM_NAME   "stream-%u-%u" /* pid, tid */
#define CTF_STREAM_PREFIX "stream-"

/** Makes the folder (0700) and its metadata, and the trace's uuid. With `force` a trace that is
 * there is removed first; what is not a trace is never touched. A descriptor of the folder, or a
 * negative errno. */
int ctf_folder_create(const char *path, bool force, uint8_t uuid[16], struct fault *fault);

/** The trace has its end. Until then the folder holds a mark, a hidden file, which readers of CTF
 * pass over; it stays where the writer was killed or could not write. 0 or a negative errno. */
int ctf_folder_finish(int folder);

/** Was it never finished, or is it being written? */
bool ctf_folder_unfinished(int folder);

/** Opens a trace's folder and checks its metadata. A descriptor, or a negative errno as of
 * ctf_reader_open. */
int ctf_folder_open(const char *path, uint8_t uuid[16], struct fault *fault);

/** The names of the stream files, sorted; free each and the array. 0 or a negative errno. */
int ctf_folder_list(int folder, char ***names, size_t *count);
void ctf_folder_list_free(char **names, size_t count);

#endif
