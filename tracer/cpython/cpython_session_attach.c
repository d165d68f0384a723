/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_session_attach.c - see cpython_session_attach.h.
 *
 * Only plain uprobes: a uretprobe would kill targets that switch stacks.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpython_session_attach.h"
#include "load/session_missed.h"
#include "load/session_refusal.h"
#include "load/ring_warm.h"
#include "load/session_trial.h"
#include "load/session_uprobe.h"
#include "cpython.skel.h"

enum { LINKS = 256, RING_BYTES = 16 << 20, POLL_BYTES = 4 << 20 };

struct cpython_attachment {
	struct cpython_bpf *skel;
	struct ring_buffer *ring;
	struct ring_warm warm;
	struct bpf_link *links[LINKS];
	size_t link_count;
	uint32_t pid; /* the programs look at, 0: none */
	bool idle;    /* attached to the scheduler */
	cpython_fact_fn fn;
	void *context;
	int error;          /* the first that fn returned */
	size_t bytes, most; /* handed over since it was asked, and at most then */
};

static int sample(void *context, void *data, size_t size)
{
	struct cpython_attachment *a = context;

	if (!a->error && size >= sizeof(struct cpython_fact))
		a->error = a->fn(a->context, data, size);
	a->bytes += size;
	return a->bytes >= a->most ? -ECANCELED : 0; /* it is asked for the rest again */
}

/* Loads the programs, and attaches nothing. 0 or a negative errno. */
static int programs_load(const struct cpython_session_options *options, struct cpython_bpf **out,
                         struct session_refusal *refusal)
{
	int error = -ENOMEM;

	session_refusal_begin(refusal);
	*out = cpython_bpf__open();
	if (*out) {
		bpf_map__set_max_entries((*out)->maps.ring,
		                         options->ring_bytes ? options->ring_bytes : RING_BYTES);
		(*out)->rodata->scratch_fails = options->scratch_fails;
		error = cpython_bpf__load(*out);
	}
	session_refusal_end(refusal, error);
	return error;
}

static int ring_open(struct cpython_attachment *a, struct fault *fault)
{
	struct session_refusal quiet;

	session_refusal_begin(&quiet);
	a->ring = ring_buffer__new(bpf_map__fd(a->skel->maps.ring), sample, a, NULL);
	session_refusal_end(&quiet, 0);
	if (!a->ring)
		return fault_set(fault, -errno, "cannot map the ring buffer: %s", strerror(errno));
	ring_warm_begin(&a->warm, a->skel->progs.ring_touch, a->skel->maps.ring);
	return 0;
}

int cpython_attachment_open(const struct cpython_session_options *options, cpython_fact_fn fn,
                            void *context, struct cpython_attachment **out, struct fault *fault)
{
	struct cpython_attachment *a = calloc(1, sizeof(*a));
	struct session_refusal refusal;
	int error;

	*out = NULL;
	if (!a)
		return fault_set(fault, -ENOMEM, "out of memory");
	a->fn = fn;
	a->context = context;
	error = programs_load(options, &a->skel, &refusal);
	if (error)
		session_refusal_fault(&refusal, true, fault, error);
	else
		error = ring_open(a, fault);
	if (error) {
		cpython_attachment_close(a);
		return error;
	}
	*out = a;
	return 0;
}

static int trial_load(void *context, struct bpf_object **object, struct session_refusal *refusal)
{
	const struct cpython_session_options options = {0};
	struct cpython_bpf **skel = context;
	int error = programs_load(&options, skel, refusal);

	*object = *skel ? (*skel)->obj : NULL;
	return error;
}

void cpython_session_try(struct session_trial *out)
{
	struct cpython_bpf *skel = NULL;

	session_trial_make(out, "cpython", trial_load, &skel);
	cpython_bpf__destroy(skel);
}

void cpython_attachment_detach(struct cpython_attachment *a)
{
	/* All at once: what some probes still told while the steps are not seen any more would be
	 * taken for one step. */
	if (a->pid)
		bpf_map__delete_elem(a->skel->maps.processes, &a->pid, sizeof(a->pid), 0);
	a->pid = 0;
	while (a->link_count)
		bpf_link__destroy(a->links[--a->link_count]);
	a->idle = false;
}

void cpython_attachment_close(struct cpython_attachment *a)
{
	if (!a)
		return;
	cpython_attachment_detach(a);
	ring_warm_end(&a->warm);
	ring_buffer__free(a->ring);
	cpython_bpf__destroy(a->skel);
	free(a);
}

int cpython_attachment_target(struct cpython_attachment *a, uint32_t index, uint32_t pid,
                              const struct cpython_target *target)
{
	int error = bpf_map__update_elem(a->skel->maps.targets, &index, sizeof(index), target,
	                                 sizeof(*target), BPF_ANY);

	if (!error)
		error = bpf_map__update_elem(a->skel->maps.processes, &pid, sizeof(pid), &index,
		                             sizeof(index), BPF_ANY);
	if (!error)
		a->pid = pid;
	return error;
}

int cpython_attachment_type(struct cpython_attachment *a, uint32_t index, uint64_t type,
                            const struct cpython_type_value *how)
{
	struct cpython_type_key key = {type, index};

	return bpf_map__update_elem(a->skel->maps.types, &key, sizeof(key), how, sizeof(*how),
	                            BPF_ANY);
}

int cpython_attachment_await(struct cpython_attachment *a, const struct cpython_await_key *key,
                             const struct cpython_await_value *value)
{
	return bpf_map__update_elem(a->skel->maps.awaits, key, sizeof(*key), value, sizeof(*value),
	                            BPF_ANY);
}

int cpython_attachment_attribute(struct cpython_attachment *a,
                                 const struct cpython_attribute_key *key,
                                 const struct cpython_attribute_value *value)
{
	return bpf_map__update_elem(a->skel->maps.attributes, key, sizeof(*key), value,
	                            sizeof(*value), BPF_ANY);
}

int cpython_attachment_loop(struct cpython_attachment *a, uint32_t index, uint64_t loop,
                            const struct cpython_loop_value *value)
{
	struct cpython_loop_key key = {loop, index};

	return bpf_map__update_elem(a->skel->maps.loops, &key, sizeof(key), value, sizeof(*value),
	                            BPF_ANY);
}

static int link_add(struct cpython_attachment *a, struct bpf_link *link)
{
	if (!link)
		return -errno;
	if (a->link_count == LINKS) {
		bpf_link__destroy(link);
		return -ENOSPC;
	}
	a->links[a->link_count++] = link;
	return 0;
}

static int places_attach(struct cpython_attachment *a, struct bpf_program *program, uint32_t pid,
                         const struct cpython_places *places, struct fault *fault)
{
	for (size_t i = 0; i < places->count; i++) {
		struct bpf_link *link;
		int error =
			session_uprobe_place(program, pid, places->path, places->offsets[i], &link);

		if (!error)
			error = link_add(a, link);
		if (error)
			return fault_set(fault, error, "cannot place a uprobe (%s): %s",
			                 bpf_program__name(program),
			                 error == -SESSION_UPROBE_HARMS ? SESSION_UPROBE_WHY
			                                                : strerror(-error));
	}
	return 0;
}

/* Which test runs is told only together with when it ends. Without it no finding names a test. */
static void tests_attach(struct cpython_attachment *a, uint32_t pid,
                         const struct cpython_found *found)
{
	if (found->unset_env.count &&
	    !places_attach(a, a->skel->progs.test_end, pid, &found->unset_env, NULL))
		places_attach(a, a->skel->progs.test_begin, pid, &found->set_env, NULL);
}

/* Told whenever a thread goes to sleep. */
static int idle_attach(struct cpython_attachment *a)
{
	struct session_refusal quiet;
	int error;

	session_refusal_begin(&quiet);
	error = link_add(a, bpf_program__attach(a->skel->progs.idle));
	session_refusal_end(&quiet, 0);
	return error;
}

int cpython_attachment_attach(struct cpython_attachment *a, uint32_t pid,
                              const struct cpython_found *found, enum cpython_detail detail,
                              unsigned what, struct fault *fault)
{
	const struct {
		struct bpf_program *program;
		const struct cpython_places *places;
		unsigned what;
		enum cpython_detail detail; /* from this level on */
	} rows[] = {
		{a->skel->progs.module_load, &found->load, CPYTHON_PROBE_LOAD, CPYTHON_STEPS},
		{a->skel->progs.task_new, &found->make, CPYTHON_PROBE_REST, CPYTHON_AWAITS},
		{a->skel->progs.task_new, &found->make, CPYTHON_PROBE_MAKE, CPYTHON_STEPS},
		{a->skel->progs.with_enter, &found->with, CPYTHON_PROBE_REST, CPYTHON_LOCKS},
		{a->skel->progs.with_enter_named, &found->named, CPYTHON_PROBE_REST, CPYTHON_LOCKS},
		{a->skel->progs.with_enter_method, &found->method, CPYTHON_PROBE_REST,
	         CPYTHON_LOCKS},
		{a->skel->progs.await_enter, &found->awaits, CPYTHON_PROBE_REST, CPYTHON_AWAITS},
		{a->skel->progs.wake_call, &found->wake_call, CPYTHON_PROBE_REST, CPYTHON_ALL},
		{a->skel->progs.wake_method, &found->wake_method, CPYTHON_PROBE_REST, CPYTHON_ALL},
		{a->skel->progs.interpreter_end, &found->end, CPYTHON_PROBE_STEP, CPYTHON_STEPS},
		{a->skel->progs.task_step, &found->step, CPYTHON_PROBE_STEP, CPYTHON_STEPS},
	};
	struct session_refusal quiet;
	int error = ring_warm_end(&a->warm);

	if (error)
		return fault_set(fault, error, "the ring buffer cannot be used: %s",
		                 strerror(-error));
	if (what & CPYTHON_PROBE_STEP && !a->idle) {
		error = idle_attach(a);
		if (error)
			return fault_set(fault, error,
			                 "cannot attach to the scheduler, which tells when a loop "
			                 "sleeps: %s",
			                 strerror(-error));
		a->idle = true;
	}
	session_refusal_begin(&quiet);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && !error; i++)
		if (rows[i].what & what && detail >= rows[i].detail)
			error = places_attach(a, rows[i].program, pid, rows[i].places, fault);
	if (!error && what & CPYTHON_PROBE_TEST)
		tests_attach(a, pid, found);
	session_refusal_end(&quiet, 0);
	return error;
}

int cpython_attachment_poll(struct cpython_attachment *a, int timeout_ms)
{
	int n;

	a->bytes = 0;
	a->most = POLL_BYTES;
	/* The programs wake nobody until the ring fills up; so wait, then look. */
	n = ring_buffer__poll(a->ring, timeout_ms);
	if (n >= 0)
		n = ring_buffer__consume(a->ring);
	if (a->error)
		return a->error;
	return n < 0 && n != -EINTR && a->bytes < a->most ? n : 0;
}

int cpython_attachment_drain(struct cpython_attachment *a)
{
	int n;

	a->bytes = 0;
	a->most = SIZE_MAX;
	n = ring_buffer__consume(a->ring);
	if (a->error)
		return a->error;
	return n < 0 && n != -EINTR ? n : 0;
}

uint64_t cpython_attachment_missed(const struct cpython_attachment *a)
{
	return session_missed_count(a->skel->obj);
}

uint64_t cpython_attachment_counter(const struct cpython_attachment *a,
                                    enum cpython_counter counter)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t sum = 0, *values;
	uint32_t key = counter;

	if (cpus <= 0)
		return 0;
	values = calloc(cpus, sizeof(*values));
	if (values && !bpf_map__lookup_elem(a->skel->maps.counters, &key, sizeof(key), values,
	                                    cpus * sizeof(*values), 0))
		for (int i = 0; i < cpus; i++)
			sum += values[i];
	free(values);
	return sum;
}
