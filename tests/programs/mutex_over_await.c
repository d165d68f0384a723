/* expect: lock audit unknown; finding thread-lock-across-suspension audit */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutex_over_await.c - a task suspends while it holds a mutex of pthread: whoever wants it in
 * this thread then stops the whole loop, and for good if it is the loop that would have to go on.
 */
#include <awaitness/pthread.h>

#include "scene.h"

TRUTH_AWAITS;

enum { ENTRIES = 20 };

static pthread_mutex_t audit = PTHREAD_MUTEX_INITIALIZER;
static uint64_t sections, spanned;

static int64_t note(void *arg)
{
	(void)arg;
	for (int i = 0; i < ENTRIES; i++) {
		pthread_mutex_lock(&audit);
		sections++;
#ifdef REPAIRED
		pthread_mutex_unlock(&audit);
		COUNTED_YIELD(NULL);
#else
		COUNTED_YIELD(NULL);
		spanned++;
		pthread_mutex_unlock(&audit);
#endif
	}
	return 0;
}

static int64_t tick(void *arg)
{
	(void)arg;
	for (int i = 0; i < ENTRIES; i++)
		COUNTED_YIELD(NULL);
	return 0;
}

static void truth(void)
{
	printf("{\"truth\":\"lock\",\"name\":\"audit\",\"sections\":%" PRIu64
	       ",\"suspended\":%" PRIu64 ",\"waited\":0,\"tasks\":1}\n",
	       sections, spanned);
	if (spanned)
		truth_print_finding("thread-lock-across-suspension", "audit", spanned);
}

int main(void)
{
	return scene_play((struct scene){
		.truth = truth,
		.roles = {{note, "note", 1}, {tick, "tick", 1}},
	});
}
