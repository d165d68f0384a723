/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctf_metadata.h - the TSDL text of a trace: written from event.h's rows, and
 * recognised again.
 */
#ifndef TRACER_CTF_METADATA_H
#define TRACER_CTF_METADATA_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fault.h"

#define CTF_METADATA_MAX (1u << 20) /* bytes that a reader takes */

/** Writes the metadata. `offset`: ns from CLOCK_MONOTONIC to the time of day. The caller checks
 * `out`. */
void ctf_metadata_write(FILE *out, const uint8_t uuid[16], uint64_t offset);

/** Is this the metadata of a trace we can read? Gives its uuid. 0; -EPROTO: no trace of ours;
 * -EPROTONOSUPPORT: of a newer version; -EBADMSG: ours, but damaged. `path` is for the message. */
int ctf_metadata_check(const char *text, size_t size, const char *path, uint8_t uuid[16],
                       struct fault *fault);

#endif
