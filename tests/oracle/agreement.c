/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The oracle's program: do the analyzers say what is so?
 *
 * For each random program: every schedule is explored; one random schedule is
 * told to the analyzers as events, and what they find is held against what
 * happened in it and what can happen at all; then a few hundred random
 * schedules are told as one long run, and the verdicts about locks are held
 * against what taking each lock out makes reachable.
 *
 *	agreement [--programs N] [--seed S] [--verbose] [--trace] [--first]
 *
 * Prints a table, and each disagreement with the seed that repeats it (--first: ends there). Exit
 * status 1 when something that must never happen did.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "trace/text_writer.h"

enum {
	SCHEDULES = 20000, /* explored at most; larger programs are passed over */
	RUNS = 240,        /* random schedules for the verdicts about locks */
	BUFFER = 4096      /* events of one batch */
};

struct agreement {
	struct judge judge;
	struct text_writer *writer; /* --trace: the single runs, as text */
	uint64_t programs, passed_over, schedules, two_loops;
};

/* Batches of the streams of up to two threads, in the order of events. */
struct feed {
	struct analysis *analysis;
	struct text_writer *writer; /* NULL: no trace is wanted */
	struct aw_event events[BUFFER];
	size_t used;
	unsigned loop; /* of the events in the buffer */
	uint64_t first[PROGRAM_LOOPS];
};

static void feed_flush(struct feed *f)
{
	struct stream_batch batch = {1, 1 + f->loop, f->first[f->loop], f->events, f->used};

	if (f->used && analysis_feed(f->analysis, &batch))
		abort();
	if (f->used && f->writer && text_write(f->writer, &batch))
		abort();
	f->first[f->loop] += f->used;
	f->used = 0;
}

static void feed_event(void *context, unsigned loop, const struct aw_event *e)
{
	struct feed *f = context;

	if (f->used == BUFFER || loop != f->loop)
		feed_flush(f);
	f->loop = loop;
	f->events[f->used++] = *e;
}

static void feed_open(struct feed *f)
{
	struct aw_event target = {.kind = AW_TARGET,
	                          .arg = AW_RUNTIME_C,
	                          .object = 1,
	                          .site = AW_CAN_ACCESSES | AW_CAN_ACQUIRES | AW_CAN_RELEASES |
	                                  AW_CAN_AWAITS | AW_CAN_STEP_ENDS | AW_CAN_WAKES};

	memset(f, 0, sizeof(*f));
	if (analysis_new(NULL, &f->analysis))
		abort();
	feed_event(f, 0, &target);
}

static const struct report *feed_finish(struct feed *f)
{
	const struct report *report;

	feed_flush(f);
	if (analysis_finish(f->analysis, &report))
		abort();
	return report;
}

/* One schedule, told and judged. */
static void single_run(struct agreement *a, struct trial *trial, uint64_t *random)
{
	struct feed f;
	struct machine m;
	struct machine_trace t = {feed_event, &f, .task0 = 1, .object0 = 2000000,
	                          .address0 = 0x10000};
	struct keyset happened = {0};

	feed_open(&f);
	f.writer = a->writer;
	run_random(trial->p, random, &m, &t);
	conflicts_collect(&m, &happened);
	trial->end = &m;
	trial->happened = &happened;
	trial->report = feed_finish(&f);
	judge_findings(&a->judge, trial);
	judge_deadlocks(&a->judge, trial);
	analysis_free(f.analysis);
	keyset_fini(&happened);
}

/* Many schedules as one long run. */
static void many_runs(struct agreement *a, struct trial *trial, uint64_t *random)
{
	struct feed f;
	struct machine m;
	struct machine_trace t = {feed_event, &f, .task0 = 1, .object0 = 2000000,
	                          .address0 = 0x10000};

	feed_open(&f);
	for (int i = 0; i < RUNS; i++) {
		run_random(trial->p, random, &m, &t);
		t.task0 += PROGRAM_TASKS;
		t.object0 += MACHINE_OBJECTS;
		t.address0 += 8 * PROGRAM_VARS;
	}
	trial->report = feed_finish(&f);
	judge_locks(&a->judge, trial, SCHEDULES * 4);
	analysis_free(f.analysis);
}

static void one_program(struct agreement *a, uint64_t seed)
{
	struct program p;
	struct exploration all;
	struct trial trial = {.p = &p, .all = &all};
	uint64_t random = ~seed;

	program_generate(seed, &p);
	explore(&p, SCHEDULES, &all);
	a->programs++;
	a->two_loops += p.loops > 1 && !all.cut;
	a->schedules += all.schedules;
	if (all.cut) {
		a->passed_over++;
	} else {
		single_run(a, &trial, &random);
		many_runs(a, &trial, &random);
	}
	exploration_fini(&all);
}

static int print_result(const struct agreement *a)
{
	uint64_t wrong;

	printf("%llu programs (%llu of two loops), %llu schedules explored, %llu programs too "
	       "large\n\n",
	       (unsigned long long)a->programs, (unsigned long long)a->two_loops,
	       (unsigned long long)a->schedules, (unsigned long long)a->passed_over);
	wrong = judge_print(&a->judge);
	printf("%s\n", wrong ? "DISAGREEMENT" : "agreement");
	return wrong ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct agreement a = {.programs = 0};
	uint64_t programs = 1000, seed = 1;
	bool first = false;

	judge_init(&a.judge);
	setvbuf(stdout, NULL, _IOLBF, 0); /* a long run that is cut off has told what it found */

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--verbose"))
			a.judge.verbose = true;
		else if (!strcmp(argv[i], "--first"))
			first = true;
		else if (!strcmp(argv[i], "--trace") && !a.writer &&
		         !text_writer_new(stdout, &a.writer))
			continue;
		else if (!strcmp(argv[i], "--programs") && i + 1 < argc)
			programs = strtoull(argv[++i], NULL, 0);
		else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 0);
		else {
			fprintf(stderr, "usage: agreement [--programs N] [--seed S] [--verbose] "
			                "[--trace] [--first]\n");
			return 2;
		}
	}
	printf("seeds %llu to %llu\n", (unsigned long long)seed,
	       (unsigned long long)(seed + programs - 1));
	for (uint64_t i = 0; i < programs && !(first && a.judge.disagreements); i++)
		one_program(&a, seed + i);
	if (a.writer && text_writer_free(a.writer))
		return 3;
	return print_result(&a);
}
