// SPDX-License-Identifier: BSD-2-Clause
/*
 * transport.c - what an event costs its emitter while it is shipped through eBPF, and what is lost.
 *
 * A child fills its log as fast as it can, then at 20 M events a second; this process takes the
 * events through a session and only counts them. The times are the emitting thread's processor
 * time, the kernel's part in it included. Prints `name value` lines; tests/bench/transport_compare
 * runs it in turn with LTTng-UST (transport_lttng.c) and prints the ratios.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "../programs/log_emitter.h"
#include "native/session.h"
#include "transport_pace.h"

static struct emitter_truth *truth;

static void tell(void *emitter, uint64_t number)
{
	emitter_tell(emitter, number);
}

/* The child: waits until it is listened to, emits, and reports through the pipe. */
static void emit(int report, bool paced)
{
	static struct emitter emitter;
	double result;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (emitter_init(&emitter, truth, 0))
		_exit(3);
	while (!awaitness_log_ship_semaphore)
		usleep(1000);
	result = paced ? pace_emit(tell, &emitter) : pace_flat_out(tell, &emitter);
	emitter_close(&emitter);
	_exit(write(report, &result, sizeof(result)) != sizeof(result));
}

static int nothing(void *context, const struct stream_batch *batch)
{
	(void)context;
	(void)batch;
	return 0;
}

/* Follows the child to its end. */
static int follow(pid_t pid, struct source_stats *stats)
{
	struct session_options options = {0};
	struct fault fault = {0};
	struct target *target;
	struct source *source;
	int code = target_open(pid, &target);

	if (code)
		return code;
	options.target = target;
	code = session_open(&options, &source, &fault);
	if (code)
		fprintf(stderr, "transport: %s\n", fault.message);
	while (!code) {
		code = source->ops->poll(source, 100, nothing, NULL);
		source->ops->stats(source, stats);
		if (code < 0 || stats->ended)
			break;
		code = 0;
	}
	if (code >= 0)
		code = source->ops->stop(source, nothing, NULL);
	if (source) {
		source->ops->stats(source, stats);
		source->ops->close(source);
	}
	target_close(target);
	return code;
}

static int measure(bool paced)
{
	const char *name = paced ? "paced" : "flat-out";
	struct source_stats stats = {0};
	double result;
	int report[2], code;
	pid_t pid;

	truth->tids[0] = 0;
	truth->records[0] = 0;
	if (pipe(report))
		return 3;
	pid = fork();
	if (!pid)
		emit(report[1], paced);
	while (!truth->tids[0])
		usleep(1000);
	code = follow(pid, &stats);
	close(report[1]);
	if (code < 0 || read(report[0], &result, sizeof(result)) != sizeof(result)) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return 3;
	}
	close(report[0]);
	waitpid(pid, NULL, 0);
	printf("%s-%s %.2f\n", name, paced ? "Mevents/s" : "ns/event", result);
	printf("%s-lost-%% %.3f\n", name, 100.0 * (double)stats.lost / (double)truth->records[0]);
	return stats.events + stats.lost == truth->records[0] ? 0 : 3;
}

int main(void)
{
	int code;

	truth = emitter_truth_new();
	if (!truth)
		return 3;
	code = measure(false);
	return code ? code : measure(true);
}
