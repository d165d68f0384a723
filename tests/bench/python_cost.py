# SPDX-License-Identifier: BSD-2-Clause
"""What tracing costs a Python service: CPU a request, in windows that alternate under one load.

    python_cost.py BUILD [ROUNDS [SERVICE...]]

A service runs three times: plain, with PYTHONASYNCIODEBUG=1, with -X dev, each
under the same load; all but one of the loads are stopped at any moment. A round
is a window of each mode, in an order drawn by lot: untraced, each level of
detail (attached to the plain one), a probe on each step that does nothing (its
trap is what no tracer can do without), and the two others. So slow drifts of the
machine hit all modes alike, and a round's windows are compared with that
round's untraced ones. The CPU is that of the service alone, from
/proc/PID/schedstat; it has a core of its own, load and tracer share the other.
"""
import json
import mmap
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import python_tracer

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"
LEVELS = ("steps", "locks", "awaits", "all")
TRAPS = "traps of steps alone"
DEBUGS = {"PYTHONASYNCIODEBUG=1": ([], {"PYTHONASYNCIODEBUG": "1"}), "-X dev": (["-X", "dev"], {})}
SERVICES = {"aiohttp": ("python_aiohttp.py", "http"), "streams echo": ("python_echo.py", "echo")}
WINDOW, SETTLE, CONNECTIONS = 1.0, 0.25, 16
DUTY = 10.0  # seconds: one period of --duty 1s/10s


class Server:
    """A service and its load, which stands still until it is told to run."""

    def __init__(self, build, work, service, options=(), environment=None):
        script, load = SERVICES[service]
        self.process = subprocess.Popen([PYTHON, *options, os.path.join(HERE, script)],
                                        env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid
        os.sched_setaffinity(self.pid, {0})
        port = self.process.stdout.readline().strip()
        count = tempfile.mkstemp(dir=work)[1]
        self.load = subprocess.Popen([os.path.join(build, "bench/python_load"), port, str(CONNECTIONS), count, load])
        os.sched_setaffinity(self.load.pid, {os.cpu_count() - 1})
        time.sleep(0.5)
        with open(count, "r+b") as file:
            self.answers = mmap.mmap(file.fileno(), 8)
        self.pause()

    def run(self):
        if self.load.poll() is not None:
            sys.exit("python_cost: the load failed")
        self.load.send_signal(signal.SIGCONT)

    def pause(self):
        self.load.send_signal(signal.SIGSTOP)

    def now(self):
        """Nanoseconds of CPU, answers, seconds."""
        with open(f"/proc/{self.pid}/schedstat", encoding="ascii") as file:
            cpu = int(file.read().split()[0])
        return cpu, int.from_bytes(self.answers[:8], sys.byteorder), time.monotonic()

    def end(self):
        for process in (self.load, self.process):
            process.kill()
            process.wait()


class Tracer:
    """awaitness, attached; its report is what it was told when it has ended."""

    def __init__(self, build, work, pid, *options):
        self.report = os.path.join(work, "report.json")
        self.process = python_tracer.attach(build, pid, "--format", "json", "--output", self.report, *options)

    def end(self):
        python_tracer.detach(self.process)
        with open(self.report, encoding="utf-8") as file:
            return json.load(file)["period"]


class Traps:
    """A program that does nothing, where steps are probed."""

    def __init__(self, build, pid):
        self.process = subprocess.Popen([os.path.join(build, "bench/python_traps"), str(pid)],
                                        stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "placed\n":
            sys.exit("python_cost: no traps")

    def end(self):
        self.process.kill()
        self.process.wait()
        return {"events": 0, "lost": 0}


class Measured:
    """The windows of one mode."""

    def __init__(self):
        self.cost, self.rate, self.events, self.lost = [], [], 0, 0

    def window(self, server, seconds):
        """Microseconds of CPU a request, of one window."""
        time.sleep(SETTLE)
        before = server.now()
        time.sleep(seconds)
        cpu, answers, passed = (b - a for a, b in zip(before, server.now()))
        self.cost.append(cpu / answers / 1000)
        self.rate.append(answers / passed)

    def traced(self, period):
        self.events += period["events"]
        self.lost += period["lost"]


def one(build, work, servers, mode, measured, seconds=WINDOW):
    server = servers.get(mode, servers[""])
    tracer = None
    server.run()
    if mode in LEVELS:
        tracer = Tracer(build, work, server.pid, "--detail", mode)
    elif mode == TRAPS:
        tracer = Traps(build, server.pid)
    elif mode == "duty 1s/10s":
        tracer = Tracer(build, work, server.pid, "--duty", "1s/10s")
    measured.window(server, seconds)
    if tracer:
        measured.traced(tracer.end())
    server.pause()


def quartiles(values):
    return statistics.quantiles(values, n=4) if len(values) > 1 else values * 3


def table(service, modes, title):
    """Medians of a mode's windows and of their ratios to the round's untraced one; the least windows' ratio, too."""
    base = modes["untraced"].cost
    print(f"\n{service}, {title}: {len(base)} rounds")
    print(f"{'mode':22} {'median us':>9} {'over':>8} {'quartiles':>16} {'least us':>9} {'over':>8}"
          f" {'requests/s':>11} {'events':>9} {'lost':>5}")
    for mode, measured in modes.items():
        shares = [100 * (c / b - 1) for c, b in zip(measured.cost, base)]
        low, middle, high = quartiles(shares)
        told = f"{measured.events:9} {measured.lost:5}" if measured.events else ""
        if mode == "untraced":
            low, middle, high = (100 * (q / statistics.median(base) - 1) for q in quartiles(base))
        least = min(measured.cost)
        print(f"{mode:22} {statistics.median(measured.cost):9.1f} {middle:+7.1f}% {low:+7.1f} {high:+7.1f}%"
              f" {least:9.1f} {100 * (least / min(base) - 1):+7.1f}% {statistics.median(measured.rate):11.0f} {told}",
              flush=True)


def measure(build, work, service, rounds):
    servers = {"": Server(build, work, service)}
    for mode, (options, environment) in DEBUGS.items():
        servers[mode] = Server(build, work, service, options, environment)
    modes = {mode: Measured() for mode in ("untraced", TRAPS, *LEVELS, *DEBUGS)}
    for _ in range(rounds):
        for mode in random.sample(list(modes), len(modes)):
            one(build, work, servers, mode, modes[mode])
    table(service, modes, f"windows of {WINDOW:.0f} s")
    modes = {mode: Measured() for mode in ("untraced", "duty 1s/10s")}
    for _ in range((rounds + 2) // 3):
        for mode in random.sample(list(modes), len(modes)):
            one(build, work, servers, mode, modes[mode], DUTY)
    table(service, modes, f"windows of {DUTY:.0f} s")
    for server in servers.values():
        server.end()


def main(build, rounds=12, *services):
    seed = int(os.environ.get("SEED", time.time()))
    random.seed(seed)
    print(f"seed {seed}, {CONNECTIONS} connections, {os.cpu_count()} CPUs, Python {PYTHON}, kernel {os.uname().release}")
    with tempfile.TemporaryDirectory() as work:
        for service in services or SERVICES:
            measure(build, work, service, int(rounds))


main(*sys.argv[1:])
