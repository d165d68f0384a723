# SPDX-License-Identifier: BSD-2-Clause
"""What the counting programs share: they tell the truth about themselves.

A program prints `ready`, waits for a line on stdin, runs its load, prints what
it counted (`steps N`, `lock NAME sections spanned waits`), and waits for stdin
to end. So a tracer can attach before the load and detach after it.
"""
import asyncio
import os
import sys

steps = 0
locks = {}
counting_steps = False

_run = asyncio.events.Handle._run


def _counted_run(self):
    global steps
    if counting_steps:
        callback = self._callback
        name = type(callback).__name__
        if name == "TaskStepMethWrapper" or isinstance(
                getattr(callback, "__self__", None), asyncio.Task) and name == "builtin_function_or_method":
            steps += 1
    return _run(self)


asyncio.events.Handle._run = _counted_run


class Truth:
    """Counts of one lock: sections, how many spanned a suspension, how many had to wait."""

    def __init__(self, name):
        self.sections = self.spanned = self.waits = 0
        locks[name] = self

    def coming(self, lock):
        """Call right before acquiring a lock of asyncio."""
        waiters = lock._waiters
        if lock.locked() or waiters and any(not w.cancelled() for w in waiters):
            self.waits += 1

    def section(self, spanned):
        self.sections += 1
        self.spanned += bool(spanned)


async def _line():
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, sys.stdin.readline)


async def _main(load, before):
    global counting_steps
    made = [await before()] if before else []
    # What the load needs is imported and every worker thread started by now.
    print("ready", flush=True)
    await _line()
    task = asyncio.current_task()
    counting_steps = True
    await load(*made)
    counting_steps = False
    print("steps", steps)
    for name, truth in locks.items():
        print("lock", name, truth.sections, truth.spanned, truth.waits)
    print("done", flush=True)
    await _line()
    del task


def _traced(*_):
    return _traced


def main(load, before=None):
    """`before` runs before anybody is told that the program is ready; `load` gets what it made."""
    if os.environ.get("COUNTING_TRACED"):  # as coverage and debuggers do
        sys.settrace(_traced)
    asyncio.run(_main(load, before))
