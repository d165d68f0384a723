/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_traps.c - the least that one probe a step can cost a Python process: traps, and nothing
 * else. `python_traps PID` places a BPF program that does nothing where awaitness places that of
 * steps, prints a line, and takes it away when it is killed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpython/cpython_find.h"
#include "kernel/probe_idle.h"
#include "target/target.h"

int main(int argc, char **argv)
{
	pid_t pid = argc == 2 ? (pid_t)atoi(argv[1]) : 0;
	struct cpython_found found;
	struct fault fault = {0};
	struct target *target;

	if (pid <= 0 || target_open(pid, &target) || cpython_find(target, &found, &fault)) {
		fprintf(stderr, "usage: python_traps PID (of a Python process; as root) %s\n",
		        fault.message);
		return 2;
	}
	for (size_t i = 0; i < found.step.count; i++) {
		int probe = probe_idle_place(pid, found.step.path, found.step.offsets[i]);

		if (probe < 0) {
			fprintf(stderr, "python_traps: %s: %s\n", found.step.path,
			        strerror(-probe));
			return 1;
		}
	}
	puts("placed");
	fflush(stdout);
	pause();
	return 0;
}
