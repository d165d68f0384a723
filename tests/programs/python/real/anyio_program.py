# SPDX-License-Identifier: BSD-2-Clause
"""Counts: anyio.Lock in a task group, where acquiring is itself a suspension.

acquire() suspends after it took the lock, so that other tasks run while it is
held even where the body does not suspend: steps are counted from there.
"""
import anyio

import counting
from counting import Truth


taken_at = {}  # the step in which a lock was taken without a wait
_acquire_nowait = anyio.Lock.acquire_nowait


def acquire_nowait(lock):
    _acquire_nowait(lock)
    taken_at[lock] = counting.steps


anyio.Lock.acquire_nowait = acquire_nowait


class Journal:
    """Always held over a suspension, and fought for."""

    def __init__(self):
        self._lock = anyio.Lock()
        self.truth = Truth("Journal._lock")
        self.lines = 0

    async def note(self):
        self.truth.waits += self._lock.locked()
        async with self._lock:
            line = self.lines
            await anyio.sleep(0)
            self.lines = line + 1
            self.truth.section(True)


class Counter:
    """Its body does not suspend: only taking the lock does."""

    def __init__(self):
        self._lock = anyio.Lock()
        self.truth = Truth("Counter._lock")
        self.value = 0

    async def add(self):
        self.truth.waits += self._lock.locked()
        async with self._lock:
            self.value += 1
            self.truth.section(counting.steps > taken_at[self._lock])


async def worker(journal, counter):
    for _ in range(50):
        await journal.note()
        await counter.add()


async def load():
    journal, counter = Journal(), Counter()
    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(worker, journal, counter)
    assert not counter.truth.waits  # else the one who hands it over takes it
    assert journal.lines == counter.value == 200


counting.main(load)
