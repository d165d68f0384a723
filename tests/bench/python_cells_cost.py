# SPDX-License-Identifier: BSD-2-Clause
"""What watching eight cells costs beside level `steps`: CPU a step, in windows that alternate.

    python_cells_cost.py BUILD [ROUNDS]

The program does nothing but steps, so that the overhead is all there is to see: the ratio of the
two overheads is what counts, not their share of a program that also works.
"""
import mmap
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

import python_tracer

HERE = os.path.dirname(os.path.abspath(__file__))
MODES = {"untraced": None, "steps": ["--no-cells"], "steps and 8 cells": []}


def cpu(pid):
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0])


def window(build, pid, steps, options):
    """Microseconds of CPU a step, over one second."""
    tracer = None
    if options is not None:
        tracer = python_tracer.attach(build, pid, "--detail", "steps", *options, "--output", "/dev/null")
        time.sleep(0.2)
    before = cpu(pid), steps[0]
    time.sleep(1.0)
    after = cpu(pid), steps[0]
    if tracer:
        python_tracer.detach(tracer)
    return (after[0] - before[0]) / (after[1] - before[1]) / 1000


def main(build, rounds=10):
    seed = int(os.environ.get("SEED", time.time()))
    random.seed(seed)
    with tempfile.NamedTemporaryFile() as file:
        file.write(bytes(8))
        file.flush()
        program = subprocess.Popen(["/usr/bin/python3", os.path.join(HERE, "python_cells.py"), file.name],
                                   stdout=subprocess.PIPE, text=True)
        os.sched_setaffinity(program.pid, {0})
        program.stdout.readline()
        steps = memoryview(mmap.mmap(file.fileno(), 8)).cast("Q")
        cost = {mode: [] for mode in MODES}
        for _ in range(int(rounds)):
            for mode in random.sample(list(MODES), len(MODES)):
                cost[mode].append(window(build, program.pid, steps, MODES[mode]))
        program.kill()
        program.wait()
    print(f"seed {seed}, {rounds} rounds of 1 s, kernel {os.uname().release}")
    for mode, values in cost.items():
        over = statistics.median(v - b for v, b in zip(values, cost["untraced"]))
        print(f"{mode:20} {statistics.median(values):7.2f} us a step, {over:+6.2f} us, least {min(values):6.2f}")
    more = statistics.median((c - b) / (s - b) for c, s, b in
                             zip(cost["steps and 8 cells"], cost["steps"], cost["untraced"]))
    print(f"overhead of `steps` with 8 cells: x {more:.3f} (bar: 1.15)")


main(*sys.argv[1:])
