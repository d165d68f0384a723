/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_programs.h - the BPF programs of a session, loaded and attached.
 *
 * Internal to session*.c. Two sets: session_log.c (logs of our runtime) and
 * session_usdt.c (fine-grained probes).
 */
#ifndef TRACER_SESSION_PROGRAMS_H
#define TRACER_SESSION_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/shipment.h"
#include "base/fault.h"
#include "kernel/feature.h"
#include "load/session_refusal.h"
#include "target/target.h"

struct bpf_link;
struct bpf_map;
struct bpf_object;
struct bpf_program;

#define SESSION_LINKS      128u
#define SESSION_RING_BYTES (64u << 20) /* unless another size is wanted */

/** What both sets are made from. */
struct session_plan {
	const struct target *target;
	const struct feature *features;
	size_t ring_bytes; /* a power of two */
	uint32_t tgid;     /* as the programs see it */
	uint64_t ns_dev;   /* the pid namespace that is in; both 0: the initial one */
	uint64_t ns_inode;
};

struct session_programs {
	void *skeleton;
	void (*skeleton_free)(void *skeleton);
	struct bpf_object *object;
	struct bpf_link *links[SESSION_LINKS]; /* in the order they were made */
	size_t link_count;
	int ring; /* map descriptors, owned by the object */
	int threads;
	bool hits_are_records;        /* a hit that is missed is a record, and is in no number */
	volatile uint64_t *counters;  /* SHIPMENT_COUNTERS, mapped */
	volatile bool *stopping;      /* true: the programs take nothing more */
	volatile uint64_t *in_flight; /* programs running in the target now */
};

/** Chooses which ids the programs see: those of the initial pid namespace, or, if this process
 * cannot see that one, the target's own. */
void session_plan_namespace(struct session_plan *plan);

/** Load the programs, and attach nothing; `refusal` hears why not. 0 or a negative errno. In any
 * case end with session_programs_close. */
int session_log_load(const struct session_plan *plan, struct session_programs *out,
                     struct session_refusal *refusal);
int session_usdt_load(const struct session_plan *plan, struct session_programs *out,
                      struct session_refusal *refusal);

int session_log_open(const struct session_plan *plan, struct session_programs *out,
                     struct fault *fault);
int session_usdt_open(const struct session_plan *plan, struct session_programs *out,
                      struct fault *fault);

/** Attaches `program` to every site of awaitness:`probe` in `module`. 0, -ENOENT: no such probe. */
int session_attach_usdt(struct session_programs *programs, const struct session_plan *plan,
                        const struct bpf_program *program, const struct target_module *module,
                        const char *probe, uint64_t cookie);

/** Keeps a link that libbpf returned (NULL: errno says why). Returns 0 or a negative errno. */
int session_link_keep(struct session_programs *programs, struct bpf_link *link);

/** Tells why loading or attaching failed. Returns `code`. */
int session_fault(struct fault *fault, int code, const char *what);

/** Lets the programs take nothing more, and waits until those under way have finished (some us,
 * unless their thread is not scheduled; at most a second). All they took is in the ring then. */
void session_programs_quiesce(struct session_programs *programs);

/** Detaches, newest first. The maps stay readable. */
void session_programs_detach(struct session_programs *programs);

void session_programs_close(struct session_programs *programs);

#endif
