# SPDX-License-Identifier: BSD-2-Clause
"""awaitness as a benchmark runs it: attached when it says so, on the core the program is not on."""
import os
import signal
import subprocess
import sys
import time


def attach(build, pid, *options):
    """Starts `awaitness attach` and comes back when it watches: it takes signals from then on."""
    tracer = subprocess.Popen([os.path.join(build, "awaitness"), "attach", *options, str(pid)])
    os.sched_setaffinity(tracer.pid, {os.cpu_count() - 1})
    while tracer.poll() is None:
        with open(f"/proc/{tracer.pid}/status", encoding="ascii") as file:
            caught = next(line.split()[1] for line in file if line.startswith("SigCgt"))
        if int(caught, 16) >> (signal.SIGTERM - 1) & 1:
            return tracer
        time.sleep(0.02)
    sys.exit("awaitness could not attach")


def detach(tracer):
    tracer.terminate()
    if tracer.wait():
        sys.exit("awaitness failed")
