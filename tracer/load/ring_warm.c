// SPDX-License-Identifier: BSD-2-Clause
/*
 * ring_warm.c - see ring_warm.h.
 */
#include "ring_warm.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static void pages_touch(int program)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);

	bpf_prog_test_run_opts(program, &options);
}

static void *touch(void *context)
{
	const struct ring_warm *warm = context;

	pages_touch(warm->program);
	return NULL;
}

/* All that was put in was discarded: passes over it without looking at each record. The ring's
 * first page holds the reader's position, the second one the writer's. */
static int ring_empty(int ring)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned long *reader = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, ring, 0);
	unsigned long *writer = mmap(NULL, page, PROT_READ, MAP_SHARED, ring, (off_t)page);
	int error = 0;

	if (reader == MAP_FAILED || writer == MAP_FAILED)
		error = -errno;
	else
		__atomic_store_n(reader, __atomic_load_n(writer, __ATOMIC_ACQUIRE),
		                 __ATOMIC_RELEASE);
	if (reader != MAP_FAILED)
		munmap(reader, page);
	if (writer != MAP_FAILED)
		munmap(writer, page);
	return error;
}

void ring_warm_begin(struct ring_warm *warm, const struct bpf_program *program,
                     const struct bpf_map *ring)
{
	warm->program = bpf_program__fd(program);
	warm->ring = bpf_map__fd(ring);
	warm->running = !pthread_create(&warm->thread, NULL, touch, warm);
}

int ring_warm_end(struct ring_warm *warm)
{
	if (!warm->running)
		return 0;
	pthread_join(warm->thread, NULL);
	warm->running = false;
	return ring_empty(warm->ring);
}

int ring_warm(const struct bpf_program *program, const struct bpf_map *ring)
{
	pages_touch(bpf_program__fd(program));
	return ring_empty(bpf_map__fd(ring));
}
