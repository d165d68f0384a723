/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_uprobe.h - the only place where uprobes are attached to a target.
 *
 * Every session places its uprobes here (scripts/lint sees to it), so that none can stand where it
 * would harm the target: nop5.h.
 */
#ifndef TRACER_SESSION_UPROBE_H
#define TRACER_SESSION_UPROBE_H

#include <errno.h>
#include <stdint.h>
#include <sys/types.h>

struct bpf_link;
struct bpf_program;

/** Refused, since it would harm the target. */
#define SESSION_UPROBE_HARMS EKEYREJECTED

/** What is wrong then and what to do, for a message that says what could not be attached to. */
#define SESSION_UPROBE_WHY                                                                         \
	"a probe would stand on a 5-byte nop, and this kernel makes a call of it that harms the "  \
	"program; build it with the current probe.h, or boot another kernel (see "                 \
	"safe_nop5 in awaitness doctor)"

/** Attaches `program` to the code at `offset` of the file `path` in process `pid`. Returns 0,
 * -SESSION_UPROBE_HARMS or another negative errno. Free `*out` with bpf_link__destroy. */
int session_uprobe_place(const struct bpf_program *program, pid_t pid, const char *path,
                         uint64_t offset, struct bpf_link **out);

/** Attaches `program` to every site of awaitness:`probe` in `path`, or to none if a probe on one of
 * them would harm. Returns as session_uprobe_place does, and -ENOENT: there is no such probe. */
int session_uprobe_usdt(const struct bpf_program *program, pid_t pid, const char *path,
                        const char *probe, uint64_t cookie, struct bpf_link **out);

#endif
